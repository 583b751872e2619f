"""A page to read, longer than the screen perhaps."""

from __future__ import annotations

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static


class Page(VerticalScroll, can_focus=False):
    """Something to read, scrolled with the arrow keys."""

    DEFAULT_CSS = """
    Page { scrollbar-size-vertical: 1; }
    """

    def compose(self) -> ComposeResult:
        yield Static()

    def show(self, content: RenderableType) -> None:
        self.query_one(Static).update(content)

    def move(self, _across: int, down: int) -> None:
        self.scroll_relative(y=down, animate=False)

    def page(self, by: int) -> None:
        self.scroll_relative(y=by * max(1, self.size.height - 1), animate=False)
