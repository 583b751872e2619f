"""The form of a section: values, seeds, epochs, protocol and base experiment, checked at each key."""

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
from mnist_lab.tui.form_state import CUSTOM, FormState, choices_of
from mnist_lab.tui.messages import PrefetchRequested
from mnist_lab.tui.widgets.changes import set_text
from mnist_lab.tui.widgets.choices import Choices
from mnist_lab.workers.placement import Placement

_PREFETCHED = 12
"""At most so many recipes are prefetched: compiled by a worker before they are requested."""


class SectionForm(Vertical):
    """The form of one section at a time. The state of each is kept while another is shown."""

    DEFAULT_CSS = """
    SectionForm { height: auto; }
    SectionForm Horizontal { height: auto; }
    SectionForm .label { width: auto; color: $text-muted; }
    SectionForm Input { width: 9; }
    SectionForm Input.wrong { background: $error-muted; color: $text; text-style: underline; }
    SectionForm Select { width: 15; }
    SectionForm #message { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._states: dict[str, FormState] = {}
        self._state = FormState.of(CUSTOM)
        self._snapshots: dict[str, RunSnapshot] = {}
        self._runs: RunsByTraining[RunSnapshot] = RunsByTraining()
        self._placement = Placement()
        self._prefetched: tuple[Experiment, ...] = ()

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
        yield Static(id="message")

    @property
    def state(self) -> FormState:
        return self._state

    def plans(self) -> list[Planned]:
        """The trainings that the form requests.

        Raises:
            UsageError: An input is invalid.
        """
        return self._state.plans()

    def study(self) -> Study | None:
        """The study that the form declares; None if it declares none.

        Raises:
            UsageError: An input is invalid.
        """
        return self._state.study()

    def show(self, section: str) -> None:
        """Show the form of another section, as it was left."""
        self._states[self._state.section] = self._state
        self._state = self._states.get(section) or FormState.of(section)
        with self.prevent(Input.Changed, Select.Changed):
            self.query_one("#seeds", Input).value = self._state.seeds
            self.query_one("#epochs", Input).value = self._state.epochs
            self.query_one("#protocol", Select).value = self._state.protocol
        self.query_one("#vary").display = section != CUSTOM
        self._show_state()

    def update_runs(
        self, snapshots: dict[str, RunSnapshot], runs: RunsByTraining[RunSnapshot], placement: Placement
    ) -> None:
        """Set the runs and the machine that the number and duration of new trainings are estimated from."""
        self._snapshots = snapshots
        self._runs = runs
        self._placement = placement
        self._show_state()

    def set_state(self, state: FormState) -> None:
        """Replace the state of the form; its inputs stay as they are."""
        self._state = state
        self._show_state()

    def on_choices_changed(self, event: Choices.Changed) -> None:
        event.stop()
        self._state = replace(self._state, chosen=event.chosen)
        self._show_state()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "seeds":
            self._state = replace(self._state, seeds=event.value)
        else:
            self._state = replace(self._state, epochs=event.value)
        self._show_state()

    def on_select_changed(self, event: Select.Changed) -> None:
        event.stop()
        self._state = replace(self._state, protocol=str(event.value))
        self._show_state()

    def _show_state(self) -> None:
        """Show the base experiment and the number of trainings, or what is wrong, with the invalid input marked."""
        state = self._state
        self.query_one(Choices).show(choices_of(state.section), state.chosen)
        base = Text.assemble(("base   ", "dim"), describe_base(state))
        set_text(self.query_one("#base", Static), base)
        wrong = {"seeds": _complaint(state.seed_count), "epochs": _complaint(state.shared)}
        for name, complaint in wrong.items():
            self.query_one(f"#{name}", Input).set_class(bool(complaint), "wrong")
        message = next((complaint for complaint in wrong.values() if complaint), "")
        if not message:
            try:
                plans = state.plans()
                estimate = amount(plans, self._missing(plans), list(self._snapshots.values()), self._placement)
                set_text(self.query_one("#message", Static), Text(estimate, "dim"))
                self._prefetch(plans)
                return
            except UsageError as error:
                message = str(error)
        set_text(self.query_one("#message", Static), Text(message, "bold red"))

    def _missing(self, plans: Sequence[Planned]) -> Sequence[Planned]:
        """The trainings that would be requested: those of a study that no run covers, otherwise all."""
        if self._state.study() is None:
            return plans
        return cover(plans, self._runs).missing

    def _prefetch(self, plans: Sequence[Planned]) -> None:
        """Have the recipes of some trainings prefetched, unless they are already."""
        recipes = tuple(dict.fromkeys(plan.experiment.unseeded() for plan in plans[:_PREFETCHED]))
        if recipes != self._prefetched:
            self._prefetched = recipes
            # To the app itself: a message bubbles no further than to its sender, which is the screen where that handles
            # the event that led here.
            self.app.post_message(PrefetchRequested(recipes))


def describe_base(state: FormState) -> str:
    """The base experiment in a few words."""
    base = state.base
    size = f"{base.network} {base.units}" if base.depth == 1 else f"{base.network} {base.depth}×{base.units}"
    usual = f"{size} · {base.activation} · {base.optimizer} {base.learning_rate:g} · batch {base.batch_size}"
    others = {
        name: value
        for name, value in base.changed().items()
        if name not in {"network", "units", "depth", "activation", "optimizer", "learning_rate", "batch_size"}
    }
    return " · ".join(part for part in (usual, describe(others)) if part)


def amount(
    plans: Sequence[Planned], missing: Sequence[Planned], snapshots: Sequence[RunSnapshot], placement: Placement
) -> str:
    """How many runs, how many of these are covered, and how long the others will take, if that can be estimated."""
    runs = plural(len(plans), "run")
    if len(plans) == 1 and plans[0].preset is None:
        runs += f" of {label_of(plans[0].experiment)}"
    if not missing:
        return f"{runs}, all of them saved or in progress"
    rest = ""
    if len(missing) < len(plans):
        runs, rest = f"{runs}, {len(plans) - len(missing)} of them saved or in progress", "the rest "
    seconds = seconds_for([planned.experiment for planned in missing], snapshots, placement)
    return f"{runs}; how long is not known yet" if seconds is None else f"{runs}, {rest}about {duration(seconds)} here"


def _complaint(check: Callable[[], object]) -> str:
    try:
        check()
    except UsageError as error:
        return str(error)
    return ""
