"""What the user chose travels as values: environment variables are read where a command starts, and nowhere below."""

from __future__ import annotations

from pathlib import Path

import mnist_lab

SOURCE = Path(mnist_lab.__file__).parent
ALLOWED = {
    "machine/cache.py",  # the user's cache folder, which is an account's setting
    "machine/hardware.py",  # CUDA's own variable
    "machine/python_process.py",  # what a process that is started inherits
    "training/jax_engine.py",  # what libraries read when they are imported
    "training/tensorflow_engine.py",
    "training/tensorflow_settings.py",
    "training/keras_settings.py",
    "workers/diagnosis.py",
    "workers/provenance.py",  # what git inherits
}


def test_the_environment_is_read_and_written_by_the_command_line_and_for_libraries_alone() -> None:
    found = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if "os.environ" in path.read_text("utf-8")}
    below = {name for name in found if not name.startswith(("commands/", "cli.py"))}
    assert below == ALLOWED
