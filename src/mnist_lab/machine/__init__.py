"""The machine: processors, memory, GPUs and the user's cache folder."""
