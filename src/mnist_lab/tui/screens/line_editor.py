"""One line of text to edit."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class LineEditor(ModalScreen[str | None]):
    """Gives back the edited line, or None where nothing is to change."""

    CSS = """
    LineEditor { align: center bottom; }
    LineEditor Vertical { width: 100%; height: auto; max-height: 100%; background: $surface; padding: 0 1; }
    LineEditor Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; text-style: bold; }
    """
    HELP = "Type, then enter saves; escape leaves everything as it was."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "leave it")]

    def __init__(self, title: str, value: str) -> None:
        super().__init__()
        self._title = title
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(f"{self._title}   enter saves, escape leaves it", markup=False)
            yield Input(self._value, compact=True, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
