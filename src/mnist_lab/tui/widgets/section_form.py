"""What to train for a question: values, seeds, epochs, protocol, base; wrong input is marked as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Select, Static

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS, Experiment, describe
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.study import Study
from mnist_lab.formatting import duration, plural
from mnist_lab.runs.coverage import RunsByTraining, cover
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.form_state import CUSTOM, Asking, choices_of
from mnist_lab.tui.messages import OutlookChanged
from mnist_lab.tui.widgets.changes import tell
from mnist_lab.tui.widgets.choices import Choices
from mnist_lab.workers.placement import Placement

_LOOKED_AHEAD = 12
"""Trainings for which a worker gets ready."""


class SectionForm(Vertical):
    """The form of one section at a time; each section's is kept while another is shown."""

    DEFAULT_CSS = """
    SectionForm { height: auto; }
    SectionForm Horizontal { height: auto; }
    SectionForm .label { width: auto; color: $text-muted; }
    SectionForm Input { width: 9; }
    SectionForm Input.wrong { background: $error-muted; color: $text; text-style: underline; }
    SectionForm Select { width: 15; }
    SectionForm #told { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kept: dict[str, Asking] = {}
        self._asking = Asking.of(CUSTOM)
        self._views: dict[str, RunSnapshot] = {}
        self._runs: RunsByTraining[RunSnapshot] = RunsByTraining()
        self._placement = Placement()
        self._outlook: tuple[Experiment, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="vary"):
            yield Static("vary   ", classes="label")
            yield Choices(id="choices")
        with Horizontal():
            yield Static("seeds  ", classes="label")
            yield Input(id="seeds", compact=True, max_length=5)
            yield Static(" epochs ", classes="label")
            yield Input(id="epochs", compact=True, max_length=6)
            yield Static(" protocol ", classes="label")
            protocols = FIELDS["protocol"].choices
            yield Select([(name, name) for name in protocols], allow_blank=False, id="protocol", compact=True)
        yield Static(id="base")
        yield Static(id="told")

    @property
    def asking(self) -> Asking:
        return self._asking

    def plans(self) -> list[Planned]:
        """The trainings that the form asks for.

        Raises:
            UsageError: Something in it is wrong.
        """
        return self._asking.plans()

    def study(self) -> Study | None:
        """The study that the form declares, where it does.

        Raises:
            UsageError: Something in it is wrong.
        """
        return self._asking.study()

    def show(self, section: str) -> None:
        """Turn to another section's form, as it was left."""
        self._kept[self._asking.section] = self._asking
        self._asking = self._kept.get(section) or Asking.of(section)
        with self.prevent(Input.Changed, Select.Changed):
            self.query_one("#seeds", Input).value = self._asking.seeds
            self.query_one("#epochs", Input).value = self._asking.epochs
            self.query_one("#protocol", Select).value = self._asking.protocol
        self.query_one("#vary").display = section != CUSTOM
        self._tell()

    def know(self, views: dict[str, RunSnapshot], runs: RunsByTraining[RunSnapshot], placement: Placement) -> None:
        """Take note of the runs there are and of the machine, to estimate how long others will take."""
        self._views = views
        self._runs = runs
        self._placement = placement
        self._tell()

    def set_base(self, asking: Asking) -> None:
        """Replace what the form asks for, from its base experiment on."""
        self._asking = asking
        self._tell()

    def on_choices_changed(self, event: Choices.Changed) -> None:
        event.stop()
        self._asking = replace(self._asking, chosen=event.chosen)
        self._tell()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "seeds":
            self._asking = replace(self._asking, seeds=event.value)
        else:
            self._asking = replace(self._asking, epochs=event.value)
        self._tell()

    def on_select_changed(self, event: Select.Changed) -> None:
        event.stop()
        self._asking = replace(self._asking, protocol=str(event.value))
        self._tell()

    def _tell(self) -> None:
        """Show what the form amounts to, and mark the field in which something is wrong."""
        asking = self._asking
        self.query_one(Choices).show(choices_of(asking.section), asking.chosen)
        base = Text.assemble(("base   ", "dim"), describe_base(asking))
        tell(self.query_one("#base", Static), base)
        wrong = {
            "seeds": _complaint(asking.seed_count),
            "epochs": _complaint(asking.shared),
        }
        for name, complaint in wrong.items():
            self.query_one(f"#{name}", Input).set_class(bool(complaint), "wrong")
        told = next((complaint for complaint in wrong.values() if complaint), "")
        if not told:
            try:
                plans = asking.plans()
                told = amount(plans, self._missing(plans), list(self._views.values()), self._placement)
                tell(self.query_one("#told", Static), Text(told, "dim"))
                self._look_ahead(plans)
                return
            except UsageError as error:
                told = str(error)
        tell(self.query_one("#told", Static), Text(told, "bold red"))

    def _missing(self, plans: Sequence[Planned]) -> Sequence[Planned]:
        """Those that would be trained: of a study what is not there, else all."""
        if self._asking.study() is None:
            return plans
        return cover(plans, self._runs).missing

    def _look_ahead(self, plans: Sequence[Planned]) -> None:
        outlook = tuple(dict.fromkeys(plan.experiment.unseeded() for plan in plans[:_LOOKED_AHEAD]))
        if outlook != self._outlook:
            self._outlook = outlook
            # Not from here: a message goes no further up than the screen on whose behalf it was posted.
            self.app.post_message(OutlookChanged(outlook))


def describe_base(asking: Asking) -> str:
    """The base experiment in a few words."""
    base = asking.base
    size = f"{base.network} {base.units}" if base.depth == 1 else f"{base.network} {base.depth}×{base.units}"
    told = f"{size} · {base.activation} · {base.optimizer} {base.learning_rate:g} · batch {base.batch_size}"
    others = {
        name: value
        for name, value in base.changed().items()
        if name not in {"network", "units", "depth", "activation", "optimizer", "learning_rate", "batch_size"}
    }
    return " · ".join(part for part in (told, describe(others)) if part)


def amount(
    plans: Sequence[Planned], missing: Sequence[Planned], views: Sequence[RunSnapshot], placement: Placement
) -> str:
    """How many runs, how many of them are there already, and how long the others will take if that can be told."""
    runs = plural(len(plans), "run")
    if len(plans) == 1 and plans[0].preset is None:
        runs += f" of {label_of(plans[0].experiment)}"
    if not missing:
        return f"{runs}, all of them saved or under way"
    rest = ""
    if len(missing) < len(plans):
        runs, rest = f"{runs}, {len(plans) - len(missing)} of them saved or under way", "the rest "
    seconds = seconds_for([planned.experiment for planned in missing], views, placement)
    return f"{runs}; how long is not known yet" if seconds is None else f"{runs}, {rest}about {duration(seconds)} here"


def _complaint(check: Callable[[], object]) -> str:
    try:
        check()
    except UsageError as error:
        return str(error)
    return ""
