"""The report's networks under their names."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.presets import PRESETS, label_of, names_of, preset

CONTROLS = ["dense-permuted", "conv-permuted", "batch-32-equal-updates", "batch-512-equal-updates"]

NAMES = [
    "baseline",
    "relu",
    "sigmoid",
    "gelu",
    "elu",
    "leaky-relu",
    "units-64",
    "units-128",
    "units-256",
    "depth-1",
    "depth-2",
    "depth-3",
    "dense",
    "conv",
    "lr-0.1",
    "lr-0.01",
    "lr-0.001",
    "lr-0.0005",
    "lr-0.0001",
    "batch-32",
    "batch-64",
    "batch-128",
    "batch-256",
    "batch-512",
    "dense-early",
    "conv-early",
    "early-stopping",
    *CONTROLS,
]

ONE_EXPERIMENT = [
    {"baseline", "relu", "units-128", "depth-1", "dense", "lr-0.001", "batch-128"},
    {"dense-early", "early-stopping"},
]


def test_there_are_these_names_and_no_others() -> None:
    assert sorted(PRESETS) == sorted(NAMES)


def test_two_names_are_one_experiment_only_where_the_report_means_one() -> None:
    for one, other in combinations(NAMES, 2):
        meant = any({one, other} <= group for group in ONE_EXPERIMENT)
        assert (preset(one) == preset(other)) is meant, f"{one} and {other}"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("baseline", {}),
        ("leaky-relu", {"activation": "leaky_relu"}),
        ("units-64", {"units": 64}),
        ("depth-3", {"depth": 3}),
        ("conv", {"network": "conv"}),
        ("lr-0.0005", {"learning_rate": 0.0005}),
        ("batch-512", {"batch_size": 512}),
        ("early-stopping", {"early_stopping": True}),
        ("conv-early", {"network": "conv", "early_stopping": True}),
    ],
)
def test_a_preset_changes_what_its_name_says(name: str, changed: dict[str, object]) -> None:
    assert preset(name).changed() == changed


def test_a_number_in_a_name_is_the_value_of_its_field() -> None:
    fields = {"units": "units", "depth": "depth", "lr": "learning_rate", "batch": "batch_size"}
    numbered = [name.partition("-") for name in NAMES if name[-1].isdigit()]
    assert len(numbered) == 16
    for kind, _, number in numbered:
        assert getattr(preset(f"{kind}-{number}"), fields[kind]) == float(number)


def test_the_convolution_and_the_stopping_are_the_report_s() -> None:
    conv = preset("conv-early")
    assert (conv.filters, conv.depth, conv.units) == ((32, 64), 1, 128)
    assert (conv.monitor, conv.patience, conv.restore_best_weights) == ("val_loss", 4, True)


def test_the_permuted_networks_differ_from_the_report_s_in_their_pixels_alone() -> None:
    for name in ("dense", "conv"):
        assert preset(f"{name}-permuted").changed(preset(name)) == {"permute_pixels": True}


def test_batches_of_equal_updates_make_as_many_steps_as_the_default_within_one_percent() -> None:
    def steps(name: str) -> int:
        experiment = preset(name)
        return experiment.epochs * math.ceil(60_000 / experiment.batch_size)

    assert steps("batch-32-equal-updates") == pytest.approx(steps("baseline"), rel=0.01)
    assert steps("batch-512-equal-updates") == pytest.approx(steps("baseline"), rel=0.01)


@pytest.mark.parametrize(("typed", "nearest"), [("leaky_relu", "leaky-relu"), ("early-stoping", "early-stopping")])
def test_an_unknown_name_is_answered_with_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(UsageError) as caught:
        preset(typed)
    assert (
        str(caught.value) == f"There is no preset {typed!r}. Did you mean {nearest!r}? `mnist-lab presets` lists them."
    )


def test_a_name_like_no_other_is_answered_without_a_guess() -> None:
    with pytest.raises(UsageError, match=r"There is no preset '§'\. `mnist-lab presets` lists them\."):
        preset("§")


def test_the_lab_knows_every_name_of_an_experiment_whatever_its_seed() -> None:
    assert set(names_of(DEFAULT.derive(seed=7))) == ONE_EXPERIMENT[0]
    assert set(names_of(preset("early-stopping").derive(seed=7))) == ONE_EXPERIMENT[1]
    assert names_of(DEFAULT.derive(units=65)) == ()


def test_an_experiment_is_called_by_its_preset_and_by_what_it_changes_in_it() -> None:
    sigmoid = preset("sigmoid")
    assert label_of(sigmoid.derive(seed=3)) == "sigmoid"
    assert label_of(sigmoid.derive(units=64)) == "units=64 activation=sigmoid"
    assert label_of(sigmoid.derive(units=64), "sigmoid") == "sigmoid units=64"
    assert label_of(DEFAULT, "dense") == "dense"
    assert label_of(sigmoid, "no such preset") == "sigmoid"
    assert label_of(DEFAULT, "sigmoid") == "sigmoid activation=relu"
