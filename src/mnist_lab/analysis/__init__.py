"""Records to tables and verdicts; early stopping replayed on finished curves."""
