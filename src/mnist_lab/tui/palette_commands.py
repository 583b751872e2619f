"""What ctrl+p finds: every section, preset, run, and action of the screen one is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider

from mnist_lab.experiments.plan import from_presets
from mnist_lab.experiments.presets import PRESETS
from mnist_lab.text import one_line
from mnist_lab.tui.messages import RunOpened, RunsRequested, SectionChosen
from mnist_lab.tui.screens.help import reachable
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.section_list import LISTED

_RUNS = 200
"""Runs that are searched; the newest."""

Command = tuple[str, str, Callable[[], object]]


class LabCommands(Provider):
    """Searches by any part of a name."""

    async def discover(self) -> Hits:
        for name, told, carry_out in self._actions():
            yield DiscoveryHit(name, carry_out, help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, told, carry_out in self._all():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), carry_out, help=told)

    def _all(self) -> Iterator[Command]:
        yield from self._actions()
        yield from self._sections()
        yield from self._presets()
        yield from self._runs()

    def _actions(self) -> Iterator[Command]:
        """Everything that has a key here, in the words of the help page."""
        told = set()
        for binding in reachable(self.screen, self.app):
            if binding.description and binding.description not in told and not binding.system:
                told.add(binding.description)
                action = binding.action
                node = self.screen if binding in [known for _, known in self.screen._bindings] else self.app

                async def carry_out(action: str = action, node: object = node) -> None:
                    await self.app.run_action(action, default_namespace=node)  # type: ignore[arg-type]

                key = self.app.get_key_display(binding)
                yield binding.tooltip or binding.description, f"key {key}", carry_out

    def _sections(self) -> Iterator[Command]:
        for name, title, section in LISTED:

            def turn(name: str = name) -> None:
                self.app.post_message(SectionChosen(name))

            yield f"Section {title.strip()}", "" if section is None else section.question, turn

    def _presets(self) -> Iterator[Command]:
        for name in PRESETS:

            def ask(name: str = name) -> None:
                self.app.post_message(RunsRequested(from_presets([name]), first=True))

            yield f"Run preset {name}", "train it anew", ask

    def _runs(self) -> Iterator[Command]:
        assert isinstance(self.app, LabState)
        views = self.app.views
        for run_id in list(views)[::-1][:_RUNS]:
            view = views[run_id]

            def look(run_id: str = run_id) -> None:
                self.app.post_message(RunOpened(run_id))

            yield f"Open run {run_id[-6:]} {one_line(view.label)}", view.status, look
