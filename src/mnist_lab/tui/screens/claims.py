"""The claims screen: each claim of the report, its verdict, and the trainings behind that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from mnist_lab.formatting import duration, plural
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.ledger import Judgement, judge
from mnist_lab.report.ledger.table import counts_text, judgement_page
from mnist_lab.report.ledger.trainings import relevant_records
from mnist_lab.report.reproduction import ReproductionPlan
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.runs.study_requests import StudyRequest
from mnist_lab.tui.messages import RunsRequested
from mnist_lab.tui.screens.line_editor import LineEditor
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.changes import set_text
from mnist_lab.tui.widgets.claim_rows import ClaimRows, fewest_seeds
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.page import Page
from mnist_lab.tui.widgets.status_line import StatusLine
from mnist_lab.workers.placement import Placement

MAX_SEEDS = 1000
_USUAL = 5
"""Number of seeds with which every kind of claim can be judged."""


class ClaimsScreen(Screen[None]):
    """The ledger, and the claim under the cursor with its metrics."""

    CSS_PATH = "claims.tcss"
    app: LabState

    HELP = (
        "The *ledger*: every *claim* of the *report*, with its *verdict* by the saved runs. Enter trains what is "
        "missing to judge the claim under the cursor; `mnist-lab reproduce` does so for all of them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "train", "train what is missing", tooltip="Train the missing seeds of the claim; so does enter"),
        Binding("right_square_bracket,space", "scroll(1)", "scroll forward", show=False),
        Binding("left_square_bracket", "scroll(-1)", "scroll back", show=False),
        Binding("escape", "app.switch_mode('home')", "home"),
        Binding("L", "app.switch_mode('claims')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._requested = asyncio.Event()
        self._known: tuple[str, ...] | None = None
        self._judgements: dict[str, Judgement] = {}

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield Static(id="summary")
        yield Grid(empty="judging …")
        yield Page(id="entry")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Grid).focus()
        self.watch(self.app, "snapshots", self._request_judgements)
        self._judge_when_requested()

    def on_screen_resume(self) -> None:
        self._request_judgements()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 18, "-short")
        if self._judgements:
            self._show()

    # Judging

    def _request_judgements(self) -> None:
        """Have the claims judged again, if the screen is shown."""
        if self.is_current:
            self._requested.set()

    @work
    async def _judge_when_requested(self) -> None:
        """Judge in a thread. Requests made meanwhile lead to one further judgement."""
        while True:
            await self._requested.wait()
            self._requested.clear()
            judgements = await asyncio.to_thread(self._judge, list(self.app.snapshots.values()))
            if not self.query(Grid):  # the app has ended meanwhile
                return
            if judgements is not None:
                self._judgements = {judgement.claim.id: judgement for judgement in judgements}
                self._show()

    def _judge(self, snapshots: Sequence[RunSnapshot]) -> list[Judgement] | None:
        """The judgements on all claims; None if no run has ended since that concerns one."""
        records = relevant_records(CLAIMS, [snapshot.record for snapshot in snapshots if snapshot.record is not None])
        known = tuple(record.id for record in records)
        if known == self._known:
            return None
        self._known = known
        return judge(CLAIMS, records)

    # What is shown

    def _show(self) -> None:
        judgements = list(self._judgements.values())
        summary = Text.assemble((" CLAIMS  ", "bold"), counts_text(judgements), no_wrap=True, overflow="ellipsis")
        set_text(self.query_one("#summary", Static), summary)
        rows = ClaimRows(judgements, self.size.width)
        self.query_one(Grid).show(rows.columns(), rows.keys, rows.cells)
        self._show_entry()

    def _show_entry(self) -> None:
        key = self.query_one(Grid).cursor_key
        if key is not None:
            self.query_one(Page).show(judgement_page(self._judgements[key]))

    def on_grid_row_highlighted(self, event: Grid.RowHighlighted) -> None:
        event.stop()
        self.query_one(Page).scroll_home(animate=False)
        self._show_entry()

    def action_scroll(self, by: int) -> None:
        self.query_one(Page).page(by)

    # Training what is missing

    def on_grid_row_opened(self, event: Grid.RowOpened) -> None:
        event.stop()
        self.action_train()

    @work
    async def action_train(self) -> None:
        """Ask for the number of seeds, and request the trainings that no run covers."""
        key = self.query_one(Grid).cursor_key
        if key is None:
            return
        judgement = self._judgements[key]
        if not judgement.claim.test.arms:
            self.notify("No training can test this claim: there is nothing to measure.")
            return
        typed = await self.app.push_screen_wait(LineEditor(_question(judgement), str(suggested(judgement))))
        if typed is None:
            return
        if not typed.strip().isdecimal() or not 1 <= int(typed) <= MAX_SEEDS:
            self.notify(f"Seeds are a whole number from 1 to {MAX_SEEDS}.", severity="error")
            return
        plans = ReproductionPlan((judgement.claim,), int(typed)).plans()
        snapshots = list(self.app.snapshots.values())
        reply = partial(_reply, seeds=int(typed), snapshots=snapshots, placement=self.app.placement)
        self.post_message(RunsRequested(plans, first=False, fresh=False, reply=reply))


def _reply(made: StudyRequest, seeds: int, snapshots: Sequence[RunSnapshot], placement: Placement) -> str:
    """The notification of the trainings that were requested for a claim."""
    requested = [planned.experiment for planned, _ in made.requested]
    if not requested:
        return f"Nothing is missing: {seeds} seeds of each network are saved or in progress."
    seconds = seconds_for(requested, snapshots, placement)
    trainings = plural(len(requested), "training is queued", "trainings are queued")
    return trainings + (f", about {duration(seconds)}." if seconds else ".")


def suggested(judgement: Judgement) -> int:
    """The number of seeds to suggest: five; from five on as many as are needed, but at most five more."""
    saved = fewest_seeds(judgement) or 0
    if saved < _USUAL:
        return _USUAL
    return min(judgement.seeds_needed or saved, saved + _USUAL)


def _question(judgement: Judgement) -> str:
    needed = f", {judgement.seeds_needed} needed" if judgement.seeds_needed else ""
    return f"Seeds of each network ({fewest_seeds(judgement) or 0} saved{needed}):"
