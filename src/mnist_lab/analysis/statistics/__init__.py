"""What runs say: intervals, tests and verdicts over plain values and records.

Accuracies are fractions here and become percentage points in words. NumPy and SciPy are loaded by the first
calculation, not by an import of this package.
"""
