"""Early stopping replayed on the curve of one run, with a rule that the arrow keys change."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from mnist_lab.analysis import replay
from mnist_lab.analysis.replay import Replay
from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Record
from mnist_lab.render.chart import Chart
from mnist_lab.render.curves import replayed
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.training.early_stopping import EarlyStopping
from mnist_lab.tui.widgets.changes import set_text


class ReplayCurve(Widget):
    """The curve of the monitored metric, with the epoch at which the rule would have stopped."""

    DEFAULT_CSS = """
    ReplayCurve { height: 1fr; margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: RunSnapshot | None = None
        self._found: Replay | None = None

    def show(self, snapshot: RunSnapshot, found: Replay) -> None:
        self._snapshot, self._found = snapshot, found
        self.refresh()

    def render(self) -> Chart | Text:
        width, height = self.size
        if self._snapshot is None or self._found is None or not width or not height:
            return Text()
        return replayed(self._snapshot, self._found, width=width, height=height, markers=self.app.no_color or None)


class ReplayPane(Vertical):
    """A rule, its effect in words, and the curve it is applied to."""

    DEFAULT_CSS = """
    ReplayPane {
        & #rule { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #found { height: auto; max-height: 5; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._snapshot: RunSnapshot | None = None
        self._record: Record | None = None
        self.rule: EarlyStopping | None = None
        """The rule that is replayed; None if there is no curve to replay it on."""

    def compose(self) -> ComposeResult:
        yield Static(id="rule")
        yield Static(id="found")
        yield ReplayCurve()
        yield Static(id="why")

    def show(self, snapshot: RunSnapshot) -> None:
        """Replay a run, at first with its own patience. The rule is kept if the run is the same as before."""
        if self._snapshot is None or self._snapshot.id != snapshot.id:
            self.rule = None
        self._snapshot, self._record = snapshot, snapshot.record
        if self.rule is None and snapshot.record is not None:
            self.rule = replay.rule_for(snapshot.record.experiment)
        self._replay()

    def move(self, across: int, down: int) -> None:
        """Change ``patience`` by ``across`` and ``min_delta`` by ``-down`` steps."""
        if self.rule is not None and self._record is not None:
            if across:
                self.rule = replay.more_patient(self.rule, across, len(self._record.history["val_loss"]))
            if down:
                self.rule = replay.stricter(self.rule, -down)
            self._replay()

    def page(self, _by: int) -> None:
        """Nothing here has pages."""

    def next_monitor(self) -> None:
        """Monitor the next metric."""
        if self.rule is not None:
            self.rule = replay.next_monitor(self.rule)
            self._replay()

    def _replay(self) -> None:
        snapshot, record, rule = self._snapshot, self._record, self.rule
        why = "Early stopping can be replayed when the run has ended."
        if snapshot is not None and record is not None and rule is not None:
            try:
                found = replay.replay(record, rule)
            except UsageError:
                why = "The run ended before its first epoch: there is no curve to replay early stopping on."
            else:
                why = ""
                self._show_found(record, found)
                self.query_one(ReplayCurve).show(snapshot, found)
        elif snapshot is not None and snapshot.ended:
            why = "The run left no readable curve."
        elif snapshot is not None and snapshot.status == "unreadable":
            why = one_line(snapshot.reason)
        set_text(self.query_one("#why", Static), Text(why))
        self.query_one("#why").display = bool(why)
        for part in ("#rule", "#found", "ReplayCurve"):
            self.query_one(part).display = not why

    def _show_found(self, record: Record, found: Replay) -> None:
        rule = found.rule
        parts = (("patience", str(rule.patience), "← →"), ("min_delta", f"{rule.min_delta:g}", "↑ ↓"))
        line = Text(no_wrap=True)
        for name, value, keys in (*parts, ("monitor", rule.monitor, "m")):
            line.append(f"{name} ").append(value, "bold").append(f"  {keys}     ", "dim")
        set_text(self.query_one("#rule", Static), line)
        sentences = [replay.in_words(found), replay.caution(record.experiment, found)]
        set_text(self.query_one("#found", Static), Text(" ".join(filter(None, sentences))))
