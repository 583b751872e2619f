"""``python -m mnist_lab``."""

import sys

if not sys.flags.safe_path:
    # The current folder, from which nothing but this package itself may be imported.
    del sys.path[0]

from mnist_lab.cli import main

main()
