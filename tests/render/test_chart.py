"""The chart as a whole: as drawings kept in files, and what holds whatever it is given.

Drawings are compared with ``goldens/*.txt``; ``UPDATE_GOLDENS=1`` writes them anew.
"""

from __future__ import annotations

import io
import math
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.layout import Layout
from rich.style import Style
from rich.table import Table

from mnist_lab.render import palette
from mnist_lab.render.chart import Chart, Mark, Series

GOLDENS = Path(__file__).parent / "goldens"
NAMES = ["relu", "sigmoid", "tanh", "gelu", "elu", "swish", "selu", "softplus", "leaky_relu", "mish"]
NAN = math.nan


def draw(chart: Chart, width: int, height: int, *, colour: bool = False, encoding: str = "utf-8") -> str:
    """The characters a console of that size shows, whatever their style."""
    console = Console(
        width=width,
        height=height,
        file=io.TextIOWrapper(io.BytesIO(), encoding=encoding),
        record=True,
        force_terminal=True,
        color_system="truecolor" if colour else None,
        no_color=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(chart)
    return console.export_text()


def accuracy(k: int, epochs: int = 20) -> list[tuple[float, float]]:
    """A curve that rises and settles, with noise; lower for larger ``k``."""
    rng = random.Random(k)
    return [
        (epoch, 0.985 - 0.004 * k - (0.5 - 0.03 * k) * math.exp(-epoch / (2 + 0.4 * k)) + rng.gauss(0, 0.002))
        for epoch in range(1, epochs + 1)
    ]


def loss(k: int, epochs: int = 20) -> list[tuple[float, float]]:
    rng = random.Random(k)
    return [
        (epoch, 0.05 + 0.02 * k + 2.2 * math.exp((1 - epoch) * (0.9 - 0.06 * k)) + abs(rng.gauss(0, 0.01)))
        for epoch in range(1, epochs + 1)
    ]


def several(count: int, epochs: int = 20) -> list[Series]:
    return [Series(NAMES[k], accuracy(k, epochs), k) for k in range(count)]


def pairs() -> list[Series]:
    both = []
    for k in range(2):
        measured = [(x, 1.2 * y + 0.002 * x) for x, y in loss(k)]
        both.append(Series(f"{NAMES[k]} train", loss(k), k, dashed=True))
        both.append(Series(NAMES[k], measured, k, marks=[Mark(9 + k, "best"), Mark(19 + k, "stopped")]))
    return both


def banded() -> list[Series]:
    return [Series(NAMES[k], accuracy(k), k, band=[(x, y - 0.1 / x, y + 0.01) for x, y in accuracy(k)]) for k in (0, 3)]


TITLE = "val_accuracy"
DRAWINGS: dict[str, Callable[[], str]] = {
    "one_80x24": lambda: draw(Chart(several(1), title=TITLE, x_max=25), 80, 24, colour=True),
    "five_100x30": lambda: draw(Chart(several(5), title=TITLE), 100, 30, colour=True),
    "five_40x12": lambda: draw(Chart(several(5), title=TITLE), 40, 12, colour=True),
    "five_20x5": lambda: draw(Chart(several(5), title=TITLE), 20, 5, colour=True),
    "five_10x3": lambda: draw(Chart(several(5), title=TITLE), 10, 3, colour=True),
    "ten_80x24": lambda: draw(Chart(several(10, 50), title=TITLE, last=30), 80, 24, colour=True),
    "five_no_colour_80x24": lambda: draw(Chart(several(5), title=TITLE), 80, 24),
    "five_ascii_80x24": lambda: draw(Chart(several(5), title=TITLE), 80, 24, encoding="ascii"),
    "pairs_80x24": lambda: draw(Chart(pairs(), title="loss", x_max=25), 80, 24, colour=True),
    "pairs_log_80x24": lambda: draw(Chart(pairs(), title="loss", x_max=25, log_y=True), 80, 24, colour=True),
    "pairs_log_ascii_80x24": lambda: draw(
        Chart(pairs(), title="loss", x_max=25, log_y=True, crosshair=12), 80, 24, encoding="ascii"
    ),
    "crosshair_80x24": lambda: draw(Chart(several(3), title=TITLE, crosshair=7, y_percent=True), 80, 24, colour=True),
    "smoothing_80x24": lambda: draw(
        Chart([Series("relu", [(x, y + 0.05 * math.sin(9 * x)) for x, y in accuracy(0, 50)], 0)], smoothing=0.8),
        80,
        24,
        colour=True,
    ),
    "smoothing_ascii_60x16": lambda: draw(
        Chart([Series("relu", [(x, y + 0.05 * math.sin(9 * x)) for x, y in accuracy(0, 50)], 0)], smoothing=0.8),
        60,
        16,
        encoding="ascii",
    ),
    "bands_80x24": lambda: draw(Chart(banded(), title=TITLE), 80, 24, colour=True),
    "bands_ascii_60x16": lambda: draw(Chart(banded(), title=TITLE), 60, 16, encoding="ascii"),
    "far_first_60x16": lambda: draw(
        Chart([Series("relu", [(1, 2.3), *[(x, 0.3 - 0.015 * x) for x in range(2, 13)]], 0)], title="loss"), 60, 16
    ),
    "gaps_60x16": lambda: draw(
        Chart([Series("relu", [(x, NAN if x in (4, 5, 9, 11) else y) for x, y in accuracy(0)], 0)]), 60, 16, colour=True
    ),
    "first_epoch_60x16": lambda: draw(
        Chart([Series("relu", [(1, 0.91)], 0)], title=TITLE, x_max=20), 60, 16, colour=True
    ),
    "nothing_40x8": lambda: draw(Chart([], title=TITLE), 40, 8),
    "no_values_40x8": lambda: draw(Chart([Series("relu", [(1, NAN), (2, NAN)], 0)], title="loss"), 40, 8),
    "odd_labels_60x12": lambda: draw(
        Chart(
            [Series("[red]a[/]", accuracy(0), 0), Series("学習率", accuracy(4), 4), Series("w" * 90, accuracy(8), 8)],
            title="[bold]精度",
        ),
        60,
        12,
        colour=True,
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing(name: str) -> None:
    drawn = "".join(f"{line.rstrip()}\n" for line in DRAWINGS[name]().splitlines())
    golden = GOLDENS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        golden.write_text(drawn, encoding="utf-8")
    assert drawn == golden.read_text(encoding="utf-8")


def test_every_golden_is_drawn() -> None:
    assert {path.stem for path in GOLDENS.glob("*.txt")} == set(DRAWINGS)


ODD_VALUES = [NAN, math.inf, -math.inf, 0.0, -1.0, 1e-9, 1e9, 1e308, -1e308, 5e-324]


def random_chart(seed: int) -> Chart:
    """Anything that may be asked for, likely or not."""
    rng = random.Random(seed)
    series = []
    for _ in range(rng.choice([0, 1, 1, 2, 5, 11])):
        scale = 10 ** rng.uniform(-9, 9)
        odd = rng.choice([0.0, 0.0, 0.2, 1.0])
        xs: Sequence[float] = rng.choice(
            [range(1, rng.randint(1, 60) + 1), [0.3], [rng.uniform(-5, 5e4) for _ in range(9)], [], [1e300, 2, NAN, 2]]
        )
        points = [(x, rng.choice(ODD_VALUES) if rng.random() < odd else rng.gauss(0, scale)) for x in xs]
        series.append(
            Series(
                rng.choice(["", "relu", "[red]", "学習率" * rng.randint(1, 30), "a\nb", "é" * 70, "\x1b[31m"]),
                points,
                rng.randint(0, 30),
                dashed=rng.random() < 0.3,
                faint=rng.random() < 0.2,
                band=[(x, y - scale, y + scale) for x, y in points] if rng.random() < 0.3 else None,
                marks=[Mark(rng.randint(-1, 40), rng.choice(["best", "stopped"])) for _ in range(rng.randint(0, 3))],
            )
        )
    return Chart(
        series,
        title=rng.choice(["", "loss", "val_accuracy", "精度[b]" * 20]),
        x_label=rng.choice(["epoch", "", "ステップ" * 9]),
        log_y=rng.random() < 0.4,
        smoothing=rng.choice([0, 0, 0.5, 1]),
        last=rng.choice([None, None, 1, 7, 1000]),
        crosshair=rng.choice([None, None, 3, 3.3, -1e9, NAN, math.inf]),
        x_min=rng.choice([None, None, 0, 12]),
        x_max=rng.choice([None, None, 1, 30, 1e9]),
        y_percent=rng.random() < 0.2,
        markers=rng.choice([None, None, True, False]),
    )


@pytest.mark.parametrize("seed", range(250))
def test_any_chart_fills_its_room_exactly(seed: int) -> None:
    rng = random.Random(-seed)
    chart = random_chart(seed)
    for _ in range(4):
        width, height = rng.choice([1, 2, 5, 10, 23, 40, 80, 133]), rng.choice([1, 2, 3, 4, 5, 6, 12, 24, 41])
        for encoding in ("utf-8", "ascii"):
            drawn = draw(chart, width, height, colour=rng.random() < 0.5, encoding=encoding)
            lines = drawn.split("\n")
            assert lines.pop() == ""
            assert [cell_len(line) for line in lines] == [width] * height
            assert encoding != "ascii" or drawn.isascii()


@pytest.mark.parametrize("height", [0, 1, 24])
def test_lines_are_the_same_chart(height: int) -> None:
    chart = Chart(pairs(), title="loss", log_y=True)
    lines = chart.lines(80, height)
    assert len(lines) == height
    assert all(line.cell_len == 80 for line in lines)
    if height:
        assert "\n".join(line.plain for line in lines) + "\n" == draw(chart, 80, height, colour=True)
    assert [line.plain for line in chart.lines(0, height)] == [""] * height


def styles_by_label(chart: Chart) -> dict[str, Style | str]:
    """The style of the key after each name in the legend."""
    row = chart.lines(150, 20)[0]
    found = {}
    for name in NAMES:
        at = row.plain.find(f" {name} ")
        if at >= 0:
            start = at + len(name) + 2
            found[name] = next(span.style for span in row.spans if span.start <= start < span.end)
    return found


def test_a_slot_keeps_its_style_whatever_else_is_drawn() -> None:
    alone = styles_by_label(Chart(several(5)[:1]))
    among = styles_by_label(Chart(several(5)[::-1]))
    assert len(among) == 5
    assert among["relu"] == alone["relu"] == palette.style(0)
    assert len(set(map(str, among.values()))) == 5


def test_curves_are_drawn_in_the_colour_of_their_key() -> None:
    chart = Chart([Series("a", [(1, 0.2), (9, 0.2)], 3), Series("b", [(1, 0.8), (9, 0.8)], 5)])
    rows = chart.lines(40, 12)
    drawn = [{span.style for span in row.spans if "⠀" < row.plain[span.start] <= "⣿"} for row in rows]
    assert [styles for styles in drawn if styles] == [{palette.style(5)}, {palette.style(3)}]


def test_the_later_series_wins_the_colour() -> None:
    same = [(1, 0.2), (9, 0.4)]
    rows = Chart([Series("a", same, 3), Series("b", same, 5)]).lines(40, 12)[1:-2]
    styles = {str(span.style) for row in rows for span in row.spans}
    assert str(palette.style(5)) in styles
    assert str(palette.style(3)) not in styles


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_without_colour_each_series_shows_its_own_marker(encoding: str) -> None:
    legend, *rows = draw(Chart(several(10)), 150, 40, encoding=encoding).splitlines()
    for slot in range(10):
        assert any(palette.marker(slot) in row[8:] for row in rows[:-2])
        assert palette.key(slot, ascii=encoding == "ascii", markers=True) in legend


def test_identical_series_are_distinguishable_without_colour() -> None:
    points = accuracy(0)
    drawn = draw(Chart([Series("", points, 0), Series("", points, 1)]), 80, 24)
    assert drawn.count("o") > 3  # one of them in the name of the axis
    assert drawn.count("x") > 3


def test_no_colour_console_gets_markers_and_no_colours() -> None:
    chart = Chart(several(2))
    file = io.StringIO()
    console = Console(
        width=80, height=24, file=file, force_terminal=True, color_system="truecolor", no_color=True, _environ={}
    )
    console.print(chart)
    assert "━o━" in file.getvalue()
    assert "38;2" not in file.getvalue()


def test_markers_can_be_asked_for() -> None:
    assert "━o━" in draw(Chart(several(1), markers=True), 80, 24, colour=True)
    assert "o" not in draw(Chart(several(1), x_label="", title="", markers=False), 80, 24).replace("relu", "")


def test_ascii_can_be_asked_for() -> None:
    assert draw(Chart(several(1), ascii=True), 80, 24).isascii()


def test_marks_do_not_rely_on_colour() -> None:
    marks = [Mark(9, "best"), Mark(20, "stopped")]
    unicode = draw(Chart([Series("a", accuracy(0), 0, marks=marks)]), 80, 24)
    assert unicode.count("▲") == 2
    assert "▲ best  ┊ stopped" in unicode
    assert unicode.count("┊") > 10
    plain = draw(Chart([Series("a", accuracy(0), 0, marks=marks)]), 80, 24, encoding="ascii")
    assert "^ best  ! stopped" in plain
    assert plain.count("!") > 10


def test_a_best_point_stands_above_its_arrow() -> None:
    rows = Chart([Series("a", [(1, 0.1), (5, 0.9), (9, 0.5)], 0, marks=[Mark(5, "best")])]).lines(60, 20)
    arrow = next(i for i, row in enumerate(rows) if "▲" in row.plain)
    column = rows[arrow].plain.index("▲")
    assert "⠀" < rows[arrow - 1].plain[column] <= "⣿"


def test_a_crosshair_reads_off_what_was_measured() -> None:
    series = [Series("a", [(1, 0.5), (2, 0.25), (3, 0.5)], 0), Series("b", [(1, 0.5), (2, NAN)], 1)]
    drawn = draw(Chart(series, title="loss", crosshair=2, smoothing=0.9), 80, 24, colour=True)
    assert drawn.startswith("epoch 2: loss ")
    assert "a ━━ 0.2500  b ━━ –" in drawn
    assert sum("│" in row[8:] for row in drawn.splitlines()) > 10
    assert "│" not in "".join(row[8:] for row in draw(Chart(series), 80, 24, colour=True).splitlines())


def test_smoothing_keeps_the_measured_line_faint() -> None:
    noisy = [(x, y + 0.05 * math.sin(9 * x)) for x, y in accuracy(0)]
    styles = {
        span.style for row in Chart([Series("a", noisy, 0)], smoothing=0.9).lines(80, 24)[1:] for span in row.spans
    }
    assert {palette.style(0), palette.style(0, faint=True)} <= styles


def test_faint_series_stand_behind_whatever_their_order() -> None:
    front = Series("", [(1, 0.5), (9, 0.5)], 0)
    behind = Series("", [(1, 0.502), (9, 0.498)], 1, faint=True)
    edges = Series("", [(1, 0.0), (2, NAN), (9, 1.0)], 2)
    alone, *drawn = (
        [row.plain for row in Chart(series).lines(60, 12)]
        for series in ([front, edges], [front, edges, behind], [behind, front, edges])
    )
    assert drawn == [alone, alone]


def test_last_zooms_to_the_end() -> None:
    zoomed = draw(Chart(several(2), last=6, x_max=40), 80, 24)
    assert zoomed.splitlines()[-1].split() == ["15", "16", "17", "18", "19", "20"]
    assert draw(Chart(several(2), last=99, x_max=40), 80, 24) == draw(Chart(several(2), x_max=40), 80, 24)


def test_the_planned_end_keeps_the_frame_steady() -> None:
    frames = [draw(Chart([Series("a", accuracy(0)[:n], 0)], x_max=20), 80, 24).splitlines()[-2:] for n in (2, 9, 20)]
    assert len({frame[1].split()[-1] for frame in frames}) == 1
    assert "25" in draw(Chart([Series("a", accuracy(0, 25), 0)], x_max=20), 80, 24).splitlines()[-1]


def test_values_off_the_chart_are_pointed_at() -> None:
    points = [(1, 9.0), *[(x, 0.3 - 0.01 * x) for x in range(2, 20)]]
    assert "↑" in draw(Chart([Series("a", points, 0)]), 80, 24)
    assert "↓" in draw(Chart([Series("a", [(x, -y) for x, y in points], 0)]), 80, 24)
    assert "^" in draw(Chart([Series("a", points, 0)]), 80, 24, encoding="ascii")
    assert "↑" not in draw(Chart([Series("a", points[1:], 0)]), 80, 24)


def test_a_wide_band_does_not_flatten_its_curve() -> None:
    def labels(band: list[tuple[float, float, float]] | None) -> list[float]:
        rows = Chart([Series("a", accuracy(0), 0, band=band)]).lines(80, 24)
        return [float(row.plain.split("┤")[0]) for row in rows if "┤" in row.plain]

    alone, wide = labels(None), labels([(x, -1e6, 1e6) for x, _ in accuracy(0)])
    assert max(wide) - min(wide) < 3 * (max(alone) - min(alone))


def test_log_axis_leaves_out_what_has_no_logarithm() -> None:
    drawn = draw(Chart([Series("a", [(1, 0.0), (2, -1.0), (3, 0.1), (4, 10.0)], 0)], log_y=True), 80, 24)
    assert [row.split("┤")[0].strip() for row in drawn.splitlines() if "┤" in row] == [
        "10", "5", "2", "1", "0.5", "0.2", "0.1",
    ]  # fmt: skip
    assert "no values to draw" in draw(Chart([Series("a", [(1, 0.0)], 0)], log_y=True), 80, 24)


def test_size_comes_from_the_chart_or_else_from_its_room() -> None:
    assert len(draw(Chart(several(2), height=9, width=33), 80, 24).splitlines()) == 9
    assert {len(row) for row in draw(Chart(several(2), height=9, width=33), 80, 24).splitlines()} == {33}
    assert {len(row) for row in draw(Chart(several(2), width=200), 80, 24).splitlines()} == {80}
    console = Console(width=60, height=20, file=io.StringIO(), color_system=None, _environ={})
    layout = Layout()
    layout.split_row(Layout(Chart(several(2))), Layout(Chart([])))
    console.print(layout)
    assert [len(row) for row in console.file.getvalue().splitlines()] == [60] * 20  # type: ignore[attr-defined]


def test_it_can_stand_in_a_table() -> None:
    console = Console(width=70, height=20, file=io.StringIO(), color_system=None, _environ={})
    table = Table.grid()
    table.add_row("left", Chart(several(2), width=40, height=8))
    console.print(table)
    assert "relu" in console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("arguments", [{"smoothing": -0.1}, {"smoothing": 1.1}, {"smoothing": NAN}, {"last": 0}])
def test_arguments_without_a_meaning_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Chart([], **arguments)  # type: ignore[arg-type]
