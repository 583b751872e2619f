"""The top line: where the lab trains, how busy that is, and whether a worker is warm."""

from __future__ import annotations

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from mnist_lab.machine import Load


class StatusLine(Widget):
    """One line about the machine."""

    DEFAULT_CSS = """
    StatusLine { height: 1; dock: top; background: $panel; color: $foreground; }
    """

    machine: reactive[Load | None] = reactive(None)
    worker: reactive[str] = reactive("")

    def render(self) -> Text:
        left = Text.assemble((" mnist-lab ", "bold"), self.app.sub_title)
        parts = [self.worker] if self.worker else []
        if self.machine is not None:
            machine = self.machine
            parts.append(f"{machine.device}  {100 * machine.busy:.0f} %")
            parts.append(f"{machine.used / 1e9:.1f}/{machine.total / 1e9:.0f} GB")
        right = Text(" · ".join(parts) + " ")
        left.truncate(max(11, self.size.width - right.cell_len - 1), overflow="ellipsis")
        space = self.size.width - left.cell_len - right.cell_len
        return left if space < 1 else Text.assemble(left, " " * space, right)
