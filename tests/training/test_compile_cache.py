"""What is kept of compiled code, and what is thrown away; TensorFlow takes it up in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_lab.training import compile_cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path))
    prepared = compile_cache.prepare("backend-1")
    assert prepared is not None
    return prepared


def kept(folder: Path) -> set[str]:
    assert compile_cache.prepare("backend-1") == folder
    return {path.stem for path in folder.glob("*.pb")}


def test_only_sealed_entries_survive(folder: Path) -> None:
    (folder / "whole.pb").write_bytes(b"code")
    compile_cache.seal(folder)
    (folder / "unsealed.pb").write_bytes(b"code")
    assert kept(folder) == {"whole"}


def test_a_damaged_entry_is_thrown_away(folder: Path) -> None:
    (folder / "one.pb").write_bytes(b"code")
    (folder / "other.pb").write_bytes(b"code")
    compile_cache.seal(folder)
    (folder / "one.pb").write_bytes(b"cods")
    compile_cache.seal(folder)  # nobody vouches for it anew
    assert kept(folder) == {"other"}


def test_the_oldest_entries_make_room(folder: Path) -> None:
    for number in range(compile_cache.ENTRIES + 3):
        path = folder / f"{number}.pb"
        path.write_bytes(b"code")
        os.utime(path, (number, number))
    compile_cache.seal(folder)
    assert kept(folder) == {str(number) for number in range(3, compile_cache.ENTRIES + 3)}


def test_backends_do_not_share(folder: Path) -> None:
    assert compile_cache.prepare("backend-2") != folder


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "a folder"))
    assert compile_cache.prepare("backend-1") is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "file"))
    assert compile_cache.prepare("backend-1") is None


PROGRAM = """
import json, sys
from pathlib import Path
from mnist_lab.data import dataset
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.training import seeding
from mnist_lab.training.loading import load_engine

experiment = DEFAULT.derive(units=8, train_size=256)
split = dataset.split(dataset.load(), "report", 256, False)
engine = load_engine(1)
if sys.argv[1:] == ["damage"]:
    for entry in Path(sys.argv[0]).parent.glob("compiled/*/*.pb"):
        entry.write_bytes(b"no code")
session = engine.open(experiment, split)
session.compile()
session.train_steps(seeding.order(256, 128, 0, 1), 0, 2)
print(json.dumps(session.running()))
"""


def trained(cache: Path, *arguments: str) -> list[float]:
    program = cache / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program), *arguments]
    told = subprocess.run(
        command, env=os.environ | {"MNIST_LAB_CACHE": str(cache)}, capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def test_a_second_process_finds_the_first_ones_code_and_damage_costs_only_time(tmp_path: Path) -> None:
    first = trained(tmp_path)
    entries = {path: path.stat().st_mtime_ns for path in tmp_path.glob("compiled/*/*.pb")}
    assert entries
    assert trained(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in entries} == entries
    assert trained(tmp_path, "damage") == first
    assert trained(tmp_path) == first
