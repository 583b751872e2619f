"""The editor of the base experiment: one input a field, checked at each key by the limits of the field."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Select, Static

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT, FIELDS, Experiment, ExperimentField, format_value

_GROUPS = {"network": "Network", "training": "Training", "stopping": "Stopping", "data": "Data", "seed": "Seed"}
_NOT_TYPED = ("data",)
"""Fields that are not edited: ``data`` is a checksum, set by ``--data``."""


class FieldRow(Horizontal):
    """A field: its name, its value, and its help or an error message."""

    def __init__(self, field: ExperimentField, value: Any) -> None:
        super().__init__(id=f"field-{field.name}", classes="field")
        self.field = field
        self._value = value

    def compose(self) -> ComposeResult:
        yield Static(self.field.name, classes="name", markup=False)
        if self.field.choices:
            options = [(choice, choice) for choice in self.field.choices]
            yield Select(options, value=format_value(self._value), allow_blank=False, compact=True)
        else:
            yield Input(format_value(self._value), compact=True)
        yield Static(self.field.help, classes="help", markup=False)

    @property
    def text(self) -> str:
        """The value as typed or chosen."""
        if self.field.choices:
            return str(self.query_one(Select).value)
        return self.query_one(Input).value.strip()

    def show_error(self, complaint: str) -> None:
        """Show what is wrong with the value; the help of the field if ``complaint`` is empty."""
        self.set_class(bool(complaint), "-wrong")
        self.query_one(".help", Static).update(complaint or self.field.help)


class ExperimentEditor(ModalScreen[Experiment | None]):
    """Edits an experiment. Returns the edited one, or None if it was cancelled."""

    CSS_PATH = "experiment_editor.tcss"
    HELP = "The *base experiment*: every run of the form starts from it. Bold fields differ from the default."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "back"),
        Binding("f2", "accept", "apply", priority=True),
        Binding("ctrl+r", "reset", "default", priority=True),
        Binding("down", "app.focus_next", "next field", show=False),
        Binding("up", "app.focus_previous", "previous field", show=False),
    ]

    def __init__(self, base: Experiment, *, without: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._base = base
        self._without = {*without, *_NOT_TYPED}

    def compose(self) -> ComposeResult:
        with Vertical(id="editor"):
            yield Static("BASE EXPERIMENT   enter or F2 applies it, escape cancels", id="title")
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
            value = format_value(row.field.default)
            if row.field.choices:
                row.query_one(Select).value = value
            else:
                row.query_one(Input).value = value

    def _check(self) -> Experiment | None:
        """Mark the fields that are wrong. Returns the edited experiment; None if a field is wrong."""
        rows = {row.field.name: row for row in self.query(FieldRow)}
        values: dict[str, str] = {}
        wrong = False
        for name, row in rows.items():
            complaint = ""
            if row.text != format_value(getattr(self._base, name)):
                try:
                    # alone, so that the wrong field is the one that is marked
                    type(self._base).model_validate(DEFAULT.model_dump()).derive(
                        **_enabling(row.field), **{name: row.text}
                    )
                except UsageError as error:
                    complaint = str(error)
            row.show_error(complaint)
            wrong = wrong or bool(complaint)
            values[name] = row.text
        if wrong:
            return None
        experiment = Experiment.model_validate(self._base.model_dump() | values)
        for name, row in rows.items():
            row.set_class(not row.field.applies_to(experiment), "-idle")
            row.set_class(getattr(experiment, name) != row.field.default, "-changed")
        return experiment


def _enabling(field: ExperimentField) -> dict[str, Any]:
    """The value of another field with which this one has an effect."""
    return {} if field.requires is None else {field.requires[0]: field.requires[1]}
