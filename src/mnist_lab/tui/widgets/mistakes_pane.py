"""The worst mistakes of a run as pictures."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mnist_lab.formatting import percent
from mnist_lab.render.gallery import Picture
from mnist_lab.tui.answers import Answers
from mnist_lab.tui.widgets.image_grid import PictureWall

_WIDE = 20
"""Columns from which a caption has room for whole words."""


class MistakesPane(Vertical):
    """The wrong answers of which the network was surest first."""

    DEFAULT_CSS = """
    MistakesPane #why { height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def compose(self) -> ComposeResult:
        yield PictureWall()
        yield Static(id="why")

    def show(self, answers: Answers | str) -> None:
        why = answers if isinstance(answers, str) else "" if answers.mistakes else "It made no mistake."
        self.query_one("#why", Static).update(Text(why))
        self.query_one("#why").display = bool(why)
        wall = self.query_one(PictureWall)
        wall.display = not why
        if isinstance(answers, str):
            return
        mistakes = answers.mistakes

        def picture(place: int, width: int) -> Picture:
            image = mistakes[place]
            true, said = answers.true(image), answers.said(image)
            between = " said " if width < _WIDE else "  predicted "
            verdict = Text.assemble(("true ", "dim"), (str(true), "bold"), (between, "dim"), (str(said), "bold"))
            return Picture(answers.pixels(image), (verdict, probabilities(answers, image, width)))

        title = f"{len(mistakes)} of {answers.images} wrong, the surest first"
        if answers.shuffled:
            title += ", shown before their pixels were shuffled"
        wall.show(title, len(mistakes), 2, picture)

    def move(self, across: int, down: int) -> None:
        self.query_one(PictureWall).turn(across + down)

    def page(self, by: int) -> None:
        self.query_one(PictureWall).turn(by)

    def zoom(self) -> None:
        self.query_one(PictureWall).resize_pictures()


def probabilities(answers: Answers, image: int, width: int) -> Text:
    """The most probable digits in percent: three, or two in few columns."""
    few = width < _WIDE
    pairs = answers.most_probable(image)[: 2 if few else 3]
    return Text(" " if few else "  ").join(
        Text.assemble((f"{digit} ", "bold"), percent(probability, 1) + ("" if few else " %"))
        for digit, probability in pairs
    )
