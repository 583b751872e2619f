"""The question which kind of file the table goes into."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from mnist_lab.analysis.tables.query import FileFormat


class ExportScreen(ModalScreen[FileFormat | None]):
    """Asks for a format; None where nothing is to be written."""

    CSS = """
    ExportScreen { align: center middle; }
    ExportScreen VerticalScroll {
        width: 52;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        padding: 0 2;
        border: round $primary;
    }
    """
    HELP = "Write what the table shows to a file in the folder the lab was opened in."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "write('csv')", "CSV"),
        Binding("j", "write('json')", "JSON"),
        Binding("m", "write('markdown')", "Markdown"),
        Binding("escape,q", "dismiss", "back"),
    ]

    def __init__(self, rows: str, columns: int) -> None:
        super().__init__()
        self._rows = rows
        self._columns = columns

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(
                f"Export {self._rows} × {self._columns} columns as\nc  CSV\nj  JSON\nm  Markdown\nesc  not at all",
                markup=False,
            )

    def action_write(self, format_: FileFormat) -> None:
        self.dismiss(format_)
