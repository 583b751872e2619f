"""The confusion matrix with a cursor."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.render.matrix import Matrix


class MatrixView(Widget):
    """A confusion matrix; ``cell`` is the true and the predicted digit of the cell under the cursor."""

    cell: reactive[tuple[int, int]] = reactive((0, 0), init=False)

    @dataclass
    class CellSelected(Message):
        """The cursor moved to another cell."""

        cell: tuple[int, int]

    def __init__(self) -> None:
        super().__init__()
        self.matrix = Matrix(((0,) * 10,) * 10)

    def show(self, matrix: Matrix) -> None:
        """Show a matrix, with the cursor on its most frequent mistake."""
        self.matrix = matrix
        sizes = {
            (true, predicted): count
            for true, row in enumerate(matrix.counts)
            for predicted, count in enumerate(row)
            if true != predicted
        }
        self.cell = max(sizes, key=lambda cell: sizes[cell])
        self.refresh()

    def validate_cell(self, cell: tuple[int, int]) -> tuple[int, int]:
        last = len(self.matrix.counts) - 1
        true, predicted = (max(0, min(digit, last)) for digit in cell)
        return true, predicted

    def watch_cell(self, cell: tuple[int, int]) -> None:
        self.post_message(self.CellSelected(cell))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        cell = offset and self.render().cell_at(offset.x, offset.y, self.size.width)
        if cell:
            self.cell = cell

    def render(self) -> Matrix:
        width, height = self.size
        return Matrix(
            self.matrix.counts,
            selected=self.cell,
            width=width,
            height=height,
            dark=self.app.current_theme.dark,
            colour_depth="none" if self.app.no_color else None,
        )
