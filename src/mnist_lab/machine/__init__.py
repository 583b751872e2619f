"""The machine: its processors, memory and GPUs."""
