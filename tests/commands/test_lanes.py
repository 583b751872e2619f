"""Runs that JAX trains in one step keep folders, journals and records of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.lab import Lab, eventually

GROUP = ("--backend", "jax", "--lanes", "4", "--set", "train_size=2560", "--set", "units=8")


@pytest.fixture(scope="module")
def jax_lab(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Lab]:
    """A runs folder whose worker is warm with JAX."""
    lab = Lab(tmp_path_factory.mktemp("lanes") / "runs", cache)
    yield lab
    lab.close()


def test_each_lane_has_its_own_end_and_one_that_is_stopped_leaves_the_others(jax_lab: Lab) -> None:
    long, other = jax_lab.detached(*GROUP, "--seeds", 2, "--epochs", 10000)
    jax_lab.wait_for_epochs(long, 2)
    assert "the runs trained in one step with it" in jax_lab("runs", "pause", other).err
    assert jax_lab.wait(long, "running").record is None
    paused = jax_lab.store.journal_path(long)
    assert eventually(lambda: b'"event":"paused"' in paused.read_bytes())  # one that waits makes all wait
    jax_lab("runs", "resume", other)
    jax_lab("runs", "stop", long)
    assert jax_lab.wait(long, "stopped").record is not None
    assert not jax_lab.run_of(other).ended
    jax_lab.wait_for_epochs(other, jax_lab.store.record(long).epochs_run + 2)
    jax_lab("runs", "stop", other)
    record = jax_lab.wait(other, "stopped").record
    assert record is not None
    environment = record.environment
    assert (environment.backend, environment.engine, environment.lanes) == ("jax", "jax", 2)
    assert jax_lab.store.weights_path(other).exists()

    alone, *_ = jax_lab.records(*GROUP, "--seed", 1, "--epochs", 2)
    assert alone["environment"]["lanes"] == 1
    assert [round(value, 4) for value in alone["history"]["loss"]] == [
        round(value, 4) for value in record.history["loss"][:2]
    ]


def test_runs_that_are_looked_at_more_closely_train_alone(jax_lab: Lab) -> None:
    plain, closer = (
        jax_lab.records(*GROUP, "--seeds", 2, "--epochs", 1, *option) for option in ((), ("--gradient-norms",))
    )
    assert [record["environment"]["lanes"] for record in plain] == [2, 2]
    assert [record["environment"]["lanes"] for record in closer] == [1, 1]
    assert all(len(norms) == 1 for record in closer for norms in record["gradient_norms"].values())
