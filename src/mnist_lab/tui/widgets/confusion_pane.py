"""The confusion matrix of a run, with the images of the cell under the cursor."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from mnist_lab.render.digits import height_of, width_of
from mnist_lab.render.gallery import Picture
from mnist_lab.render.matrix import Matrix
from mnist_lab.tui.predictions import RunPredictions
from mnist_lab.tui.widgets.image_grid import ImageGrid
from mnist_lab.tui.widgets.matrix_view import MatrixView
from mnist_lab.tui.widgets.mistakes_pane import probabilities

_GAP = 1
_MATRIX_LINES = 12
_IMAGES_LINES = 2 + height_of(2)


class ConfusionPane(Container):
    """The matrix next to the images of a cell, or above them; one of the two where only one fits."""

    DEFAULT_CSS = """
    ConfusionPane {
        layout: vertical;
        &.-side-by-side { layout: horizontal; }
        &.-side-by-side ImageGrid { margin-left: 1; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._predictions: RunPredictions | str = ""
        self._images_only = False

    def compose(self) -> ComposeResult:
        yield MatrixView()
        yield ImageGrid()
        yield Static(id="why")

    def on_resize(self) -> None:
        self._arrange()

    def show(self, predictions: RunPredictions | str) -> None:
        self._predictions = predictions
        if isinstance(predictions, str):
            self.query_one("#why", Static).update(Text(predictions))
        else:
            self._matrix.show(Matrix(predictions.counts))
            self._show_cell()
        self._arrange()

    def move(self, across: int, down: int) -> None:
        true, predicted = self._matrix.cell
        self._matrix.cell = (true + down, predicted + across)

    def page(self, by: int) -> None:
        self._image_grid.turn(by)

    def zoom(self) -> None:
        """Switch the size of the images; where only one of both fits, switch between images and matrix."""
        if self._room_for_both:
            self._image_grid.resize_pictures()
        else:
            self._images_only = not self._images_only
            self._arrange()

    def on_matrix_view_cell_selected(self, event: MatrixView.CellSelected) -> None:
        event.stop()
        self._show_cell()

    @property
    def _matrix(self) -> MatrixView:
        return self.query_one(MatrixView)

    @property
    def _image_grid(self) -> ImageGrid:
        return self.query_one(ImageGrid)

    @property
    def _side_by_side(self) -> bool:
        return self.size.width >= self._matrix.matrix.narrowest + _GAP + width_of(2)

    @property
    def _room_for_both(self) -> bool:
        return self._side_by_side or self.size.height >= _MATRIX_LINES + _IMAGES_LINES

    def _show_cell(self) -> None:
        predictions = self._predictions
        if isinstance(predictions, str):
            return
        true, predicted = self._matrix.cell
        images = predictions.images_of_cell(true, predicted)

        def picture(index: int, width: int) -> Picture:
            image = images[index]
            return Picture(predictions.pixels(image), (probabilities(predictions, image, width),))

        none = "" if images else ": none"
        titles = [f"true {true} predicted {predicted}{none}", f"true {true} pred {predicted}{none}"]
        if predictions.shuffled:
            titles = [f"unshuffled, {title}" for title in titles]
        self._image_grid.show(titles, len(images), 1, picture)

    def _arrange(self) -> None:
        matrix, image_grid = self._matrix, self._image_grid
        why = isinstance(self._predictions, str)
        self.query_one("#why").display = why
        only_one = not self._room_for_both
        matrix.display = not why and not (only_one and self._images_only)
        image_grid.display = not why and not (only_one and not self._images_only)
        self.set_class(self._side_by_side, "-side-by-side")
        drawn = matrix.matrix
        if self._side_by_side:
            room = self.size.width - 2 * (width_of(1) + 2)
            matrix.styles.width = max(drawn.narrowest, min(drawn.widest, room))
            matrix.styles.height = "1fr"
        else:
            matrix.styles.width = "1fr"
            matrix.styles.height = "1fr" if only_one else _MATRIX_LINES
