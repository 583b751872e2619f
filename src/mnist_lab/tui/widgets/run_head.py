"""The head of a run: its name and status, the reason of the status, its note and tags."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from mnist_lab.formatting import duration, loss, percent, silent_since
from mnist_lab.render.palette import marker, style
from mnist_lab.render.progress import state_of
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui import colours
from mnist_lab.tui.widgets.changes import set_text


class RunHead(Vertical):
    """Up to three lines about a run: name and status, reason, note and tags."""

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

    def show(self, snapshot: RunSnapshot) -> None:
        """Show a run."""
        reason = reason_of(snapshot)
        set_text(self.query_one("#name", Static), _name(snapshot))
        set_text(self.query_one("#reason", Static), Text(reason, STATUS_STYLES[snapshot.status]))
        note = _note(snapshot)
        set_text(self.query_one("#note", Static), note)
        self.set_class(bool(reason), "-reason")
        self.set_class(bool(note), "-note")

    def show_message(self, sentence: str) -> None:
        """Show a sentence in place of a run."""
        set_text(self.query_one("#name", Static), Text(sentence))
        self.remove_class("-reason", "-note")


def reason_of(snapshot: RunSnapshot) -> str:
    """The reason of a run's status, if it needs one; else empty."""
    if snapshot.silent_since is not None and not snapshot.ended:
        return (
            f"Its worker is on another host and {silent_since(snapshot.silent_since)}; "
            f"`mnist-lab runs give-up {snapshot.id[-6:]}` lets it be trained again."
        )
    return one_line(snapshot.reason) if snapshot.run.waits or not snapshot.live else ""


def _name(snapshot: RunSnapshot) -> Text:
    slot = colours.slot_of(snapshot.experiment) if snapshot.experiment else 0
    text = Text.assemble(
        (f"{marker(slot)} ", style(slot)),
        (one_line(snapshot.label), "bold"),
        "  ",
        (state_of(snapshot), STATUS_STYLES[snapshot.status]),
    )
    if snapshot.experiment is not None and snapshot.status != "queued":
        text.append(f"  epoch {snapshot.epochs_done}/{snapshot.experiment.epochs}")
    if snapshot.record is not None:
        if snapshot.record.best_epoch is not None:
            text.append(f", best {snapshot.record.best_epoch}" + " (test set)" * snapshot.record.selected_on_test)
        if snapshot.record.result.val_accuracy is not None:
            text.append(f"  val_accuracy {percent(snapshot.record.result.val_accuracy)} %")
    elif snapshot.status in {"running", "paused"} and snapshot.epoch > snapshot.epochs_done and snapshot.steps:
        text.append(f", step {snapshot.step}/{snapshot.steps}, loss {loss(snapshot.loss)}")
        if snapshot.seconds_left is not None:
            text.append(f", {duration(snapshot.seconds_left)} left")
    return text


def _note(snapshot: RunSnapshot) -> Text:
    record = snapshot.record
    if record is None or not (record.note or record.tags):
        return Text("n edits the note, y the tags" if record is not None else "", "dim")
    text = Text(one_line(record.note))
    for tag in record.tags:
        text.append(("  " if text else "") + f"#{one_line(tag)}", "bold")
    return text
