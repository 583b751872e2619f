"""The command ``mnist-lab``: the options before any command, and the exit codes of all."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from mnist_lab import __version__
from mnist_lab.commands import lab
from mnist_lab.commands.options import Runs, Threads, Workers
from mnist_lab.commands.table import LazyGroup, add_commands
from mnist_lab.errors import ExitCode, LabError

HELP = """A terminal laboratory for neural networks on MNIST: one factor changed at a time.

\b
Examples:
  mnist-lab                                   open the lab
  mnist-lab run --preset early-stopping       train one network and watch it
  mnist-lab run --section activation          train all networks of a question
  mnist-lab run --section width --seeds 5     a study: which differences are real
  mnist-lab compare                           what the saved runs say
  mnist-lab reproduce --budget 20m            the report trained again, its claims judged
  mnist-lab doctor                            what would be trained on, and why

\b
Exit codes:
  0 done   1 a run failed or diverged   2 wrong usage   3 data or storage trouble
  4 no free slot for a worker   130 stopped
"""

app = typer.Typer(
    name="mnist-lab",
    cls=LazyGroup,
    help=HELP,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
add_commands(app)

# Read when pydantic is imported, which would otherwise look for plugins in every package installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")

_NOT_PRINTED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""Errors of writing to a stream."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mnist-lab {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _lab(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    runs: Runs = None,
    workers: Workers = None,
    threads: Threads = None,
) -> None:
    if context.invoked_subcommand is None:
        raise typer.Exit(lab.lab(runs, workers, threads))


def main() -> None:
    """Run the command line; every deliberate error is one sentence on stderr and an exit code."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a locale may lack what a note or a chart has
    try:
        app()
    except LabError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _drop_output()
        sys.exit(ExitCode.DONE)
    except OSError as error:
        if error.filename is not None:
            _complain(f"{os.fsdecode(error.filename)} could not be read or written: {error.strerror}.")
        elif error.errno in _NOT_PRINTED:
            _drop_output()
            _complain(f"What was to be printed could not be written: {error.strerror}.")
        else:
            raise
        sys.exit(ExitCode.STORAGE)


def _open_closed_streams() -> None:
    """Put the null device in place of each standard stream that was closed (``>&-``).

    Nothing is then printed there, as where the reader of a pipe has gone. Otherwise the next file to be opened would
    take the number of the stream, and be printed to.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # of all free numbers the lowest, which is this one
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            stream = os.fdopen(number, "r" if name == "stdin" else "w", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _complain(message: object) -> None:
    from mnist_lab.text import one_line  # imports pydantic, which nothing else here needs

    typer.echo(f"mnist-lab: {one_line(str(message))}", err=True)


def _drop_output() -> None:
    """Discard what is still buffered for stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
