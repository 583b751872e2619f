"""Patches of bugs in Textual 8.2.8 that a subclass cannot fix. To be deleted with the release that fixes them."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.screen import Screen
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


def ignore_outdated_sizes() -> None:
    """Have screens ignore a resize event that has another size than the app, since a later event follows it.

    A layout in a new size sends the screen an event of that size. Two sizes in turn, as when a terminal is resized
    while a screen opens, cause each other without end where another message between them keeps them from being merged:
    the app takes a processor and answers no key.
    """
    on_resize = Screen._on_resize

    async def on_current_resize(self: Screen[Any], event: events.Resize) -> None:
        if event.size == self.app.size:
            await on_resize(self, event)

    Screen._on_resize = on_current_resize  # type: ignore[method-assign]
