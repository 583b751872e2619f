"""Experiments, presets, sections, plans, studies, events and records: plain values, without effects."""
