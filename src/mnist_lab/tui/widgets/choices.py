"""A group of check boxes, several on a line, with one focus for all of them and arrow keys between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.render.palette import style as colour_of


class Choices(Widget, can_focus=True):
    """Check boxes for some values, each in the colour that it has in every chart."""

    DEFAULT_CSS = """
    Choices { height: auto; width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "previous", show=False),
        Binding("right", "move(1)", "next", show=False),
        Binding("space", "tick", "tick", show=False),
    ]

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Changed(Message):
        """The set of ticked values changed."""

        choices: Choices
        chosen: frozenset[str]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: Sequence[str] = ()
        self._chosen: frozenset[str] = frozenset()

    def show(self, values: Sequence[str], chosen: frozenset[str]) -> None:
        """Show these values, with the ``chosen`` ones ticked."""
        if values != self._values:
            self.cursor = 0
        elif chosen == self._chosen:
            return
        lines = len(self._lines(self.size.width))
        self._values, self._chosen = values, chosen
        self.refresh(layout=len(self._lines(self.size.width)) != lines)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Text:
        return Text("\n").join(self._lines(self.size.width))

    def action_move(self, by: int) -> None:
        if self._values:
            self.cursor = (self.cursor + by) % len(self._values)

    def action_tick(self) -> None:
        if self._values:
            self._toggle(self._values[self.cursor])

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for (left, row, width), value in zip(self._positions(self.size.width), self._values, strict=True):
            if row == offset.y and left <= offset.x < left + width:
                self.cursor = self._values.index(value)
                self._toggle(value)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _toggle(self, value: str) -> None:
        self._chosen = self._chosen ^ {value}
        self.refresh()
        self.post_message(self.Changed(self, self._chosen))

    def _positions(self, width: int) -> list[tuple[int, int, int]]:
        """Left edge, line and width of each value, in cells."""
        positions, left, row = [], 0, 0
        for value in self._values:
            needed = len(value) + 4
            if left and left + needed > width:
                left, row = 0, row + 1
            positions.append((left, row, needed))
            left += needed + 1
        return positions

    def _lines(self, width: int) -> list[Text]:
        lines: list[Text] = [Text()]
        for index, ((left, row, _), value) in enumerate(zip(self._positions(width), self._values, strict=True)):
            if row == len(lines):
                lines.append(Text())
            line = lines[row]
            line.append(" " * (left - line.cell_len))
            ticked = value in self._chosen
            box = Text(f"[{'x' if ticked else ' '}] ", "" if ticked else "dim")
            box.append(value, colour_of(index) if ticked else Style(dim=True))
            if self.has_focus and index == self.cursor:
                box.stylize("reverse")
            line.append_text(box)
        return lines
