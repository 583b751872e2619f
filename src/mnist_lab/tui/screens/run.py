"""The run screen: one run from its curves to the digits it cannot read."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer

from mnist_lab.experiments.record import Record
from mnist_lab.render.facts import machine_page, recipe_page
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui import answers
from mnist_lab.tui.answers import Answers
from mnist_lab.tui.messages import PauseToggled, RunDescribed, StopRequested
from mnist_lab.tui.screens.line_editor import LineEditor
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.confusion_pane import ConfusionPane
from mnist_lab.tui.widgets.curves_pane import CurvesPane
from mnist_lab.tui.widgets.mistakes_pane import MistakesPane
from mnist_lab.tui.widgets.page import Page
from mnist_lab.tui.widgets.replay_pane import ReplayPane
from mnist_lab.tui.widgets.run_head import RunHead
from mnist_lab.tui.widgets.status_line import StatusLine
from mnist_lab.tui.widgets.tab_line import TabLine

Pane = CurvesPane | ConfusionPane | MistakesPane | Page | ReplayPane

TABS = ("Curves", "Confusion", "Mistakes", "Recipe", "Machine", "Replay")
_CURVES, _, _, _RECIPE, _MACHINE, _REPLAY = range(len(TABS))
_OF_CURVES = frozenset({"figure", "log", "smoothing", "crosshair"})
_OF_LIVE = frozenset({"stop", "pause"})
_READING = "Reading the predictions."


class RunScreen(Screen[None]):
    """Everything about one run, in tabs."""

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = ""
    app: LabState

    HELP = (
        "One run: 1 to 6 or tab turn to its pages, ] and [ to other runs. Replay says what early stopping would have "
        "done on its curve: left and right change the patience, up and down min_delta, m the figure watched."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(place), f"tab({place - 1})", title, show=False) for place, title in enumerate(TABS, 1)),
        Binding("tab", "turn(1)", "next page", show=False),
        Binding("shift+tab", "turn(-1)", "page before", show=False),
        Binding(
            "left", "move(-1, 0)", "move", key_display="←↑↓→", tooltip="Move cell, pictures, crosshair, text or rule"
        ),
        Binding("right", "move(1, 0)", show=False),
        Binding("up", "move(0, -1)", show=False),
        Binding("down", "move(0, 1)", show=False),
        Binding("pagedown", "page(1)", "next pictures", show=False),
        Binding("pageup", "page(-1)", "pictures before", show=False),
        Binding("p", "replay", "replay", tooltip="Replay early stopping on this curve, without training"),
        Binding("m", "figure", "figure"),
        Binding("m", "monitor", "monitor", tooltip="Replay: watch another figure"),
        Binding("z", "zoom", "zoom", tooltip="Zoom to the last epochs; pictures larger or smaller"),
        Binding("l", "log", "log axis", show=False),
        Binding("w", "smoothing", "smoothing", show=False),
        Binding("x", "crosshair", "crosshair", show=False),
        Binding("s", "stop", "stop"),
        Binding("space", "pause", "pause/go on"),
        Binding("s,space", "tell_ended", show=False),
        Binding("n", "note", "note"),
        Binding("y,number_sign", "tags", "tags"),
        Binding("right_square_bracket", "other(1)", "next run"),
        Binding("left_square_bracket", "other(-1)", "run before", show=False),
        Binding("escape,enter", "back", "back"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.tab = _CURVES
        self._view: RunSnapshot | None = None
        self._answers_of = ""
        """The run whose answers were read last, or are being read."""

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield TabLine(TABS)
        yield RunHead()
        with ContentSwitcher(initial="curves"):
            yield CurvesPane(id="curves")
            yield ConfusionPane(id="confusion")
            yield MistakesPane(id="mistakes")
            yield Page(id="recipe")
            yield Page(id="machine")
            yield ReplayPane(id="replay")
        yield Footer()

    def on_mount(self) -> None:
        self.watch(self.app, "views", self._show_views)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 16, "-flat")
        self.set_class(event.size.height < 8, "-flattest")

    # What is shown

    def _show_views(self, views: dict[str, RunSnapshot]) -> None:
        view = views.get(self.run_id)
        if view is None:
            self._view = None
            self.query_one(RunHead).tell("This run is not in the folder, or no longer.")
        elif view is not self._view:
            self._show(view)

    def _show(self, view: RunSnapshot) -> None:
        before, self._view = self._view, view
        runs = list(self.app.views)
        self.query_one(TabLine).aside = f"{view.id[-6:]}  {runs.index(view.id) + 1} of {len(runs)}"
        self.query_one(RunHead).show(view)
        self._show_page(view)
        if before is None or before.ended != view.ended:
            self.refresh_bindings()

    def _show_page(self, view: RunSnapshot) -> None:
        if self.tab == _CURVES:
            self.query_one(CurvesPane).show(view)
        elif self.tab == _RECIPE:
            self.query_one("#recipe", Page).show(recipe_page(view))
        elif self.tab == _MACHINE:
            self.query_one("#machine", Page).show(machine_page(view))
        elif self.tab == _REPLAY:
            self.query_one(ReplayPane).show(view)
        else:
            self._ask_for_answers(view)

    def _ask_for_answers(self, view: RunSnapshot) -> None:
        """Have the predictions read, where there should be some that are not read yet."""
        why = answers.missing(view)
        if why:
            self._answers_of = ""
            self._show_answers(why)
        elif self._answers_of != view.id:
            self._answers_of = view.id
            self._show_answers(_READING)
            self._read_answers(view)

    @work(exclusive=True, group="answers")
    async def _read_answers(self, view: RunSnapshot) -> None:
        found = await asyncio.to_thread(answers.read, self.app.store.predictions_path(view.id), view)
        if self._answers_of == view.id:
            self._show_answers(found)

    def _show_answers(self, found: Answers | str) -> None:
        self.query_one(ConfusionPane).show(found)
        self.query_one(MistakesPane).show(found)

    # Pages

    def action_tab(self, place: int) -> None:
        self.tab = place
        self.query_one(TabLine).current = place
        self.query_one(ContentSwitcher).current = TABS[place].lower()
        if self._view is not None:
            self._show_page(self._view)
        self.refresh_bindings()

    def action_turn(self, by: int) -> None:
        self.action_tab((self.tab + by) % len(TABS))

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.action_tab(event.place)

    def action_move(self, across: int, down: int) -> None:
        self._pane.move(across, down)

    def action_page(self, by: int) -> None:
        self._pane.page(by)

    def action_zoom(self) -> None:
        if not isinstance(self._pane, Page | ReplayPane):
            self._pane.zoom()

    def action_replay(self) -> None:
        self.action_tab(_REPLAY)

    def action_monitor(self) -> None:
        self.query_one(ReplayPane).next_monitor()

    def action_figure(self) -> None:
        self.query_one(CurvesPane).next_figure()

    def action_log(self) -> None:
        self.query_one(CurvesPane).toggle_log()

    def action_smoothing(self) -> None:
        self.query_one(CurvesPane).next_smoothing()

    def action_crosshair(self) -> None:
        self.query_one(CurvesPane).toggle_crosshair()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OF_CURVES:
            return self.tab == _CURVES
        if action in ("monitor", "replay"):
            return (self.tab == _REPLAY) == (action == "monitor")
        if action == "zoom":
            return self.tab not in (_RECIPE, _MACHINE, _REPLAY)
        if action in _OF_LIVE or action == "tell_ended":
            ended = self._view is not None and self._view.ended
            return ended == (action == "tell_ended")
        return True

    @property
    def _pane(self) -> Pane:
        pane = self.query_one(f"#{TABS[self.tab].lower()}")
        assert isinstance(pane, Pane)
        return pane

    # The run

    def action_other(self, by: int) -> None:
        runs = list(self.app.views)
        place = runs.index(self.run_id) + by if self.run_id in runs else 0
        if 0 <= place < len(runs):
            self.run_id = runs[place]
            self._show(self.app.views[self.run_id])
        else:
            self.notify("This is the last run." if by > 0 else "This is the first run.")

    def action_back(self) -> None:
        self.dismiss()

    def action_stop(self) -> None:
        if self._view is not None:
            self.post_message(StopRequested([self._view.id]))

    def action_pause(self) -> None:
        if self._view is not None:
            self.post_message(PauseToggled(self._view.id))

    def action_tell_ended(self) -> None:
        if self._view is not None:
            self.notify(f"This run has ended: it is {self._view.status}.")

    @work
    async def action_note(self) -> None:
        record = self._described()
        if record is None:
            return
        before = one_line(record.note)
        note = await self.app.push_screen_wait(LineEditor("Note", before))
        if note is not None and note.strip() != before:
            self.post_message(RunDescribed(record.id, note.strip(), record.tags))

    @work
    async def action_tags(self) -> None:
        record = self._described()
        if record is None:
            return
        before = " ".join(record.tags)
        line = await self.app.push_screen_wait(LineEditor("Tags, a space between", before))
        if line is not None and line.strip() != before:
            tags = dict.fromkeys(tag.lstrip("#") for tag in line.split())
            self.post_message(RunDescribed(record.id, record.note, [tag for tag in tags if tag]))

    def _described(self) -> Record | None:
        """The record, which has the note and tags; says so where there is none to write them into."""
        view = self._view
        if view is None:
            return None
        if view.record is None:
            self.notify(
                f"This run is {view.status} and has no record to keep a note in."
                if not view.live
                else "A note can be written when the run has ended."
            )
        return view.record
