"""A table of any length that renders only its visible rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from mnist_lab.tui.widgets.changes import changed_regions

_GAP = 2


@dataclass(frozen=True)
class GridColumn:
    """A column of a grid: its key, its title, its width in cells, and whether it is aligned right."""

    key: str
    title: str
    width: int
    right: bool = False


class Grid(ScrollView, can_focus=True):
    """A table with a fixed head and a cursor that stays on its row when rows are added or removed.

    Cells are computed when a row is drawn, so that ten thousand rows cost no more than the visible ones.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--head", "grid--cursor", "grid--empty"}
    DEFAULT_CSS = """
    Grid {
        height: 1fr;
        background: $background;
        & > .grid--head { text-style: bold; color: $text-muted; background: $background; }
        & > .grid--cursor { background: $surface-lighten-1; }
        & > .grid--empty { color: $text-muted; background: $background; }
        &:focus > .grid--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("home", "go(0)", "first", show=False),
        Binding("end", "go(-1)", "last", show=False),
        Binding("enter", "open", "open", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class RowHighlighted(Message):
        """The cursor moved to another row; ``key`` is None if there are no rows."""

        grid: Grid
        key: str | None

    @dataclass
    class RowOpened(Message):
        """Enter was pressed on a row, or it was double-clicked."""

        grid: Grid
        key: str

    @dataclass
    class HeadPressed(Message):
        """The title of a column was clicked."""

        grid: Grid
        column: str

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._columns: Sequence[GridColumn] = ()
        self._keys: Sequence[str] = ()
        self._cells: Callable[[str], Sequence[Text]] = lambda key: ()
        self._empty = empty
        self._fixed = 0
        self._drawn: list[Strip] = []

    @property
    def keys(self) -> Sequence[str]:
        """The keys of the rows, top to bottom."""
        return self._keys

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor; None if there are no rows."""
        return self._keys[self.cursor] if 0 <= self.cursor < len(self._keys) else None

    def show(
        self,
        columns: Sequence[GridColumn],
        keys: Sequence[str],
        cells: Callable[[str], Sequence[Text]],
        *,
        empty: str | None = None,
        fixed: int = 0,
        at: str | None = None,
    ) -> None:
        """Show these rows.

        Args:
            columns: The columns, left to right.
            keys: The rows, top to bottom.
            cells: Returns the cells of a row, one for each column. Called when the row is drawn.
            empty: Shown if there are no rows; None: as before.
            fixed: How many of the first columns do not scroll sideways.
            at: The row that the cursor moves to, without a message; None: it stays on its row.
        """
        before = self.cursor_key
        self._fixed = sum(column.width + _GAP for column in columns[:fixed])
        self._columns, self._keys, self._cells = columns, keys, cells
        if empty is not None:
            self._empty = empty
        self._set_virtual_size(Size(sum(column.width + _GAP for column in columns), len(keys) + 1))
        cursor = self._index_of(before if at is None else at)
        moved = cursor != self.cursor
        self.set_reactive(Grid.cursor, cursor)
        self.redraw()
        if moved:
            self._bring_into_view()
        if at is None and self.cursor_key != before:
            self.post_message(self.RowHighlighted(self, self.cursor_key))

    def redraw(self) -> None:
        """Repaint the cells that differ from those on the screen."""
        height = self.size.height
        changed = changed_regions(self._drawn[:height], [self._line(y) for y in range(height)])
        if changed:
            self.refresh(*changed)

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._keys) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        if before != now:
            self.redraw()
            self._bring_into_view()
            self.post_message(self.RowHighlighted(self, self.cursor_key))

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._bring_into_view)

    def render_line(self, y: int) -> Strip:
        line = self._line(y)
        self._drawn += [Strip.blank(0)] * (y + 1 - len(self._drawn))
        self._drawn[y] = line
        return line

    def _line(self, y: int) -> Strip:
        width = self.size.width
        offset_x, offset_y = self.scroll_offset
        if y == 0:
            return self._strip(self._head(), self.get_visual_style("grid--head").rich_style, offset_x, width)
        row = offset_y + y - 1
        if row >= len(self._keys):
            lines = wrap(self._empty, max(1, width)) if not self._keys else []
            style = self.get_visual_style("grid--empty").rich_style
            return Strip([Segment(lines[y - 1] if y <= len(lines) else "", style)]).crop_extend(0, width, style)
        under_cursor = row == self.cursor
        style = (self.get_visual_style("grid--cursor") if under_cursor else self.visual_style).rich_style
        return self._strip(self._row(self._cells(self._keys[row]), plain=under_cursor), style, offset_x, width)

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.cursor += by * max(1, self.size.height - 2)

    def action_go(self, to: int) -> None:
        self.cursor = to if to >= 0 else len(self._keys) - 1

    def action_open(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.RowOpened(self, self.cursor_key))

    def action_scroll_left(self) -> None:
        self.scroll_columns(-1)

    def action_scroll_right(self) -> None:
        self.scroll_columns(1)

    def scroll_columns(self, by: int) -> None:
        """Scroll sideways to the left edge of the next column; of the previous one if ``by`` is negative."""
        if not self.allow_horizontal_scroll:
            raise SkipAction
        edges, edge = [], -self._fixed
        for column in self._columns:
            edges.append(edge)
            edge += column.width + _GAP
        now = self.scroll_offset.x
        passed = [edge for edge in edges if (edge - now) * by > 0]
        if passed:
            self.scroll_to(x=min(passed) if by > 0 else max(0, *passed), animate=False, force=True)

    def bring_column_into_view(self, key: str) -> None:
        """Scroll sideways as far as it takes to see a whole column."""
        edge = 0
        for column in self._columns:
            right = edge + column.width
            if column.key == key and edge >= self._fixed:
                whole = max(self.scroll_offset.x, right - self.size.width)
                self.scroll_to(x=min(whole, edge - self._fixed), animate=False, force=True)
            edge = right + _GAP

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            edge = 0
            for column in self._columns:
                edge += column.width + _GAP
                if offset.x < edge - (self.scroll_offset.x if edge > self._fixed else 0):
                    self.post_message(self.HeadPressed(self, column.key))
                    return
            return
        row = self.scroll_offset.y + offset.y - 1
        if row < len(self._keys):
            self.cursor = row
            if event.chain > 1:
                self.action_open()

    def _set_virtual_size(self, size: Size) -> None:
        """Set the size of the content. Layout is only done where scroll bars may appear or disappear."""
        visible = self.size
        if all(one.width <= visible.width and one.height <= visible.height for one in (size, self.virtual_size)):
            self.set_reactive(Grid.virtual_size, size)
        else:
            self.virtual_size = size

    def _index_of(self, key: str | None) -> int:
        """The index of a row; if it is gone, the index nearest to the cursor."""
        if key is None:
            return 0
        if self.cursor_key == key:
            return self.cursor
        try:
            return self._keys.index(key)
        except ValueError:
            return self.validate_cursor(self.cursor)

    def _bring_into_view(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True, x_axis=False)

    def _head(self) -> list[Segment]:
        return self._row([Text(column.title) for column in self._columns])

    def _row(self, cells: Sequence[Text], *, plain: bool = False) -> list[Segment]:
        segments = []
        for column, text in zip(self._columns, cells, strict=True):
            length = text.cell_len
            if length > column.width:
                text = text.copy()
                text.truncate(column.width, overflow="ellipsis")
                length = text.cell_len
            space = " " * (column.width - length)
            if column.right:
                segments.append(Segment(space))
            if plain:  # the cursor has colours of its own
                segments.append(Segment(text.plain))
            elif text.spans:
                segments.extend(text.render(self.app.console))
            else:
                segments.append(Segment(text.plain, self.app.console.get_style(text.style) if text.style else None))
            segments.append(Segment((" " * _GAP) if column.right else space + " " * _GAP))
        return segments

    def _strip(self, segments: list[Segment], style: Style, offset_x: int, width: int) -> Strip:
        strip = Strip(
            Segment(text, style + (own or Style.null())) for text, own, _ in segments if text and text != "\n"
        ).simplify()  # every change of style is sent
        if not offset_x or not self._fixed:
            return strip.crop_extend(offset_x, offset_x + width, style)
        moved = strip.crop_extend(offset_x + self._fixed, offset_x + width, style)
        return Strip.join([strip.crop(0, self._fixed), moved])
