"""The question on leaving while something trains: what goes on, and how to come back to it."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mnist_lab.formatting import plural

Answer = Literal["leave", "stop", "stay"]


class LeaveScreen(ModalScreen[Answer]):
    """Leave and let it train, stop it and leave, or stay."""

    CSS = """
    LeaveScreen { align: center middle; }
    LeaveScreen Vertical { width: 64; max-width: 100%; height: auto; background: $surface; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "answer('leave')", "leave"),
        Binding("s", "answer('stop')", "stop them and leave"),
        Binding("escape", "answer('stay')", "stay"),
    ]

    def __init__(self, training: int, command: str) -> None:
        super().__init__()
        self._training = training
        self._command = command

    def compose(self) -> ComposeResult:
        runs = plural(self._training, "run goes", "runs go")
        with Vertical():
            yield Static(
                f"{runs} on without this screen, also when the line drops.\n"
                f"To come back: {self._command}\n\n"
                "enter  leave, and let it train\n"
                "s      stop, save, and leave\n"
                "esc    stay",
                markup=False,
            )

    def action_answer(self, answer: Answer) -> None:
        self.dismiss(answer)
