from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.runs.library import Changes
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Run, RunStatus
from mnist_lab.tui.form_state import CUSTOM
from mnist_lab.tui.section_runs import SectionRuns
from tests.factories import make_view

NOTHING: frozenset[str] = frozenset()


def seen(*snapshots: RunSnapshot) -> SectionRuns:
    runs = SectionRuns()
    runs.update(Changes(new=snapshots))
    return runs


def snapshot(run_id: str, status: RunStatus = "finished", study: str | None = None, **changes: object) -> RunSnapshot:
    return make_view(run_id, status, label=f"label of {run_id}", study=study, experiment=DEFAULT.derive(**changes))


def ids(snapshots: list[RunSnapshot]) -> list[str]:
    return [found.id for found in snapshots]


def test_a_network_counts_in_every_section_it_belongs_to() -> None:
    runs = seen(snapshot("a"), snapshot("b", units=64), snapshot("c", "failed", units=256))
    assert [runs.trained(name) for name in ("activation", "width", "architecture", "overfitting")] == [1, 2, 2, 1]


def test_seeds_and_epochs_do_not_make_another_network() -> None:
    runs = seen(snapshot("a", seed=1), snapshot("b", seed=2, epochs=3))
    assert runs.trained("activation") == 1
    assert ids(runs.rows("activation", NOTHING)) == ["a", "b"]


def test_values_stand_in_the_order_of_the_section() -> None:
    runs = seen(snapshot("a", activation="elu"), snapshot("b", activation="gelu"), snapshot("c"))
    assert ids(runs.rows("activation", NOTHING)) == ["c", "b", "a"]


def test_the_newest_run_of_a_value_is_shown() -> None:
    assert ids(seen(snapshot("a"), snapshot("b")).rows("activation", NOTHING)) == ["b"]


def test_a_run_made_for_another_question_does_not_push_its_own_aside() -> None:
    runs = seen(snapshot("a", study="activation"), snapshot("b", study="learning-rate"))
    assert ids(runs.rows("activation", NOTHING)) == ["a"]
    assert ids(runs.rows("learning-rate", NOTHING)) == ["b"]
    assert ids(runs.rows("width", NOTHING)) == ["b"]


def test_what_lives_elsewhere_and_what_is_pinned_is_shown_below() -> None:
    runs = seen(snapshot("a", "running", units=64), snapshot("b", units=256), snapshot("c"), snapshot("d", units=77))
    assert ids(runs.rows("activation", frozenset({"d"}))) == ["c", "a", "d"]


def test_custom_has_what_no_section_has() -> None:
    runs = seen(snapshot("a"), snapshot("b", units=77), snapshot("c", dropout=0.2))
    assert ids(runs.rows(CUSTOM, NOTHING)) == ["b", "c"]


def test_a_section_requested_with_another_base_belongs_to_it() -> None:
    runs = seen(snapshot("a", study="activation", dropout=0.2))
    assert ids(runs.rows("activation", NOTHING)) == ["a"]
    assert runs.trained("activation") == 0


def test_labels_tell_seeds_apart_only_where_they_differ() -> None:
    runs = seen(snapshot("a"), snapshot("b", activation="gelu"))
    assert runs.labels("activation", runs.rows("activation", NOTHING)) == {"a": "relu", "b": "gelu"}
    runs = seen(snapshot("a"), snapshot("b", activation="gelu", seed=3))
    assert runs.labels("activation", runs.rows("activation", NOTHING)) == {"a": "relu s0", "b": "gelu s3"}


def test_what_changes_or_goes_is_noted() -> None:
    runs = seen(snapshot("a", "running"), snapshot("b", activation="gelu"), snapshot("c", activation="gelu", seed=1))
    assert (runs.trained("activation"), ids(runs.live)) == (1, ["a"])
    runs.update(Changes(changed=[snapshot("a")]))
    assert (runs.trained("activation"), ids(runs.live)) == (2, [])
    runs.update(Changes(gone=[snapshot("b", activation="gelu")]))
    assert runs.trained("activation") == 2, "another of the network is left"
    assert ids(runs.rows("activation", NOTHING)) == ["a", "c"]
    runs.update(Changes(gone=[snapshot("c", activation="gelu", seed=1)], changed=[snapshot("a", "damaged")]))
    assert runs.trained("activation") == 0


def test_another_version_is_one_with_other_runs_or_another_status() -> None:
    runs = seen(snapshot("a", "running"))
    versions = [runs.version]
    for changes in (
        Changes(changed=[replace(snapshot("a", "running"), step=9)]),
        Changes(changed=[snapshot("a")]),
        Changes(new=[snapshot("b")]),
        Changes(gone=[snapshot("b")]),
    ):
        runs.update(changes)
        versions.append(runs.version)
    assert [now != before for before, now in pairwise(versions)] == [False, True, True, True]
    assert ids(runs.rows("activation", NOTHING)) == ["a"]


def test_rows_are_runs_as_they_are_now() -> None:
    runs = seen(snapshot("a", "running"))
    assert runs.rows("activation", NOTHING)[0].step == 0
    runs.update(Changes(changed=[replace(snapshot("a", "running"), step=9)]))
    assert runs.rows("activation", NOTHING)[0].step == 9


def test_a_run_whose_request_becomes_known_gets_its_row() -> None:
    runs = seen(RunSnapshot(Run("a", "queued"), "?"))
    assert ids(runs.rows("width", NOTHING)) == ["a"], "it lives"
    runs.update(Changes(changed=[snapshot("a")]))
    assert ids(runs.rows("activation", NOTHING)) == ["a"]
    assert runs.trained("activation") == 1


def test_a_run_of_which_nothing_is_known_is_no_part_of_anything() -> None:
    runs = seen(RunSnapshot(Run("a", "damaged"), "?"))
    assert runs.rows("activation", NOTHING) == []


def test_a_run_that_cannot_be_read_is_no_part_of_the_queue_and_gets_its_row_once_it_is_known() -> None:
    runs = seen(RunSnapshot(Run("a", "unreadable"), "?"))
    assert (runs.live, runs.rows("activation", NOTHING)) == ([], [])
    runs.update(Changes(changed=[snapshot("a")]))
    assert ids(runs.rows("activation", NOTHING)) == ["a"]
