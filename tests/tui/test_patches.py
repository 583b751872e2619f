"""Each patch of Textual, by what fails without it."""

from __future__ import annotations

from textual.app import App, ComposeResult
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
