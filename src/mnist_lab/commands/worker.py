"""``mnist-lab worker``: train what waits in a runs folder, and list or stop the workers that do."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import typer

from mnist_lab.commands.inputs import open_store, placement_here
from mnist_lab.commands.lost_hosts import lost_after_seconds
from mnist_lab.commands.options import AsJson, BackendChoice, Lanes, LostAfter, Runs, Workers
from mnist_lab.commands.output import out, print_json, say
from mnist_lab.errors import ExitCode, LabError
from mnist_lab.formatting import plural
from mnist_lab.render.tables import workers_table
from mnist_lab.store import Store, registry, run_queue
from mnist_lab.workers import guard, service
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import IDLE_SECONDS, WorkerPool, last_words, stop_workers

HELP = """Serve the queue of a runs folder in the foreground, for systemd or a container.

\b
Examples:
  mnist-lab worker --runs /srv/runs     serve until stopped (Ctrl-C or SIGTERM saves the current run)
  mnist-lab worker list                 who serves
  mnist-lab worker stop                 ask them to leave

The other commands start a worker of their own where none serves, and it leaves after ten idle minutes.
"""

app = typer.Typer(help=HELP, rich_markup_mode=None, invoke_without_command=True, add_completion=False)


@app.callback()
def serve(
    context: typer.Context,
    runs: Runs = None,
    idle: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="Leave after so long with nothing to do [default: never]."),
    ] = None,
    threads: Annotated[int | None, typer.Option(metavar="N", min=1, help="CPU threads to compute with.")] = None,
    workers: Workers = None,
    lanes: Lanes = None,
    backend: Annotated[BackendChoice, typer.Option(help="What Keras runs on.")] = BackendChoice.tensorflow,
    lost_after: LostAfter = None,
    only: Annotated[int | None, typer.Option(min=0, hidden=True)] = None,
) -> None:
    if context.invoked_subcommand is not None:
        return

    def narrate(line: str) -> None:
        say(line)

    silence = lost_after_seconds(lost_after)
    store = open_store(runs)
    kind = registry.WorkerSpec(backend.value, only)
    placement = placement_here(workers, threads, lanes)
    # Who starts a worker by hand, or has systemd do so, sees to it that it comes again.
    code = None if only is None else _supervise(store, placement, idle, narrate)
    if code is None:
        if only is not None:
            guard.lower_priority()
        try:
            look_again = service.serve(
                store,
                kind,
                placement,
                idle_seconds=idle,
                threads=threads if only is None else only or None,
                lost_after=silence,
                narrate=narrate,
            )
        except LabError:
            raise
        except Exception:
            if only is None:
                raise
            traceback.print_exc()
            raise typer.Exit(guard.CRASHED) from None
        code = ExitCode.DONE if only is None or look_again else ExitCode.STOPPED
    elif code == ExitCode.STOPPED:
        code = ExitCode.DONE  # a child says so to this process alone; nothing has gone wrong
    raise typer.Exit(code)


def _supervise(store: Store, placement: Placement, idle: float | None, narrate: Callable[[str], None]) -> int | None:
    """Supervise a child process that serves, and start workers for queued runs while it is busy and once it has left.

    Returns:
        None in the child, in this process its exit code.
    """
    pool = WorkerPool(store, placement, idle_seconds=IDLE_SECONDS if idle is None else idle)
    said = ""

    def look(child: int) -> None:
        nonlocal said
        try:
            serving = next((worker for worker in registry.workers(store.root) if worker.silent_for is None), None)
            if serving is not None and serving.owner.pid == child:  # one of several does it
                pool.spawn_for_waiting()
        except (LabError, OSError) as error:
            if str(error) != said:
                narrate(str(error))
            said = str(error)

    def wanted() -> bool:
        with suppress(LabError, OSError):
            return bool(run_queue.waiting(store))
        return True

    code = guard.supervise(wanted, look, narrate)
    if code == ExitCode.DONE:
        # Only here, since the slot, the processors and the memory of the child are free by now.
        pool.spawn_for_waiting()
    return code


@app.command("list")
def list_(runs: Runs = None, as_json: AsJson = False) -> None:
    """List the workers that serve a runs folder.

    \b
    Example:
      mnist-lab worker list
    """
    store = open_store(runs)
    found = list(registry.workers(store.root))
    if as_json:
        rows = [
            {
                "place": worker.folder.name,
                "backend": worker.kind.backend,
                "pid": worker.owner.pid,
                "host": worker.owner.host,
                "silent_for": worker.silent_for,
            }
            | worker.state.model_dump()
            for worker in found
        ]
        print_json({"schema": 1, "workers": rows})
    elif found:
        out().print(workers_table(found))
    else:
        say("No worker serves this folder; `mnist-lab run` starts one, or `mnist-lab worker` by hand.")
        if said := last_words(store):
            say(f"The last one wrote: {said}")


@app.command("stop")
def stop(
    all_: Annotated[bool, typer.Option("--all", help="Also those of other users.")] = False, runs: Runs = None
) -> None:
    """Ask your workers to leave; the run in hand is saved as stopped, queued runs stay queued, whoever asked for them.

    \b
    Examples:
      mnist-lab worker stop
      mnist-lab worker stop --all
    """
    store = open_store(runs)
    asked = stop_workers(store, everyone=all_)
    others = 0 if all_ else sum(not worker.is_ours for worker in registry.workers(store.root))
    if asked:
        waiting = 0 if others else len(run_queue.waiting(store))
        left = f" {plural(waiting, 'run')} will wait until somebody asks for another or starts a worker."
        say(f"Asked {plural(asked, 'worker')} to leave.{left if waiting else ''}")
    if others:
        were = "1 worker of another user was" if others == 1 else f"{others} workers of other users were"
        say(f"{were} left alone; `mnist-lab worker stop --all` asks all.")
    elif not asked:
        say("No worker serves this folder.")
