"""The lab over a real SSH connection, to an sshd of the test's own on loopback."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_lab.store import Store
from tests import tools
from tests.factories import make_record, put
from tests.tui.terminal import PATIENCE, Terminal, lab


def listening(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[list[str]]:
    """The start of a command that logs in here."""
    daemon = str(tools.program("sshd"))
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": tmp_path / "host",
        "AuthorizedKeysFile": tmp_path / "user.pub",
        "StrictModes": "no",  # pytest's folders are not those of a home
        "UsePAM": "no",
        "PidFile": "none",
    }
    (tmp_path / "sshd").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    server = subprocess.Popen([daemon, "-D", "-e", "-f", str(tmp_path / "sshd")], stderr=subprocess.PIPE)
    deadline = time.monotonic() + PATIENCE
    while not listening(port):
        assert server.poll() is None, server.communicate()[1]
        assert time.monotonic() < deadline, "sshd does not listen"
        time.sleep(0.05)
    quiet = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    yield ["ssh", "-tt", *quiet, "-i", str(tmp_path / "user"), "-p", str(port), f"{getpass.getuser()}@127.0.0.1"]
    server.terminate()
    server.communicate()


@pytest.mark.needs("tmux", "ssh", "sshd")
def test_the_lab_opens_draws_and_leaves_over_ssh(ssh: list[str], store: Store, tmp_path: Path) -> None:
    record = make_record()
    put(store.root, "request.json", b"", record.id)
    store.publish(record)
    terminal = Terminal(tmp_path / "socket", 80, 24, {})
    try:
        terminal.run(*ssh, "env", f"XDG_CONFIG_HOME={tmp_path / 'config'}", *lab(store.root))
        terminal.wait("ACTIVATION 1/5")
        terminal.press("m")
        terminal.wait("val_loss  ")
        terminal.resize(120, 36)
        terminal.wait("SECTIONS")
        terminal.press("q")
        terminal.wait("Connection to 127.0.0.1 closed")
    finally:
        terminal.kill()
