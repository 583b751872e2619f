"""``mnist-lab worker``: train what waits in a runs folder, and list or stop the workers that do."""

from __future__ import annotations

from typing import Annotated

import typer

from mnist_lab.commands.inputs import open_store, placement_here
from mnist_lab.commands.options import AsJson, BackendChoice, Lanes, Runs, Workers
from mnist_lab.commands.output import out, print_json, say
from mnist_lab.errors import ExitCode
from mnist_lab.formatting import plural
from mnist_lab.render.tables import workers_table
from mnist_lab.store import registry
from mnist_lab.workers import guard, service
from mnist_lab.workers.pool import IDLE_SECONDS, WorkerPool, stop_workers

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
    only: Annotated[int | None, typer.Option(min=0, hidden=True)] = None,
) -> None:
    if context.invoked_subcommand is not None:
        return

    def narrate(line: str) -> None:
        say(line)

    store = open_store(runs)
    kind = registry.WorkerSpec(backend.value, only)
    placement = placement_here(workers, threads, lanes)
    # Who starts a worker by hand, or has systemd do so, sees to it that it comes again.
    code = None if only is None else guard.stand(lambda: bool(registry.waiting(store)), narrate)
    if code is None:
        if only is not None:
            guard.give_way()
        look_again = service.serve(
            store,
            kind,
            placement,
            idle_seconds=idle,
            threads=threads if only is None else only or None,
            narrate=narrate,
        )
        code = ExitCode.DONE if only is None or look_again else ExitCode.STOPPED
    elif code == ExitCode.DONE:
        # Only here, since the slot, the processors and the memory of the child are free by now.
        WorkerPool(store, placement, idle_seconds=IDLE_SECONDS if idle is None else idle).spawn_for_waiting()
    elif code == ExitCode.STOPPED:
        code = ExitCode.DONE  # a child says so to this process alone; nothing has gone wrong
    raise typer.Exit(code)


@app.command("list")
def list_(runs: Runs = None, as_json: AsJson = False) -> None:
    """List the workers that serve a runs folder.

    \b
    Example:
      mnist-lab worker list
    """
    found = list(registry.workers(open_store(runs).root))
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


@app.command("stop")
def stop(runs: Runs = None) -> None:
    """Ask the workers to leave; the run in hand is saved as stopped, queued runs stay queued.

    \b
    Example:
      mnist-lab worker stop
    """
    count = stop_workers(open_store(runs))
    say(f"Asked {plural(count, 'worker')} to leave." if count else "No worker serves this folder.")
