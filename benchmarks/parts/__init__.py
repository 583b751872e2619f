"""The parts of the benchmark: a module with a function ``measure`` for each, and what only they use."""
