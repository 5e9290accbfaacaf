"""Network Playground: stack layers, train live on PyTorch, see the linear algebra underneath."""

__version__ = "0.1.0"
