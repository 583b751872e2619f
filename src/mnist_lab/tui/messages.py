"""Everything that one part of the lab tells another, in the past tense. State flows down, messages up."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.study import Study


class SectionChosen(Message):
    """The person turned to another question; ``name`` is that of a section, a part, or ``custom``."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class OutlookChanged(Message):
    """What may be asked for next is known, one experiment a network, most likely first."""

    def __init__(self, experiments: Sequence[Experiment]) -> None:
        super().__init__()
        self.experiments = tuple(experiments)


class RunsRequested(Message):
    """Trainings were asked for; ``first``: before those that wait. Of a study only what is missing."""

    def __init__(self, plans: Sequence[Planned], *, first: bool, study: Study | None = None) -> None:
        super().__init__()
        self.plans = plans
        self.first = first
        self.study = study


class StopRequested(Message):
    """Runs were asked to end."""

    def __init__(self, run_ids: Sequence[str]) -> None:
        super().__init__()
        self.run_ids = run_ids


class PauseToggled(Message):
    """A run was asked to wait, or to go on."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class RunMoved(Message):
    """A waiting run was asked to change places: ``by`` -1 is earlier, 1 later."""

    def __init__(self, run_id: str, by: int) -> None:
        super().__init__()
        self.run_id = run_id
        self.by = by


class RunOpened(Message):
    """A run was chosen to be looked at."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class RunDescribed(Message):
    """The note and tags of a run were edited."""

    def __init__(self, run_id: str, note: str, tags: Sequence[str]) -> None:
        super().__init__()
        self.run_id = run_id
        self.note = note
        self.tags = tuple(tags)
