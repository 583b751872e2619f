"""A record has the commit of the code that trained it, and says where that code was not committed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.workers.provenance import commit_of

pytestmark = pytest.mark.needs("git")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}

UNTRACK = "rm", "-q", "--cached", "inner/loop.py"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, env=PLAIN, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in a checkout of its own, everything committed."""
    package = tmp_path / "checkout" / "src" / "package"
    (package / "inner").mkdir(parents=True)
    for name in ("__init__.py", "inner/__init__.py", "inner/loop.py", "notes.md"):
        (package / name).write_text(f"# {name}\n")
    git(tmp_path / "checkout", "init", "-q")
    git(tmp_path / "checkout", "add", ".")
    git(tmp_path / "checkout", "commit", "-qm", "first")
    return package


def test_what_is_committed_has_its_commit_and_compiled_files_and_notes_do_not_matter(package: Path) -> None:
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "loop.pyc").touch()
    (package / "notes.md").write_text("other notes")
    os.utime(package / "__init__.py")
    assert commit_of(package) == git(package, "rev-parse", "HEAD")
    assert re.fullmatch("[0-9a-f]{40}", commit_of(package) or "")


@pytest.mark.parametrize(
    "change",
    [
        lambda package: (package / "inner" / "loop.py").write_text("# another loop\n"),
        lambda package: (package / "inner" / "more.py").touch(),
        lambda package: (package / "inner" / "loop.py").unlink(),
        lambda package: [git(package, *command) for command in (UNTRACK, ("commit", "-qm", "less"))],
    ],
    ids=["changed", "added", "removed", "no longer committed"],
)
@pytest.mark.parametrize("staged", [False, True])
def test_modules_that_are_not_those_of_the_commit_are_marked(
    package: Path, change: Callable[[Path], object], staged: bool
) -> None:
    change(package)
    if staged:
        git(package, "add", ".")
    assert commit_of(package) == f"{git(package, 'rev-parse', 'HEAD')}-dirty"


def test_a_package_that_is_merely_installed_below_another_checkout_has_no_commit(package: Path) -> None:
    installed = package.parents[1] / "venv" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").touch()
    assert commit_of(installed) is None
    assert commit_of(package.parents[2]) is None


def test_no_program_that_a_repository_names_is_run(package: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'run'}\ncat\n")
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "filter.x.clean", "filter.x.smudge", "diff.external", "core.pager"):
        git(package, "config", setting, str(program))
    for hook in ("post-index-change", "reference-transaction"):
        (package.parents[1] / ".git" / "hooks" / hook).symlink_to(program)
    (package.parents[1] / ".gitattributes").write_text("* filter=x diff=x\n")
    (package / "inner" / "loop.py").write_text("# another loop\n")
    assert str(commit_of(package)).endswith("-dirty")
    assert not (tmp_path / "run").exists()


def test_the_repository_that_the_environment_names_is_not_asked(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook of git that starts the lab."""
    expected = commit_of(package)
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert commit_of(package) == expected


def test_without_git_there_is_no_commit(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit_of(package) is None
