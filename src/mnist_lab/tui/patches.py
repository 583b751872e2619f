"""Patches of bugs in Textual 8.2.8 that a subclass cannot fix. To be deleted with the release that fixes them."""

from __future__ import annotations

from typing import Any

from textual.widgets import OptionList


def fix_paging_of_empty_lists() -> None:
    """Let page up and down do nothing in an ``OptionList`` without visible lines, where they raise a ``KeyError``.

    The palette and an open ``Select`` are such lists in a terminal of a few cells.
    """
    move_page = OptionList._move_page

    def move_page_if_any(self: OptionList, direction: Any) -> None:
        if self._index_to_line:
            move_page(self, direction)

    OptionList._move_page = move_page_if_any  # type: ignore[method-assign]
