"""The confusion matrix with a cell that moves."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.render.matrix import Matrix

Cell = tuple[int, int]


class MatrixView(Widget):
    """Which digit was taken for which; ``cell`` is the true and predicted digit pointed at."""

    cell: reactive[Cell] = reactive((0, 0), init=False)

    @dataclass
    class CellPointed(Message):
        """Another cell is pointed at."""

        cell: Cell

    def __init__(self) -> None:
        super().__init__()
        self.matrix = Matrix(((0,) * 10,) * 10)

    def show(self, matrix: Matrix) -> None:
        """Show a matrix, pointing at its largest mistake."""
        self.matrix = matrix
        sizes = {
            (true, said): count
            for true, row in enumerate(matrix.counts)
            for said, count in enumerate(row)
            if true != said
        }
        self.cell = max(sizes, key=lambda cell: sizes[cell])
        self.refresh()

    def validate_cell(self, cell: Cell) -> Cell:
        last = len(self.matrix.counts) - 1
        true, said = (max(0, min(place, last)) for place in cell)
        return true, said

    def watch_cell(self, cell: Cell) -> None:
        self.post_message(self.CellPointed(cell))

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
            shades="none" if self.app.no_color else None,
        )
