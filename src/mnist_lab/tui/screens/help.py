"""The help: the purpose and the keys of the screen below it, and the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from mnist_lab.tui import glossary
from mnist_lab.tui.widgets.tab_line import TabLine

TERM = re.compile(r"\*(.+?)\*")
"""How the ``HELP`` of a screen marks a term of the glossary: ``*term*``."""

TABS = ("Keys", "Glossary")
_TERM_WIDTH = 20


def described(screen: Screen[Any], app: App[Any]) -> Iterator[Binding]:
    """The keys of a screen, and those of the app that it does not override: of equal descriptions the first."""
    own = [binding for _, binding in screen._bindings]
    taken = {binding.key for binding in own}
    seen = set()
    for binding in (*own, *(binding for _, binding in app._bindings if binding.key not in taken)):
        if binding.description and binding.description not in seen and not binding.system:
            seen.add(binding.description)
            yield binding


class HelpScreen(ModalScreen[None]):
    """Two pages: the keys of a screen, and the glossary."""

    CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 80;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 0 2;
    }
    HelpScreen TabLine { dock: top; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab(0)", show=False),
        Binding("2", "tab(1)", show=False),
        Binding("tab,shift+tab", "next_tab", "keys or glossary"),
        Binding("escape,question_mark,q", "dismiss", "back"),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        self._below = below

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield TabLine(TABS)
            yield Static(self._keys())

    def action_tab(self, index: int) -> None:
        self.query_one(TabLine).current = index
        self.query_one(Static).update(_glossary() if index else self._keys())
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_next_tab(self) -> None:
        self.action_tab(1 - self.query_one(TabLine).current)

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.action_tab(event.index)

    def _keys(self) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        for binding in described(self._below, self.app):
            table.add_row(Text(self.app.get_key_display(binding), "bold"), Text(binding.tooltip or binding.description))
        last = "ctrl+p finds every action, section, preset and run; tab shows the glossary; escape closes the help."
        return Group(_with_terms(self._below.HELP or ""), Text(), table, Text(f"\n{last}", "dim"))


def _with_terms(text: str) -> Text:
    """A help text with its terms in bold."""
    parts = TERM.split(text)
    return Text.assemble(*((part, "bold" if index % 2 else "") for index, part in enumerate(parts)))


def _glossary() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=_TERM_WIDTH)
    for term, text in glossary.load().items():
        table.add_row(Text(term, "bold"), Text(text))
    return table
