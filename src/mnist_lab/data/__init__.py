"""MNIST: verified, cached and split; what a network predicted of it."""
