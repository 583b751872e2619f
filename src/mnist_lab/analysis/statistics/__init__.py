"""Statistics of runs: intervals, tests and verdicts over plain values and records.

Accuracies are fractions from 0 to 1; text shows them in percent, and differences in percentage points. NumPy and SciPy
are imported by the first calculation, not by an import of this package.
"""
