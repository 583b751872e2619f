"""The question on quitting while runs are queued or in training."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from mnist_lab.formatting import plural

LeaveChoice = Literal["leave", "stop", "stay"]


class LeaveScreen(ModalScreen[LeaveChoice]):
    """Quit and let the runs continue, stop them and quit, or stay."""

    CSS = """
    LeaveScreen { align: center middle; }
    LeaveScreen Vertical { width: 64; max-width: 100%; height: auto; background: $surface; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "choose('leave')", "quit"),
        Binding("s", "choose('stop')", "stop them and quit"),
        Binding("escape", "choose('stay')", "stay"),
    ]

    def __init__(self, training: int, command: str) -> None:
        super().__init__()
        self._training = training
        self._command = command

    def compose(self) -> ComposeResult:
        runs = plural(self._training, "run continues", "runs continue")
        with Vertical():
            yield Static(
                f"{runs} without this screen, also if the connection drops.\n"
                f"To return: {self._command}\n\n"
                "enter  quit, and let it train\n"
                "s      stop, save and quit\n"
                "esc    stay",
                markup=False,
            )

    def action_choose(self, choice: LeaveChoice) -> None:
        self.dismiss(choice)
