"""What is kept of a run: plain JSON that gives the same value back."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from mnist_lab.experiments.events import (
    Ended,
    EpochEnded,
    Event,
    Paused,
    PhaseStarted,
    Progressed,
    Resumed,
    from_line,
    to_line,
)
from mnist_lab.experiments.measurements import MEASUREMENTS
from mnist_lab.experiments.record import (
    METRICS,
    SCHEMA,
    Environment,
    Model,
    Record,
    Request,
    RunSpec,
    TrainingSummary,
)
from tests.factories import NOON, OBEYED, is_harmless, make_record, make_request, short

KEYS = [
    "id",
    "schema",
    "status",
    "reason",
    "experiment",
    "preset",
    "study",
    "note",
    "tags",
    "started_at",
    "finished_at",
    "history",
    "epochs_run",
    "gradient_norms",
    "test_history",
    "best_epoch",
    "stopped_early",
    "result",
    "seconds",
    "model",
    "environment",
]

EVENTS: list[Event] = [
    PhaseStarted(at=1.5, phase="compiling"),
    Progressed(at=2, epoch=1, step=3, steps=469, loss=0.5, accuracy=0.9),
    EpochEnded(at=3, epoch=1, loss=0.3, accuracy=0.9, val_loss=0.2, val_accuracy=0.95, seconds=0.25),
    Paused(at=4),
    Resumed(at=5),
    Ended(at=6, event="diverged", epoch=1, reason="The loss is NaN."),
]


def strictly(text: str | bytes) -> Any:
    """What a reader makes of JSON that knows of no NaN."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_record_has_these_keys_and_no_others() -> None:
    written = strictly(make_record().model_dump_json(by_alias=True))
    assert sorted(written) == sorted(KEYS)
    assert written["schema"] == SCHEMA == 1
    assert sorted(written["history"]) == sorted(METRICS)
    assert list(written["result"]) == ["loss", "accuracy", "val_loss", "val_accuracy", "test_accuracy"]
    assert list(written["seconds"]) == ["startup", "compile", "train", "evaluate", "per_epoch"]


def test_each_measurement_has_a_flag_in_a_request_and_a_series_in_a_record() -> None:
    asked = strictly(make_request(test_curve=True).model_dump_json(by_alias=True))
    assert {name: asked[name] for name in MEASUREMENTS} == {"gradient_norms": False, "test_curve": True}
    series = {"loss": [0.3, math.nan], "accuracy": [0.9, 0.8]}
    record = make_record(test_history=series)
    written = strictly(record.model_dump_json(by_alias=True))
    assert written["gradient_norms"] is None
    assert written["test_history"] == series | {"loss": [0.3, "NaN"]}
    assert record.measurements == {"test_curve"}
    with pytest.raises(ValidationError, match=r"gradient_norms\.dense"):
        make_record(gradient_norms={"dense": "much"})
    for name, one in MEASUREMENTS.items():
        assert make_request(**{name: True}).measurements == {name}
        assert make_record(**{one.key: series}).measured(one) == series


def test_a_record_and_a_request_come_back_as_they_were() -> None:
    record = make_record(
        preset="conv", study="layer-type", note="two\nlines", tags=("a", "b"), best_epoch=2, stopped_early=True,
        model=Model(parameters=101_770, layers=("Dense(128)", "Dense(10)")), changes={"network": "conv"},
    )  # fmt: skip
    assert Record.model_validate_json(record.model_dump_json(by_alias=True)) == record
    assert Record.model_validate(record.to_json()) == record
    request = make_request(note="n", tags=("t",), keep="record", data_file="images.npz")
    assert Request.model_validate_json(request.model_dump_json(by_alias=True)) == request


def test_nan_and_infinities_are_strings_that_come_back_as_numbers() -> None:
    history = {metric: [0.5, 0.1] for metric in METRICS} | {"loss": [1.0, math.nan], "val_loss": [1.0, math.inf]}
    record = make_record(val_loss=math.nan, history=history)
    text = record.model_dump_json(by_alias=True)
    for written in (strictly(text), strictly(json.dumps(record.to_json(), allow_nan=False))):
        assert written["history"]["loss"] == [1.0, "NaN"]
        assert written["history"]["val_loss"] == [1.0, "Infinity"]
        assert written["result"]["val_loss"] == "NaN"
    back = Record.model_validate_json(text)
    assert math.isnan(back.history["loss"][1])
    assert back.history["val_loss"][1] == math.inf
    assert back.result.val_loss is not None
    assert math.isnan(back.result.val_loss)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event)
def test_an_event_is_one_line_and_comes_back(event: Event) -> None:
    line = to_line(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert strictly(line)["v"] == 1
    assert from_line(line) == event


def test_a_reason_of_several_lines_is_still_one_line_of_the_journal() -> None:
    line = to_line(Ended(at=0, event="failed", epoch=0, reason="one\ntwo"))
    assert line.count(b"\n") == 1
    assert from_line(line) == Ended(at=0, event="failed", epoch=0, reason="one\ntwo")


def test_nan_in_an_event_is_a_string() -> None:
    line = to_line(Progressed(at=0, epoch=1, step=1, steps=2, loss=math.nan, accuracy=0.1))
    written = strictly(line)
    assert (written["loss"], written["accuracy"]) == ("NaN", 0.1)
    back = from_line(line)
    assert isinstance(back, Progressed)
    assert math.isnan(back.loss)


@pytest.mark.parametrize(
    "line",
    [
        b'{"v": 2, "at": 0, "event": "paused"}',
        b'{"v": 1, "at": 0, "event": "teleported"}',
        b'{"v": 1, "event": "paused"}',
        b'{"v": 1, "at": 0}',
        b'{"v": 1, "at": 0, "event": "pau',
        b"",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=short,
)
def test_a_line_that_this_version_does_not_understand_is_no_event(line: bytes) -> None:
    with pytest.raises(ValidationError):
        from_line(line)


def test_what_a_later_version_adds_to_a_line_is_ignored() -> None:
    assert from_line(b'{"v": 1, "at": 4, "event": "paused", "by": "someone"}') == Paused(at=4)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    for name in ("started_at", "finished_at"):
        written = make_record().to_json() | {name: "2026-01-02T12:00:00"}
        with pytest.raises(ValidationError, match=name):
            Record.model_validate_json(json.dumps(written))
    with pytest.raises(ValidationError, match="asked_at"):
        make_request(asked_at=datetime(2026, 1, 2, 12, 0))


def test_every_text_of_a_record_is_cleaned_where_it_is_loaded() -> None:
    hostile: dict[str, Any] = {"reason": OBEYED, "preset": OBEYED, "study": OBEYED, "note": OBEYED, "tags": [OBEYED]}
    written = make_record(model=Model(parameters=1, layers=("Dense",))).to_json() | hostile
    written["model"]["layers"] = [OBEYED]
    written["environment"] = {name: OBEYED for name in Environment.model_fields if name not in {"threads", "lanes"}}
    record = Record.model_validate_json(json.dumps(written))
    request = Request.model_validate_json(
        json.dumps(
            make_request().model_dump(mode="json", by_alias=True)
            | dict.fromkeys(("preset", "study", "note", "data_file"), OBEYED)
            | {"tags": [OBEYED]}
        )
    )
    texts = list(texts_of(record.to_json())) + list(texts_of(request.model_dump(mode="json")))
    assert sum("red" in text for text in texts) > 15
    for text in texts:
        assert is_harmless(text), repr(text)


def texts_of(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for item in value.values() for text in texts_of(item)]
        case list():
            return [text for item in value for text in texts_of(item)]
    return []


@pytest.mark.parametrize(
    ("changes", "selected"),
    [
        ({}, False),
        ({"early_stopping": True}, True),
        ({"early_stopping": True, "monitor": "val_accuracy"}, True),
        ({"early_stopping": True, "monitor": "loss"}, False),
        ({"early_stopping": True, "protocol": "holdout"}, False),
    ],
)
def test_a_record_knows_whether_its_epoch_was_selected_on_the_test_images(
    changes: dict[str, Any], selected: bool
) -> None:
    assert make_record(changes=changes).selected_on_test is selected


def test_a_record_has_the_fields_of_its_request_and_its_summary() -> None:
    request = make_request(preset="conv", study="layer-type", note="n", tags=("t",), keep="record", gradient_norms=True)
    environment = Environment(mnist_lab="0.1.0", python="3.11.7")
    epochs = [event for event in EVENTS if isinstance(event, EpochEnded)]
    for summary in (
        TrainingSummary.of_epochs("failed", "Why.", epochs),
        TrainingSummary.model_validate(dict(make_record(gradient_norms={"dense": [0.1, 0.2]}, best_epoch=1))),
    ):
        record = Record.of(request, summary, started_at=NOON, finished_at=datetime.now(UTC), environment=environment)
        for value, declared in ((request, RunSpec), (summary, TrainingSummary)):
            for name in declared.model_fields:
                assert getattr(record, name) == getattr(value, name)
        assert record.measurements == summary.measurements


def test_of_a_training_without_an_outcome_the_epochs_it_ended_are_known() -> None:
    epochs = [event for event in EVENTS if isinstance(event, EpochEnded)]
    summary = TrainingSummary.of_epochs("failed", "Why.", epochs)
    assert (summary.status, summary.reason, summary.epochs_run, summary.model) == ("failed", "Why.", 1, None)
    assert summary.history == {"loss": [0.3], "accuracy": [0.9], "val_loss": [0.2], "val_accuracy": [0.95]}
    assert (summary.seconds.train, summary.seconds.per_epoch) == (0.25, (0.25,))
    assert summary.result.val_loss is None
    assert TrainingSummary.of_epochs("stopped", "").history == {metric: [] for metric in METRICS}
