"""What is kept of a run: the request that asked for it, and the record it ended with."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mnist_lab.experiments.events import RecordStatus
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.text import CleanLine, CleanText

SCHEMA = 1

Keep = Literal["all", "predictions", "record"]
Backend = Literal["tensorflow", "jax"]
Extra = Literal["gradient_norms", "test_curve"]
"""What can be measured of a training beside its curves, where it is asked for."""
Metric = Literal["loss", "accuracy", "val_loss", "val_accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy", "val_loss", "val_accuracy")

History = dict[Metric, list[float]]
"""Keras's keys, one list each, one value an epoch; accuracies are fractions."""

TestHistory = dict[Literal["loss", "accuracy"], list[float]]
"""Of the test images, one value an epoch."""


class _Value(BaseModel):
    # Built at the first record: what shows the first frame reads none.
    model_config = ConfigDict(
        frozen=True, extra="ignore", ser_json_inf_nan="strings", populate_by_name=True, defer_build=True
    )


class Request(_Value):
    """What was asked for. ``request.json``, written whole by whoever asks and never changed."""

    schema_: int = Field(SCHEMA, alias="schema")
    id: str
    experiment: Experiment
    preset: CleanLine | None = None
    study: CleanLine | None = None
    note: CleanText = ""
    tags: tuple[CleanLine, ...] = ()
    keep: Keep = "all"
    backend: Backend = "tensorflow"
    threads: int = Field(0, ge=0)
    """CPU threads to train it with; 0: as many as the backend likes."""
    data_file: CleanText | None = None
    """Where the images were, if not the lab's own; only used where the cache has lost them."""
    gradient_norms: bool = False
    """Whether to measure the gradients of each layer (:attr:`Record.gradient_norms`)."""
    test_curve: bool = False
    """Whether to look at the test images after each epoch (:attr:`Record.test_history`)."""
    asked_at: AwareDatetime

    @property
    def extras(self) -> frozenset[Extra]:
        """What is to be measured beside training."""
        return extras_of(gradient_norms=self.gradient_norms, test_curve=self.test_curve)

    @property
    def looks_closer(self) -> bool:
        """Whether something is to be looked at that training does not need; such runs are no lanes."""
        return bool(self.extras)


def extras_of(**wanted: bool) -> frozenset[Extra]:
    """Those extras that are wanted, or were measured, by their names."""
    return frozenset(name for name in get_args(Extra) if wanted[name])


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


class Record(_Value):
    """One ended run. ``run.json``, written last and whole."""

    schema_: int = Field(SCHEMA, alias="schema")
    id: str
    status: RecordStatus
    reason: CleanText = ""
    experiment: Experiment
    preset: CleanLine | None = None
    study: CleanLine | None = None
    note: CleanText = ""
    tags: tuple[CleanLine, ...] = ()
    started_at: AwareDatetime
    finished_at: AwareDatetime
    history: History
    epochs_run: int
    best_epoch: int | None = None
    """Counted from 1; None where nothing was monitored."""
    stopped_early: bool = False
    result: Result
    seconds: Seconds
    model: Model | None = None
    environment: Environment
    gradient_norms: dict[str, list[float]] | None = None
    """Where they were asked for: of each layer with weights, first to last, the norm of the gradient of its kernel
    after each epoch. It is that of the mean loss of the first thousand images trained on."""
    test_history: TestHistory | None = None
    """Where it was asked for: the figures of the test images after each epoch. Nothing was chosen by them."""

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``; infinities and NaN as strings."""
        plain: dict[str, Any] = json.loads(self.model_dump_json(by_alias=True))  # model_dump leaves NaN a number
        return plain

    @property
    def backend(self) -> str:
        """What Keras ran on; empty where it never came to run."""
        return self.environment.backend

    @property
    def extras(self) -> frozenset[Extra]:
        """What was measured beside training."""
        return extras_of(gradient_norms=self.gradient_norms is not None, test_curve=self.test_history is not None)

    @property
    def selected_on_test(self) -> bool:
        """Whether the kept epoch was chosen by looking at the test images."""
        stopping = self.experiment.early_stopping and self.experiment.monitor.startswith("val_")
        return self.experiment.protocol == "report" and stopping


def without_training(
    request: Request,
    status: RecordStatus,
    reason: str,
    *,
    started_at: datetime,
    finished_at: datetime,
    environment: Environment,
) -> Record:
    """The record of a run that ended before its first step."""
    return Record(
        id=request.id,
        status=status,
        reason=reason,
        experiment=request.experiment,
        preset=request.preset,
        study=request.study,
        note=request.note,
        tags=request.tags,
        started_at=started_at,
        finished_at=finished_at,
        history={metric: [] for metric in METRICS},
        epochs_run=0,
        result=Result(),
        seconds=Seconds(),
        environment=environment,
    )
