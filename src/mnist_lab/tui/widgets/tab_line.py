"""A line of tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class TabLine(Widget):
    """The numbered titles of some tabs. Where they do not fit, the others show their number only."""

    DEFAULT_CSS = """
    TabLine { height: 1; background: $surface; }
    """

    current: reactive[int] = reactive(0)
    aside: reactive[str] = reactive("")
    """A text at the right end, if it fits."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        index: int

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = titles

    def render(self) -> Text:
        line = Text(no_wrap=True)
        for index, title in enumerate(self._shown()):
            line.append(title, "bold reverse" if index == self.current else "")
        space = self.size.width - line.cell_len - len(self.aside) - 1
        return line.append(" " * space + self.aside, "dim") if space > 0 else line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        edge = 0
        for index, title in enumerate(self._shown()):
            edge += len(title)
            if offset is not None and offset.x < edge:
                self.post_message(self.Chosen(index))
                return

    def _shown(self) -> list[str]:
        full = [f" {number} {title} " for number, title in enumerate(self._titles, 1)]
        if sum(map(len, full)) <= self.size.width:
            return full
        return [title if index == self.current else f" {index + 1} " for index, title in enumerate(full)]
