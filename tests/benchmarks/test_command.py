"""The command line of the benchmarks: what it prints, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.benchmark import PARTS
from benchmarks.processes import CHECKOUT
from tests.processes import eventually


def begin(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"TMPDIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left_behind(tmp_path: Path) -> list[str]:
    """Folders of the benchmark, and processes that name them."""
    processes = [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline"])
        if any(str(tmp_path) in argument for argument in process.info["cmdline"] or ())
    ]
    return [str(path) for path in tmp_path.glob("mnist-lab-bench-*")] + processes


def test_json_of_a_quick_part_is_one_object_and_nothing_is_left(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    process = begin(tmp_path, "--quick", "--only", "start", "--json", "--markdown", str(page))
    output, narration = process.communicate(timeout=300)
    assert process.returncode == 0, narration
    plain = json.loads(output)
    assert plain["command"].startswith("python -m benchmarks --quick --only start")
    keys = {one["key"] for table in plain["parts"]["start"] for one in table["measurements"]}
    assert {target["measurement"] for target in plain["targets"] if target["met"] is not None} == {
        key for key in keys if key.endswith(("/lab", "/seen", "/new", "/cold")) or key == "start/phases-not-shown"
    }
    assert "start/stock-script" in keys
    assert page.read_text().startswith("# Benchmarks")
    assert not left_behind(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_benchmark_ends_its_processes(tmp_path: Path, number: int) -> None:
    process = begin(tmp_path, "--quick", "--only", "epoch")
    bench = psutil.Process(process.pid)
    assert eventually(lambda: any("benchmarks.competitors" in " ".join(child.cmdline()) for child in bench.children()))
    children = bench.children(recursive=True)
    process.send_signal(number)
    output, narration = process.communicate(timeout=60)
    assert process.returncode == 130, narration
    assert output == ""
    assert "Traceback" not in narration
    assert eventually(lambda: not any(child.is_running() for child in children))
    assert not left_behind(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--only", "gpo"), "Did you mean 'gpu'?"),
        (("--only", "epoch", "--full"), "give one of them"),
        (("--epochs", "3"), "--epochs has no effect"),
    ],
)
def test_wrong_usage_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    process = begin(tmp_path, *arguments)
    output, narration = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert narration.count("\n") == 1
    assert narration.startswith("python -m benchmarks: ")
    assert complaint in narration


def test_help_names_every_part_and_how_to_run_it(tmp_path: Path) -> None:
    output, narration = begin(tmp_path, "--help").communicate(timeout=60)
    assert not narration
    assert "Usage: python -m benchmarks [OPTIONS]" in output
    assert all(f"  {name} " in output and text in output for name, text in PARTS.items())
    assert "make bench-quick" in output
