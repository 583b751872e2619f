"""Experiment in, events out: one training of a Keras network, watched call by call.

Only :func:`mnist_lab.training.loading.load_engine` loads a backend, which takes seconds.
"""
