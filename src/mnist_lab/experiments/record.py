"""Request and record of a run: the two JSON documents of its folder.

Both are flat JSON objects whose shared fields are declared once: a request and its record are a :class:`RunSpec`, and a
record is a :class:`TrainingSummary`, which is also part of a training's outcome. The classes inherit fields instead
of nesting values, because Pydantic reads a flat object into a flat class without a step in Python: ten thousand records
are read at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from mnist_lab.experiments.events import EpochEnded, RecordStatus
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.measurements import MEASUREMENTS, MeasuredSeries, Measurement
from mnist_lab.text import CleanLine, CleanText

SCHEMA = 1

Keep = Literal["all", "predictions", "record"]
Backend = Literal["tensorflow", "jax"]
Metric = Literal["loss", "accuracy", "val_loss", "val_accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "val_loss", "val_accuracy")

History = dict[Metric, list[float]]
"""Metrics by Keras's keys, one value per epoch; accuracies are fractions."""

_Model = TypeVar("_Model", bound=BaseModel)


def _with_fields(fields: Mapping[str, Any]) -> Callable[[type[_Model]], type[_Model]]:
    """Class decorator that adds fields known only at run time: those of the measurements."""

    def extended(model: type[_Model]) -> type[_Model]:
        return create_model(
            model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **fields
        )

    return extended


def _values(value: BaseModel, declared: type[BaseModel]) -> dict[str, Any]:
    """Values of the fields that ``declared`` has."""
    return {name: getattr(value, name) for name in declared.model_fields}


class _Value(BaseModel):
    # Validators are built at the first record, since the first frame of the screen needs none.
    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="strings", populate_by_name=True, defer_build=True
    )


class _Document(_Value):
    schema_: int = Field(SCHEMA, alias="schema")


class RunSpec(_Value):
    """Experiment and labels of a run, which its request and its record share."""

    id: str
    experiment: Experiment
    preset: CleanLine | None = None
    study: CleanLine | None = None
    note: CleanText = ""
    tags: tuple[CleanLine, ...] = ()


@_with_fields(dict.fromkeys(MEASUREMENTS, (bool, False)))
class Request(RunSpec, _Document):
    """Request of a run, ``request.json``, which is written once and never changed.

    It has a flag for each measurement (:mod:`mnist_lab.experiments.measurements`), false by default.
    """

    keep: Keep = "all"
    backend: Backend = "tensorflow"
    threads: int = Field(0, ge=0)
    """Number of CPU threads; 0: the backend's default."""
    data_file: CleanText | None = None
    """File of the images where they are not MNIST; only read where the cache no longer has them."""
    asked_at: AwareDatetime

    @property
    def measurements(self) -> frozenset[str]:
        """Names of the measurements to take. Runs with measurements are not trained as lanes."""
        return frozenset(name for name in MEASUREMENTS if getattr(self, name))


class Result(_Value):
    """Metrics of the final weights; accuracies are fractions. None where training ended before they were known."""

    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    test_accuracy: float | None = None


class Seconds(_Value):
    """Durations in seconds; ``per_epoch`` has one value per epoch, validation included."""

    startup: float = 0.0
    compile: float = 0.0
    train: float = 0.0
    evaluate: float = 0.0
    per_epoch: tuple[float, ...] = ()


class Model(_Value):
    """Number of parameters and one line per layer."""

    parameters: int
    layers: tuple[CleanLine, ...]


class Environment(_Value):
    """Software and hardware of a run: on processors, runs with equal ones are reproducible to the bit."""

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
    data_order: CleanLine = Field("", exclude_if=lambda order: not order)
    """In which the training images were divided; empty, and not written: that of their file."""
    git_commit: CleanLine | None = None


@_with_fields({one.key: (MeasuredSeries | None, None) for one in MEASUREMENTS.values()})
class TrainingSummary(_Value):
    """Outcome of a training without weights and predictions, as its record keeps it.

    It has the series of each measurement (:mod:`mnist_lab.experiments.measurements`) under its key; None where that was
    not requested.
    """

    status: RecordStatus
    reason: CleanText = ""
    history: History
    epochs_run: int
    """Number of complete epochs, including one in which it diverged."""
    best_epoch: int | None = None
    """Counted from 1; None where nothing was monitored."""
    stopped_early: bool = False
    result: Result
    seconds: Seconds
    model: Model | None = None

    @classmethod
    def of_epochs(cls, status: RecordStatus, reason: str, epochs: Iterable[EpochEnded] = ()) -> Self:
        """The summary of a training without an outcome, from the epochs that it completed."""
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

    def measured(self, measurement: Measurement) -> MeasuredSeries | None:
        """The series of a measurement; None where it was not requested."""
        series: MeasuredSeries | None = getattr(self, measurement.key)
        return series

    @property
    def measurements(self) -> frozenset[str]:
        """Names of the measurements that were taken."""
        return frozenset(name for name, one in MEASUREMENTS.items() if self.measured(one) is not None)


class Record(TrainingSummary, RunSpec, _Document):
    """Record of an ended run, ``run.json``."""

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
        """The record of a run, from its request and its summary."""
        return cls(
            **_values(request, RunSpec),
            **_values(summary, TrainingSummary),
            started_at=started_at,
            finished_at=finished_at,
            environment=environment,
        )

    def to_json(self) -> dict[str, Any]:
        """The record as plain data for ``json.dumps``, with infinities and NaN as strings."""
        plain: dict[str, Any] = json.loads(self.model_dump_json(by_alias=True))  # model_dump leaves NaN a number
        return plain

    @property
    def backend(self) -> str:
        """Keras's backend; empty where it was not loaded."""
        return self.environment.backend

    @property
    def selected_on_test(self) -> bool:
        """Whether the final epoch was selected by its metrics on the test images."""
        stopping = self.experiment.early_stopping and self.experiment.monitor.startswith("val_")
        return self.experiment.protocol == "report" and stopping
