"""Tabs in one line, chosen by number or mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class TabLine(Widget):
    """The titles of some tabs with their numbers; in few columns only the current one is written out."""

    DEFAULT_CSS = """
    TabLine { height: 1; background: $surface; }
    """

    current: reactive[int] = reactive(0)
    aside: reactive[str] = reactive("")
    """Stands on the right, where there is room."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked on."""

        place: int

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = titles

    def render(self) -> Text:
        line = Text(no_wrap=True)
        for place, title in enumerate(self._shown()):
            line.append(title, "bold reverse" if place == self.current else "")
        space = self.size.width - line.cell_len - len(self.aside) - 1
        return line.append(" " * space + self.aside, "dim") if space > 0 else line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        edge = 0
        for place, title in enumerate(self._shown()):
            edge += len(title)
            if offset is not None and offset.x < edge:
                self.post_message(self.Chosen(place))
                return

    def _shown(self) -> list[str]:
        full = [f" {place} {title} " for place, title in enumerate(self._titles, 1)]
        if sum(map(len, full)) <= self.size.width:
            return full
        return [title if place == self.current else f" {place + 1} " for place, title in enumerate(full)]
