"""What a folder has of the trainings that are wanted: by what is trained, not by what it was called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.measurements import MEASUREMENTS
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Backend, Environment
from mnist_lab.experiments.study import Study, of_plans
from mnist_lab.runs.coverage import Coverage, RunsByTraining, cover, study_progress, under_way
from mnist_lab.runs.library import Changes
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Run, RunStatus
from tests.factories import make_record, make_request

WANTED = Planned(DEFAULT, "baseline")


def environment(backend: str) -> Environment:
    return Environment(mnist_lab="0.1.0", python="3.11.7", backend=backend)


def ended(experiment: Experiment = DEFAULT, status: RunStatus = "finished", **fields: Any) -> Run:
    record = make_record(experiment=experiment, status=status, **{"environment": environment("tensorflow")} | fields)
    return Run(record.id, status, None, record)


def live(experiment: Experiment = DEFAULT, status: RunStatus = "queued", **fields: Any) -> Run:
    request = make_request(experiment=experiment, **fields)
    return Run(request.id, status, request)


def held(plans: list[Planned], runs: list[Run], backend: Backend = "tensorflow") -> Coverage[Run]:
    return cover(plans, RunsByTraining(runs), backend)


class TestHolding:
    def test_what_a_run_was_called_and_what_is_kept_of_it_do_not_count(self) -> None:
        run = ended(note="another", tags=("b",), preset="relu", study="activation")
        assert held([WANTED], [run]) == Coverage(used={WANTED: run})

    @pytest.mark.parametrize(
        "changes",
        [{"seed": 1}, {"precision": "bfloat16"}, {"data": "0" * 64}, {"epochs": 21}, {"protocol": "holdout"}],
        ids=str,
    )
    def test_every_field_of_the_experiment_counts(self, changes: dict[str, Any]) -> None:
        assert held([WANTED], [ended(DEFAULT.derive(**changes))]).missing == (WANTED,)

    def test_a_run_on_another_backend_is_another(self) -> None:
        runs = [ended(environment=environment("jax")), live(backend="jax")]
        assert held([WANTED], runs).missing == (WANTED,)
        assert held([WANTED], runs, "jax").used == {WANTED: runs[0]}

    @pytest.mark.parametrize("status", ["finished", "diverged"])
    def test_an_answer_is_used(self, status: RunStatus) -> None:
        assert held([WANTED], [ended(status=status)]).missing == ()

    def test_what_cannot_be_read_is_not_trained_again_and_others_come_before_it(self) -> None:
        unreadable, waiting, answer = live(status="unreadable"), live(), ended()
        assert held([WANTED], [unreadable]) == Coverage(live={WANTED: unreadable})
        assert held([WANTED], [unreadable, waiting]) == Coverage(live={WANTED: waiting})
        assert held([WANTED], [unreadable, waiting, answer]) == Coverage(used={WANTED: answer})

    @pytest.mark.parametrize("status", ["stopped", "failed"])
    def test_what_did_not_come_to_its_end_is_no_answer(self, status: RunStatus) -> None:
        assert held([WANTED], [ended(status=status)]).missing == (WANTED,)

    @pytest.mark.parametrize("status", ["died", "damaged"])
    def test_nor_is_what_left_no_record(self, status: RunStatus) -> None:
        assert held([WANTED], [live(status=status), Run("x", "damaged")]).missing == (WANTED,)

    @pytest.mark.parametrize("status", ["queued", "running", "paused"])
    def test_what_is_under_way_is_not_asked_for_again(self, status: RunStatus) -> None:
        run = live(status=status)
        assert held([WANTED], [run]) == Coverage(live={WANTED: run})

    def test_of_several_answers_the_first_is_used_and_none_is_waited_for(self) -> None:
        first, second = ended(), ended()
        assert held([WANTED], [live(), second, first]) == Coverage(used={WANTED: first})

    @pytest.mark.parametrize(
        ("name", "key"), [(one.name, one.key) for one in MEASUREMENTS.values()], ids=list(MEASUREMENTS)
    )
    def test_a_run_without_what_is_to_be_measured_does_not_do(self, name: str, key: str) -> None:
        more = replace(WANTED, measurements=frozenset({name}))
        asked, measured = {name: True}, {key: {"loss": [0.1, 0.1]}}
        assert held([more], [ended(), live()]).missing == (more,)
        assert held([more], [live(**asked)]).missing == ()
        assert held([more], [ended(**measured)]).missing == ()
        assert held([WANTED], [ended(**measured)]).missing == ()
        assert held([more], [ended(status="diverged")]).missing == ()

    def test_what_is_missing_keeps_its_order(self) -> None:
        plans = plan.seeded([WANTED], range(5))
        found = held(plans, [ended(DEFAULT.derive(seed=1)), live(DEFAULT.derive(seed=3))])
        assert [planned.experiment.seed for planned in found.missing] == [0, 2, 4]


def index_of(*runs: Run) -> RunsByTraining[RunSnapshot]:
    return RunsByTraining(map(RunSnapshot.of, runs))


@pytest.fixture
def study() -> Study:
    return of_plans(plan.varied([plan.from_experiment(DEFAULT)], {"units": [8, 16]}), range(2))


class TestStudyProgress:
    def test_every_training_is_done_running_or_left(self, study: Study) -> None:
        arms = [DEFAULT.derive(units=units, seed=seed) for seed in (0, 1) for units in (8, 16)]
        runs = [
            ended(arms[0]),
            ended(arms[0]),
            ended(arms[1], "diverged"),
            live(arms[2], "running"),
            ended(arms[3], "stopped"),
            ended(DEFAULT.derive(units=8, seed=2)),
        ]
        found = study_progress(study, index_of(*runs))
        assert (found.done, [view.id for view in found.running], found.left) == (2, [runs[3].id], (arms[3],))
        assert (found.total, found.waiting, found.under_way) == (4, 0, True)

    def test_what_cannot_be_read_does_not_wait(self, study: Study) -> None:
        first, *_ = (experiment for _, experiment in study.trainings())
        found = study_progress(study, index_of(live(first, "unreadable")))
        assert (found.waiting, found.under_way) == (0, False)

    def test_it_is_kept_up_with(self, study: Study) -> None:
        first, *_ = (experiment for _, experiment in study.trainings())
        waiting, answer = live(first), ended(first)
        index = index_of(waiting)
        assert study_progress(study, index).waiting == 1
        index.update(Changes(new=[RunSnapshot.of(answer)]))
        assert study_progress(study, index).done == 1
        withdrawn = Run(waiting.id, "stopped", waiting.request)
        index.update(Changes(changed=[RunSnapshot.of(withdrawn)], gone=[RunSnapshot.of(answer)]))
        assert (study_progress(study, index).done, study_progress(study, index).under_way) == (0, False)

    def test_runs_of_another_backend_do_not_count(self, study: Study) -> None:
        first, *_ = (experiment for _, experiment in study.trainings())
        index = index_of(ended(first, environment=environment("jax")), live(first, backend="jax"))
        assert (study_progress(study, index).done, study_progress(study, index).under_way) == (0, False)

    def test_the_study_under_way_is_the_one_that_most_is_done_for(self, study: Study) -> None:
        wider = of_plans(plan.varied([plan.from_experiment(DEFAULT)], {"units": [8, 16, 32]}), range(2))
        of_both = [live(experiment) for _, experiment in study.trainings()]
        of_one = live(DEFAULT.derive(units=32))
        found = under_way([wider, study], index_of(*of_both))
        assert found is not None
        assert found.study is study
        found = under_way([wider, study], index_of(*of_both, of_one))
        assert found is not None
        assert found.study is wider
        assert under_way([wider, study], index_of(ended())) is None
