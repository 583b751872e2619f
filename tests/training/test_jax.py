"""The JAX engine and its lanes, against runs that train alone and against TensorFlow, on real MNIST."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.errors import EngineError
from mnist_lab.experiments.record import METRICS
from mnist_lab.training.engine import Engine
from mnist_lab.training.loading import load_engine
from tests.training.conftest import MakeSplit
from tests.training.jax_runs import COARSE, CONVS, DEEP, DIVERGES, DROPPED, GROUP, IMAGES, STOPPED, STOPPED_AT
from tests.training.trained import python, train

Run = dict[str, Any]

CALL = """
import json, sys
from pathlib import Path
from tests.training import jax_runs
print(json.dumps(jax_runs.{name}(Path({cache!r}))))
"""


def in_a_process(name: str, cache: Path) -> Any:
    return json.loads(python(CALL.format(name=name, cache=str(cache)), PYTHONWARNINGS="error"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def jax(cache: Path) -> dict[str, Any]:
    return in_a_process("everything", cache)  # type: ignore[no-any-return]


def apart(one: Run, other: Run) -> float:
    """The largest difference between two histories, infinite where their lengths differ."""
    pairs = [(one["history"][metric], other["history"][metric]) for metric in METRICS]
    if any(len(ours) != len(theirs) for ours, theirs in pairs):
        return math.inf
    return max(abs(a - b) for ours, theirs in pairs for a, b in zip(ours, theirs, strict=True))


def story(run: Run) -> Run:
    """The fields of a run without its metrics."""
    events = "status", "epochs_run", "best_epoch", "stopped_early", "epochs timed", "model"
    # A loss that grew without bound grew to another number.
    return {name: run[name] for name in events} | {"reason": run["reason"].partition(" to ")[0]}


@pytest.mark.parametrize("name", ["", "dropout ", "conv "])
def test_a_lane_equals_a_run_by_itself(jax: dict[str, Any], name: str) -> None:
    lanes = jax["lanes"] if not name else jax[f"{name}lanes"]
    alone = jax["alone"] if not name else jax[f"{name}alone"]
    assert len(lanes) == len(alone) > 1
    for lane, solo in zip(lanes, alone, strict=True):
        assert story(lane) == story(solo)
        if lane["status"] != "diverged":
            assert apart(lane, solo) < 1e-6
            assert lane["result"] == pytest.approx(solo["result"], abs=1e-6)
    assert len({lane["weights"] for lane in lanes}) == len(lanes)


def test_each_lane_ends_by_its_own_rule(jax: dict[str, Any]) -> None:
    lanes = jax["lanes"]
    for lane, experiment in zip(lanes, GROUP, strict=True):
        if experiment.early_stopping:
            assert lane["stopped_early"]
            assert lane["epochs_run"] == lane["best_epoch"] + 1
            kept = lane["best_epoch"] if experiment.restore_best_weights else lane["epochs_run"]
            assert lane["result"]["val_loss"] == lane["history"]["val_loss"][kept - 1]
    assert len({lane["epochs_run"] for lane in lanes}) > 4
    assert lanes[DIVERGES]["status"] == "diverged"
    assert lanes[STOPPED]["status"] == "stopped"
    assert lanes[STOPPED]["reason"] == "Stopped in epoch 2, after step 5 of 16."
    assert ["progress", *STOPPED_AT, 16] == jax["events"][STOPPED][-2]
    assert {lane["status"] for run, lane in enumerate(lanes) if run not in (DIVERGES, STOPPED)} == {"finished"}


def test_a_loss_that_is_not_finite_ends_only_its_lane(jax: dict[str, Any]) -> None:
    sound, broken, other = jax["dropout lanes"]
    assert broken["reason"] == "The loss became NaN in epoch 1."
    assert broken["status"] == "diverged"
    assert (sound["status"], other["status"]) == ("finished", "finished")
    assert [lane["epochs_run"] for lane in jax["dropout lanes"]] == [2, 1, 4]


def test_a_run_has_its_outcome_as_soon_as_it_has_ended(jax: dict[str, Any]) -> None:
    left = jax["events left"]
    shortest = min(range(len(GROUP)), key=lambda run: jax["lanes"][run]["epochs_run"] + (run == STOPPED))
    last = [
        run for run, lane in enumerate(jax["lanes"]) if lane["epochs_run"] == max(x["epochs_run"] for x in jax["lanes"])
    ]
    assert left[shortest] > left[STOPPED] > left[5] > 0
    assert all(left[run] == 0 for run in last)
    assert jax["too soon"] == ["RuntimeError", "A run has an outcome once it has ended."]


def test_a_lane_has_the_events_of_a_run_by_itself(jax: dict[str, Any]) -> None:
    events, alone = (
        [event for event in events if event != ["compiling"]] for events in (jax["events"][0], jax["events alone"])
    )
    assert events == alone
    assert events[0] == ["loading"]
    assert events[-1] == ["evaluating"]


def test_lanes_are_compacted_when_most_have_ended(jax: dict[str, Any]) -> None:
    longest = max(jax["events"], key=len)
    at = [number for number, event in enumerate(longest) if event == ["compiling"]]
    assert len(at) == 2
    assert longest[at[1] - 1] == ["epoch", 5]
    assert longest[at[1] + 1] == ["training"]


def test_what_is_done_to_some_lanes_leaves_the_others_alone(jax: dict[str, Any]) -> None:
    assert len(jax["lane by lane"]) == 5
    assert all(jax["lane by lane"].values()), jax["lane by lane"]


def test_the_length_of_calls_changes_no_bit(jax: dict[str, Any]) -> None:
    others = [run for run in range(len(GROUP)) if run != STOPPED]
    for run in others:
        assert repr(jax["by epochs"][run]) == repr(jax["lanes"][run])
    assert jax["alone by epochs"] == jax["alone"][0]
    # One of them diverges, at a step and not at the end of a call.
    assert repr(jax["dropout by epochs"]) == repr(jax["dropout lanes"])


def test_the_loss_of_an_epoch_is_summed_without_rounding(jax: dict[str, Any]) -> None:
    ours, exact = jax["summed"]
    assert ours == pytest.approx(exact, rel=1e-12)


def test_the_same_seed_gives_the_same_bits(jax: dict[str, Any], cache: Path) -> None:
    assert repr(jax["again"]) == repr(jax["lanes"])
    assert jax["other seeds"][0]["weights"] != jax["lanes"][0]["weights"]
    compiled = set(cache.iterdir())
    assert compiled
    assert in_a_process("once_more", cache) == jax["alone"][0]
    # It took everything from the cache.
    assert set(cache.iterdir()) == compiled


def test_nothing_is_compiled_twice(jax: dict[str, Any]) -> None:
    assert jax["compilations"] == 0


@pytest.mark.parametrize("run", [0, 5, 9, 13, "conv", "bfloat16"])
def test_learns_what_tensorflow_learns(
    jax: dict[str, Any], engine: Engine, make_split: MakeSplit, run: int | str
) -> None:
    experiment, ours, images = {
        "conv": (CONVS[0], jax["conv alone"][0], 100),
        "bfloat16": (COARSE, jax["coarse"], IMAGES[0]),
    }.get(run) or (GROUP[run], jax["alone"][run], IMAGES[0])
    theirs = train(engine, make_split(images, IMAGES[1]), experiment)
    rounding = 1e-2 if run == "bfloat16" else 1e-4
    for metric in METRICS:
        assert ours["history"][metric] == pytest.approx(theirs.summary.history[metric], abs=rounding)
    assert ours["best_epoch"] == theirs.summary.best_epoch
    assert ours["model"] == theirs.summary.model.model_dump(mode="json")


def test_dropout_is_that_of_tensorflow_but_for_the_draw(
    jax: dict[str, Any], engine: Engine, make_split: MakeSplit
) -> None:
    (ours, _, _), split = jax["dropout alone"], make_split(*IMAGES)
    dropping, whole = (
        train(engine, split, DROPPED[0].derive(dropout=rate)).summary.history["loss"] for rate in (0.3, 0.0)
    )
    for loss, theirs, without in zip(ours["history"]["loss"], dropping, whole, strict=True):
        assert loss != theirs
        assert abs(loss - theirs) < 0.5 * (theirs - without)


def test_memory_is_not_underestimated(jax: dict[str, Any]) -> None:
    assert jax["memory"]["account"] < jax["memory"]["estimate"] < 4 * jax["memory"]["account"]


def test_on_a_processor_lanes_are_not_for_speed(jax: dict[str, Any]) -> None:
    assert jax["fitting"] == 1


def test_environment_says_what_computes(jax: dict[str, Any]) -> None:
    environment = jax["environment"]
    assert environment["backend"] == environment["engine"] == "jax"
    assert environment["threads"] == jax["threads"] == 1
    assert all(environment[name] for name in ("keras", "backend_version", "device"))


def test_what_lanes_do_not_support_is_an_error(jax: dict[str, Any]) -> None:
    assert jax["two shapes"][0] == "ValueError"
    kind, complaint = jax["callbacks"]
    assert kind == "EngineError"
    assert complaint.startswith("Lanes take no Keras callbacks")
    assert jax["other threads"] == ["EngineError", "JAX is in use already; its threads are set at the start."]


def test_a_process_has_one_backend(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("KERAS_BACKEND", "XLA_PYTHON_CLIENT_PREALLOCATE"):
        monkeypatch.setenv(variable, "")
    with pytest.raises(EngineError, match="Keras is loaded with tensorflow already"):
        load_engine(backend="jax")


def test_missing_jax_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "mnist_lab.training.jax_engine", raising=False)
    with pytest.raises(EngineError, match="extra `jax`"):
        load_engine(backend="jax")


def test_gradient_norms_are_those_of_tensorflow(jax: dict[str, Any], engine: Engine, make_split: MakeSplit) -> None:
    ours = engine.open(DEEP, make_split(*IMAGES)).gradient_norms()
    assert list(jax["gradient norms"]) == list(ours) == ["dense_1", "dense_2", "output"]
    assert jax["gradient norms"] == pytest.approx(ours, rel=1e-4)
