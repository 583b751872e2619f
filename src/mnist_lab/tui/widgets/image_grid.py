"""A grid of digit images with captions, in pages of as many as fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Group
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.render.gallery import Gallery, GalleryLayout, Picture, gallery_layout, page_count


class ImageGrid(Widget):
    """Digit images with captions, below a title with the range of those shown."""

    DEFAULT_CSS = """
    ImageGrid { height: 1fr; width: 1fr; }
    """

    page: reactive[int] = reactive(0)
    large: reactive[bool | None] = reactive(None)
    """Whether images are drawn large if at least one fits; None: only if several fit."""

    def __init__(self) -> None:
        super().__init__()
        self._titles: Sequence[str] = ("",)
        self._count = 0
        self._captions = 1
        self._picture: Callable[[int, int], Picture] | None = None
        self._first = 0
        """Index of the first image of the page last chosen; it stays in view when the size changes."""

    def show(self, titles: Sequence[str], count: int, captions: int, picture: Callable[[int, int], Picture]) -> None:
        """Show the first page of some images.

        Args:
            titles: The same title in forms of decreasing length. The first that fits is shown.
            count: The number of images.
            captions: Lines below each image.
            picture: Returns an image by its index, with captions for so many columns. Called when it is drawn.
        """
        self._titles, self._count, self._captions, self._picture = titles, count, captions, picture
        self._first = self.page = 0
        self.refresh()

    def validate_page(self, page: int) -> int:
        return max(0, min(page, page_count(self._count, self._layout()) - 1))

    def on_resize(self) -> None:
        self.page = self._first // self._layout().size

    def turn(self, by: int) -> None:
        """Go forward by so many pages; back if negative."""
        self.page += by
        self._first = self.page * self._layout().size

    def resize_pictures(self) -> None:
        """Switch between large and small images."""
        self.large = self._layout().scale != 1
        self.page = self._first // self._layout().size

    def render(self) -> Group | Text:
        if self._picture is None:
            return Text()
        layout = self._layout()
        first = self.page * layout.size
        last = min(self._count, first + layout.size)
        shown = Text(f"  {first + 1}–{last} of {self._count}" if self._count else "", "bold")
        fitting = (title for title in self._titles if len(title) + len(shown) <= self.size.width)
        title = Text.assemble(next(fitting, self._titles[-1]), shown, no_wrap=True, overflow="ellipsis")
        gallery = Gallery(
            self._count, self._picture, layout, page=self.page, colour_depth="none" if self.app.no_color else None
        )
        return Group(title, gallery)

    def _layout(self) -> GalleryLayout:
        return gallery_layout(self.size.width, self.size.height - 1, self._captions, large=self.large)
