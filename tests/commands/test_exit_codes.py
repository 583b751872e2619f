"""Data that is damaged or cannot be read is 3, whatever asks for it; what does not exist or makes no sense is 2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.lab import WITHOUT_PRIVILEGES, Lab
from tests.factories import make_record, make_request, put

HEALTHY, DAMAGED, LOST = (f"01M88B8X65N84CE7K1GC41SV{number}" for number in (17, 18, 19))
"""A run that has finished, one whose record is damaged, and one whose record and request are."""


@pytest.fixture
def damaged(own_lab: Lab) -> Lab:
    record = make_record(HEALTHY)
    (own_lab.runs / HEALTHY).mkdir(parents=True)
    own_lab.store.publish(record)
    own_lab.store.request(make_request(DAMAGED))
    put(own_lab.runs, "run.json", b"{", DAMAGED)
    put(own_lab.runs, "run.json", b"{", LOST)
    put(own_lab.runs, "request.json", b"{", LOST)
    (own_lab.runs / "studies").mkdir()
    (own_lab.runs / "studies" / "torn-abcdef.json").write_text("{")
    (own_lab.runs.parent / "records.jsonl.gz").write_bytes(b"\x1f\x8b torn")
    return own_lab


ON_DAMAGED = {
    "show its curve": ["replay", DAMAGED],
    "stop": ["runs", "stop", DAMAGED],
    "pause": ["runs", "pause", DAMAGED],
    "retry": ["runs", "retry", LOST],
    "train the same": ["run", "--like", LOST],
    "compare": ["compare", DAMAGED],
    "compare networks": ["compare", DAMAGED, HEALTHY, "--networks"],
    "judge a study": ["study", "show", "torn"],
    "report on records": ["report", "--records", "records.jsonl.gz"],
    "report on records that are not there": ["report", "--records", "none.jsonl.gz"],
    "train on images that are none": ["run", "--data", "records.jsonl.gz"],
    "optimism of one": ["study", "optimism", DAMAGED],
}


@pytest.mark.parametrize("what", ON_DAMAGED)
def test_what_is_damaged_is_3_and_a_sentence(damaged: Lab, what: str) -> None:
    damaged.refused(*ON_DAMAGED[what], code=3)


@pytest.mark.parametrize(
    "command",
    [
        ["runs", "show", "ZZZZZZ"], ["runs", "stop", "ZZZZZZ"], ["replay", "ZZZZZZ"], ["run", "--like", "ZZZZZZ"],
        ["study", "show", "none"], ["compare", "--section", "none"], ["runs", "stop", HEALTHY],
        ["runs", "resume", HEALTHY], ["runs", "retry", HEALTHY], ["study", "show", "none", "--metric", "none"],
        ["report", "--records", "records.jsonl.gz", "--epochs", "3"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_does_not_exist_or_makes_no_sense_is_2_whatever_is_damaged(damaged: Lab, command: list[str]) -> None:
    damaged.refused(*command, code=2)


@pytest.fixture
def closed(damaged: Lab) -> Iterator[Callable[[Path], None]]:
    """Takes away every permission for a file or folder, until the test has ended."""
    taken: list[tuple[Path, int]] = []

    def close(path: Path) -> None:
        taken.append((path, path.stat().st_mode))
        path.chmod(0)

    yield close
    for path, mode in reversed(taken):
        path.chmod(mode)


@pytest.mark.needs("setpriv")
def test_what_cannot_be_read_is_3_and_a_sentence(damaged: Lab, closed: Callable[[Path], None]) -> None:
    closed(damaged.runs / HEALTHY / "run.json")
    closed(damaged.runs.parent / "records.jsonl.gz")
    (damaged.runs / "studies" / "shut-abcdef.json").write_text("{}")
    closed(damaged.runs / "studies" / "shut-abcdef.json")
    for command in (
        ["replay", HEALTHY], ["compare", HEALTHY], ["runs", "stop", HEALTHY], ["runs", "pause", HEALTHY],
        ["runs", "resume", HEALTHY], ["runs", "retry", HEALTHY], ["runs", "remove", HEALTHY, "--yes"],
        ["run", "--like", HEALTHY], ["study", "show", "shut"], ["report", "--records", "records.jsonl.gz"],
        ["run", "--data", "records.jsonl.gz"],
    ):  # fmt: skip
        damaged.refused(*command, code=3, under=WITHOUT_PRIVILEGES)
    closed(damaged.runs / "studies")
    (damaged.runs / ".workers").mkdir()
    closed(damaged.runs / ".workers")
    for command in (["study", "list"], ["study", "show", "x"], ["worker", "list"], ["worker", "stop"]):
        damaged.refused(*command, code=3, under=WITHOUT_PRIVILEGES)


@pytest.mark.needs("setpriv")
def test_a_folder_that_cannot_be_read_is_3_before_any_question_of_usage(
    damaged: Lab, closed: Callable[[Path], None]
) -> None:
    closed(damaged.runs)
    for command in (
        ["runs", "list"], ["runs", "show", "ZZZZZZ"], ["runs", "stop", "--all"], ["runs", "prune"], ["compare"],
        ["replay", "ZZZZZZ"], ["run"], ["run", "--like", "ZZZZZZ"], ["study", "list"], ["study", "show", "x"],
        ["study", "optimism"], ["report"], ["reproduce", "--budget", "1s"], ["worker", "list"], ["worker"],
    ):  # fmt: skip
        done = damaged(*command, code=3, under=WITHOUT_PRIVILEGES)
        assert done.err.startswith("mnist-lab: "), done
        assert done.err.count("\n") == 1, done
