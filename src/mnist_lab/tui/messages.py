"""The messages of screens and widgets to the app, named in the past tense. State flows down, messages flow up.

Textual's ``Message`` initialises itself in ``__post_init__``, so that a message is a plain dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from textual.message import Message

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.study import Study
from mnist_lab.runs.study_requests import StudyRequest


@dataclass
class SectionChosen(Message):
    """Another section was chosen."""

    name: str
    """The name of a section or part, or ``custom``."""


@dataclass
class PrefetchRequested(Message):
    """The recipes that may be requested next are to be compiled ahead."""

    experiments: Sequence[Experiment]
    """One for each recipe, most likely first."""


@dataclass
class RunsRequested(Message):
    """Trainings were requested."""

    plans: Sequence[Planned]
    _: KW_ONLY
    first: bool
    """Whether they are to be trained before the queued runs."""
    study: Study | None = None
    """The study that they belong to; None: no study."""
    fresh: bool = True
    """Whether to train all of them, or only those that no run covers."""
    reply: Callable[[StudyRequest], str] | None = None
    """Returns the notification after the request; None: no notification."""


@dataclass
class StopRequested(Message):
    """A stop of runs was requested."""

    run_ids: Sequence[str]


@dataclass
class PauseToggled(Message):
    """A pause of a run was requested, or its end."""

    run_id: str


@dataclass
class RunMoved(Message):
    """A move of a queued run within the queue was requested."""

    run_id: str
    by: int
    """-1: earlier; 1: later."""


@dataclass
class RunOpened(Message):
    """A run was chosen to be opened."""

    run_id: str


@dataclass
class RunDescribed(Message):
    """The note and tags of a run were edited."""

    run_id: str
    note: str
    tags: Sequence[str]
