"""The examples in docstrings give the results that they show."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import mnist_lab

SOURCE = Path(mnist_lab.__file__).parent
FILES = ["formatting.py", "analysis/statistics/**/*.py", "render/**/*.py", "report/**/*.py"]
MODULES = [
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
    for pattern in FILES
    for path in sorted(SOURCE.glob(pattern))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    results = doctest.testmod(import_module(module))
    assert results.attempted > 0
    assert results.failed == 0


def test_there_are_examples_in_every_package() -> None:
    found = {module.rpartition(".")[0] for module in MODULES}
    assert {"mnist_lab", "mnist_lab.analysis.statistics", "mnist_lab.render", "mnist_lab.report"} <= found
