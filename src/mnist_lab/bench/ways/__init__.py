"""Ways to train one network, each a program of its own: ``python -m mnist_lab.bench.ways.NAME``.

Every way does the same work (:mod:`~mnist_lab.bench.ways.work`) and prints one JSON line an epoch.
"""
