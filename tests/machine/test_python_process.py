"""No Python process that the lab starts imports from the folder where it is started."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mnist_lab

SOURCE = Path(mnist_lab.__file__).parent

CHILD = """
import os, subprocess, sys
from mnist_lab.machine import python_process
def child(*arguments):
    return subprocess.run(
        python_process.command("-c", *arguments), env=python_process.environment(), capture_output=True, text=True
    )
grandchild = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', 'import planted']).returncode)"
print(child("import planted").returncode, child(grandchild).returncode)
print(child("import os; print(os.environ.get('PYTHONPATH'))").stdout.strip())
print(child("import mnist_lab; print(mnist_lab.__file__)").stdout.strip())
"""


@pytest.mark.parametrize("entries", [["{source}"], ["{source}", ""], ["", "{source}"], ["{relative}", "", ""]])
def test_neither_a_child_nor_its_own_child_imports_from_the_current_folder(entries: list[str], tmp_path: Path) -> None:
    (tmp_path / "planted.py").touch()
    parent = SOURCE.parent
    filled = [entry.format(source=parent, relative=os.path.relpath(parent, tmp_path)) for entry in entries]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filled)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    codes, path, package = done.stdout.splitlines()
    assert codes == "1 1", done.stderr
    assert path == next(entry for entry in filled if entry)
    assert Path(tmp_path, package).resolve().parent == SOURCE


def test_a_package_that_only_the_current_folder_has_is_found_by_children(tmp_path: Path) -> None:
    """``python -m mnist_lab`` within ``src``, with nothing installed but what the lab depends on."""
    (tmp_path / "mnist_lab").symlink_to(SOURCE)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.splitlines()[-1]).parent == SOURCE, done.stderr


def test_the_module_run_by_its_name_imports_nothing_else_from_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "mnist_lab").symlink_to(SOURCE)
    (tmp_path / "typer.py").write_text("raise SystemExit(7)")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "mnist_lab", "--version"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert mnist_lab.__version__ in done.stdout


def test_a_process_is_started_from_a_folder_that_was_removed(tmp_path: Path) -> None:
    code = "import os, sys; from mnist_lab.machine import python_process; os.rmdir(sys.argv[1]); "
    code += "print(python_process.environment()['PYTHONSAFEPATH'])"
    gone = tmp_path / "gone"
    gone.mkdir()
    command = [sys.executable, "-c", code, str(gone)]
    assert subprocess.run(command, cwd=gone, capture_output=True, text=True, check=True).stdout == "1\n"


def test_every_python_process_is_started_so() -> None:
    """The executable of Python stands in one place of the source."""
    found = [path.name for path in SOURCE.rglob("*.py") if re.search(r"\bsys\.executable\b", path.read_text())]
    assert found == ["python_process.py"]
