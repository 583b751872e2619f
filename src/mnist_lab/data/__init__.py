"""The MNIST images, verified, cached and split, and saved predictions."""
