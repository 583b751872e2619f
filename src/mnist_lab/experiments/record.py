"""What is kept of a run: the request that asked for it, and the record it ended with.

Both are flat JSON objects, and what they share is declared once: a request and its record are a :class:`RunSpec`, and a
record is a :class:`TrainingSummary`, which is also what a training gives. They are one class with inherited fields
rather than nested values, because Pydantic reads a flat object into a flat class without a step in Python: ten thousand
records are read at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from mnist_lab.experiments.events import EpochEnded, RecordStatus
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.measurements import MEASUREMENTS, Measurement, Series
from mnist_lab.text import CleanLine, CleanText

SCHEMA = 1

Keep = Literal["all", "predictions", "record"]
Backend = Literal["tensorflow", "jax"]
Metric = Literal["loss", "accuracy", "val_loss", "val_accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "val_loss", "val_accuracy")

History = dict[Metric, list[float]]
"""Keras's keys, one list each, one value an epoch; accuracies are fractions."""

_Model = TypeVar("_Model", bound=BaseModel)


def _with_fields(fields: Mapping[str, Any]) -> Callable[[type[_Model]], type[_Model]]:
    """A class decorator that adds fields which are only known at run time: those of the measurements."""

    def extended(model: type[_Model]) -> type[_Model]:
        return create_model(
            model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **fields
        )

    return extended


def _values(value: BaseModel, declared: type[BaseModel]) -> dict[str, Any]:
    """The fields of a value that one of its classes declares."""
    return {name: getattr(value, name) for name in declared.model_fields}


class _Value(BaseModel):
    # Built at the first record: what shows the first frame reads none.
    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="strings", populate_by_name=True, defer_build=True
    )


class _Document(_Value):
    schema_: int = Field(SCHEMA, alias="schema")


class RunSpec(_Value):
    """What a run trains, and what it is called: what a request asks for and its record repeats."""

    id: str
    experiment: Experiment
    preset: CleanLine | None = None
    study: CleanLine | None = None
    note: CleanText = ""
    tags: tuple[CleanLine, ...] = ()


@_with_fields(dict.fromkeys(MEASUREMENTS, (bool, False)))
class Request(RunSpec, _Document):
    """What was asked for. ``request.json``, written whole by whoever asks and never changed.

    It has a flag for each measurement that is declared (:mod:`mnist_lab.experiments.measurements`), false by default.
    """

    keep: Keep = "all"
    backend: Backend = "tensorflow"
    threads: int = Field(0, ge=0)
    """CPU threads to train it with; 0: as many as the backend likes."""
    data_file: CleanText | None = None
    """Where the images were, if not the lab's own; only used where the cache has lost them."""
    asked_at: AwareDatetime

    @property
    def measurements(self) -> frozenset[str]:
        """The names of what is to be measured. Runs that measure anything are no lanes."""
        return frozenset(name for name in MEASUREMENTS if getattr(self, name))


class Result(_Value):
    """Figures of the weights that were kept; accuracies are fractions. None where training never got so far."""

    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    test_accuracy: float | None = None


class Seconds(_Value):
    """Where the time went, in seconds; ``per_epoch`` has one value an epoch, validation included."""

    startup: float = 0.0
    compile: float = 0.0
    train: float = 0.0
    evaluate: float = 0.0
    per_epoch: tuple[float, ...] = ()


class Model(_Value):
    parameters: int
    layers: tuple[CleanLine, ...]


class Environment(_Value):
    """What the run was made with: enough to tell whether two runs may be compared to the bit."""

    mnist_lab: CleanLine
    python: CleanLine
    keras: CleanLine = ""
    backend: CleanLine = ""
    backend_version: CleanLine = ""
    engine: CleanLine = ""
    threads: int = 0
    lanes: int = 1
    device: CleanLine = ""
    host: CleanLine = ""
    data: CleanLine = ""
    git_commit: CleanLine | None = None


@_with_fields({one.key: (Series | None, None) for one in MEASUREMENTS.values()})
class TrainingSummary(_Value):
    """What came of a training, weights and predictions aside: what it gives in the end and its record keeps.

    It has the series of each measurement that is declared (:mod:`mnist_lab.experiments.measurements`) under its key;
    None where that was not asked for.
    """

    status: RecordStatus
    reason: CleanText = ""
    history: History
    epochs_run: int
    """Whole epochs, and the one in which it diverged."""
    best_epoch: int | None = None
    """Counted from 1; None where nothing was monitored."""
    stopped_early: bool = False
    result: Result
    seconds: Seconds
    model: Model | None = None

    @classmethod
    def of_epochs(cls, status: RecordStatus, reason: str, epochs: Iterable[EpochEnded] = ()) -> Self:
        """The summary of a training that gave no outcome: all that is known are the epochs that it ended."""
        epochs = list(epochs)
        per_epoch = tuple(epoch.seconds for epoch in epochs)
        return cls(
            status=status,
            reason=reason,
            history={metric: [getattr(epoch, metric) for epoch in epochs] for metric in METRICS},
            epochs_run=len(epochs),
            result=Result(),
            seconds=Seconds(train=sum(per_epoch), per_epoch=per_epoch),
        )

    def measured(self, measurement: Measurement) -> Series | None:
        """What a measurement gave; None where it was not asked for."""
        series: Series | None = getattr(self, measurement.key)
        return series

    @property
    def measurements(self) -> frozenset[str]:
        """The names of what was measured."""
        return frozenset(name for name, one in MEASUREMENTS.items() if self.measured(one) is not None)


class Record(TrainingSummary, RunSpec, _Document):
    """One ended run. ``run.json``, written last and whole."""

    started_at: AwareDatetime
    finished_at: AwareDatetime
    environment: Environment

    @classmethod
    def of(
        cls,
        request: Request,
        summary: TrainingSummary,
        *,
        started_at: datetime,
        finished_at: datetime,
        environment: Environment,
    ) -> Self:
        """The record of a run, given what was asked for and what came of it."""
        return cls(
            **_values(request, RunSpec),
            **_values(summary, TrainingSummary),
            started_at=started_at,
            finished_at=finished_at,
            environment=environment,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``; infinities and NaN as strings."""
        plain: dict[str, Any] = json.loads(self.model_dump_json(by_alias=True))  # model_dump leaves NaN a number
        return plain

    @property
    def backend(self) -> str:
        """What Keras ran on; empty where it never came to run."""
        return self.environment.backend

    @property
    def selected_on_test(self) -> bool:
        """Whether the kept epoch was chosen by looking at the test images."""
        stopping = self.experiment.early_stopping and self.experiment.monitor.startswith("val_")
        return self.experiment.protocol == "report" and stopping
