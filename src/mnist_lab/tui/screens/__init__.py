"""The pages of the lab, one file each with its style sheet beside it."""
