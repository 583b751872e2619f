"""An experiment as a value: its fields, their limits, and the errors of wrong values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from mnist_lab.errors import ExitCode, UsageError
from mnist_lab.experiments.experiment import (
    DEFAULT,
    FIELDS,
    MNIST_CHECKSUM,
    Experiment,
    describe,
    field_named,
    format_value,
)

NEEDED: dict[str, dict[str, Any]] = {
    name: {} if field.requires is None else {field.requires[0]: field.requires[1]} for name, field in FIELDS.items()
}
"""What else must be set for a field to have an effect."""

TAKEN: dict[str, list[Any]] = {
    "network": ["dense", "conv"],
    "depth": [1, 8],
    "units": [1, 4096],
    "filters": [(1,), (512, 512, 512), [8, 16]],
    "activation": ["relu", "sigmoid", "gelu", "elu", "leaky_relu", "tanh", "silu", "selu"],
    "dropout": [0.0, 0.999],
    "optimizer": ["adam", "sgd", "rmsprop", "adamw"],
    "learning_rate": [1e-300, 1e9, 1e12],
    "batch_size": [1, 60_000],
    "epochs": [1, 10_000],
    "weight_decay": [1e-9, 1, None],
    "precision": ["float32", "bfloat16"],
    "early_stopping": [True, False],
    "monitor": ["val_loss", "val_accuracy", "loss", "accuracy"],
    "patience": [0, 10_000],
    "min_delta": [0.0, 1e6],
    "restore_best_weights": [True, False],
    "protocol": ["report", "holdout"],
    "train_size": [1, 10_000_000, None],
    "permute_pixels": [True, False],
    "data": ["0" * 64],
    "seed": [0, 2**32 - 1],
}

REFUSED: dict[str, list[Any]] = {
    "network": ["", "densr", "DENSE ", None, 1, ["conv"]],
    "depth": [0, 9, 1.5, "two", None, "nan"],
    "units": [0, 4097, -1, "64.5", "1e3", "", "many", None, float("inf"), float("nan")],
    "filters": [(), "", "0", "513", (1, 2, 3, 4), "a+b", "32+", 32, None],
    "activation": ["", "swish9", "relu\n", None],
    "dropout": [-0.001, 1, 1.0, "nan", "half", None],
    "optimizer": ["adan", "", None],
    "learning_rate": [0, -1, "inf", "-inf", "nan", 1.1e12, "fast", None],
    "batch_size": [0, 60_001, None],
    "epochs": [0, 10_001, "none"],
    "weight_decay": [-0.1, 1.1, "nan", "some"],
    "precision": ["float16", "float64", None],
    "early_stopping": ["maybe", 2, None],
    "monitor": ["test_accuracy", None],
    "patience": [-1, 10_001, 1.5],
    "min_delta": [-1e-9, 2e6, "nan"],
    "restore_best_weights": ["perhaps"],
    "protocol": ["reports", None],
    "train_size": [0, -1, 10_000_001, "all of them"],
    "permute_pixels": ["a bit"],
    "data": ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n", "../" + "0" * 61],
    "seed": [-1, 2**32, 0.5, None],
}


def cases(values: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(name, value) for name, listed in values.items() for value in listed]


def test_the_default_is_the_report_s_network() -> None:
    assert DEFAULT.model_dump() == {
        "network": "dense",
        "depth": 1,
        "units": 128,
        "filters": [32, 64],
        "activation": "relu",
        "dropout": 0.0,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "batch_size": 128,
        "epochs": 20,
        "weight_decay": None,
        "precision": "float32",
        "early_stopping": False,
        "monitor": "val_loss",
        "patience": 4,
        "min_delta": 0.0,
        "restore_best_weights": True,
        "protocol": "report",
        "train_size": None,
        "permute_pixels": False,
        "data": MNIST_CHECKSUM,
        "seed": 0,
    }


@pytest.mark.parametrize("fields", [TAKEN, REFUSED])
def test_these_tests_cover_every_field(fields: dict[str, list[Any]]) -> None:
    assert list(fields) == list(FIELDS)


@pytest.mark.parametrize(("name", "value"), cases(TAKEN))
def test_a_value_within_its_limits_is_taken_also_as_typed_text(name: str, value: Any) -> None:
    experiment = DEFAULT.derive(**NEEDED[name] | {name: value})
    expected = tuple(value) if isinstance(value, list) else value
    assert getattr(experiment, name) == expected
    assert type(getattr(experiment, name)) is type(expected) or name in {"weight_decay"}
    assert DEFAULT.derive(**NEEDED[name] | {name: format_value(value)}) == experiment


@pytest.mark.parametrize(("name", "value"), cases(REFUSED))
def test_a_value_outside_its_limits_is_refused_with_its_field_and_limits(name: str, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        DEFAULT.derive(**NEEDED[name] | {name: value})
    assert caught.value.exit_code is ExitCode.USAGE
    assert str(caught.value).startswith(f"{name} takes {FIELDS[name].limits}; {format_value(value)!r} is not.")
    with pytest.raises(ValidationError):
        Experiment(**NEEDED[name] | {name: value})


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("network", "one of dense, conv"),
        ("units", "a whole number from 1 to 4096"),
        ("filters", "1 to 3 whole numbers from 1 to 512, as in 32+64"),
        ("dropout", "a number from 0 to below 1"),
        ("learning_rate", "a number above 0, at most 1e+12"),
        ("weight_decay", "a number from 0 to 1, or none"),
        ("early_stopping", "one of true, false"),
        ("train_size", "a whole number from 1 to 10000000, or none"),
        ("data", "64 hexadecimal digits"),
    ],
)
def test_limits_as_text(name: str, limits: str) -> None:
    assert FIELDS[name].limits == limits


@pytest.mark.parametrize(
    ("name", "typed", "nearest"),
    [
        ("activation", "leakyrelu", "leaky_relu"),
        ("activation", "sigmod", "sigmoid"),
        ("activation", "RELU", "relu"),
        ("optimizer", "adamx", "adam"),
        ("network", "Conv2D", "conv"),
        ("early_stopping", "tru", "true"),
        ("protocol", "hold-out", "holdout"),
    ],
)
def test_the_nearest_choice_is_offered(name: str, typed: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=rf"Did you mean {nearest}\?$"):
        DEFAULT.derive(**{name: typed})


@pytest.mark.parametrize("typed", ["learning-rate", "learningrate", "Learning_Rate", "LEARNING_RATE"])
def test_an_unknown_field_is_answered_with_the_nearest_and_all_there_are(typed: str) -> None:
    with pytest.raises(UsageError, match="no field") as caught:
        DEFAULT.derive(**{typed: 1})
    assert "Did you mean 'learning_rate'?" in str(caught.value)
    assert ", ".join(FIELDS) in str(caught.value)


def test_a_hostile_name_or_value_is_shown_and_not_obeyed() -> None:
    for changes in ({"units": "\x1b]52;c;x\x07\u202e"}, {"\x1b]52;c;x\x07": 1}):
        with pytest.raises(UsageError) as caught:
            DEFAULT.derive(**changes)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", [name for name, needed in NEEDED.items() if needed])
def test_a_field_without_effect_is_not_changed_in_silence(name: str) -> None:
    [(other, value)] = NEEDED[name].items()
    with pytest.raises(UsageError, match=f"^{name} has no effect unless {other} is {format_value(value)}: "):
        DEFAULT.derive(**{name: TAKEN[name][0]})


def test_every_field_has_a_line_of_help_and_a_group() -> None:
    groups = [field.group for field in FIELDS.values()]
    assert sorted(set(groups), key=groups.index) == ["network", "training", "stopping", "data", "seed"]
    for field in FIELDS.values():
        assert field.help
        assert "\n" not in field.help


def test_every_field_has_a_type_of_values() -> None:
    kinds = {name: field.kind for name, field in FIELDS.items()}
    assert kinds == {
        name: tuple if name == "filters" else type(next(value for value in values if value is not None))
        for name, values in (TAKEN | {"weight_decay": [0.1]}).items()
    }


def test_fields_with_no_effect_go_back_to_their_defaults() -> None:
    assert Experiment(filters=(8,)) == DEFAULT
    assert Experiment(monitor="loss", patience=9, min_delta=1, restore_best_weights=False) == DEFAULT
    stopping = Experiment(early_stopping=True, network="conv", filters=(8,), patience=9)
    assert stopping.derive(network="dense", early_stopping=False) == DEFAULT
    assert stopping.patience == 9


@pytest.mark.parametrize(("optimizer", "its_own"), [("adam", 0), ("sgd", 0), ("rmsprop", 0), ("adamw", 0.004)])
def test_an_optimizer_s_own_weight_decay_is_the_same_as_none_given(optimizer: str, its_own: float) -> None:
    plain = DEFAULT.derive(optimizer=optimizer)
    assert plain.derive(weight_decay=its_own) == plain
    assert plain.derive(weight_decay=0.5) != plain
    assert (DEFAULT.derive(optimizer="adamw", weight_decay=0) == DEFAULT.derive(optimizer="adamw")) is False


def test_equal_trainings_are_one_key() -> None:
    written = DEFAULT.derive(learning_rate="1e-3", units=" 128 ", dropout="-0.0", train_size="None")
    assert written == DEFAULT
    assert len({written, DEFAULT, Experiment(patience=7)}) == 1
    assert DEFAULT.derive(seed=1) not in {DEFAULT}


def test_nothing_can_change_it_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DEFAULT.units = 64  # type: ignore[misc]
    base = Experiment()
    assert base.derive(units=64).units == 64
    assert base == DEFAULT


@pytest.mark.parametrize(("name", "value"), cases(TAKEN))
def test_json_gives_the_same_value_back(name: str, value: Any) -> None:
    experiment = DEFAULT.derive(**NEEDED[name] | {name: value})
    text = experiment.model_dump_json()
    assert Experiment.model_validate_json(text) == experiment
    assert Experiment.model_validate(json.loads(text)) == experiment


def test_a_field_is_read_by_its_former_name_and_written_by_its_present_one() -> None:
    last = Experiment(early_stopping=True, restore_best_weights=False)
    assert Experiment.model_validate_json('{"early_stopping": true, "restore_best": false}') == last
    assert DEFAULT.derive(early_stopping=True, restore_best="false") == last
    assert field_named("restore_best") is FIELDS["restore_best_weights"]
    assert set(json.loads(last.model_dump_json())) == set(FIELDS)
    with pytest.raises(UsageError, match="restore_best_weights takes one of true, false"):
        DEFAULT.derive(restore_best="perhaps")
    with pytest.raises(ValidationError, match="restore_best"):
        Experiment.model_validate({"restore_best_weights": True, "restore_best": False})


def test_a_field_it_does_not_know_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValidationError, match="lanes"):
        Experiment.model_validate_json('{"units": 64, "lanes": 2}')


@pytest.mark.parametrize("value", [0.001, 1e-05, 1e9, 0.1 + 0.2, 0.00012345678, 1 / 3, 5e-324, 1e12])
def test_a_number_is_shown_short_and_yet_in_full(value: float) -> None:
    assert float(format_value(value)) == value


def test_values_are_shown_as_they_are_typed() -> None:
    values = {"learning_rate": 0.0005, "filters": (8, 16), "early_stopping": True, "train_size": None, "seed": 3}
    assert describe(values) == "learning_rate=0.0005 filters=8+16 early_stopping=true train_size=none seed=3"
    assert format_value(1e9) == "1e+09"


def test_its_changes_and_its_fields_with_an_effect() -> None:
    experiment = DEFAULT.derive(network="conv", units=64)
    assert experiment.changed() == {"network": "conv", "units": 64}
    assert DEFAULT.changed(experiment) == {"network": "dense", "units": 128}
    assert set(FIELDS) - set(experiment.effective()) == {"monitor", "patience", "min_delta", "restore_best_weights"}
    assert "filters" not in DEFAULT.effective()


def test_a_declaration_is_found_by_its_name() -> None:
    assert field_named("units") is FIELDS["units"]
    with pytest.raises(UsageError, match="no field 'unit'"):
        field_named("unit")
