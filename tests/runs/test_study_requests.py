"""Asking for trainings of which the folder has some."""

from __future__ import annotations

import pytest

from mnist_lab.errors import EngineError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.study import of_plans
from mnist_lab.runs.study_requests import request_study
from mnist_lab.store import Store, registry, studies
from tests.factories import ONE_WORKER, make_record, make_request

ARMS = plan.varied([plan.from_experiment(DEFAULT)], {"units": [8, 16]})
PLANS = plan.seeded(ARMS, range(2))


@pytest.fixture
def used(store: Store) -> str:
    """A run that has trained the first of the plans."""
    return saved(store, PLANS[0].experiment)


@pytest.fixture
def live(store: Store) -> str:
    """A run that will train the second of them."""
    request = make_request(experiment=PLANS[1].experiment)
    store.request(request)
    return request.id


def saved(store: Store, experiment: Experiment) -> str:
    record = make_record(experiment=experiment)
    store.request(make_request(record.id, experiment=experiment))
    store.publish(record)
    return record.id


def test_a_study_is_declared_what_is_there_is_used_and_the_rest_is_requested(
    store: Store, used: str, live: str
) -> None:
    asked = request_study(store, PLANS, ONE_WORKER, of_plans(ARMS, range(2)), note="n", tags=["t"], keep="record")
    assert [asked.study] == studies.studies(store)
    assert {planned: run.id for planned, run in asked.coverage.used.items()} == {PLANS[0]: used}
    assert {planned: run.id for planned, run in asked.coverage.live.items()} == {PLANS[1]: live}
    assert [planned for planned, _ in asked.requested] == PLANS[2:]
    assert [request.experiment for _, request in asked.requested] == [planned.experiment for planned in PLANS[2:]]
    assert {(one.note, one.tags, one.keep) for _, one in asked.requested} == {("n", ("t",), "record")}
    assert [run.id for run in asked.known] == [used, live]
    assert store.ids() == [used, live, *asked.ids]
    assert list(asked.labels.values()) == [planned.label for planned in PLANS[1:]]
    assert list(asked.labels) == [live, *asked.ids]


def test_asked_for_again_with_another_seed_only_that_is_new_and_the_study_has_all(store: Store) -> None:
    request_study(store, PLANS, ONE_WORKER, of_plans(ARMS, range(2)))
    more = request_study(store, plan.seeded(ARMS, [2]), ONE_WORKER, of_plans(ARMS, [2]))
    assert more.study is not None
    assert more.study.seeds == (0, 1, 2)
    assert len(more.requested) == 2
    assert len(store.ids()) == 6


def test_without_a_study_none_is_declared(store: Store, used: str) -> None:
    asked = request_study(store, PLANS, ONE_WORKER)
    assert asked.study is None
    assert len(asked.requested) == 3
    assert studies.studies(store) == []


def test_fresh_trains_all_of_it_each_as_often_as_it_is_asked_for(store: Store, used: str, live: str) -> None:
    twice = [PLANS[0], PLANS[0]]
    assert len(request_study(store, twice, ONE_WORKER, fresh=True).requested) == 2
    asked = request_study(store, PLANS, ONE_WORKER, of_plans(ARMS, range(2)), fresh=True)
    assert len(asked.requested) == 4
    assert {used, live} < {run.id for run in asked.known}, "the study is judged by them"


def test_the_backend_of_a_study_is_asked_for_and_looked_for(store: Store, live: str) -> None:
    asked = request_study(store, PLANS, ONE_WORKER, of_plans(ARMS, range(2), "jax"))
    assert {request.backend for _, request in asked.requested} == {"jax"}
    assert len(asked.requested) == 4
    assert request_study(store, PLANS, ONE_WORKER, backend="jax").requested == []


def test_only_what_is_chosen_of_the_missing_is_requested(store: Store, used: str) -> None:
    seen: list[tuple[list[Planned], list[str]]] = []

    def choose(missing, known):  # type: ignore[no-untyped-def]
        seen.append((list(missing), [run.id for run in known]))
        return missing[:1]

    asked = request_study(store, PLANS, ONE_WORKER, choose=choose)
    assert seen == [(PLANS[1:], [used])]
    assert [planned for planned, _ in asked.requested] == PLANS[1:2]
    assert asked.coverage.missing == tuple(PLANS[1:])


def test_where_it_is_known_which_runs_are_alike_no_other_is_read(store: Store, used: str) -> None:
    saved(store, PLANS[2].experiment)
    asked = request_study(store, PLANS, ONE_WORKER, among=[used, make_record().id])
    assert [run.id for run in asked.known] == [used]
    assert len(asked.requested) == 3


def test_a_backend_that_is_not_installed_is_one_sentence_before_anything_is_queued(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_lab.training.loading.find_spec", lambda name: None)
    study = of_plans(ARMS, range(2), "jax")
    with pytest.raises(EngineError, match=r"extra `jax`, as in `pip install 'mnist-lab\[jax\]'`\.$"):
        request_study(store, PLANS, ONE_WORKER, study)
    assert (store.ids(), studies.studies(store)) == ([], [])
    lease = registry.take_slot(store.root, registry.WorkerSpec("jax"), slots=1)
    assert lease is not None
    assert request_study(store, PLANS, ONE_WORKER, study).ids, "a worker of another host has it"
    lease.release()
