"""Help for where one is: every key of the screen below."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static


def reachable(screen: Screen[Any], app: App[Any]) -> list[Binding]:
    """Every key of a screen, and those of the app that mean nothing else there."""
    own = [binding for _, binding in screen._bindings]
    taken = {binding.key for binding in own}
    return [*own, *(binding for _, binding in app._bindings if binding.key not in taken)]


class HelpScreen(ModalScreen[None]):
    """The keys of a screen, with a word on what it is for."""

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 72;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 1 2;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "back"),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self._below = below

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(Text(getattr(self._below, "HELP", ""), "bold"))
            yield Static(self._keys())
            yield Static(Text("\nEverything else is in the palette: ctrl+p. Escape leaves this page.", "dim"))

    def _keys(self) -> Table:
        table = Table.grid(padding=(0, 2))
        bindings = reachable(self._below, self.app)
        told = set()
        for binding in bindings:
            if binding.description and binding.description not in told and not binding.system:
                told.add(binding.description)
                key = self.app.get_key_display(binding)
                table.add_row(Text(key, "bold"), Text(binding.tooltip or binding.description))
        return table
