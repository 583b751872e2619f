"""The list of sections, each with how many of its networks have been trained."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from mnist_lab.experiments.sections import SECTIONS, Section, arms
from mnist_lab.tui.form_state import CUSTOM
from mnist_lab.tui.messages import SectionChosen
from mnist_lab.tui.section_runs import SectionRuns
from mnist_lab.tui.widgets.grid import Grid, GridColumn


def _listed() -> list[tuple[str, str, Section | None]]:
    rows: list[tuple[str, str, Section | None]] = []
    for section in SECTIONS:
        rows.append((section.name, section.title, section))
        rows.extend((part.name, f"  {part.title}", part) for part in section.parts)
    return [*rows, (CUSTOM, "Custom", None)]


LISTED = _listed()
"""(name, title, section) from top to bottom. The number keys 1 to 9 and 0 go to them in this order."""


def title_of(name: str) -> str:
    """The title of a section."""
    return next(title for listed, title, _ in LISTED if listed == name).strip()


class SectionList(Vertical):
    """A list in which a section is chosen with the arrow keys or a click."""

    DEFAULT_CSS = """
    SectionList { height: 11; }
    """

    def compose(self) -> ComposeResult:
        yield Grid(id="sections")

    def on_mount(self) -> None:
        self.show(SectionRuns(), LISTED[0][0])

    def show(self, runs: SectionRuns, chosen: str) -> None:
        """Update the counts, and move the cursor to the chosen section."""
        counts = {name: f"{runs.trained(name)}/{len(arms(section))}" for name, _, section in LISTED if section}
        titles = {name: title for name, title, _ in LISTED}

        def cells(name: str) -> list[Text]:
            return [Text(titles[name]), Text(counts.get(name, ""), "dim")]

        columns = [GridColumn("title", "SECTIONS", 17), GridColumn("trained", "", 5, right=True)]
        self.query_one(Grid).show(columns, list(titles), cells, at=chosen)

    def on_grid_row_highlighted(self, event: Grid.RowHighlighted) -> None:
        event.stop()
        if event.key is not None:
            self.post_message(SectionChosen(event.key))

    def on_grid_row_opened(self, event: Grid.RowOpened) -> None:
        event.stop()
