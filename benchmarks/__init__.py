"""Benchmarks of the lab versus stock Keras and PyTorch; run from a checkout, never installed.

``make bench`` or ``python -m benchmarks`` measures; ``benchmarks/README.md`` says what and how.
"""
