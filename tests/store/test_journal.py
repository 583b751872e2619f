"""A journal is read while it grows, with a last line that may be incomplete."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_lab.experiments.events import Event, Paused, PhaseStarted, Progressed, Resumed, to_line
from mnist_lab.store.journal import JournalReader, JournalWriter
from tests.factories import short
from tests.processes import running

EVENTS: list[Event] = [PhaseStarted(at=1, phase="loading"), Paused(at=2), Resumed(at=3)]

WRITE = """
import sys
from pathlib import Path
from mnist_lab.experiments.events import Progressed
from mnist_lab.store.journal import JournalWriter
with JournalWriter(Path(sys.argv[1])) as journal:
    for step in range(2000):
        journal.write(Progressed(at=0, epoch=1, step=step, steps=2000, loss=float("nan"), accuracy=0.5))
print("done", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as handle:
        handle.write(content)


def test_what_is_written_is_read_once_and_in_order(path: Path) -> None:
    reader = JournalReader(path)
    assert reader.read() == []
    with JournalWriter(path) as journal:
        for event in EVENTS:
            journal.write(event)
            assert reader.read() == [event]
        assert reader.read() == []
    assert JournalReader(path).read() == EVENTS


def test_a_torn_last_line_is_left_until_it_is_whole(path: Path) -> None:
    first, second = to_line(EVENTS[0]), to_line(EVENTS[1])
    reader = JournalReader(path)
    for cut in range(len(second)):
        path.write_bytes(first + second[:cut])
        assert JournalReader(path).read() == [EVENTS[0]]
    assert reader.read() == [EVENTS[0]]
    append(path, second[len(second) - 1 :])
    assert reader.read() == [EVENTS[1]]


@pytest.mark.parametrize(
    "line",
    [
        b'{"v": 2, "at": 0, "event": "paused", "until": 9}',
        b'{"v": 99, "at": 0, "event": "lane_split", "lanes": [1, 2]}',
        b'{"v": 1, "at": 0, "event": "unheard of"}',
        b"\xff\xfe\x00",
        b"",
        b"{",
        b"[" * 10_000,
    ],
    ids=short,
)
def test_a_line_that_is_not_understood_is_passed_over(path: Path, line: bytes) -> None:
    path.write_bytes(to_line(EVENTS[0]) + line + b"\n" + to_line(EVENTS[1]))
    assert JournalReader(path).read() == EVENTS[:2]


def test_a_journal_is_never_written_over(path: Path) -> None:
    with JournalWriter(path) as journal:
        journal.write(EVENTS[0])
    with pytest.raises(FileExistsError):
        JournalWriter(path)
    assert JournalReader(path).read() == EVENTS[:1]


@pytest.mark.parametrize("made_as", ["folder", "below a file", "link to itself"])
def test_a_journal_that_cannot_be_read_has_no_events(path: Path, made_as: str) -> None:
    if made_as == "folder":
        path.mkdir()
    elif made_as == "link to itself":
        path.symlink_to(path)
    else:
        path.write_bytes(b"")
        path /= "journal.jsonl"
    assert JournalReader(path).read() == []


def test_a_reader_next_to_a_writer_sees_each_event_once_whole_and_in_order(path: Path) -> None:
    reader = JournalReader(path)
    steps: list[int] = []
    with running(WRITE, path) as writer:
        while len(steps) < 2000:
            steps += [event.step for event in reader.read() if isinstance(event, Progressed)]
            assert writer.process.poll() in {None, 0}
        assert writer.hear() == "done"
    assert steps == list(range(2000))
