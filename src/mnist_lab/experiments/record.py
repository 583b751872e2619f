"""Request and record of a run: the two JSON documents of its folder.

Both are flat JSON objects whose shared fields are declared once: a request and its record are a :class:`RunSpec`, and a
record is a :class:`TrainingSummary`, which is also part of a training's outcome. The classes inherit fields instead
of nesting values, because Pydantic reads a flat object into a flat class without a step in Python: ten thousand records
are read at a time.

What passes validation can be shown by every command, screen and report: numbers, texts and moments are within
:mod:`mnist_lab.experiments.limits`, and the series of a record have as many values as it has epochs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from annotated_types import Ge, Le, MaxLen
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from mnist_lab.experiments.events import EpochEnded, RecordStatus
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.limits import (
    MAX_EPOCHS,
    Count,
    Duration,
    Epochs,
    Fraction,
    Fractions,
    Loss,
    Losses,
    Moment,
)
from mnist_lab.experiments.measurements import MEASUREMENTS, MeasuredSeries, Measurement
from mnist_lab.text import CleanLine, CleanText

SCHEMA = 1
MAX_SCHEMA = 10**40
"""Largest schema that a document of a later version may have."""

Keep = Literal["all", "predictions", "record"]
Backend = Literal["tensorflow", "jax"]
MAX_TAGS = 1_000
"""Most tags of a run."""

Metric = Literal["loss", "accuracy", "val_loss", "val_accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "val_loss", "val_accuracy")


def _history_schema(_: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
    """The schema of :data:`History`, which limits accuracies to fractions."""
    kinds = {metric: Fractions if metric.endswith("accuracy") else Losses for metric in METRICS}
    fields: dict[str, core_schema.TypedDictField] = {
        metric: core_schema.typed_dict_field(handler.generate_schema(kind), required=False)
        for metric, kind in kinds.items()
    }
    return core_schema.typed_dict_schema(fields, extra_behavior="forbid", config={"ser_json_inf_nan": "strings"})


History: TypeAlias = Annotated[dict[Metric, list[float]], GetPydanticSchema(_history_schema)]
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


_MEASURED = tuple(one.key for one in MEASUREMENTS.values())


def _wrong(message: str) -> PydanticCustomError:
    """The error of a document whose fields contradict each other."""
    return PydanticCustomError("contradiction", "{message}", {"message": message})


class _Value(BaseModel):
    # Validators are built at the first record, since the first frame of the screen needs none.
    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="strings", populate_by_name=True, defer_build=True
    )


class _Document(_Value):
    schema_: int = Field(SCHEMA, alias="schema", ge=0, le=MAX_SCHEMA)


class RunSpec(_Value):
    """Experiment and labels of a run, which its request and its record share."""

    id: Annotated[str, MaxLen(64)]
    experiment: Experiment
    preset: CleanLine | None = None
    study: CleanLine | None = None
    note: CleanText = ""
    tags: Annotated[tuple[CleanLine, ...], MaxLen(MAX_TAGS)] = ()


@_with_fields(dict.fromkeys(MEASUREMENTS, (bool, False)))
class Request(RunSpec, _Document):
    """Request of a run, ``request.json``, which is written once and never changed.

    It has a flag for each measurement (:mod:`mnist_lab.experiments.measurements`), false by default.
    """

    keep: Keep = "all"
    backend: Backend = "tensorflow"
    threads: Count = 0
    """Number of CPU threads; 0: the backend's default."""
    data_file: CleanText | None = None
    """File of the images where they are not MNIST; only read where the cache no longer has them."""
    asked_at: Moment

    @property
    def measurements(self) -> frozenset[str]:
        """Names of the measurements to take. Runs with measurements are not trained as lanes."""
        return frozenset(name for name in MEASUREMENTS if getattr(self, name))


class Result(_Value):
    """Metrics of the final weights; accuracies are fractions. None where training ended before they were known."""

    loss: Loss | None = None
    accuracy: Fraction | None = None
    val_loss: Loss | None = None
    val_accuracy: Fraction | None = None
    test_accuracy: Fraction | None = None


class Seconds(_Value):
    """Durations in seconds; ``per_epoch`` has one value per epoch, validation included."""

    startup: Duration = 0.0
    compile: Duration = 0.0
    train: Duration = 0.0
    evaluate: Duration = 0.0
    per_epoch: Annotated[tuple[Duration, ...], MaxLen(MAX_EPOCHS)] = ()


class Model(_Value):
    """Number of parameters and one line per layer."""

    parameters: Count
    layers: Annotated[tuple[CleanLine, ...], MaxLen(1_000)]


class Environment(_Value):
    """Software and hardware of a run: on processors, runs with equal ones are reproducible to the bit."""

    mnist_lab: CleanLine
    python: CleanLine
    keras: CleanLine = ""
    backend: CleanLine = ""
    backend_version: CleanLine = ""
    engine: CleanLine = ""
    threads: Count = 0
    lanes: Count = 1
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
    epochs_run: Epochs
    """Number of complete epochs, including one in which it diverged."""
    best_epoch: Annotated[int, Ge(1), Le(MAX_EPOCHS)] | None = None
    """Counted from 1; None where nothing was monitored."""
    stopped_early: bool = False
    result: Result
    seconds: Seconds
    model: Model | None = None

    @model_validator(mode="after")
    def _has_a_value_per_epoch(self) -> Self:
        held = vars(self)  # faster than getattr: ten thousand records are read at a time
        epochs, history, per_epoch = held["epochs_run"], held["history"], held["seconds"].per_epoch
        lengths = [*map(len, history.values())]
        if lengths != [epochs] * len(METRICS) and (epochs or any(lengths)):
            raise _wrong(f"history does not have a value of each metric for each of its {epochs} epochs")
        if per_epoch and len(per_epoch) != epochs:
            raise _wrong(f"seconds.per_epoch does not have a value for each of its {epochs} epochs")
        if held["best_epoch"] is not None and held["best_epoch"] > epochs:
            raise _wrong(f"its best epoch is {held['best_epoch']} of {epochs}")
        if held["status"] == "finished" and epochs and not isfinite(sum(history["loss"]) + sum(history["val_loss"])):
            raise _wrong("it has finished with losses of a training that diverges")
        for key in _MEASURED:
            if held[key] and any(len(values) != epochs for values in held[key].values()):
                raise _wrong(f"{key} does not have a value for each of its {epochs} epochs")
        return self

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

    started_at: Moment
    finished_at: Moment
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
