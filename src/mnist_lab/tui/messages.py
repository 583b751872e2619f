"""What screens and widgets report to the app, in the past tense. State flows down, messages up.

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
    """The person turned to another question."""

    name: str
    """Of a section, a part, or ``custom``."""


@dataclass
class OutlookChanged(Message):
    """What may be asked for next is known."""

    experiments: Sequence[Experiment]
    """One a network, most likely first."""


@dataclass
class RunsRequested(Message):
    """Trainings were asked for."""

    plans: Sequence[Planned]
    _: KW_ONLY
    first: bool
    """Whether they are to be trained before those that wait."""
    study: Study | None = None
    """The study that they are; None: no study."""
    fresh: bool = True
    """Whether to train all of them anew, or only what no run answers or will."""
    reply: Callable[[StudyRequest], str] | None = None
    """What to notify of once they are requested; None: nothing."""


@dataclass
class StopRequested(Message):
    """Runs were asked to end."""

    run_ids: Sequence[str]


@dataclass
class PauseToggled(Message):
    """A run was asked to pause or to resume."""

    run_id: str


@dataclass
class RunMoved(Message):
    """A waiting run was asked to move in the queue."""

    run_id: str
    by: int
    """-1 is earlier, 1 later."""


@dataclass
class RunOpened(Message):
    """A run was chosen to be looked at."""

    run_id: str


@dataclass
class RunDescribed(Message):
    """The note and tags of a run were edited."""

    run_id: str
    note: str
    tags: Sequence[str]
