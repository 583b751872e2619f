"""Pages of digits, as many on each as there is room for."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Group
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.render.gallery import Arrangement, Gallery, Picture, arrange, pages


class PictureWall(Widget):
    """Some digits with their captions, under a line that says which of how many these are."""

    DEFAULT_CSS = """
    PictureWall { height: 1fr; width: 1fr; }
    """

    page: reactive[int] = reactive(0)
    large: reactive[bool | None] = reactive(None)
    """Whether pictures are large if one fits; None: if several fit."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._count = 0
        self._captions = 1
        self._picture: Callable[[int, int], Picture] | None = None
        self._first = 0
        """The picture that was last turned to; it stays in view whatever becomes of the room."""

    def show(self, title: str, count: int, captions: int, picture: Callable[[int, int], Picture]) -> None:
        """Show the first of ``count`` pictures, each with so many lines below it; ``picture`` gives one when drawn."""
        self._title, self._count, self._captions, self._picture = title, count, captions, picture
        self._first = self.page = 0
        self.refresh()

    def validate_page(self, page: int) -> int:
        return max(0, min(page, pages(self._count, self._arrangement()) - 1))

    def on_resize(self) -> None:
        self.page = self._first // self._arrangement().size

    def turn(self, by: int) -> None:
        """Go some pages on, or back."""
        self.page += by
        self._first = self.page * self._arrangement().size

    def resize_pictures(self) -> None:
        """Draw them larger, or smaller."""
        self.large = self._arrangement().scale != 1
        self.page = self._first // self._arrangement().size

    def render(self) -> Group | Text:
        if self._picture is None:
            return Text()
        how = self._arrangement()
        first = self.page * how.size
        title = Text(self._title, no_wrap=True, overflow="ellipsis")
        if self._count:
            title.append(f"  {first + 1}–{min(self._count, first + how.size)} of {self._count}", "bold")
        gallery = Gallery(self._count, self._picture, how, page=self.page, shades="none" if self.app.no_color else None)
        return Group(title, gallery)

    def _arrangement(self) -> Arrangement:
        return arrange(self.size.width, self.size.height - 1, self._captions, large=self.large)
