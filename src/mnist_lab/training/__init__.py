"""Training of a Keras network: takes an experiment, yields events and gives an outcome.

Only :func:`mnist_lab.training.loading.load_engine` loads a backend, which takes seconds.
"""
