"""What a person waits for is not loaded: each frontend imports only what it needs to answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_lab.store import Store
from tests.factories import make_record, make_request
from tests.processes import output_of

BACKENDS = {"jax", "keras", "tensorflow", "torch"}
ARRAYS = {"numpy", "pandas", "scipy"}
SCREEN = {"textual"}
PAGES = {"jinja2", "matplotlib", "PIL"}

MODULES = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def imported_by(*command: str, runs: Path) -> set[str]:
    """The top-level packages that a command line loads to its end."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mnist_lab", *command],
        capture_output=True,
        text=True,
        env=os.environ | {"MNIST_LAB_RUNS": str(runs)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert {"mnist_lab", "typer"} <= names
    return names


@pytest.fixture
def runs(store: Store) -> Path:
    """A folder with a run that waits and one that has ended."""
    for ended in (False, True):
        request = make_request()
        store.request(request)
        if ended:
            store.publish(make_record(request.id))
    return store.root


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_loads_nothing_but_the_command_line(option: str, tmp_path: Path) -> None:
    assert not imported_by(option, runs=tmp_path) & (BACKENDS | ARRAYS | SCREEN | {"pydantic", "psutil"})


@pytest.mark.parametrize(
    "command",
    [("presets",), ("runs", "list"), ("study", "list"), ("worker", "list")],
    ids=" ".join,
)
def test_lists_load_neither_a_backend_nor_arrays_nor_the_screen(command: tuple[str, ...], runs: Path) -> None:
    assert not imported_by(*command, runs=runs) & (BACKENDS | ARRAYS | SCREEN | PAGES)


def test_comparing_loads_tables_and_no_backend(runs: Path) -> None:
    loaded = imported_by("compare", "--by", "seed", "--format", "csv", runs=runs)
    assert not loaded & (BACKENDS | SCREEN)
    assert "pandas" in loaded


def test_what_faces_are_made_of_loads_neither_a_backend_nor_arrays() -> None:
    names = (
        "runs.progress",
        "runs.requests",
        "store",
        "experiments.plan",
        "render",
        "render.run",
        "render.tables",
        "render.progress",
    )
    loaded = set(output_of(MODULES, *(f"mnist_lab.{name}" for name in names)).split())
    assert "mnist_lab" in loaded
    assert not loaded & (BACKENDS | ARRAYS | SCREEN)


def test_judging_claims_loads_nothing_that_pages_are_made_with() -> None:
    loaded = set(output_of(MODULES, "mnist_lab.report.claims", "mnist_lab.report.ledger").split())
    assert "mnist_lab" in loaded
    assert not loaded & (BACKENDS | ARRAYS | SCREEN | PAGES)


def test_the_compare_screen_is_put_together_without_arrays() -> None:
    loaded = set(output_of(MODULES, "mnist_lab.tui.app", "mnist_lab.tui.screens.compare").split())
    assert "textual" in loaded
    assert not loaded & (BACKENDS | ARRAYS)
