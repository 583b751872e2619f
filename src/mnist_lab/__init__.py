"""A terminal laboratory for neural networks on MNIST: one factor changed at a time, judged honestly."""

__version__ = "0.1.0"
