"""The commands of the palette (ctrl+p): actions of the current screen, sections, presets and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mnist_lab.experiments.plan import from_presets
from mnist_lab.experiments.presets import PRESETS
from mnist_lab.text import one_line
from mnist_lab.tui.messages import RunOpened, RunsRequested, SectionChosen
from mnist_lab.tui.screens.help import described
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.section_list import LISTED

_RUNS = 200
"""How many runs are searched, newest first."""

Command = tuple[str, str, Callable[[], object]]
"""Name, help and action."""


class LabCommands(Provider):
    """Finds commands by any part of their names."""

    async def discover(self) -> Hits:
        for name, help_, action in self._actions():
            yield DiscoveryHit(name, action, help=help_)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, help_, action in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), action, help=help_)

    def _all(self) -> Iterator[Command]:
        yield from self._actions()
        yield from self._sections()
        yield from self._presets()
        yield from self._runs()

    def _actions(self) -> Iterator[Command]:
        """Everything that has a key on the current screen, in the words of the help."""
        for binding in described(self.screen, self.app):
            action = binding.action
            node = self.screen if binding in [own for _, own in self.screen._bindings] else self.app

            async def run(action: str = action, node: object = node) -> None:
                await self.app.run_action(action, default_namespace=node)  # type: ignore[arg-type]

            key = self.app.get_key_display(binding)
            yield binding.tooltip or binding.description, f"key {key}", run

    def _sections(self) -> Iterator[Command]:
        for name, title, section in LISTED:

            def choose(name: str = name) -> None:
                self.app.post_message(SectionChosen(name))

            yield f"Section {title.strip()}", "" if section is None else section.question, choose

    def _presets(self) -> Iterator[Command]:
        for name in PRESETS:

            def request(name: str = name) -> None:
                self.app.post_message(RunsRequested(from_presets([name]), first=True))

            yield f"Run preset {name}", "train it again", request

    def _runs(self) -> Iterator[Command]:
        assert isinstance(self.app, LabState)
        snapshots = self.app.snapshots
        for run_id in list(snapshots)[::-1][:_RUNS]:
            snapshot = snapshots[run_id]

            def open_run(run_id: str = run_id) -> None:
                self.app.post_message(RunOpened(run_id))

            yield f"Open run {run_id[-6:]} {one_line(snapshot.label)}", snapshot.status, open_run
