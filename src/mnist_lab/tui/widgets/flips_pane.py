"""The digits that two networks read differently, as pictures."""

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
from mnist_lab.tui.widgets.image_grid import PictureWall

_WIDE = 20
"""Columns from which a caption has room for probabilities."""
_TITLES = ("that only the first has right", "that only the second has right", "that both have wrong, each differently")
_NONE = (
    "There is no digit that only the first has right.",
    "There is no digit that only the second has right.",
    "There is no digit that both have wrong, each differently.",
)


class FlipsPane(Vertical):
    """One of the three kinds of digits on which two networks disagree."""

    DEFAULT_CSS = """
    FlipsPane #why { height: 1fr; content-align: center middle; color: $text-muted; }
    """

    def __init__(self, slots: Sequence[int], *, id: str) -> None:
        super().__init__(id=id)
        self._slots = slots
        self._shown: tuple[Answered | str, int] | None = None

    def compose(self) -> ComposeResult:
        yield PictureWall()
        yield Static(id="why")

    def show(self, answered: Answered | str, kind: int) -> None:
        """Show what only the first (0) or only the second (1) has right, or both have wrong (2).

        Where there are no answers, what is given instead says why.
        """
        if self._shown == (answered, kind):
            return
        self._shown = answered, kind
        images: Sequence[int] = ()
        if not isinstance(answered, str):
            images = (answered.only_first, answered.only_second, answered.both_wrong)[kind]
        why = answered if isinstance(answered, str) else "" if images else _NONE[kind]
        self.query_one("#why", Static).update(Text(why))
        self.query_one("#why").display = bool(why)
        wall = self.query_one(PictureWall)
        wall.display = not why
        if isinstance(answered, str) or why:
            return

        def picture(place: int, width: int) -> Picture:
            image = images[place]
            said = Text("  ").join(
                Text.assemble(
                    (f"{marker(slot)} ", style(slot)),
                    (str(digit), "bold"),
                    f" {percent(probability, 1)} %" if width >= _WIDE else "",
                )
                for slot, (digit, probability) in zip(self._slots, answered.said(image), strict=True)
            )
            return Picture(answered.pixels(image), (said, Text.assemble(("true ", "dim"), str(answered.true(image)))))

        title = f"{plural(len(images), 'digit')} {_TITLES[kind]}, the surest mistakes first"
        if answered.shuffled:
            title += ", before their pixels were shuffled"
        wall.show(title, len(images), 2, picture)

    def page(self, by: int) -> None:
        self.query_one(PictureWall).turn(by)

    def zoom(self) -> None:
        self.query_one(PictureWall).resize_pictures()
