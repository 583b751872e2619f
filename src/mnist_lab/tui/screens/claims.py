"""The claims screen: each sentence of the report, its verdict, and what that rests on."""

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
from mnist_lab.report.ledger.table import counted, entry
from mnist_lab.report.ledger.trainings import bearing_on
from mnist_lab.report.reproduction import Aim
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.runs.study_requests import StudyRequest
from mnist_lab.tui.messages import RunsRequested
from mnist_lab.tui.screens.line_editor import LineEditor
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.changes import tell
from mnist_lab.tui.widgets.claim_rows import ClaimRows, fewest_seeds
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.page import Page
from mnist_lab.tui.widgets.status_line import StatusLine
from mnist_lab.workers.placement import Placement

MAX_SEEDS = 1000
_USUAL = 5
"""Seeds with which every kind of claim can be judged."""


class ClaimsScreen(Screen[None]):
    """The ledger, and the claim under the cursor with its figures."""

    CSS_PATH = "claims.tcss"
    app: LabState

    HELP = (
        "Every claim of the report with what the saved runs say of it. Enter trains what is missing to judge the one "
        "under the cursor; `mnist-lab reproduce` does it for all of them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "train", "train what is missing", tooltip="Train what the claim lacks; so does enter"),
        Binding("right_square_bracket,space", "scroll(1)", "read on", show=False),
        Binding("left_square_bracket", "scroll(-1)", "read back", show=False),
        Binding("escape", "app.switch_mode('home')", "home"),
        Binding("L", "app.switch_mode('claims')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._asked = asyncio.Event()
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
        self.watch(self.app, "views", self._ask)
        self._keep_up()

    def on_screen_resume(self) -> None:
        self._ask()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 18, "-short")
        if self._judgements:
            self._show()

    # Judging

    def _ask(self) -> None:
        """Have the claims judged anew, unless nobody sees it."""
        if self.is_current:
            self._asked.set()

    @work
    async def _keep_up(self) -> None:
        """Judge off the event loop; what changes meanwhile is judged once, afterwards."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            judgements = await asyncio.to_thread(self._judge, list(self.app.views.values()))
            if judgements is not None:
                self._judgements = {judgement.claim.id: judgement for judgement in judgements}
                self._show()

    def _judge(self, views: Sequence[RunSnapshot]) -> list[Judgement] | None:
        """The judgement on every claim; None where no run has ended that could change one."""
        records = bearing_on(CLAIMS, [view.record for view in views if view.record is not None])
        known = tuple(record.id for record in records)
        if known == self._known:
            return None
        self._known = known
        return judge(CLAIMS, records)

    # What is shown

    def _show(self) -> None:
        judgements = list(self._judgements.values())
        summary = Text.assemble((" CLAIMS  ", "bold"), counted(judgements), no_wrap=True, overflow="ellipsis")
        tell(self.query_one("#summary", Static), summary)
        rows = ClaimRows(judgements, self.size.width)
        self.query_one(Grid).show(rows.columns(), rows.keys, rows.cells)
        self._show_entry()

    def _show_entry(self) -> None:
        key = self.query_one(Grid).cursor_key
        if key is not None:
            self.query_one(Page).show(entry(self._judgements[key]))

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
        """Ask how many seeds, and then for the trainings that are neither there nor under way."""
        key = self.query_one(Grid).cursor_key
        if key is None:
            return
        judgement = self._judgements[key]
        if not judgement.claim.test.arms:
            self.notify("No training can tell: there is nothing to measure.")
            return
        typed = await self.app.push_screen_wait(LineEditor(_question(judgement), str(suggested(judgement))))
        if typed is None:
            return
        if not typed.strip().isdecimal() or not 1 <= int(typed) <= MAX_SEEDS:
            self.notify(f"Seeds are a whole number from 1 to {MAX_SEEDS}.", severity="error")
            return
        plans = Aim((judgement.claim,), int(typed)).plans()
        views = list(self.app.views.values())
        reply = partial(_reply, seeds=int(typed), views=views, placement=self.app.placement)
        self.post_message(RunsRequested(plans, first=False, fresh=False, reply=reply))


def _reply(asked: StudyRequest, seeds: int, views: Sequence[RunSnapshot], placement: Placement) -> str:
    """What to say of the trainings that a claim lacked."""
    requested = [planned.experiment for planned, _ in asked.requested]
    if not requested:
        return f"Nothing is missing: {seeds} seeds of each network are there, or under way."
    seconds = seconds_for(requested, views, placement)
    trainings = plural(len(requested), "training waits", "trainings wait")
    return trainings + (f", about {duration(seconds)}." if seconds else ".")


def suggested(judgement: Judgement) -> int:
    """How many seeds to ask for: what is needed, up to five; where there are five, five more."""
    there = fewest_seeds(judgement) or 0
    if there < _USUAL:
        return _USUAL
    return min(judgement.seeds_needed or there, there + _USUAL)


def _question(judgement: Judgement) -> str:
    needed = f", {judgement.seeds_needed} would do" if judgement.seeds_needed else ""
    return f"Seeds of each network ({fewest_seeds(judgement) or 0} there are{needed}):"
