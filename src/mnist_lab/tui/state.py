"""The state of the app that screens and widgets may use: the base class of the app."""

from __future__ import annotations

from textual.app import App
from textual.notifications import SeverityLevel
from textual.reactive import reactive

from mnist_lab.machine import hardware
from mnist_lab.runs.coverage import RunsByTraining
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.text import clean
from mnist_lab.tui.section_runs import SectionRuns
from mnist_lab.workers.placement import Placement


class LabState(App[None]):
    """The state of the lab. The app sets it; screens and widgets read and watch it, and post messages.

    Attributes:
        store: The runs folder.
        placement: How trainings are divided among workers on this machine as it is now.
        by_training: All runs by what they train.
        section_runs: All runs by section.
    """

    # repaint=False: watchers repaint what has changed; the app would repaint everything.
    snapshots: reactive[dict[str, RunSnapshot]] = reactive(dict, always_update=True, repaint=False)
    """All runs of the folder by id, oldest first."""
    study: reactive[str] = reactive("", repaint=False)
    """Progress of the study in training, in one line; empty if there is none."""
    machine: reactive[hardware.Load | None] = reactive(None, repaint=False)
    """Load of the machine; None until it has been measured."""
    worker: reactive[str] = reactive("", repaint=False)
    """What the workers of the folder do, in a few words; empty until it is known."""

    def __init__(self, store: Store, placement: Placement) -> None:
        super().__init__()
        self.store = store
        self.placement = placement
        self.by_training: RunsByTraining[RunSnapshot] = RunsByTraining()
        self.section_runs = SectionRuns()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a message, which is never read as markup: it may name files, folders and what others have written."""
        super().notify(clean(message), title=title, severity=severity, timeout=timeout, markup=False)
