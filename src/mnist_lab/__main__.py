"""``python -m mnist_lab``."""

from mnist_lab.cli import main

main()
