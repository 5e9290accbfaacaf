"""Sweeps: one experiment tried over and over with some of its settings changed.

`settings` says what is searched, `space` and `offers` which settings can be, `search` which point
comes next, `trial` what one point does, `executors` where, `store` what is kept, and `coordinator`
puts them together. Only `trial` loads torch.
"""
