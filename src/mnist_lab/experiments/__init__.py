"""Experiments, presets, sections, plans, studies, events and records: immutable values without side effects."""
