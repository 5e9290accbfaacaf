"""Steps of the dense engines as CUDA graphs: what a step launches is launched as one.

A small network's step is some thirty kernels of a microsecond or two, and each costs the CPU five
to launch. Recorded once, a minibatch's step or all those of an epoch are one launch
(`capture.py`). Everything that differs from one replay to the next lies in tensors that are
written before it: places of points, learning rates, masks of dropout (`steps.py`). A graph is
used after it has been held against plain steps; until then, and wherever one cannot be had, the
engines (`engine.py`) train as their base classes do.
"""
