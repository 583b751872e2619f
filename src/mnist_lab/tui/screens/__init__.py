"""The screens of the lab, one module each with its style sheet next to it."""
