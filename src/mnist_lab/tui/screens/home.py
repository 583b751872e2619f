"""The home screen: the sections, the form of one of them, its curves and runs, and the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer, Static

from mnist_lab.errors import UsageError
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.sections import arms, section
from mnist_lab.render.tables import STATUS_STYLES, selection_note
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.runs.study_requests import StudyRequest
from mnist_lab.text import one_line
from mnist_lab.tui import colours
from mnist_lab.tui.form_state import CUSTOM
from mnist_lab.tui.messages import PauseToggled, RunMoved, RunOpened, RunsRequested, SectionChosen, StopRequested
from mnist_lab.tui.screens.chart_keys import ChartKeys
from mnist_lab.tui.screens.experiment_editor import ExperimentEditor
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets import run_rows
from mnist_lab.tui.widgets.changes import set_text
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.section_form import SectionForm
from mnist_lab.tui.widgets.section_list import LISTED, SectionList, title_of
from mnist_lab.tui.widgets.status_line import StatusLine

_MAX_CURVES = 40
"""At most so many of the listed runs have curves."""


class HomeScreen(ChartKeys):
    """Sections, form, chart, runs and queue."""

    CSS_PATH = "home.tcss"
    AUTO_FOCUS = "#runs"
    app: LabState

    HELP = (
        "Choose a *section*, press r and watch. The curves are those of its newest *runs*, one of each value and "
        "*seed*. *Smoothing*, *zoom*, *log axis* and *crosshair* change the chart; *hide* and *pin* choose its runs."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "run(True)", "run"),
        Binding("a", "run(False)", "queue", tooltip="Add to the end of the queue"),
        Binding("s", "stop", "stop"),
        Binding("space", "pause", "pause or resume", show=False),
        Binding("k", "skip", "skip", show=False),
        Binding("S", "stop_all", "stop all", show=False),
        Binding("shift+up", "reorder(-1)", "move up in the queue", show=False),
        Binding("shift+down", "reorder(1)", "move down in the queue", show=False),
        Binding("e", "edit", "form"),
        Binding("b", "base", "change the base experiment", show=False),
        Binding("enter", "open", "open"),
        Binding("m", "metric", "next metric", show=False),
        Binding("t", "training", "training curve on or off", show=False),
        Binding("l", "log", "log axis", show=False),
        Binding("w", "smoothing", "smoothing", show=False),
        Binding("z", "zoom", "zoom to the last epochs", show=False),
        Binding("x", "crosshair", "crosshair", show=False),
        Binding("left", "move_crosshair(-1)", "crosshair to the left", show=False),
        Binding("right", "move_crosshair(1)", "crosshair to the right", show=False),
        Binding("h", "hide", "hide or show the run", show=False),
        Binding("p", "pin", "pin or unpin the run", show=False),
        Binding("left_square_bracket", "section(-1)", "previous section", show=False),
        Binding("right_square_bracket", "section(1)", "next section", show=False),
        *(
            Binding(str((index + 1) % 10), f"go({index})", title.strip(), show=False)
            for index, (_, title, _) in enumerate(LISTED)
        ),
        Binding("escape", "leave_form", "back to the runs"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.section_name = LISTED[0][0]
        self._shown_version = -1  # of the section runs
        self._names: dict[str, tuple[Sequence[str], dict[str, str], dict[str, int]]] = {}

    def compose(self) -> ComposeResult:
        yield StatusLine()
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield SectionList()
                yield Grid(id="queue", empty="nothing is queued")
            with Vertical(id="main"):
                yield Static(id="question")
                yield SectionForm()
                yield Static(id="study")
                yield ChartPane()
                yield Grid(id="runs", empty="No runs yet. Press r to make the first.")
                yield Static(id="reason")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(SectionForm).show(self.section_name)
        self.watch(self.app, "snapshots", self._show_snapshots)
        self.watch(self.app, "study", self._show_study)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 30, "-short")
        self.set_class(event.size.height < 16, "-flat")
        self._show_sections()
        self._show()
        self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """Focus the runs if the focus was lost because its widget was hidden."""
        if self.focused is None:
            self.set_focus(self.query_one("#runs", Grid))

    # What is shown

    def on_screen_resume(self) -> None:
        self._show_snapshots()

    def _show_snapshots(self) -> None:
        """Show the state of the runs, if the screen is shown."""
        if not self.is_current:
            return
        if self._shown_version != (version := self.app.section_runs.version):
            self._shown_version = version
            self.query_one(SectionForm).update_runs(self.app.snapshots, self.app.by_training, self.app.placement)
            self._show_sections()
        self._show()

    def _show_study(self) -> None:
        """Show the progress of the study in training."""
        line = self.query_one("#study", Static)
        line.display = bool(self.app.study)
        set_text(line, Text(self.app.study, "bold", no_wrap=True, overflow="ellipsis"))

    def _show_sections(self) -> None:
        self.query_one(SectionList).show(self.app.section_runs, self.section_name)
        self._show_question()

    def _show(self) -> None:
        chart_options = self.chart_options
        rows = self.app.section_runs.rows(self.section_name, chart_options.pinned)
        labels, slots = self._names_of(rows)
        runs = self.query_one("#runs", Grid)
        width = max(20, self.size.width - (0 if self.has_class("-narrow") else 30))
        by_id = {snapshot.id: snapshot for snapshot in rows}
        runs.show(
            run_rows.columns(width),
            list(by_id),
            lambda run_id: run_rows.cells(by_id[run_id], labels[run_id], slots[run_id], chart_options),
        )
        queued = {snapshot.id: snapshot for snapshot in run_rows.queue_order(self.app.section_runs.live)}
        self.query_one("#queue", Grid).show(
            run_rows.QUEUE_COLUMNS, list(queued), lambda run_id: run_rows.queue_cells(queued[run_id])
        )
        self._show_reason(runs.cursor_key)
        self._draw(rows, slots, labels)

    def _names_of(self, rows: Sequence[RunSnapshot]) -> tuple[dict[str, str], dict[str, int]]:
        """The label and the palette slot of each run, kept while the runs are the same."""
        ids = [snapshot.id for snapshot in rows]
        named, labels, slots = self._names.get(self.section_name, ((), {}, {}))
        if ids != named:
            labels = self.app.section_runs.labels(self.section_name, rows)
            slots = colours.slots(rows, self.section_name)
            self._names[self.section_name] = ids, labels, slots
        return labels, slots

    def _show_reason(self, run_id: str | None) -> None:
        """Show below the runs the reason of the status of the one under the cursor, or the note on its accuracy."""
        snapshot = self.app.snapshots.get(run_id or "")
        text = Text()
        if snapshot is not None and snapshot.reason:
            text = Text(one_line(snapshot.reason), STATUS_STYLES[snapshot.status])
        elif snapshot is not None and snapshot.record is not None:
            text = Text(selection_note([snapshot.record]), "dim")
        line = self.query_one("#reason", Static)
        line.display = bool(text)
        set_text(line, text)

    def _draw(self, rows: Sequence[RunSnapshot], slots: dict[str, int], labels: dict[str, str]) -> None:
        chart = self.query_one(ChartPane)
        drawn = [snapshot for snapshot in rows if snapshot.history["loss"] or snapshot.status == "running"]
        chart.draw(drawn[:_MAX_CURVES], slots, labels, self.query_one("#runs", Grid).cursor_key)

    def _show_question(self) -> None:
        question = Text(title_of(self.section_name).upper(), "bold")
        if self.section_name == CUSTOM:
            question.append("  any experiment: b changes the base", "not bold")
        else:
            chosen = section(self.section_name)
            question.append(f" {self.app.section_runs.trained(chosen.name)}/{len(arms(chosen))}", "dim")
            question.append(f"  {chosen.question}", "not bold")
        if self.has_class("-narrow"):
            number = [name for name, _, _ in LISTED].index(self.section_name) + 1
            question.append(f"  [ {number}/{len(LISTED)} ]", "dim")
        set_text(self.query_one("#question", Static), question)

    # Sections and form

    def on_section_chosen(self, event: SectionChosen) -> None:
        event.stop()
        self.choose_section(event.name)

    def choose_section(self, name: str) -> None:
        """Show a section."""
        if name == self.section_name:
            return
        self.section_name = name
        self.query_one(SectionForm).show(name)
        self._show_sections()
        self._show()

    def action_section(self, by: int) -> None:
        names = [name for name, _, _ in LISTED]
        self.choose_section(names[(names.index(self.section_name) + by) % len(names)])

    def action_go(self, index: int) -> None:
        self.choose_section(LISTED[index][0])

    def action_edit(self) -> None:
        self.add_class("-editing")
        first = "#choices" if self.section_name != CUSTOM else "#seeds"
        self.set_focus(self.query_one(first))  # at once: the next key must arrive there

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The key that leaves the form is only shown in the form."""
        return self.has_class("-editing") if action == "leave_form" else True

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self.set_class(self.query_one(SectionForm) in event.widget.ancestors, "-editing")
        self.refresh_bindings()

    def action_leave_form(self) -> None:
        self.set_focus(self.query_one("#runs", Grid))

    def action_base(self) -> None:
        form = self.query_one(SectionForm)
        factor = () if self.section_name == CUSTOM else section(self.section_name).factor

        def changed(base: object) -> None:
            if base is not None:
                form.set_state(replace(form.state, base=base))  # type: ignore[arg-type]

        self.app.push_screen(ExperimentEditor(form.state.base, without=(*factor, "epochs", "protocol")), changed)

    # Runs

    def action_run(self, first: bool) -> None:
        try:
            plans: list[Planned] = self.query_one(SectionForm).plans()
            study = self.query_one(SectionForm).study()
        except UsageError as error:
            self.notify(str(error), severity="error")
            return
        self.action_leave_form()
        reply = None if study is None else _reply
        self.post_message(RunsRequested(plans, first=first, study=study, fresh=study is None, reply=reply))

    def _chosen(self) -> RunSnapshot | None:
        grid = self.query_one("#queue" if self.query_one("#queue").has_focus else "#runs", Grid)
        snapshot = self.app.snapshots.get(grid.cursor_key or "")
        if snapshot is None:
            self.notify("There is no run yet; r makes one.")
        return snapshot

    def _first_running(self) -> RunSnapshot | None:
        queue = run_rows.queue_order(self.app.section_runs.live)
        return next((snapshot for snapshot in queue if snapshot.status == "running"), None)

    def action_stop(self) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            if snapshot.ended:
                snapshot = self._first_running()
            if snapshot is None:
                return self.notify("Nothing is running.")
            self.post_message(StopRequested([snapshot.id]))

    def action_stop_all(self) -> None:
        live = [snapshot.id for snapshot in self.app.snapshots.values() if snapshot.live]
        self.post_message(StopRequested(live[::-1]))

    def action_pause(self) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            if snapshot.ended:
                snapshot = next(iter(run_rows.queue_order(self.app.section_runs.live)), None)
            if snapshot is None:
                return self.notify("Nothing is queued or running.")
            self.post_message(PauseToggled(snapshot.id))

    def action_skip(self) -> None:
        running = self._first_running()
        if running is None:
            self.notify("Nothing is running that could be skipped.")
        else:
            self.post_message(StopRequested([running.id]))

    def action_reorder(self, by: int) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            self.post_message(RunMoved(snapshot.id, by))

    def action_open(self) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            self.post_message(RunOpened(snapshot.id))

    def on_grid_row_opened(self, event: Grid.RowOpened) -> None:
        event.stop()
        self.post_message(RunOpened(event.key))

    def on_grid_row_highlighted(self, event: Grid.RowHighlighted) -> None:
        event.stop()
        if event.grid.id == "runs":
            self._show_reason(event.key)
            if self.chart_options.with_training:
                self._show()

    # The chart

    def action_training(self) -> None:
        self.chart_options = replace(self.chart_options, with_training=not self.chart_options.with_training)
        self._show()

    def action_hide(self) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            self.chart_options = replace(self.chart_options, hidden=self.chart_options.hidden ^ {snapshot.id})
            self._show()

    def action_pin(self) -> None:
        snapshot = self._chosen()
        if snapshot is not None:
            self.chart_options = replace(self.chart_options, pinned=self.chart_options.pinned ^ {snapshot.id})
            self._show()


def _reply(made: StudyRequest) -> str:
    """The notification of how many trainings of a study were requested."""
    used, live, new = len(made.coverage.used), len(made.coverage.live), len(made.requested)
    return f"{new} of {used + live + new} trainings are new to this study."
