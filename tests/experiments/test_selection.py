"""Which of several runs of one training counts."""

from __future__ import annotations

from typing import Any

import pytest

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import Environment, Record
from mnist_lab.experiments.selection import answers_by_seed, backend_of, first_answer, is_answer, on_backend
from tests.factories import make_record

NORMS: frozenset[str] = frozenset({"gradient_norms"})
MEASURED = {"dense": [0.1, 0.1]}


def run(seed: int = 0, **fields: Any) -> Record:
    return make_record(experiment=DEFAULT.derive(seed=seed), **fields)


def on(backend: str) -> Record:
    return run(environment=Environment(mnist_lab="0.1.0", python="3.11.7", backend=backend))


def test_of_several_answers_the_one_requested_first_counts() -> None:
    stopped, failed, first, again = run(status="stopped"), run(status="failed"), run(), run()
    assert first_answer([again, failed, first, stopped]) is first
    assert first_answer([stopped, failed]) is None


def test_a_training_that_diverged_stays_an_answer_when_it_is_repeated_and_so_does_one_that_finished() -> None:
    diverged, again, other, lost = run(status="diverged"), run(), run(1), run(1, status="diverged")
    assert answers_by_seed([again, lost, other, diverged]) == {0: diverged, 1: other}


def test_seeds_come_lowest_first_whatever_the_order_of_runs() -> None:
    assert list(answers_by_seed([run(2), run(10), run(0)])) == [0, 2, 10]


def test_a_run_without_what_is_to_be_measured_is_no_answer_unless_it_diverged() -> None:
    plain, measured, diverged = run(), run(gradient_norms=MEASURED), run(status="diverged")
    assert answers_by_seed([plain, measured], NORMS) == {0: measured}
    assert answers_by_seed([plain, measured]) == {0: plain}
    assert is_answer(diverged, NORMS)
    assert not is_answer(run(status="stopped", gradient_norms=MEASURED), NORMS)


@pytest.mark.parametrize(
    ("backend", "counts"), [("tensorflow", [True, False]), ("jax", [False, True]), ("", [True] * 2)]
)
def test_a_run_counts_for_its_backend_and_for_each_where_it_is_not_known(backend: str, counts: list[bool]) -> None:
    assert [on_backend(on(backend), asked) for asked in ("tensorflow", "jax")] == counts
    assert on_backend(on(backend)) == counts[0]
    assert backend_of(on(backend)) == ("tensorflow" if counts[0] else "jax")
