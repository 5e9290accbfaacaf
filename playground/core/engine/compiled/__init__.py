"""A compiled kernel for small dense networks: built in the background, kept on disk.

A step written once for a padded width serves every small network of its depth and optimizer
(`plan.py`, `step.py`). It is exported and built by ahead-of-time Inductor in a process of its own
(`builder.py`, `build.py`), kept by what it depends on (`machine.py`, `cache.py`), checked against
the plain engine before it is kept (`check.py`), and taken by the engine when it is there
(`package.py`, `engine.py`). Without a compiler, or where PLAYGROUND_COMPILE is "off", everything
trains in the dense engine as before.
"""
