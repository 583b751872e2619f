"""Experiment in, events out: one training of a Keras network, watched call by call.

Nothing here loads a backend when it is imported; :func:`mnist_lab.training.engine.load_engine` does, and takes seconds.
"""
