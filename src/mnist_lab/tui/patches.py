"""What Textual 8.2.8 gets wrong and cannot be mended from a subclass. To be deleted with the release that mends it."""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList


def let_lists_without_lines_turn_pages() -> None:
    """Page up and down do nothing in a list that has no room for a single line, where they raised a KeyError.

    The palette and every opened choice are such lists, in a terminal shrunk to a few cells.
    """
    turn_page = OptionList._move_page

    def turn_page_if_any(self: OptionList, direction: Any) -> None:
        if self._index_to_line:
            turn_page(self, direction)

    OptionList._move_page = turn_page_if_any  # type: ignore[method-assign]
