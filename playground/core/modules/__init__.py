"""The torch modules of blocks that are more than a line of torch.nn: one file a family.

They import torch at once, so the layer kinds, which must load without it, import them where they
build. No module draws from torch's process-wide generator: what it learns is made empty and filled
by its layer's `begin`, and what it draws while training comes from the run's generator.
"""
