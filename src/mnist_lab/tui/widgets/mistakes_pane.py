"""The images that a run predicts wrongly, as pictures."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mnist_lab.formatting import percent
from mnist_lab.render.gallery import Picture
from mnist_lab.tui.predictions import RunPredictions
from mnist_lab.tui.widgets.image_grid import ImageGrid

_WIDE = 20
"""Columns from which a caption has room for whole words and per cent signs."""


class MistakesPane(Vertical):
    """The wrongly predicted images, the most confident mistakes first."""

    DEFAULT_CSS = """
    MistakesPane #why { height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def compose(self) -> ComposeResult:
        yield ImageGrid()
        yield Static(id="why")

    def show(self, predictions: RunPredictions | str) -> None:
        why = predictions if isinstance(predictions, str) else "" if predictions.mistakes else "There is no mistake."
        self.query_one("#why", Static).update(Text(why))
        self.query_one("#why").display = bool(why)
        image_grid = self.query_one(ImageGrid)
        image_grid.display = not why
        if isinstance(predictions, str):
            return
        mistakes = predictions.mistakes

        def picture(index: int, width: int) -> Picture:
            image = mistakes[index]
            true, predicted = predictions.true(image), predictions.predicted(image)
            between = " pred " if width < _WIDE else "  predicted "
            caption = Text.assemble(("true ", "dim"), (str(true), "bold"), (between, "dim"), (str(predicted), "bold"))
            return Picture(predictions.pixels(image), (caption, probabilities(predictions, image, width)))

        title = f"{len(mistakes)} of {predictions.images} wrong"
        unshuffled = ", shown unshuffled" if predictions.shuffled else ""
        image_grid.show(
            (f"{title}, most confident first{unshuffled}", f"{title}{unshuffled}"), len(mistakes), 2, picture
        )

    def move(self, across: int, down: int) -> None:
        self.query_one(ImageGrid).turn(across + down)

    def page(self, by: int) -> None:
        self.query_one(ImageGrid).turn(by)

    def zoom(self) -> None:
        self.query_one(ImageGrid).resize_pictures()


def probabilities(predictions: RunPredictions, image: int, width: int) -> Text:
    """The most probable digits of an image in per cent: three, or two in fewer than 20 columns."""
    narrow = width < _WIDE
    pairs = predictions.most_probable(image)[: 2 if narrow else 3]
    return Text(" " if narrow else "  ").join(
        Text.assemble((f"{digit} ", "bold"), percent(probability, 1) + ("" if narrow else " %"))
        for digit, probability in pairs
    )
