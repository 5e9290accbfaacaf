"""What all tests share: quiet machines, and patience with slow ones."""

from __future__ import annotations

import os

import hypothesis

# Two test processes on two cores: a thread pool in each only makes them wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A kernel in some cache must decide nothing, and no test leave a compiler behind: those of the
# compiled engine ask for it themselves.
os.environ["PLAYGROUND_COMPILE"] = "off"

# An example may be slow on a shared machine, and that is no failure.
hypothesis.settings.register_profile("playground", deadline=None, print_blob=True)
hypothesis.settings.load_profile("playground")
