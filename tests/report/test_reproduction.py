"""What a reproduction asks for, what of it a time affords, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace

from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import section, walk
from mnist_lab.report import reproduction
from mnist_lab.report.claims import CLAIMS, claims_of
from mnist_lab.report.reproduction import ReproductionPlan
from mnist_lab.runs import requests
from mnist_lab.runs.coverage import RunsByTraining, cover
from mnist_lab.store import Run, Store
from tests.factories import ONE_WORKER, make_record, make_view

ACTIVATION = claims_of(section("activation"))


def finished(plans: list[Planned]) -> list[Run]:
    """Runs of some trainings, as they are asked for."""
    return [
        Run(record.id, "finished", record=record)
        for planned in plans
        for record in [
            make_record(
                experiment=planned.experiment, gradient_norms={"dense": [1.0, 1.0]} if planned.measurements else None
            )
        ]
    ]


def test_three_seeds_of_a_section_are_three_of_each_of_its_networks_and_a_fourth_is_one_more_of_each() -> None:
    plans = ReproductionPlan(ACTIVATION, 3).plans()
    arms = {preset(name) for name in section("activation").presets}
    assert len(plans) == 15
    assert {planned.experiment.unseeded() for planned in plans} == arms
    runs = RunsByTraining(finished(plans))
    assert cover(plans, runs).missing == ()
    more = cover(ReproductionPlan(ACTIVATION, 4).plans(), runs).missing
    assert [planned.experiment.seed for planned in more] == [3] * 5


def test_what_the_claims_of_a_section_need_includes_every_network_of_it() -> None:
    for one in walk():
        wanted = {planned.experiment for planned in ReproductionPlan(claims_of(one), 1).plans()}
        assert {preset(name) for name in one.presets} <= wanted


def test_norms_are_asked_for_where_a_claim_needs_them_and_nowhere_else() -> None:
    with_norms = {
        planned.experiment.activation for planned in ReproductionPlan(ACTIVATION, 2).plans() if planned.measurements
    }
    assert with_norms == {"relu", "sigmoid"}


def test_each_network_is_trained_once_a_seed_though_claims_know_it_by_several_names() -> None:
    experiments = [planned.experiment for planned in ReproductionPlan(CLAIMS, 2).plans()]
    assert len(set(experiments)) == len(experiments)
    assert {one.unseeded() for one in experiments} == {preset(arm) for claim in CLAIMS for arm in claim.test.arms}
    keys = [(one.network == "conv", one.seed, one.epochs) for one in experiments]
    assert keys == sorted(keys)


def test_a_run_without_norms_is_lacking_only_where_they_are_needed() -> None:
    plans = ReproductionPlan(ACTIVATION, 1).plans()
    without = RunsByTraining(finished([replace(planned, measurements=frozenset()) for planned in plans]))
    assert {planned.experiment.activation for planned in cover(plans, without).missing} == {"relu", "sigmoid"}


def test_convolutional_networks_come_last_and_may_have_fewer_seeds() -> None:
    plans = ReproductionPlan(CLAIMS, 4, conv_seeds=2).plans()
    networks = [planned.experiment.network for planned in plans]
    assert networks == sorted(networks, key=["dense", "conv"].index)
    assert {planned.experiment.seed for planned in plans if planned.experiment.network == "conv"} == {0, 1}
    assert {planned.experiment.seed for planned in plans if planned.experiment.network == "dense"} == {0, 1, 2, 3}


def test_a_rehearsal_trains_no_more_than_it_may() -> None:
    assert {planned.experiment.epochs for planned in ReproductionPlan(CLAIMS, 1, epochs=2).plans()} == {2}


def test_a_time_affords_the_first_trainings_by_what_others_took() -> None:
    plans = ReproductionPlan(CLAIMS, 2).plans()
    known = [make_view(experiment=preset("relu"), seconds=(0.5,))]
    assert (
        len(reproduction.affordable(ReproductionPlan(ACTIVATION, 2).plans(), known, ONE_WORKER, 45.0)) == 4
    )  # of 10 s each
    assert reproduction.affordable(ReproductionPlan(ACTIVATION, 2).plans(), known, ONE_WORKER, 9.0) == []
    dense = [planned for planned in plans if planned.experiment.network == "dense"]
    assert reproduction.affordable(plans, known, ONE_WORKER, 1e6) == dense  # nothing is known of the others
    assert reproduction.affordable(plans, [], ONE_WORKER, 1.0) == plans[:1]
    assert reproduction.affordable(plans[len(dense) :], known, ONE_WORKER, 1.0) == plans[len(dense) : len(dense) + 1]
    assert reproduction.affordable(plans, [], ONE_WORKER, 0.0) == ()


def test_what_waits_is_given_up_and_leaves_nothing_behind(store: Store) -> None:
    asked = requests.ask_all(store, ReproductionPlan(ACTIVATION, 1).plans(), ONE_WORKER)
    ended = make_record(status="stopped", epochs_run=0, model={"parameters": 1, "layers": ("dense",)})
    store.root.joinpath(ended.id).mkdir()
    store.publish(ended)
    ids = [request.id for request in asked] + [ended.id]
    reproduction.withdraw_queued(store, ids)
    assert {run.status for run in store.runs()} == {"stopped"}
    reproduction.remove_unstarted(store, ids)
    assert store.ids() == [ended.id]
