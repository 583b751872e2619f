"""The input line for a filter expression."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static


class FilterLine(Vertical):
    """An input for an expression, with its error below. Closed while there is no expression."""

    DEFAULT_CSS = """
    FilterLine { height: auto; }
    FilterLine Horizontal { height: 1; }
    FilterLine .label { width: auto; color: $text-muted; }
    FilterLine Input { width: 1fr; }
    FilterLine .error { height: auto; max-height: 2; color: $text-error; display: none; }
    FilterLine.-wrong Input { background: $error-muted; color: $text; text-style: underline; }
    FilterLine.-wrong .error { display: block; }
    """

    @dataclass
    class Changed(Message):
        """The expression changed."""

        expression: str

    class Left(Message):
        """Enter was pressed: the input is to lose the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False  # from the start: a visible input could take the focus, and with it the next keys

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("filter ", classes="label")
            yield Input(placeholder="relu units>=128 val_accuracy>97%", compact=True)
        yield Static(classes="error", markup=False)

    @property
    def expression(self) -> str:
        return self.query_one(Input).value

    @property
    def is_open(self) -> bool:
        return self.display

    def open(self) -> None:
        """Show the line and give it the focus."""
        self.display = True
        self.screen.set_focus(self.query_one(Input))  # at once: the next key may have arrived already

    def close(self) -> None:
        """Hide the line and clear the expression."""
        self.display = False
        self.query_one(Input).value = ""

    def show_error(self, complaint: str) -> None:
        """Show what is wrong with the expression; hide the message if it is empty."""
        self.set_class(bool(complaint), "-wrong")
        self.query_one(".error", Static).update(complaint)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self.close()
        self.post_message(self.Left())
