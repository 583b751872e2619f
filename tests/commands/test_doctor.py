"""What the lab would train on, as the machine it runs on reports it."""

from __future__ import annotations

import pytest

from tests.commands.lab import Lab, Terminal
from tests.commands.test_watching import Open

FINDINGS = [
    "mnist-lab",
    "backend",
    "device",
    "threads",
    "a study trains with",
    "memory",
    "images",
    "runs folder",
    "terminal",
]


def test_every_finding_is_told_as_json(lab: Lab) -> None:
    result = lab("doctor", "--json", "--threads", 1).json
    assert result["schema"] == 1
    findings = {found["what"]: found for found in result["findings"]}
    assert [what for what in findings if what != "bfloat16"] == FINDINGS  # which only some processors have a say in
    assert all(found["ok"] for what, found in findings.items() if what != "memory")
    assert all(found["value"] for found in findings.values())
    assert "tensorflow" in findings["backend"]["value"]
    assert findings["threads"]["value"].startswith("1 of ")
    assert "60000 + 10000, checksum 796354bf1a5b" in findings["images"]["value"]
    assert str(lab.runs) in findings["runs folder"]["value"]


@pytest.fixture
def fault(own_lab: Lab) -> Lab:
    """A runs folder that is a file."""
    own_lab.runs.write_text("precious")
    return own_lab


def test_on_a_terminal_it_says_what_is_wrong_and_what_to_do_and_leaves_with_3(fault: Lab, terminal: Open) -> None:
    screen: Terminal = terminal(fault, "doctor", columns=100, env={"CUDA_VISIBLE_DEVICES": ""})
    text = screen.ends(3)
    assert all(what in text for what in FINDINGS)
    assert "!!  runs folder" in text
    assert "name a folder with --runs" in " ".join(text.split())
    assert "xterm-256color, 100x24, colours 256" in text
    assert fault.runs.read_text() == "precious"
