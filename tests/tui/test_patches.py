"""Each patch of Textual, by what fails without it."""

from __future__ import annotations

import asyncio

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import OptionList

from mnist_lab.tui import patches


class OneList(App[None]):
    CSS = "OptionList { border: none; height: 0; } OptionList.roomy { height: 5; }"

    def compose(self) -> ComposeResult:
        yield OptionList("relu", "gelu", "elu")


async def test_a_list_without_room_for_a_line_stays_when_a_page_is_turned() -> None:
    patches.fix_paging_of_empty_lists()
    app = OneList()
    async with app.run_test() as pilot:
        options = app.query_one(OptionList)
        options.highlighted = 0
        options.action_page_down()
        options.action_page_up()
        assert options.highlighted == 0
        options.add_class("roomy")
        await pilot.pause()
        options.action_page_down()
        assert options.highlighted == 2


class BusyScreen(Screen[None]):
    """A screen that sends itself a message at each resize, as many as let the test end."""

    resizes = 0

    def on_resize(self) -> None:
        self.resizes += 1
        if self.resizes < 100:
            self.call_later(lambda: None)


async def test_two_sizes_in_turn_do_not_cause_each_other() -> None:
    patches.ignore_outdated_sizes()
    screen = BusyScreen()
    async with OneList().run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(screen)
        await pilot.pause()
        screen.resizes = 0
        for size in (Size(60, 20), Size(80, 24)):
            screen.post_message(events.Resize(size, size))
            screen.call_later(lambda: None)
        await asyncio.sleep(0.5)
        assert 2 <= screen.resizes < 10
        assert screen.size == (80, 24)
