"""The Textual app: modes, global keys, polling of the runs folder, and requests to it."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.css.query import NoMatches
from textual.screen import Screen

from mnist_lab.errors import LabError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import hardware
from mnist_lab.render.progress import workers_in_words
from mnist_lab.runs import requests
from mnist_lab.runs.library import Changes, Library
from mnist_lab.runs.study_requests import request_study
from mnist_lab.store import Store, prefetch, registry
from mnist_lab.text import one_line
from mnist_lab.tui import ending_signals, messages, patches, settings
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.tui.state import LabState
from mnist_lab.tui.study_watch import StudyWatch
from mnist_lab.tui.themes import THEMES
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool

patches.fix_paging_of_empty_lists()
patches.ignore_outdated_sizes()

_POLL_SECONDS = 0.05
_LIST_SECONDS = 0.1
_MACHINE_SECONDS = 2.0
_WORKER_SECONDS = 1.0
_PREFETCH_DELAY_SECONDS = 0.5
_ERROR_SECONDS = 10.0


# Only what the first frame shows is imported before it.


def _compare() -> Screen[None]:
    from mnist_lab.tui.screens.compare import CompareScreen

    return CompareScreen()


def _claims() -> Screen[None]:
    from mnist_lab.tui.screens.claims import ClaimsScreen

    return ClaimsScreen()


def _commands() -> type[Provider]:
    from mnist_lab.tui.palette_commands import LabCommands

    return LabCommands


def _enable_collector() -> None:
    """Enable the garbage collector if it was disabled for opening, and exempt the objects that exist by now.

    Called after the first reading of the runs: ten thousand records would lengthen each later collection to 0.14 s.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _in_a_sentence(error: LabError | OSError) -> str:
    """An error as a sentence; one of the system names the file, if it is about one."""
    if isinstance(error, LabError):
        return str(error)
    about = "The runs folder" if error.filename is None else os.fsdecode(error.filename)
    return f"{about} could not be read or written: {error.strerror or error}."


class LabApp(LabState):
    """The lab on a runs folder: reads the state in threads, and handles the messages of screens and widgets."""

    TITLE = "mnist-lab"
    MODES: ClassVar[dict[str, Callable[[], Screen[None]]]] = {  # type: ignore[assignment]
        "home": HomeScreen,
        "compare": _compare,
        "claims": _claims,
    }
    COMMANDS = App.COMMANDS | {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "switch_mode('compare')", "compare"),
        Binding("L", "switch_mode('claims')", "claims"),
        Binding("g", "switch_mode('home')", "home", show=False),
        Binding("question_mark", "help", "help"),
        Binding("q", "leave", "quit"),
        Binding("ctrl+q", "leave", "quit", show=False, priority=True),
        Binding("T", "next_theme", "theme", show=False),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, priority=True),
    ]

    def __init__(self, store: Store, placement: Placement) -> None:
        super().__init__(store, placement)
        self.library = Library(store, min_interval=_LIST_SECONDS)
        self._studies = StudyWatch(store, self.by_training)
        self._pool = WorkerPool(store, placement)
        self._gave_up = False
        self._obstacle = ""
        self._errors: dict[str, str] = {}
        """The error that each repeated task had the last time."""
        self._to_prefetch: Sequence[Experiment] = ()
        self._reading = asyncio.Lock()

        # Before anything is styled: a later change of the theme restyles everything.
        for theme in THEMES:
            self.register_theme(theme)
        saved = settings.load().theme
        self.theme = saved if saved in self.available_themes else THEMES[0].name

    def on_mount(self) -> None:
        self.sub_title = one_line(str(self.store.root))
        self.switch_mode("home")  # by DEFAULT_MODE, Python 3.12 mounts its inputs before it is a screen
        self.set_interval(_POLL_SECONDS, self._poll_runs)
        self.set_interval(_MACHINE_SECONDS, self._poll_machine)
        self.set_interval(_WORKER_SECONDS, self._poll_workers)
        self._prefetch_timer = self.set_interval(_PREFETCH_DELAY_SECONDS, self._prefetch, pause=True)
        ending_signals.end_on_signals(self)
        # After `fg` the terminal shows what the shell left; Textual itself sends only what changes.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.call_after_refresh(self._poll_runs)
        self.call_after_refresh(self._poll_machine)
        self.call_after_refresh(self._poll_workers)

    def _handle_exception(self, error: Exception) -> None:
        """Ignore missing widgets once the app is ending: screens that were just opened may still look for them."""
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    # Reading

    async def _poll_runs(self) -> None:
        """Read what has changed in the folder."""
        if self._reading.locked():
            return
        async with self._reading:
            with self._notifying_errors("runs"):
                try:
                    changes = await asyncio.to_thread(self.library.refresh)
                finally:
                    _enable_collector()
                if changes:
                    await self._apply(changes)

    async def _apply(self, changes: Changes) -> None:
        """Update the state by what has changed."""
        self.by_training.update(changes)
        self.section_runs.update(changes)
        self.snapshots = self.library.views
        self.study = await asyncio.to_thread(self._studies.line, self.library.views, self.placement)

    async def _poll_machine(self) -> None:
        with self._notifying_errors("machine"):
            self.machine, self.placement = await asyncio.to_thread(
                lambda: (hardware.load(), self.placement.refreshed())
            )

    async def _poll_workers(self) -> None:
        """Read the state of the workers, and start some if queued runs need them."""
        with self._notifying_errors("workers"):
            try:
                self.worker = await asyncio.to_thread(self._ensure_workers)
            except LabError:
                self._gave_up = True
                raise
            if self._pool.obstacle != self._obstacle:
                self._obstacle = self._pool.obstacle
                if self._obstacle:
                    self.notify(self._obstacle, severity="warning", timeout=10, markup=False)

    def _ensure_workers(self) -> str:
        if not self._gave_up:
            self._pool.ensure()
        return workers_in_words([worker.state for worker in registry.workers(self.store.root)])

    @contextmanager
    def _notifying_errors(self, task: str) -> Iterator[None]:
        """Notify of an error of the folder or the system, instead of ending the screen.

        Args:
            task: The repeated task. The same error twice in a row is shown once.
        """
        try:
            yield
        except (LabError, OSError) as error:
            before, self._errors[task] = self._errors.get(task), _in_a_sentence(error)
            if before != self._errors[task]:
                self.notify(self._errors[task], severity="error", timeout=_ERROR_SECONDS)
        else:
            self._errors.pop(task, None)

    # Requests

    async def _perform(self, action: Callable[[], object]) -> bool:
        """Change the folder in a thread, and notify of an error. Returns whether there was none."""
        try:
            await asyncio.to_thread(action)
        except FileNotFoundError:
            self.notify("That run no longer exists.", severity="warning")
            return False
        except (LabError, OSError) as error:
            self.notify(_in_a_sentence(error), severity="error", timeout=_ERROR_SECONDS)
            return False
        await self._poll_runs()
        return True

    async def on_runs_requested(self, event: messages.RunsRequested) -> None:
        reply = ""
        same = [snapshot.id for planned in event.plans for snapshot in self.by_training.of(planned.experiment)]

        def request() -> None:
            nonlocal reply
            self.store.prepare()
            made = request_study(self.store, event.plans, self.placement, event.study, fresh=event.fresh, among=same)
            if event.first:
                requests.put_first(self.store, made.ids)
            reply = event.reply(made) if event.reply else ""

        self._gave_up = False
        if await self._perform(request):
            if reply:
                self.notify(reply)
            await self._poll_workers()

    def on_prefetch_requested(self, event: messages.PrefetchRequested) -> None:
        """Prefetch these recipes unless others replace them within a moment."""
        self._to_prefetch = event.experiments
        self._prefetch_timer.reset()
        self._prefetch_timer.resume()

    async def _prefetch(self) -> None:
        self._prefetch_timer.pause()
        with suppress(LabError, OSError):  # nothing was requested yet; the run key will notify of the error
            await asyncio.to_thread(self._publish_prefetch, self._to_prefetch)

    def _publish_prefetch(self, experiments: Sequence[Experiment]) -> None:
        self.store.prepare()
        prefetch.publish(self.store.root, experiments)
        threads = requests.threads_for(self.store, experiments, self.placement, "tensorflow")
        self._pool.spawn(Counter({registry.WorkerSpec("tensorflow", threads[0]): 1}))

    async def on_stop_requested(self, event: messages.StopRequested) -> None:
        for run_id in event.run_ids:
            await self._perform(lambda run_id=run_id: requests.stop(self.store, run_id))  # type: ignore[misc]

    async def on_pause_toggled(self, event: messages.PauseToggled) -> None:
        paused = self.snapshots[event.run_id].status == "paused"
        act = requests.resume if paused else requests.pause
        await self._perform(lambda: act(self.store, event.run_id))

    async def on_run_moved(self, event: messages.RunMoved) -> None:
        await self._perform(lambda: requests.move(self.store, event.run_id, event.by))

    async def on_run_described(self, event: messages.RunDescribed) -> None:
        if await self._perform(lambda: requests.describe(self.store, event.run_id, event.note, event.tags)):
            async with self._reading:  # the library is not thread-safe
                with self._notifying_errors("runs"):
                    await self._apply(await asyncio.to_thread(self.library.reread, event.run_id))

    def on_section_chosen(self, event: messages.SectionChosen) -> None:
        """Show a section on the home screen."""
        self.switch_mode("home")
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if isinstance(self.screen, HomeScreen):
            self.screen.choose_section(event.name)

    def on_run_opened(self, event: messages.RunOpened) -> None:
        from mnist_lab.tui.screens.run import RunScreen

        self.push_screen(RunScreen(event.run_id))

    # Keys

    def action_help(self) -> None:
        from mnist_lab.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_next_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        index = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(index + 1) % len(names)]

    def watch_theme(self, theme: str) -> None:
        if self.is_running:
            settings.save(settings.Settings(theme=theme))

    @work
    async def action_leave(self) -> None:
        live = [
            snapshot.id for snapshot in self.snapshots.values() if snapshot.status in {"running", "paused", "queued"}
        ]
        if not live:
            self.exit()
            return
        from mnist_lab.tui.screens.leave import LeaveScreen

        choice = await self.push_screen_wait(LeaveScreen(len(live), self._command()))
        if choice == "stop":
            for run_id in reversed(live):
                await self._perform(lambda run_id=run_id: requests.stop(self.store, run_id))  # type: ignore[misc]
        if choice != "stay":
            self.exit()

    def _command(self) -> str:
        return "mnist-lab, or mnist-lab runs watch " + " ".join(
            snapshot.id[-6:] for snapshot in self.snapshots.values() if snapshot.status in {"running", "paused"}
        )
