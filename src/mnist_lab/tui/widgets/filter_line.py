"""The line in which one types which runs are meant."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static


class FilterLine(Vertical):
    """An expression as it is typed, with what is wrong in it below. Closed while there is none."""

    DEFAULT_CSS = """
    FilterLine { height: auto; }
    FilterLine Horizontal { height: 1; }
    FilterLine .label { width: auto; color: $text-muted; }
    FilterLine Input { width: 1fr; }
    FilterLine .told { height: auto; max-height: 2; color: $text-error; display: none; }
    FilterLine.-wrong Input { background: $error-muted; color: $text; text-style: underline; }
    FilterLine.-wrong .told { display: block; }
    """

    @dataclass
    class Changed(Message):
        """Another expression stands in the line."""

        expression: str

    class Left(Message):
        """The person is done with typing."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False  # from the start: what is shown may take the focus, and with it the next keys

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("filter ", classes="label")
            yield Input(placeholder="relu units>=128 val_accuracy>97%", compact=True)
        yield Static(classes="told", markup=False)

    @property
    def expression(self) -> str:
        return self.query_one(Input).value

    @property
    def is_open(self) -> bool:
        return self.display

    def open(self) -> None:
        """Show the line and type into it."""
        self.display = True
        self.screen.set_focus(self.query_one(Input))  # at once: the next key may be there already

    def close(self) -> None:
        """Take the line away, and the expression with it."""
        self.display = False
        self.query_one(Input).value = ""

    def tell(self, complaint: str) -> None:
        """Say what is wrong with the expression; nothing where nothing is."""
        self.set_class(bool(complaint), "-wrong")
        self.query_one(".told", Static).update(complaint)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if not event.value.strip():
            self.close()
        self.post_message(self.Left())
