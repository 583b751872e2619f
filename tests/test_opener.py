"""Nothing in the package opens, makes or removes files in another way than :mod:`mnist_lab.machine.opener` does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mnist_lab

OPENER = ("machine/opener.py", "machine/shared_path.py")

OF_THE_SYSTEM = {
    "chmod",
    "chown",
    "link",
    "listdir",
    "lstat",
    "makedirs",
    "mkdir",
    "mkfifo",
    "open",
    "readlink",
    "remove",
    "removedirs",
    "rename",
    "renames",
    "replace",
    "rmdir",
    "scandir",
    "stat",
    "symlink",
    "truncate",
    "unlink",
    "utime",
    "walk",
}
"""Functions of ``os``."""

OF_PATHS = {
    "chmod",
    "exists",
    "glob",
    "hardlink_to",
    "is_dir",
    "is_file",
    "is_symlink",
    "iterdir",
    "lchmod",
    "lstat",
    "mkdir",
    "read_bytes",
    "read_text",
    "rename",
    "rglob",
    "rmdir",
    "stat",
    "symlink_to",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
}
"""Methods of ``Path``, apart from ``open`` and ``replace``, which others have as well."""

OF_MODULES = {
    "gzip": {"open"},
    "io": {"open", "open_code"},
    "npy": {"open_memmap"},
    "np": {"fromfile", "load", "memmap", "save", "savez", "savez_compressed"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move", "rmtree"},
    "tempfile": {"NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "mkdtemp", "mkstemp"},
    "zipfile": {"ZipFile"},
}

EXCEPTIONS = {
    ("data/dataset.py", "PACKAGE_FILE.open"): "the package's own file",
    ("data/dataset.py", "zipfile.ZipFile"): "of an open file",
    ("data/dataset.py", "np.save"): "into an open file",
    ("commands/report.py", "records.is_dir"): "what the user named",
    ("store/run_folders.py", "root.exists"): "what the user named",
    ("store/run_folders.py", "root.is_dir"): "what the user named",
    ("data/dataset.py", "np.memmap"): "of an open file",
    ("data/predictions.py", "np.load"): "of an open file",
    ("machine/cgroups.py", "MEMBERSHIP.read_text"): "the kernel's",
    ("machine/cgroups.py", "group / 'cpu.max'.exists"): "the kernel's",
    ("machine/cgroups.py", "group / 'cpu.max'.read_text"): "the kernel's",
    ("machine/cgroups.py", "group / 'memory.stat'.read_text"): "the kernel's",
    ("machine/cgroups.py", "path.read_text"): "the kernel's",
    ("machine/hardware.py", "Path('/dev').glob"): "the kernel's",
    ("store/folder_sweep.py", "os.stat"): "the times of ten thousand folders, without following links",
    ("store/owners.py", "Path(path).read_text"): "the system's /etc/machine-id",
    ("store/owners.py", "stat.read_text"): "the kernel's",
    ("workers/provenance.py", "package.rglob"): "the package's own files",
    ("workers/provenance.py", "path.read_bytes"): "the package's own files",
    ("tui/glossary.py", "resources.files(__package__).joinpath('glossary.md').read_text"): "the package's own file",
}
"""Calls that may stand where they do, and why."""

OF_THE_KERNEL = ("/proc/", "/sys/")
"""Nobody else can put anything into these folders."""


def offences(source: str) -> Iterator[str]:
    """The calls in a module that open, make, change or remove files, or say what is there."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if node.args and ast.unparse(node.args[0]) == "os.devnull":
            continue
        match node.func:
            case ast.Name("open"):
                yield "open"
            case ast.Attribute(ast.Name("os"), name) if name in OF_THE_SYSTEM:
                yield f"os.{name}"
            case ast.Attribute(ast.Attribute(ast.Name("os"), "path"), name):
                yield f"os.path.{name}"
            case ast.Attribute(ast.Name(module), name) if name in OF_MODULES.get(module, ()):
                yield f"{module}.{name}"
            case ast.Attribute(receiver, "replace") if len(node.args) == 1 and not node.keywords:  # a text's takes two
                yield f"{ast.unparse(receiver)}.replace"
            case ast.Attribute(receiver, name) if _is_path(receiver, name) and not _is_kernel(receiver):
                yield f"{ast.unparse(receiver)}.{name}"


def _is_path(receiver: ast.expr, name: str) -> bool:
    if isinstance(receiver, ast.Name) and receiver.id in {"opener", "files", *OF_MODULES}:
        return False
    if name == "open":  # of engines, archives and widgets too: of a path where it says so
        text = ast.unparse(receiver).lower()
        return any(part in text for part in ("path", "file", "folder", "root", "name", "/"))
    return name in OF_PATHS


def _is_kernel(receiver: ast.expr) -> bool:
    match receiver:
        case ast.Call(ast.Name("Path"), [ast.Attribute(ast.Name("os"), "devnull")]):
            return True
        case ast.Call(ast.Name("Path"), [ast.Constant(str(text))]):
            return text.startswith(OF_THE_KERNEL)
        case ast.Call(ast.Name("Path"), [ast.JoinedStr([ast.Constant(str(text)), *_])]):
            return text.startswith(OF_THE_KERNEL)
    return False


def test_files_are_opened_made_and_removed_by_one_module() -> None:
    root = Path(mnist_lab.__file__).parent
    found = {
        (path.relative_to(root).as_posix(), offence)
        for path in sorted(root.rglob("*.py"))
        for offence in offences(path.read_text(encoding="utf-8"))
    }
    assert {offence for file, offence in found if file in OPENER} > {"os.open", "os.mkdir", "os.unlink", "os.rename"}
    assert {one for one in found if one[0] not in OPENER} - EXCEPTIONS.keys() == set()
    assert EXCEPTIONS.keys() - found == set(), "exceptions that nothing needs any more"


@pytest.mark.parametrize(
    "source",
    [
        "open('file')",
        "os.open(path, flags)",
        "os.path.exists(path)",
        "os.rename(one, other)",
        "Path('file').read_text()",
        "(store.root / 'file').unlink()",
        "store.folder(run_id).joinpath('file').write_bytes(b'')",
        "path.open()",
        "temporary.replace(path)",
        "self._path.open('rb')",
        "folder.mkdir()",
        "np.load(path)",
        "shutil.rmtree(path)",
        "Path(f'{root}/proc/self').read_text()",
    ],
)
def test_each_way_around_it_is_found(source: str) -> None:
    assert list(offences(source))


@pytest.mark.parametrize(
    "source",
    ["opener.open_new(path)", "engine.open(split)", "Path('/proc/self/stat').read_text()", "text.replace(a, b)"],
)
def test_what_opens_no_file_in_another_way_is_let_be(source: str) -> None:
    assert not list(offences(source))
