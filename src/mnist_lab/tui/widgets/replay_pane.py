"""Early stopping replayed on one run's curve, its rule under the arrow keys."""

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
from mnist_lab.tui.widgets.changes import tell


class ReplayCurve(Widget):
    """The figure that is watched, with where the rule would have ended it."""

    DEFAULT_CSS = """
    ReplayCurve { height: 1fr; margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view: RunSnapshot | None = None
        self._found: Replay | None = None

    def show(self, view: RunSnapshot, found: Replay) -> None:
        self._view, self._found = view, found
        self.refresh()

    def render(self) -> Chart | Text:
        width, height = self.size
        if self._view is None or self._found is None or not width or not height:
            return Text()
        return replayed(self._view, self._found, width=width, height=height, markers=self.app.no_color or None)


class ReplayPane(Vertical):
    """A rule, what it would have done in words, and the curve on which it would have done it."""

    DEFAULT_CSS = """
    ReplayPane {
        & #rule { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #found { height: auto; max-height: 5; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._view: RunSnapshot | None = None
        self._record: Record | None = None
        self.rule: EarlyStopping | None = None
        """The rule that is replayed; None where there is nothing to replay it on."""

    def compose(self) -> ComposeResult:
        yield Static(id="rule")
        yield Static(id="found")
        yield ReplayCurve()
        yield Static(id="why")

    def show(self, view: RunSnapshot) -> None:
        """Replay a run, at first with its own patience; the same run again keeps the rule."""
        if self._view is None or self._view.id != view.id:
            self.rule = None
        self._view, self._record = view, view.record
        if self.rule is None and view.record is not None:
            self.rule = replay.rule_for(view.record.experiment)
        self._replay()

    def move(self, across: int, down: int) -> None:
        """Change the patience across, and ``min_delta`` upwards."""
        if self.rule is not None and self._record is not None:
            if across:
                self.rule = replay.more_patient(self.rule, across, len(self._record.history["val_loss"]))
            if down:
                self.rule = replay.stricter(self.rule, -down)
            self._replay()

    def page(self, _by: int) -> None:
        """Nothing here has pages."""

    def next_monitor(self) -> None:
        """Watch another figure."""
        if self.rule is not None:
            self.rule = replay.next_monitor(self.rule)
            self._replay()

    def _replay(self) -> None:
        view, record, rule = self._view, self._record, self.rule
        why = "Early stopping is replayed on a finished curve: come back when the run has ended."
        if view is not None and record is not None and rule is not None:
            try:
                found = replay.replay(record, rule)
            except UsageError:
                why = "It ended before its first epoch: there is no curve to replay early stopping on."
            else:
                why = ""
                self._tell(record, found)
                self.query_one(ReplayCurve).show(view, found)
        elif view is not None and view.ended:
            why = "It left no curve that could be read."
        elif view is not None and view.status == "unreadable":
            why = one_line(view.reason)
        tell(self.query_one("#why", Static), Text(why))
        self.query_one("#why").display = bool(why)
        for part in ("#rule", "#found", "ReplayCurve"):
            self.query_one(part).display = not why

    def _tell(self, record: Record, found: Replay) -> None:
        rule = found.rule
        parts = (("patience", str(rule.patience), "← →"), ("min_delta", f"{rule.min_delta:g}", "↑ ↓"))
        line = Text(no_wrap=True)
        for name, value, keys in (*parts, ("monitor", rule.monitor, "m")):
            line.append(f"{name} ").append(value, "bold").append(f"  {keys}     ", "dim")
        tell(self.query_one("#rule", Static), line)
        sentences = [replay.in_words(found), replay.caution(record.experiment, found)]
        tell(self.query_one("#found", Static), Text(" ".join(filter(None, sentences))))
