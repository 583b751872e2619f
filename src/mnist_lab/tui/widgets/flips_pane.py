"""The images that two networks predict differently, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mnist_lab.analysis.tables.pair import Answered
from mnist_lab.formatting import percent, plural
from mnist_lab.render.gallery import Picture
from mnist_lab.render.palette import marker, style
from mnist_lab.tui.widgets.image_grid import ImageGrid

_WIDE = 20
"""Columns from which a caption has room for probabilities."""
_TITLES = ("only the first gets right", "only the second gets right", "both get wrong, each differently")


class FlipsPane(Vertical):
    """One of the three kinds of images on which two networks disagree."""

    DEFAULT_CSS = """
    FlipsPane #why { height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def __init__(self, slots: Sequence[int], *, id: str) -> None:
        super().__init__(id=id)
        self._slots = slots
        self._shown: tuple[Answered | str, int] | None = None

    def compose(self) -> ComposeResult:
        yield ImageGrid()
        yield Static(id="why")

    def show(self, predictions: Answered | str, kind: int) -> None:
        """Show the images that only the first (0), only the second (1) or neither (2) predicts correctly.

        A string in place of predictions says why there are none.
        """
        if self._shown == (predictions, kind):
            return
        self._shown = predictions, kind
        images: Sequence[int] = ()
        if not isinstance(predictions, str):
            images = (predictions.only_first, predictions.only_second, predictions.both_wrong)[kind]
        why = (
            predictions
            if isinstance(predictions, str)
            else ""
            if images
            else f"There is no image that {_TITLES[kind]}."
        )
        self.query_one("#why", Static).update(Text(why))
        self.query_one("#why").display = bool(why)
        image_grid = self.query_one(ImageGrid)
        image_grid.display = not why
        if isinstance(predictions, str) or why:
            return

        def picture(index: int, width: int) -> Picture:
            image = images[index]
            caption = Text("  ").join(
                Text.assemble(
                    (f"{marker(slot)} ", style(slot)),
                    (str(digit), "bold"),
                    f" {percent(probability, 1)} %" if width >= _WIDE else "",
                )
                for slot, (digit, probability) in zip(self._slots, predictions.said(image), strict=True)
            )
            return Picture(
                predictions.pixels(image), (caption, Text.assemble(("true ", "dim"), str(predictions.true(image))))
            )

        title = f"{plural(len(images), 'image')} that {_TITLES[kind]}"
        unshuffled = ", shown unshuffled" if predictions.shuffled else ""
        image_grid.show((f"{title}, most confident first{unshuffled}", f"{title}{unshuffled}"), len(images), 2, picture)

    def page(self, by: int) -> None:
        self.query_one(ImageGrid).turn(by)

    def zoom(self) -> None:
        self.query_one(ImageGrid).resize_pictures()
