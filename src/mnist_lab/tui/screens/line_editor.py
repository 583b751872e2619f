"""A dialog that edits one line of text."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class LineEditor(ModalScreen[str | None]):
    """Edits a line of text. Returns the edited line, or None if it was cancelled."""

    CSS = """
    LineEditor { align: center bottom; }
    LineEditor Vertical { width: 100%; height: auto; max-height: 100%; background: $surface; padding: 0 1; }
    LineEditor Static { height: 1; text-wrap: nowrap; text-overflow: ellipsis; text-style: bold; }
    """
    HELP = "Type; enter saves, escape cancels."
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel")]

    def __init__(self, title: str, value: str) -> None:
        super().__init__()
        self._title = title
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(f"{self._title}   enter saves, escape cancels", markup=False)
            yield Input(self._value, compact=True, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)
