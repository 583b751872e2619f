"""The student report: its claims, the verdicts of the saved runs on them, and the pages that publish these."""
