"""The lab in a real terminal with a real worker, from the first key to a comparison; and how it leaves the terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_lab.store import Store, registry, worker_process
from tests.tui.terminal import LAB, PATIENCE, Terminal, lab


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A runs folder whose workers are sent away at the end."""
    folder = tmp_path / "runs"
    folder.mkdir()
    yield folder
    for worker in registry.workers(folder):
        worker_process.kill(worker.owner, folder)
    deadline = time.monotonic() + PATIENCE
    while list(registry.workers(folder)):
        assert time.monotonic() < deadline, "a worker is left behind"
        time.sleep(0.05)


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.kill()


def finished(folder: Path) -> int:
    return sum(run.status == "finished" for run in Store(folder).runs())


@pytest.mark.needs("tmux")
def test_a_section_is_chosen_trained_compared_and_found_again(
    runs: Path, tmp_path: Path, terminals: list[Terminal]
) -> None:
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    terminal = Terminal(tmp_path / "first", 120, 36, environment)
    terminals.append(terminal)
    terminal.run(*lab(runs))
    terminal.wait("Press r to make the first")
    terminal.wait("CPU")
    terminal.press("1", "e", "Tab", "Tab", "1")
    terminal.wait("epochs 1 ")
    terminal.press("Escape")
    terminal.wait("r run")  # or a terminal that is slow to tell takes the two keys for alt+r
    terminal.press("r")
    terminal.wait(lambda screen: "importing" in screen or "compiling" in screen or "step" in screen)
    for value in ("relu", "sigmoid", "gelu", "elu", "leaky-relu"):
        terminal.wait(lambda screen, value=value: re.search(rf"\b{value}\b.*finished.*1/1", screen) is not None)
    assert finished(runs) == 5
    legend = next(line for line in terminal.screen().splitlines() if "val_accuracy" in line)
    assert all(value in legend for value in ("relu", "sigmoid", "gelu", "elu", "leaky-relu"))

    terminal.press("c")
    terminal.wait(lambda screen: all(run_id[-6:] in screen for run_id in Store(runs).ids()))

    terminal.press("Escape")
    terminal.wait("r run")
    terminal.press("9", "e", "space", "Right", "space", "Right", "Right", "space")
    terminal.wait("1 run;")
    terminal.press("Escape")
    terminal.wait("r run")
    terminal.press("r")
    terminal.wait(lambda screen: re.search(r"conv.*step", screen) is not None)
    terminal.kill()
    conv = Store(runs).ids()[-1]
    assert Store(runs).read(conv).status == "running"

    again = Terminal(tmp_path / "second", 80, 24, environment)
    terminals.append(again)
    again.run(*lab(runs))
    again.wait("ACTIVATION")
    again.press("9")
    again.wait(lambda screen: re.search(r"conv.*step", screen) is not None)
    again.press("s")
    again.wait("stopped")
    assert Store(runs).read(conv).status == "stopped"


def attributes(handle: int) -> list[object]:
    return termios.tcgetattr(handle)


SIGNALS = {"term": signal.SIGTERM, "hup": signal.SIGHUP}


@pytest.mark.parametrize("ending", ["q", "crash", *SIGNALS])
def test_leaving_restores_the_terminal_exactly(runs: Path, tmp_path: Path, ending: str) -> None:
    main, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 80))
    before = attributes(side)
    environment = os.environ | {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)}
    crash = (
        "import mnist_lab.tui.screens.home as home\n"
        "def broken(self): raise RuntimeError('broken on purpose')\n"
        "home.HomeScreen.action_metric = broken\n"
        "from mnist_lab.cli import main\n"
        "main()\n"
    )
    command = [LAB[0], "-c", crash] if ending == "crash" else LAB
    process = subprocess.Popen([*command, "--runs", str(runs)], stdin=side, stdout=side, stderr=side, env=environment)
    output = b""
    pressed = False
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < deadline, output[-2000:]
        if select.select([main], [], [], 0.1)[0]:
            output += os.read(main, 65536)
        if not pressed and b"ACTIVATION" in output:
            if ending in SIGNALS:
                process.send_signal(SIGNALS[ending])
            else:
                os.write(main, b"q" if ending == "q" else b"m")
            pressed = True
    while select.select([main], [], [], 0.2)[0]:
        output += os.read(main, 65536)
    after = attributes(side)
    os.close(main)
    os.close(side)
    assert after == before
    assert output.rfind(b"\x1b[?1049l") > output.rfind(b"\x1b[?1049h"), "the alternate screen is left"
    assert output.rfind(b"\x1b[?25h") > output.rfind(b"\x1b[?25l"), "the cursor is shown"
    for mode in (b"1000", b"1003", b"1006", b"2004"):
        assert output.rfind(b"\x1b[?" + mode + b"l") >= output.rfind(b"\x1b[?" + mode + b"h"), mode
    assert process.returncode == {"q": 0, "crash": 1}.get(ending, 130)


def test_a_terminal_that_is_closed_ends_the_lab_and_nothing_waits_for_it(runs: Path, tmp_path: Path) -> None:
    main, side = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)}
    process = subprocess.Popen([*LAB, "--runs", str(runs)], stdin=side, stdout=side, stderr=side, env=environment)
    os.close(side)
    read_until(main, b"ACTIVATION")
    os.close(main)
    process.send_signal(signal.SIGHUP)  # which the kernel sends where the terminal is a controlling one
    assert process.wait(PATIENCE) == 130


def read_until(handle: int, text: bytes) -> bytes:
    """What comes from a terminal until it has come to a text."""
    output = b""
    deadline = time.monotonic() + PATIENCE
    while text not in output:
        assert time.monotonic() < deadline, output[-2000:]
        if select.select([handle], [], [], 0.1)[0]:
            output += os.read(handle, 65536)
    return output


@pytest.mark.needs("tmux")
def test_ctrl_z_gives_the_shell_its_terminal_and_fg_brings_the_screen_back(
    runs: Path, tmp_path: Path, terminals: list[Terminal]
) -> None:
    terminal = Terminal(tmp_path / "socket", 100, 30, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    terminals.append(terminal)
    terminal.run("echo", "the shell before")
    terminal.run(*lab(runs))
    terminal.wait("ACTIVATION")
    terminal.press("C-z")
    screen = terminal.wait("Stopped")
    assert "the shell before" in screen
    assert "ACTIVATION" not in screen
    terminal.run("echo", "typed", "meanwhile")
    terminal.wait("typed meanwhile")
    terminal.run("fg")
    terminal.wait("ACTIVATION")
    terminal.press("2")
    terminal.wait("ARCHITECTURE")
    terminal.press("q")
    terminal.wait("typed meanwhile")


def test_the_first_paint_comes_before_anything_heavy(runs: Path, tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "import mnist_lab.tui.app as app\n"
        "from mnist_lab.store import Store\n"
        "from mnist_lab.workers.placement import Placement\n"
        "from pathlib import Path\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'pandas', 'scipy', 'numpy'}\n"
        "class Lab(app.LabApp):\n"
        "    def on_ready(self):\n"
        "        print(sorted(heavy & set(sys.modules)))\n"
        "        self.exit()\n"
        f"Lab(Store(Path({str(runs)!r})), Placement.here()).run(headless=True)\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    output = subprocess.run([LAB[0], "-c", program], env=environment, capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "[]"


def test_without_a_terminal_the_headless_command_is_named(runs: Path) -> None:
    result = subprocess.run([*lab(runs)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "mnist-lab run --preset early-stopping" in result.stderr
