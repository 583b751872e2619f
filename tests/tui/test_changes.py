"""Only what has changed is drawn again, and that is all of what has changed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from mnist_lab.experiments.record import METRICS
from mnist_lab.tui.widgets.changes import changed_regions, set_text
from mnist_lab.tui.widgets.chart_pane import ChartOptions, ChartPane
from mnist_lab.tui.widgets.grid import Grid, GridColumn
from tests.factories import make_view

RED = Style(color="red")


def strip(*parts: str | tuple[str, Style]) -> Strip:
    return Strip(Segment(part) if isinstance(part, str) else Segment(*part) for part in parts)


@pytest.mark.parametrize(
    ("before", "now", "region"),
    [
        (strip("step 12/469"), strip("step 13/469"), Region(6, 0, 1, 1)),
        (strip("step 99/469"), strip("step 10/469"), Region(5, 0, 2, 1)),
        (strip("a", "bc"), strip("ab", "c"), None),
        (strip("abc"), strip("a", ("b", RED), "c"), Region(1, 0, 1, 1)),
        (strip("abc"), strip("abcde"), Region(3, 0, 2, 1)),
        (strip("abcde"), strip("abc"), Region(3, 0, 2, 1)),
        (strip(), strip("abc"), Region(0, 0, 3, 1)),
        (strip("漢字x"), strip("漢学x"), Region(3, 0, 1, 1)),
        (strip("漢字x"), strip("漢字y"), Region(4, 0, 1, 1)),
        (strip("aab"), strip("ab"), Region(1, 0, 2, 1)),
    ],
    ids=str,
)
def test_a_line_is_drawn_from_the_first_cell_that_differs_to_the_last(
    before: Strip, now: Strip, region: Region | None
) -> None:
    assert changed_regions([before], [now]) == ([] if region is None else [region])


def test_each_line_is_for_itself_and_lines_may_come_and_go() -> None:
    lines = [strip("one"), strip("two"), strip("three")]
    assert changed_regions(lines, lines) == []
    assert changed_regions(lines, [lines[0], strip("too"), lines[2]]) == [Region(1, 1, 1, 1)]
    assert changed_regions(lines[:1], lines[:2]) == [Region(0, 1, 3, 1)]
    assert changed_regions(lines[:2], lines[:1]) == [Region(0, 1, 3, 1)]


class Page(App[None]):
    """A grid, a chart and a line, as the screens have them."""

    CSS = "Grid { height: 8; } ChartPane { height: 12; } Static { width: 40; }"

    def compose(self) -> ComposeResult:
        yield Grid(empty="nothing")
        yield ChartPane()
        yield Static()


def shown(app: Page) -> list[str]:
    """What stands on the screen, styles and all."""
    return [
        "".join(f"{text}|{style}\n" for text, style, _ in line.simplify())
        for line in app.screen._compositor.render_strips()
    ]


async def test_what_is_drawn_bit_by_bit_is_what_is_drawn_at_once() -> None:
    draw = random.Random(20260102)
    app = Page()
    async with app.run_test(size=(60, 24)) as pilot:
        grid, chart, line = app.query_one(Grid), app.query_one(ChartPane), app.query_one(Static)
        keys: list[str] = []
        cells: dict[str, Sequence[Text]] = {}
        curves: list[float] = []
        for _ in range(60):
            match draw.randrange(6):
                case 0:
                    keys = [f"run {index}" for index in range(draw.randrange(12))]
                case 1:
                    await pilot.press(draw.choice(["up", "down", "end", "home", "tab", "pagedown"]))
                case 2:
                    chart.options = draw.choice(
                        [
                            ChartOptions(),
                            ChartOptions("val_loss"),
                            chart.options.next_zoom(),
                            chart.options.toggle_log(),
                        ]
                    )
                case 3:
                    curves = [] if draw.random() < 0.1 else [*curves, draw.random()]
                case _:
                    set_text(line, Text(draw.choice(["", "short", "long " * 20]), draw.choice(["red", "dim", ""])))
            cells = {key: (Text(key, draw.choice(["red", ""])), Text(str(draw.randrange(20)))) for key in keys}
            grid.show([GridColumn("run", "run", 8), GridColumn("n", "n", 3, right=True)], keys, cells.__getitem__)
            snapshot = make_view("a", "running", label="a", history=dict.fromkeys(METRICS, curves))
            chart.draw([snapshot] if curves else [], {"a": 0}, {"a": "a"}, None)
            await pilot.pause()
            before = shown(app)
            app.screen.refresh(layout=True)
            for widget in app.query("*"):
                widget.refresh()
            await pilot.pause()
            assert shown(app) == before


async def test_a_text_that_is_the_same_leaves_the_line_alone() -> None:
    app = Page()
    async with app.run_test() as pilot:
        line = app.query_one(Static)
        set_text(line, Text("one", "dim"))
        await pilot.pause()
        first = line.content
        set_text(line, Text("one", "dim"))
        assert line.content is first
        for other in (Text("one", "bold"), Text("one").append("", "dim"), Text.assemble(("o", "red"), "ne")):
            set_text(line, other)
            assert line.content is other


async def test_a_text_that_takes_more_lines_gets_them() -> None:
    app = Page()
    async with app.run_test(size=(60, 24)) as pilot:
        line = app.query_one(Static)
        for text, height in (("one", 1), ("word " * 20, 3), ("two", 1), ("a\nb", 2)):
            set_text(line, Text(text))
            await pilot.pause()
            assert line.size.height == height
