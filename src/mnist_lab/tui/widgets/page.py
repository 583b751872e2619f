"""A scrollable page of text."""

from __future__ import annotations

from rich.console import RenderableType
from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static


class Page(VerticalScroll, can_focus=False):
    """A page of text that the arrow keys of its screen scroll."""

    DEFAULT_CSS = """
    Page { scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: list[list[Segment]] = []

    def compose(self) -> ComposeResult:
        yield Static()

    def show(self, content: RenderableType) -> None:
        """Show a page, unless it renders to the lines that are shown already."""
        lines = self.app.console.render_lines(content, self.app.console_options)
        if lines != self._lines:
            self._lines = lines
            self.query_one(Static).update(content)

    def move(self, _across: int, down: int) -> None:
        self.scroll_relative(y=down, animate=False)

    def page(self, by: int) -> None:
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)
