"""The base experiment, field by field; a value that will not do is marked as one types, with the field's own limits."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Select, Static

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT, FIELDS, Experiment, ExperimentField, show

_GROUPS = {"network": "Network", "training": "Training", "stopping": "Stopping", "data": "Data", "seed": "Seed"}
_NOT_TYPED = ("data",)
"""Set by ``--data``: nobody types a checksum."""


class FieldRow(Horizontal):
    """One field: its name, its value, and its help or what is wrong."""

    def __init__(self, field: ExperimentField, value: Any) -> None:
        super().__init__(id=f"field-{field.name}", classes="field")
        self.field = field
        self._value = value

    def compose(self) -> ComposeResult:
        yield Static(self.field.name, classes="name", markup=False)
        if self.field.choices:
            options = [(choice, choice) for choice in self.field.choices]
            yield Select(options, value=show(self._value), allow_blank=False, compact=True)
        else:
            yield Input(show(self._value), compact=True)
        yield Static(self.field.help, classes="told", markup=False)

    @property
    def text(self) -> str:
        """The value as typed or chosen."""
        if self.field.choices:
            return str(self.query_one(Select).value)
        return self.query_one(Input).value.strip()

    def tell(self, complaint: str) -> None:
        """Say what is wrong, or the field's help where nothing is."""
        self.set_class(bool(complaint), "-wrong")
        self.query_one(".told", Static).update(complaint or self.field.help)


class ExperimentEditor(ModalScreen[Experiment | None]):
    """Edits an experiment; gives back the changed one, or None where nothing is to change."""

    CSS_PATH = "experiment_editor.tcss"
    HELP = "Change what all runs of the form start from. Bold fields differ from the default."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back"),
        Binding("f2", "accept", "take over", priority=True),
        Binding("ctrl+r", "reset", "default", priority=True),
        Binding("down", "app.focus_next", "next field", show=False),
        Binding("up", "app.focus_previous", "previous field", show=False),
    ]

    def __init__(self, base: Experiment, *, without: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._base = base
        self._without = {*without, *_NOT_TYPED}

    def compose(self) -> ComposeResult:
        with Vertical(id="sheet"):
            yield Static("BASE EXPERIMENT   enter or F2 takes it over, escape leaves it", id="title")
            with VerticalScroll(id="fields", can_focus=False):
                for group, title in _GROUPS.items():
                    names = [
                        name for name, field in FIELDS.items() if field.group == group and name not in self._without
                    ]
                    if names:
                        yield Static(title, classes="group")
                    for name in names:
                        yield FieldRow(FIELDS[name], getattr(self._base, name))
            yield Footer()

    def on_mount(self) -> None:
        self._check()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._check()

    def on_select_changed(self, event: Select.Changed) -> None:
        event.stop()
        self._check()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_accept()

    def action_accept(self) -> None:
        edited = self._check()
        if edited is None:
            wrong = self.query(".-wrong").first(FieldRow)
            self.set_focus(wrong.query_one(Input))
            self.app.bell()
            return
        self.dismiss(edited)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_reset(self) -> None:
        for row in self.query(FieldRow):
            value = show(row.field.default)
            if row.field.choices:
                row.query_one(Select).value = value
            else:
                row.query_one(Input).value = value

    def _check(self) -> Experiment | None:
        """Mark what is wrong; the experiment as edited, or None where something is."""
        rows = {row.field.name: row for row in self.query(FieldRow)}
        good: dict[str, str] = {}
        wrong = False
        for name, row in rows.items():
            complaint = ""
            if row.text != show(getattr(self._base, name)):
                try:
                    # alone, so that the field at fault is the one marked
                    type(self._base).model_validate(DEFAULT.model_dump()).derive(
                        **_enabling(row.field), **{name: row.text}
                    )
                except UsageError as error:
                    complaint = str(error)
            row.tell(complaint)
            wrong = wrong or bool(complaint)
            good[name] = row.text
        if wrong:
            return None
        experiment = Experiment.model_validate(self._base.model_dump() | good)
        for name, row in rows.items():
            row.set_class(not row.field.applies_to(experiment), "-idle")
            row.set_class(getattr(experiment, name) != row.field.default, "-changed")
        return experiment


def _enabling(field: ExperimentField) -> dict[str, Any]:
    """The setting under which a field has an effect."""
    return {} if field.only is None else {field.only[0]: field.only[1]}
