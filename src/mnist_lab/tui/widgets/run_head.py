"""What a run is, where it stands, why it ended so, and what was written about it."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mnist_lab.formatting import duration, loss, percent
from mnist_lab.render.palette import marker, style
from mnist_lab.render.progress import state_of
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui import colours
from mnist_lab.tui.widgets.changes import tell


class RunHead(Vertical):
    """Up to three lines about a run: itself, its reason, its note and tags."""

    DEFAULT_CSS = """
    RunHead {
        height: auto;
        & Static { height: auto; }
        & #name, & #note { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #reason { max-height: 3; }
        & #reason, & #note { display: none; }
        &.-reason #reason, &.-note #note { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="name")
        yield Static(id="reason")
        yield Static(id="note")

    def show(self, view: RunSnapshot) -> None:
        """Show a run."""
        reason = reason_of(view)
        tell(self.query_one("#name", Static), _name(view))
        tell(self.query_one("#reason", Static), Text(reason, STATUS_STYLES[view.status]))
        note = _note(view)
        tell(self.query_one("#note", Static), note)
        self.set_class(bool(reason), "-reason")
        self.set_class(bool(note), "-note")

    def tell(self, sentence: str) -> None:
        """Say a sentence where there is no run to show."""
        tell(self.query_one("#name", Static), Text(sentence))
        self.remove_class("-reason", "-note")


def reason_of(view: RunSnapshot) -> str:
    """Why a run stands as it does, where that needs a sentence; else empty."""
    if view.silent_since is not None and not view.ended:
        heard = datetime.fromtimestamp(view.silent_since).astimezone()
        return f"Its worker is on another host and was last heard of at {heard:%H:%M:%S on %Y-%m-%d}."
    return "" if view.live else one_line(view.reason)


def _name(view: RunSnapshot) -> Text:
    slot = colours.slot_of(view.experiment) if view.experiment else 0
    text = Text.assemble(
        (f"{marker(slot)} ", style(slot)),
        (one_line(view.label), "bold"),
        "  ",
        (state_of(view), STATUS_STYLES[view.status]),
    )
    if view.experiment is not None and view.status != "queued":
        text.append(f"  epoch {view.epochs_done}/{view.experiment.epochs}")
    if view.record is not None:
        if view.record.best_epoch is not None:
            text.append(f", best {view.record.best_epoch}" + " (test set)" * view.record.selected_on_test)
        if view.record.result.val_accuracy is not None:
            text.append(f"  val_accuracy {percent(view.record.result.val_accuracy)} %")
    elif view.status in {"running", "paused"} and view.epoch > view.epochs_done and view.steps:
        text.append(f", step {view.step}/{view.steps}, loss {loss(view.loss)}")
        if view.seconds_left is not None:
            text.append(f", {duration(view.seconds_left)} left")
    return text


def _note(view: RunSnapshot) -> Text:
    record = view.record
    if record is None or not (record.note or record.tags):
        return Text("n writes a note, y tags" if record is not None else "", "dim")
    text = Text(one_line(record.note))
    for tag in record.tags:
        text.append(("  " if text else "") + f"#{one_line(tag)}", "bold")
    return text
