"""The import graph of the package, every import counted: no cycle in it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import mnist_lab


def import_graph(root: Path) -> dict[str, set[str]]:
    """For each module of a package the modules of the same package that it imports.

    Imports inside functions and under ``TYPE_CHECKING`` count, and so does ``import_module`` of a literal name.
    ``from package import module`` imports the module; any other name that is imported from a package comes from its
    ``__init__``.

    Args:
        root: The package's folder.
    """
    sources: dict[str, tuple[ast.Module, list[str]]] = {}
    for path in sorted(root.rglob("*.py")):
        *package, name = path.relative_to(root.parent).with_suffix("").parts
        module = ".".join(package if name == "__init__" else [*package, name])
        sources[module] = ast.parse(path.read_text(encoding="utf-8")), package
    return {
        module: sources.keys() & set(_imports(tree, package, sources)) - {module}
        for module, (tree, package) in sources.items()
    }


def _imports(tree: ast.Module, package: list[str], modules: Container[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(named, names, level):
                above = package[: len(package) - level + 1] if level else []
                source = ".".join([*above, *([named] if named else [])])
                for alias in names:
                    inner = f"{source}.{alias.name}"
                    yield inner if inner in modules else source
            case ast.Call(ast.Name("import_module") | ast.Attribute(_, "import_module"), [ast.Constant(str(name)), *_]):
                yield name


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Modules each of which imports the next, the last being the first again; empty where there is no cycle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]
    return []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = import_graph(Path(mnist_lab.__file__).parent)
    assert sum(map(len, graph.values())) > len(graph) > 100
    assert cycle(graph) == []


@pytest.mark.parametrize(
    "source",
    [
        "import package.inner.two",
        "from package.inner import two",
        "from package.inner.two import name",
        "from .inner import two",
        "if TYPE_CHECKING:\n    from package.inner.two import name",
        "def function():\n    from package.inner import two",
        "importlib.import_module('package.inner.two').name",
        "from package.inner import name",
    ],
)
def test_a_cycle_is_found_however_it_is_closed(source: str, tmp_path: Path) -> None:
    inner = tmp_path / "package" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "package" / "one.py").write_text(source)
    (inner / "__init__.py").write_text("from .two import name")
    (inner / "two.py").write_text("from ..one import name")
    found = cycle(import_graph(tmp_path / "package"))
    assert {"package.one", "package.inner.two"} <= set(found)
    assert found[0] == found[-1]


def test_what_a_package_holds_may_import_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("from package.one import name")
    (tmp_path / "package" / "one.py").write_text("from package import two")
    (tmp_path / "package" / "two.py").touch()
    assert cycle(import_graph(tmp_path / "package")) == []
