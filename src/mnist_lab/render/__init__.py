"""What is drawn in a terminal: pure functions from values and a size to Rich renderables."""
