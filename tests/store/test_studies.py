"""The studies of a folder: kept whole, growing by seeds, found by the beginning of their ids."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.study import Study, of_plans
from mnist_lab.store import Store
from mnist_lab.store.studies import StudyCache, declare, studies, study


def of_units(*units: int, seeds: int = 2, **stated: object) -> Study:
    return of_plans(plan.varied([plan.from_experiment(DEFAULT)], {"units": units}), range(seeds), **stated)


def test_a_study_is_read_as_it_was_declared(store: Store) -> None:
    declared = declare(store, of_units(8, 16, margin=0.002, family="pairs"))
    assert studies(store) == [declared]


def test_declared_again_it_only_grows(store: Store) -> None:
    first = declare(store, of_units(8, 16, seeds=5))
    fewer = declare(store, of_units(8, 16, seeds=2))
    assert fewer == first
    more = declare(store, of_units(8, 16, seeds=7))
    assert more == first.model_copy(update={"seeds": tuple(range(7))})
    assert studies(store) == [more]


def test_of_many_who_declare_it_at_once_none_is_forgotten(store: Store) -> None:
    declare(store, of_units(8, 16))
    plans = plan.varied([plan.from_experiment(DEFAULT)], {"units": (8, 16)})
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda seed: declare(store, of_plans(plans, (seed,))), range(64)))
    [kept] = studies(store)
    assert kept.seeds == tuple(range(64))


def test_what_is_not_stated_again_stays(store: Store) -> None:
    declared = declare(store, of_units(8, 16, margin=0.002, family="pairs"))
    again = declare(store, of_units(8, 16, seeds=3))
    assert (again.margin, again.family) == (0.002, "pairs")
    same = declare(store, of_units(8, 16, seeds=4, margin=0.002, family="pairs"))
    assert same == declared.model_copy(update={"seeds": (0, 1, 2, 3)})


def test_the_values_in_another_order_are_the_same_study_with_its_baseline(store: Store) -> None:
    declared = declare(store, of_units(8, 16, 32))
    again = declare(store, of_units(32, 8, 16, seeds=3))
    assert again == declared.model_copy(update={"seeds": (0, 1, 2)})
    assert (again.baseline, list(again.arms)) == ("units=8", ["units=8", "units=16", "units=32"])
    assert studies(store) == [again]


@pytest.mark.parametrize(
    ("stated", "complaint"),
    [
        ({"margin": 0.003}, r"was declared with a margin of 0\.2 points.*study show units-\w+ --margin 0\.3"),
        ({"family": "pairs"}, r"compares each arm with its baseline.*study show units-\w+ --pairs"),
    ],
)
def test_what_a_study_compares_by_is_not_changed_once_it_is_declared(
    store: Store, stated: dict[str, object], complaint: str
) -> None:
    declared = declare(store, of_units(8, 16, margin=0.002))
    with pytest.raises(UsageError, match=complaint):
        declare(store, of_units(16, 8, seeds=9, **stated))
    assert studies(store) == [declared]


def test_studies_are_listed_in_the_order_of_their_declaration(store: Store) -> None:
    declared = [declare(store, of_units(8, units)) for units in (16, 9, 32)]
    declare(store, of_units(8, 16, seeds=9))
    assert [one.id for one in studies(store)] == [one.id for one in declared]


def test_no_run_is_made_of_them_and_what_is_damaged_is_passed_over(store: Store) -> None:
    declared = declare(store, of_units(8, 16))
    (store.root / "studies" / "torn.json").write_text('{"id": "torn"')
    (store.root / "studies" / "odd.json").write_text("[]")
    assert studies(store) == [declared]
    assert store.ids() == []
    assert store.runs() == []


def test_a_study_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    one, other = (declare(store, of_units(8, units)) for units in (16, 32))
    assert study(store, one.id) == one
    assert study(store, other.id[:-2]) == other
    with pytest.raises(UsageError, match="2 studies have ids that begin with units"):
        study(store, "units")
    with pytest.raises(UsageError, match="There is no study 'depth'"):
        study(store, "depth")


def test_the_folder_is_shared_as_far_as_the_runs_are(store: Store, private_umask: None) -> None:
    store.root.chmod(0o2775)
    declared = declare(store, of_units(8, 16))
    folder = store.root / "studies"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2775
    assert stat.S_IMODE((folder / f"{declared.id}.json").stat().st_mode) == 0o664


def test_a_folder_that_cannot_be_written_is_an_error(store: Store) -> None:
    (store.root / "studies").write_text("a file")
    with pytest.raises(StoreError, match="could not be written"):
        declare(store, of_units(8, 16))


def test_the_cache_has_new_studies_and_is_else_the_very_same_list(store: Store) -> None:
    cache = StudyCache(store)
    assert cache.studies() == []
    first = declare(store, of_units(8, 16))
    seen = cache.studies()
    assert seen == [first]
    assert cache.studies() is seen
    grown = declare(store, of_units(8, 16, seeds=9))
    assert cache.studies() == [grown]


def test_what_studies_have_derived_is_derived_once_however_many_there_are(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for units in range(8, 8 + 100):
        declare(store, of_units(units, 1000))
    cache = StudyCache(store)
    before = [list(one.trainings()) for one in cache.studies()]
    declare(store, of_units(8, 1000, seeds=3))
    grown, *others = (list(one.trainings()) for one in cache.studies())
    assert (len(grown), len(before[0])) == (6, 4)
    monkeypatch.setattr(Experiment, "derive", None)
    assert [list(one.trainings()) for one in cache.studies()] == [grown, *others]
    assert others == before[1:]
