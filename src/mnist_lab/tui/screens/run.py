"""The screen of one run: curves, confusion matrix, mistakes, recipe, machine and replay of early stopping."""

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
from mnist_lab.tui import predictions
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
_CURVES_ACTIONS = frozenset({"metric", "log", "smoothing", "crosshair"})
_LIVE_ACTIONS = frozenset({"stop", "pause"})
_READING = "Reading the predictions."


class RunScreen(Screen[None]):
    """One run, in tabs."""

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = ""
    app: LabState

    HELP = (
        "One run: 1 to 6 or tab choose a page, ] and [ another run. *Replay* shows what *early_stopping* would have "
        "done on its curve: left and right change *patience*, up and down *min_delta*, m the *monitor*."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"tab({number - 1})", title, show=False) for number, title in enumerate(TABS, 1)),
        Binding("tab", "turn(1)", "next page", show=False),
        Binding("shift+tab", "turn(-1)", "previous page", show=False),
        Binding(
            "left", "move(-1, 0)", "move", key_display="←↑↓→", tooltip="Move cell, images, crosshair, text or rule"
        ),
        Binding("right", "move(1, 0)", show=False),
        Binding("up", "move(0, -1)", show=False),
        Binding("down", "move(0, 1)", show=False),
        Binding("pagedown", "page(1)", "next images", show=False),
        Binding("pageup", "page(-1)", "previous images", show=False),
        Binding("p", "replay", "replay", tooltip="Replay early stopping on this curve, without training"),
        Binding("m", "metric", "metric"),
        Binding("m", "monitor", "monitor", tooltip="Replay: monitor the next metric"),
        Binding("z", "zoom", "zoom", tooltip="Zoom to the last epochs; images larger or smaller"),
        Binding("l", "log", "log axis", show=False),
        Binding("w", "smoothing", "smoothing", show=False),
        Binding("x", "crosshair", "crosshair", show=False),
        Binding("s", "stop", "stop"),
        Binding("space", "pause", "pause/resume"),
        Binding("s,space", "notify_ended", show=False),
        Binding("n", "note", "note"),
        Binding("y,number_sign", "tags", "tags"),
        Binding("right_square_bracket", "other(1)", "next run"),
        Binding("left_square_bracket", "other(-1)", "previous run", show=False),
        Binding("escape,enter", "back", "back"),
    ]

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.tab = _CURVES
        self._snapshot: RunSnapshot | None = None
        self._predictions_of = ""
        """Id of the run whose predictions were read, or are being read."""

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
        self.watch(self.app, "snapshots", self._show_snapshots)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 16, "-flat")
        self.set_class(event.size.height < 8, "-flattest")

    # What is shown

    def _show_snapshots(self, snapshots: dict[str, RunSnapshot]) -> None:
        snapshot = snapshots.get(self.run_id)
        if snapshot is None:
            self._snapshot = None
            self.query_one(RunHead).show_message("This run is not in the folder.")
        elif snapshot is not self._snapshot:
            self._show(snapshot)

    def _show(self, snapshot: RunSnapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        runs = list(self.app.snapshots)
        self.query_one(TabLine).aside = f"{snapshot.id[-6:]}  {runs.index(snapshot.id) + 1} of {len(runs)}"
        self.query_one(RunHead).show(snapshot)
        self._show_page(snapshot)
        if before is None or before.ended != snapshot.ended:
            self.refresh_bindings()

    def _show_page(self, snapshot: RunSnapshot) -> None:
        if self.tab == _CURVES:
            self.query_one(CurvesPane).show(snapshot)
        elif self.tab == _RECIPE:
            self.query_one("#recipe", Page).show(recipe_page(snapshot))
        elif self.tab == _MACHINE:
            self.query_one("#machine", Page).show(machine_page(snapshot))
        elif self.tab == _REPLAY:
            self.query_one(ReplayPane).show(snapshot)
        else:
            self._request_predictions(snapshot)

    def _request_predictions(self, snapshot: RunSnapshot) -> None:
        """Read the predictions of the run, unless it has none or they were read already."""
        why = predictions.why_missing(snapshot)
        if why:
            self._predictions_of = ""
            self._show_predictions(why)
        elif self._predictions_of != snapshot.id:
            self._predictions_of = snapshot.id
            self._show_predictions(_READING)
            self._read_predictions(snapshot)

    @work(exclusive=True, group="predictions")
    async def _read_predictions(self, snapshot: RunSnapshot) -> None:
        found = await asyncio.to_thread(predictions.read, self.app.store.predictions_path(snapshot.id), snapshot)
        if self._predictions_of == snapshot.id:
            self._show_predictions(found)

    def _show_predictions(self, found: predictions.RunPredictions | str) -> None:
        self.query_one(ConfusionPane).show(found)
        self.query_one(MistakesPane).show(found)

    # Pages

    def action_tab(self, index: int) -> None:
        self.tab = index
        self.query_one(TabLine).current = index
        self.query_one(ContentSwitcher).current = TABS[index].lower()
        if self._snapshot is not None:
            self._show_page(self._snapshot)
        self.refresh_bindings()

    def action_turn(self, by: int) -> None:
        self.action_tab((self.tab + by) % len(TABS))

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.action_tab(event.index)

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

    def action_metric(self) -> None:
        self.query_one(CurvesPane).next_metric()

    def action_log(self) -> None:
        self.query_one(CurvesPane).toggle_log()

    def action_smoothing(self) -> None:
        self.query_one(CurvesPane).next_smoothing()

    def action_crosshair(self) -> None:
        self.query_one(CurvesPane).toggle_crosshair()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _CURVES_ACTIONS:
            return self.tab == _CURVES
        if action in ("monitor", "replay"):
            return (self.tab == _REPLAY) == (action == "monitor")
        if action == "zoom":
            return self.tab not in (_RECIPE, _MACHINE, _REPLAY)
        if action in _LIVE_ACTIONS or action == "notify_ended":
            ended = self._snapshot is not None and self._snapshot.ended
            return ended == (action == "notify_ended")
        return True

    @property
    def _pane(self) -> Pane:
        pane = self.query_one(f"#{TABS[self.tab].lower()}")
        assert isinstance(pane, Pane)
        return pane

    # The run

    def action_other(self, by: int) -> None:
        runs = list(self.app.snapshots)
        index = runs.index(self.run_id) + by if self.run_id in runs else 0
        if 0 <= index < len(runs):
            self.run_id = runs[index]
            self._show(self.app.snapshots[self.run_id])
        else:
            self.notify("This is the last run." if by > 0 else "This is the first run.")

    def action_back(self) -> None:
        self.dismiss()

    def action_stop(self) -> None:
        if self._snapshot is not None:
            self.post_message(StopRequested([self._snapshot.id]))

    def action_pause(self) -> None:
        if self._snapshot is not None:
            self.post_message(PauseToggled(self._snapshot.id))

    def action_notify_ended(self) -> None:
        if self._snapshot is not None:
            self.notify(f"This run has ended: it is {self._snapshot.status}.")

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
        """The record, which keeps note and tags; None, with a notification, if there is none."""
        snapshot = self._snapshot
        if snapshot is None:
            return None
        if snapshot.record is None:
            self.notify(
                f"This run is {snapshot.status} and has no record to keep a note in."
                if not snapshot.live
                else "A note can be added when the run has ended."
            )
        return snapshot.record
