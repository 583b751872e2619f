"""Ways to train one network, each a program of its own: ``python -m benchmarks.competitors.NAME``.

Every way does the same work (:mod:`~benchmarks.competitors.work`) and prints one JSON line an epoch.
"""
