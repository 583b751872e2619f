"""``mnist-lab bench`` as a person runs it: what it prints, and what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.processes import eventually
from tests.tui.terminal import LAB


def begin(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"TMPDIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    return subprocess.Popen(
        [*LAB, "bench", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left_behind(tmp_path: Path) -> list[str]:
    """Folders of the benchmark, and processes that know them."""
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
    told = json.loads(output)
    assert told["command"].startswith("mnist-lab bench --quick --only start")
    keys = {figure["key"] for table in told["parts"]["start"] for figure in table["figures"]}
    assert {target["figure"] for target in told["targets"] if target["met"] is not None} == {
        key for key in keys if key.endswith(("/lab", "/seen", "/new", "/cold")) or key == "start/phases-not-shown"
    }
    assert "start/stock-script" in keys
    assert page.read_text().startswith("# Benchmarks")
    assert not left_behind(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_takes_its_processes_along(tmp_path: Path, number: int) -> None:
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
def test_wrong_use_is_told_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...], complaint: str) -> None:
    process = begin(tmp_path, *arguments)
    output, narration = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == ""
    assert narration.count("\n") == 1
    assert complaint in narration
