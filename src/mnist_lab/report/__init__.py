"""The student report judged: its claims, what the saved runs say of each, and the pages that publish it."""
