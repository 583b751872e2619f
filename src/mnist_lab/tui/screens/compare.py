"""Placeholder."""

from textual.screen import Screen


class CompareScreen(Screen[None]):
    def __init__(self, run_id: str = "") -> None:
        super().__init__()
