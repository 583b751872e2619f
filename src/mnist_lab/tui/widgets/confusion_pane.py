"""Which digits a run takes for which, and how those look."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from mnist_lab.render.digits import height_of, width_of
from mnist_lab.render.gallery import Picture
from mnist_lab.render.matrix import Matrix
from mnist_lab.tui.answers import Answers
from mnist_lab.tui.widgets.image_grid import PictureWall
from mnist_lab.tui.widgets.matrix_view import MatrixView
from mnist_lab.tui.widgets.mistakes_pane import probabilities

_GAP = 1
_MATRIX_LINES = 12
_WALL_LINES = 2 + height_of(2)


class ConfusionPane(Container):
    """The matrix with the digits of a cell beside it, or below; in few lines one of them at a time."""

    DEFAULT_CSS = """
    ConfusionPane {
        layout: vertical;
        &.-beside { layout: horizontal; }
        &.-beside PictureWall { margin-left: 1; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._answers: Answers | str = ""
        self._pictures_alone = False

    def compose(self) -> ComposeResult:
        yield MatrixView()
        yield PictureWall()
        yield Static(id="why")

    def on_resize(self) -> None:
        self._arrange()

    def show(self, answers: Answers | str) -> None:
        self._answers = answers
        if isinstance(answers, str):
            self.query_one("#why", Static).update(Text(answers))
        else:
            self._matrix.show(Matrix(answers.counts))
            self._show_cell()
        self._arrange()

    def move(self, across: int, down: int) -> None:
        true, said = self._matrix.cell
        self._matrix.cell = (true + down, said + across)

    def page(self, by: int) -> None:
        self._wall.turn(by)

    def zoom(self) -> None:
        """Larger or smaller pictures; where only one of both fits, the pictures or the matrix."""
        if self._room_for_both:
            self._wall.resize_pictures()
        else:
            self._pictures_alone = not self._pictures_alone
            self._arrange()

    def on_matrix_view_cell_pointed(self, event: MatrixView.CellPointed) -> None:
        event.stop()
        self._show_cell()

    @property
    def _matrix(self) -> MatrixView:
        return self.query_one(MatrixView)

    @property
    def _wall(self) -> PictureWall:
        return self.query_one(PictureWall)

    @property
    def _beside(self) -> bool:
        return self.size.width >= self._matrix.matrix.narrowest + _GAP + width_of(2)

    @property
    def _room_for_both(self) -> bool:
        return self._beside or self.size.height >= _MATRIX_LINES + _WALL_LINES

    def _show_cell(self) -> None:
        answers = self._answers
        if isinstance(answers, str):
            return
        true, said = self._matrix.cell
        images = answers.of_cell(true, said)

        def picture(place: int, width: int) -> Picture:
            image = images[place]
            return Picture(answers.pixels(image), (probabilities(answers, image, width),))

        title = ("unshuffled, " if answers.shuffled else "") + f"true {true} said {said}"
        self._wall.show(title if images else f"{title}: none", len(images), 1, picture)

    def _arrange(self) -> None:
        matrix, wall = self._matrix, self._wall
        why = isinstance(self._answers, str)
        self.query_one("#why").display = why
        alone = not self._room_for_both
        matrix.display = not why and not (alone and self._pictures_alone)
        wall.display = not why and not (alone and not self._pictures_alone)
        self.set_class(self._beside, "-beside")
        drawn = matrix.matrix
        if self._beside:
            room = self.size.width - 2 * (width_of(1) + 2)
            matrix.styles.width = max(drawn.narrowest, min(drawn.widest, room))
            matrix.styles.height = "1fr"
        else:
            matrix.styles.width = "1fr"
            matrix.styles.height = "1fr" if alone else _MATRIX_LINES
