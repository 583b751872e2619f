"""Tables show what comes from disk as it is written there: nothing in it is markup, and a terminal obeys nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from mnist_lab.commands.output import narration, out, print_json, say
from mnist_lab.render.tables import diagnosis_table, workers_table
from mnist_lab.store import leases
from mnist_lab.store.registry import Worker, WorkerSpec, WorkerState
from mnist_lab.text import clean
from mnist_lab.workers.diagnosis import Finding
from tests.factories import OBEYED, is_harmless

MARKUP = "[link=https://example.org][blink]x[/blink][/link] [/] :smile:"


def drawn(table: RenderableType) -> str:
    """What a console gets that reads markup, as that of the screen does."""
    console = Console(file=io.StringIO(), width=300, color_system="truecolor", force_terminal=True, emoji=False)
    console.print(table)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_a_worker_is_listed_with_markup_as_text() -> None:
    owner = leases.this_process(locked=False).model_copy(update={"host": MARKUP})
    state = WorkerState(warm=True, device=MARKUP, preparing=MARKUP)
    output = drawn(workers_table([Worker(WorkerSpec(), Path("x"), owner, state, 3.0, uid=0)]))
    assert output.count(MARKUP) == 3
    assert "\x1b]8" not in output
    assert "\x1b[5m" not in output


def test_a_diagnosis_names_folders_without_what_a_terminal_would_obey() -> None:
    output = drawn(diagnosis_table([Finding("runs folder", f"/srv/{OBEYED}{MARKUP}", advice=f"See {OBEYED}{MARKUP}.")]))
    assert output.count(MARKUP) == 2
    assert "]52;" not in output
    assert "\x9b" not in output


def test_consoles_read_no_markup_and_lines_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    out().print(MARKUP)
    narration().print(MARKUP)
    say(OBEYED)
    print_json({OBEYED: [OBEYED]})
    printed, said = capsys.readouterr()
    assert " ".join(printed.split()).startswith(MARKUP)
    assert " ".join(said.split()) == f"{MARKUP} {clean(OBEYED)}"
    assert is_harmless(printed)
    assert "\\u009b" in printed
