"""What no document may hold, because it could not be shown: it is damaged, and a sentence says where."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from mnist_lab.errors import UsageError
from mnist_lab.experiments.events import EpochEnded, from_line, to_line
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment, varied
from mnist_lab.experiments.record import METRICS, Record, Request
from mnist_lab.experiments.study import MAX_TRAININGS, Study, of_plans
from mnist_lab.runs import requests
from mnist_lab.store import Store
from mnist_lab.store.ids import new_id
from tests.factories import make_record, make_request, put, short

Change = Callable[[dict[str, Any]], object]

MEASURED = {"dense": [0.1, 0.2]}

CONTRADICTIONS: dict[str, Change] = {
    "one metric shorter": lambda record: record["history"]["val_loss"].pop(),
    "one metric missing": lambda record: record["history"].pop("accuracy"),
    "all metrics missing": lambda record: record["history"].clear(),
    "a metric of its own": lambda record: record["history"].update(colour=[0.1, 0.2]),
    "more epochs than values": lambda record: record.update(epochs_run=3),
    "the best epoch after the last": lambda record: record.update(best_epoch=3),
    "the best epoch before the first": lambda record: record.update(best_epoch=0),
    "a measurement of another length": lambda record: record["gradient_norms"].update(dense=[0.1]),
    "seconds of another length": lambda record: record["seconds"]["per_epoch"].pop(),
    "finished with NaN": lambda record: record["history"].update(loss=[0.1, "NaN"]),
    "finished with infinity": lambda record: record["history"].update(val_loss=["Infinity", 0.1]),
    "finished with a number beyond float32": lambda record: record["history"].update(val_loss=[1e39, -1e39]),
}
NOT_SHOWN: dict[str, Change] = {
    "year 1": lambda record: record.update(started_at="0001-01-01T00:00:00+14:00"),
    "year 9999": lambda record: record.update(finished_at="9999-12-31T23:59:59-12:00"),
    "before 1970": lambda record: record.update(started_at="1969-12-31T23:59:59Z"),
    "an accuracy of NaN": lambda record: record["history"].update(accuracy=[0.9, "NaN"]),
    "an accuracy above 1": lambda record: record["result"].update(test_accuracy=1.5),
    "a loss of minus infinity": lambda record: record["result"].update(val_loss="-Infinity"),
    "a loss beyond float32": lambda record: record["result"].update(loss=1e300),
    "a norm of minus infinity": lambda record: record["gradient_norms"].update(dense=[0.1, "-Infinity"]),
    "a duration without end": lambda record: record["seconds"].update(train="Infinity"),
    "a negative duration": lambda record: record["seconds"].update(per_epoch=[0.1, -0.1]),
    "more epochs than any experiment": lambda record: record.update(
        epochs_run=20_000, history=dict.fromkeys(METRICS, [0.5] * 20_000)
    ),
    "more parameters than fit": lambda record: record.update(model={"parameters": 10**30, "layers": []}),
    "a long note": lambda record: record.update(note="x" * 10_001),
    "a long tag": lambda record: record.update(tags=["x" * 1_001]),
    "many tags": lambda record: record.update(tags=["x"] * 1_001),
    "a long layer": lambda record: record.update(model={"parameters": 1, "layers": ["x" * 1_001]}),
    "a long name of a layer": lambda record: record.update(gradient_norms={"x" * 1_001: [0.1, 0.2]}),
    "a long host": lambda record: record["environment"].update(host="x" * 1_001),
    "a long schema": lambda record: record.update(schema=10**50),
    "deep nesting": lambda record: record.update(note=[[[["x"]]]]),
}


def written(**fields: Any) -> dict[str, Any]:
    return make_record(gradient_norms=MEASURED, **fields).to_json()


@pytest.mark.parametrize("what", CONTRADICTIONS | NOT_SHOWN)
def test_a_record_that_could_not_be_shown_is_damaged_in_one_sentence(store: Store, what: str) -> None:
    record = written()
    (CONTRADICTIONS | NOT_SHOWN)[what](record)
    run_id = put(store.root, "run.json", json.dumps(record).encode(), record["id"])
    run = store.read(run_id)
    assert run.status == "damaged"
    assert run.reason.startswith("run.json is damaged")
    assert "\n" not in run.reason
    assert len(run.reason) < 200


@pytest.mark.parametrize("status", ["diverged", "failed", "stopped"])
def test_a_training_that_diverges_may_have_losses_that_are_not_finite(store: Store, status: str) -> None:
    record = written(status=status)
    record["history"].update(loss=[0.5, "NaN"], val_loss=[1e30, "Infinity"])
    record["gradient_norms"].update(dense=["Infinity", "NaN"])
    record["result"].update(loss="NaN", val_loss="Infinity")
    run = store.read(put(store.root, "run.json", json.dumps(record).encode(), record["id"]))
    assert run.record is not None
    assert math.isnan(run.record.history["loss"][1])


def test_what_a_record_may_have_at_most_is_read(store: Store) -> None:
    record = make_record(
        note="x" * 10_000, tags=("x" * 1_000,) * 1_000, history=dict.fromkeys(METRICS, [0.5] * 10_000), best_epoch=1
    )
    assert Record.model_validate_json(record.model_dump_json(by_alias=True)) == record


def test_text_that_no_stream_can_encode_is_cleaned_whatever_its_length() -> None:
    assert make_request(note="n\udce9", tags=("t\udce9",)).note == "n"
    with pytest.raises(ValidationError, match="at most 10000 characters"):
        make_request(note="\udce9" * 10_001)


@pytest.mark.parametrize(
    "changes",
    [
        {"asked_at": "9999-12-31T23:59:59-12:00"},
        {"threads": 10**20},
        {"note": "x" * 10_001},
        {"data_file": "x" * 10_001},
    ],
    ids=short,
)
def test_a_request_that_could_not_be_shown_is_damaged(store: Store, changes: dict[str, Any]) -> None:
    request = make_request()
    content = request.model_dump(mode="json", by_alias=True) | changes
    run = store.read(put(store.root, "request.json", json.dumps(content).encode(), request.id))
    assert (run.status, run.reason.startswith("request.json is damaged at ")) == ("damaged", True)
    with pytest.raises(ValidationError):
        Request.model_validate_json(json.dumps(content))


EPOCH = EpochEnded(at=3, epoch=1, loss=0.3, accuracy=0.9, val_loss=0.2, val_accuracy=0.95, seconds=0.25)


@pytest.mark.parametrize(
    "changes",
    [{"epoch": 0}, {"epoch": 10_001}, {"at": "NaN"}, {"seconds": -1}, {"seconds": "NaN"}, {"loss": "-Infinity"},
     {"val_accuracy": 2}, {"v": 0}],
    ids=short,
)  # fmt: skip
def test_an_event_that_could_not_be_shown_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        from_line(json.dumps(json.loads(to_line(EPOCH)) | changes).encode())


@pytest.mark.parametrize(
    "changes",
    [{"asked_at": "0001-01-01T00:00:00+14:00"}, {"seeds": [-1]}, {"seeds": [2**32]}, {"margin": "Infinity"},
     {"seeds": list(range(100_001))}, {"title": "x" * 1_001}, {"baseline": "none"}],
    ids=short,
)  # fmt: skip
def test_a_study_that_could_not_be_shown_is_none(changes: dict[str, Any]) -> None:
    study = of_plans(varied([from_experiment(DEFAULT)], {"units": [8, 16]}), range(2))
    with pytest.raises(ValidationError):
        Study.model_validate_json(json.dumps(json.loads(study.model_dump_json(by_alias=True)) | changes))


def test_a_study_with_too_many_trainings_is_refused_in_a_sentence() -> None:
    arms = varied([from_experiment(DEFAULT)], {"units": list(range(1, 12))})
    with pytest.raises(UsageError, match=f"at most {MAX_TRAININGS:,} trainings"):
        of_plans(arms, range(10_000))


@pytest.mark.parametrize(
    ("note", "tags"), [("x" * 10_001, ()), ("", ["x" * 1_001]), ("", ["x"] * 1_001)], ids=["note", "tag", "tags"]
)
def test_labels_that_are_too_long_are_refused_in_a_sentence(store: Store, note: str, tags: list[str]) -> None:
    with pytest.raises(UsageError, match="A note has at most 10,000 characters"):
        requests.ask(store, from_experiment(DEFAULT), note=note, tags=tags)
    assert store.ids() == []
    record = make_record(new_id())
    store.folder(record.id).mkdir()
    store.publish(record)
    with pytest.raises(UsageError, match="a tag at most 1,000"):
        requests.describe(store, record.id, note, tags)
    assert store.record(record.id) == record
