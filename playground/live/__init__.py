"""The live service: trains for many visitors at once and feeds their views. No torch here.

Runs live in worker processes (`worker`), each of which turns over its runs fairly
(`scheduler`). The web process holds a handle per run (`handle`, `service`) and passes the
newest frame on to the browser (`routes`). Only what runs in a worker imports torch.
"""
