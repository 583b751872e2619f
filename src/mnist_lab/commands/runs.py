"""``mnist-lab runs``: list, show, watch, stop, pause, resume, retry, give up and remove runs."""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from typing import Annotated

import typer

from mnist_lab.commands.completion import RunId, RunIds
from mnist_lab.commands.inputs import open_store, placement_here, resolve_all
from mnist_lab.commands.options import AsJson, Runs
from mnist_lab.commands.output import narrate, narration, out, print_json, run_as_json, say
from mnist_lab.commands.watching import interrupts_collected
from mnist_lab.commands.watching import watch as watch_runs
from mnist_lab.errors import DamagedRunError, ExitCode, UsageError
from mnist_lab.formatting import plural
from mnist_lab.machine import opener
from mnist_lab.render.run import run_page
from mnist_lab.render.tables import runs_table, selection_note
from mnist_lab.runs import requests
from mnist_lab.runs.progress import JournalFollower, label_of_run
from mnist_lab.text import one_line
from mnist_lab.workers.pool import WorkerPool

HELP = """List, show, watch, stop, pause, resume, retry, give up and remove runs.

\b
Examples:
  mnist-lab runs list
  mnist-lab runs watch K3F9QX           any unique end of an id will do
  mnist-lab runs stop --all
"""

app = typer.Typer(help=HELP, rich_markup_mode=None, no_args_is_help=True, add_completion=False)


@app.command("list")
def list_(runs: Runs = None, as_json: AsJson = False) -> None:
    """List all runs, in the order they were asked for.

    \b
    Examples:
      mnist-lab runs list
      mnist-lab runs list --json | jq '.runs[].status'
    """
    found = open_store(runs).runs()
    if as_json:
        print_json({"schema": 1, "runs": [run_as_json(run) for run in found]})
    elif found:
        out().print(runs_table(found), crop=False)
        narrate(selection_note(run.record for run in found if run.record is not None))
    else:
        say("No runs yet; `mnist-lab run --preset early-stopping` makes the first.")


@app.command()
def show(run_id: RunId, runs: Runs = None, as_json: AsJson = False) -> None:
    """Show one run: its curves, its metrics, its experiment and where it was made.

    \b
    Example:
      mnist-lab runs show K3F9QX
    """
    store = open_store(runs)
    run = store.read(store.resolve(run_id))
    if as_json:
        print_json(run_as_json(run))
        return
    follower = JournalFollower(store, {run.id: label_of_run(run)})
    follower.poll()
    out().print(run_page(run, follower.views[run.id]))


@app.command()
def watch(run_ids: RunIds = None, runs: Runs = None) -> None:
    """Watch runs live; leaving with Ctrl-C leaves them running.

    \b
    Examples:
      mnist-lab runs watch K3F9QX
      mnist-lab runs watch K3F9QX 8ZC2MA
    """
    store = open_store(runs)
    labels = {run_id: label_of_run(store.read(run_id)) for run_id in resolve_all(store, run_ids)}
    with interrupts_collected() as interrupts:
        raise typer.Exit(watch_runs(store, labels, narration(), interrupts, placement_here(), ours=False))


@app.command()
def stop(
    run_ids: RunIds = None,
    all_: Annotated[bool, typer.Option("--all", help="Every run that has not ended.")] = False,
    runs: Runs = None,
) -> None:
    """Stop runs gently: each is saved as it stands, as `stopped`.

    \b
    Examples:
      mnist-lab runs stop K3F9QX
      mnist-lab runs stop --all
    """
    store = open_store(runs)
    if all_:
        found = store.runs()
        chosen = [run.id for run in found if run.live]
        for run in found:
            if run.status == "unreadable":
                say(f"{run.id} is left as it is, for it cannot be read just now. {run.reason}")
    else:
        chosen = resolve_all(store, run_ids)
    for run_id in reversed(chosen):  # the last first: a worker must not start one while those before it end
        with suppress(UsageError, DamagedRunError) if all_ else nullcontext():
            requests.stop(store, run_id)
            say(f"Stopping {run_id}.")
    if not chosen:
        say("Nothing is waiting or running.")


@app.command()
def pause(run_ids: RunIds = None, runs: Runs = None) -> None:
    """Let runs wait; one that is queued is not started meanwhile.

    \b
    Example:
      mnist-lab runs pause K3F9QX
    """
    store = open_store(runs)
    for run_id in resolve_all(store, run_ids):
        requests.pause(store, run_id)
        request = store.request_of(run_id)
        others = ", and the runs trained in one step with it" if request and request.backend == "jax" else ""
        say(f"Pausing {run_id}{others}; `mnist-lab runs resume {run_id[-6:]}` resumes it.")


@app.command()
def resume(run_ids: RunIds = None, runs: Runs = None) -> None:
    """Resume paused runs.

    \b
    Example:
      mnist-lab runs resume K3F9QX
    """
    store = open_store(runs)
    for run_id in resolve_all(store, run_ids):
        requests.resume(store, run_id)
        say(f"{run_id} resumed.")
    WorkerPool(store, placement_here()).ensure()


@app.command()
def retry(run_ids: RunIds = None, runs: Runs = None) -> None:
    """Ask again for what runs were that failed, died, diverged or were stopped; they stay as they are.

    \b
    Example:
      mnist-lab runs retry K3F9QX
    """
    store = open_store(runs)
    for run_id in resolve_all(store, run_ids):
        typer.echo(requests.retry(store, run_id).id)
    say("Asked for; `mnist-lab runs watch ID` shows it.")
    WorkerPool(store, placement_here()).ensure()


@app.command("give-up")
def give_up(run_ids: RunIds = None, runs: Runs = None) -> None:
    """Give up runs of hosts that are gone: they wait again, and can be trained, stopped or removed.

    \b
    Example:
      mnist-lab runs give-up K3F9QX

    \b
    It is refused where the worker is known to be alive, or was heard of within half a minute. Should it be alive all
    the same, it saves nothing: the first record of a run is the one that counts.
    """
    store = open_store(runs)
    for run_id in resolve_all(store, run_ids):
        requests.give_up(store, run_id)
        say(f"Gave up {run_id}; it is {store.read(run_id).status} now.")
    WorkerPool(store, placement_here()).ensure()


@app.command()
def remove(
    run_ids: RunIds = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    runs: Runs = None,
) -> None:
    """Remove runs and everything kept of them. Asks first.

    \b
    Examples:
      mnist-lab runs remove K3F9QX
      mnist-lab runs remove K3F9QX 8ZC2MA --yes
    """
    store = open_store(runs)
    chosen = resolve_all(store, run_ids)
    if not yes and not _agreed(f"Remove {plural(len(chosen), 'run')} for good?"):
        return
    for run_id in chosen:
        store.remove(run_id)
        say(f"Removed {run_id}.")


@app.command()
def prune(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, runs: Runs = None) -> None:
    """Remove what is of no use: runs that died or are damaged, and what killed processes left behind. Asks first.

    \b
    Example:
      mnist-lab runs prune

    \b
    Runs that cannot be read just now are kept: they may have finished.
    """
    store = open_store(runs)
    useless = [run for run in store.runs() if run.useless]
    leftovers = store.leftovers()
    for run in useless:
        say(f"{run.id} {run.status}: {run.reason}")
    for path in leftovers:
        say(f"{one_line(path.name)} was left behind by a process that was killed.")
    if not useless and not leftovers:
        say("Nothing to remove.")
        return
    if not yes and not _agreed(f"Remove these {len(useless) + len(leftovers)} for good?"):
        return
    removed = len(leftovers)
    for run in useless:
        now = store.prune(run.id)  # which looks again: it was listed before the question was answered
        if now is None:
            removed += 1
        else:
            say(f"{now.id} is kept: it is {now.status} now. {now.reason}".rstrip())
    for path in leftovers:
        opener.remove_tree(path)
    say(f"Removed {removed}.")


def _agreed(question: str) -> bool:
    """Ask on the terminal.

    Raises:
        UsageError: There is nobody to ask.
        typer.Exit: The question was interrupted.
    """
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask on; add --yes to do it without asking.")
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        raise typer.Exit(ExitCode.STOPPED) from None
