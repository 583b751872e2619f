"""The top line of a screen: the runs folder, the state of the workers, and the load of the machine."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from mnist_lab.formatting import percent
from mnist_lab.tui.state import LabState


class StatusLine(Widget):
    """One line with the runs folder, the workers and the load of the machine."""

    app: LabState

    DEFAULT_CSS = """
    StatusLine { height: 1; dock: top; background: $panel; color: $foreground; }
    """

    def on_mount(self) -> None:
        self.watch(self.app, "machine", self._update_line, init=False)
        self.watch(self.app, "worker", self._update_line, init=False)

    def _update_line(self) -> None:
        self.refresh()

    def render(self) -> Text:
        left = Text.assemble((" mnist-lab ", "bold"), self.app.sub_title)
        machine, worker = self.app.machine, self.app.worker
        parts = [worker] if worker else []
        if machine is not None:
            parts.append(f"{machine.device}  {percent(machine.busy, 0)} %")
            parts.append(f"{machine.used / 1e9:.1f}/{machine.total / 1e9:.0f} GB")
        right = Text(" · ".join(parts) + " ")
        left.truncate(max(11, self.size.width - right.cell_len - 1), overflow="ellipsis")
        space = self.size.width - left.cell_len - right.cell_len
        return left if space < 1 else Text.assemble(left, " " * space, right)
