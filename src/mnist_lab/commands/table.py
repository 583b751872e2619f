"""The table of all commands, each imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup


class CommandEntry(NamedTuple):
    """One command, or group of commands.

    Attributes:
        name: What is typed.
        module: The module that defines it: ``app``, a group, or else a function called as the command is.
        help: The first sentence of its help, which `mnist-lab --help` and the shell's completion list.
    """

    name: str
    module: str
    help: str


COMMANDS = (
    CommandEntry("run", "mnist_lab.commands.run", "Train one network or several, and watch."),
    CommandEntry("presets", "mnist_lab.commands.catalog", "List the networks of the report by name."),
    CommandEntry(
        "sections",
        "mnist_lab.commands.catalog",
        "List the questions of the report, each with its factor and its presets.",
    ),
    CommandEntry(
        "compare",
        "mnist_lab.commands.compare",
        "Compare saved runs: each recipe with its seeds versus the baseline of its study, and the verdict on it.",
    ),
    CommandEntry(
        "replay",
        "mnist_lab.commands.replay",
        "Say what early stopping would have done on a run's curve, without training.",
    ),
    CommandEntry(
        "reproduce",
        "mnist_lab.commands.reproduce",
        "Train what the report's claims still lack, and judge them.",
    ),
    CommandEntry(
        "report",
        "mnist_lab.commands.report",
        "Judge the report's claims by the saved runs and write the pages: HTML, Markdown, pictures and records.",
    ),
    CommandEntry(
        "doctor",
        "mnist_lab.commands.doctor",
        "Say what the lab would train on and why, and what to do where something is missing.",
    ),
    CommandEntry(
        "runs", "mnist_lab.commands.runs", "List, show, watch, stop, pause, resume, retry, give up and remove runs."
    ),
    CommandEntry(
        "study",
        "mnist_lab.commands.study",
        "List studies, judge one, and measure what choosing on the test images adds.",
    ),
    CommandEntry(
        "worker",
        "mnist_lab.commands.worker",
        "Serve the queue of a runs folder in the foreground, for systemd or a container.",
    ),
)


class LazyGroup(TyperGroup):
    """A group that lists the commands of :data:`COMMANDS`, and imports one when it is called or completed."""

    # Typer has its own copy of Click, whose types have no public name.
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, imported; None where an unknown one is completed."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, next((load(command) for command in COMMANDS if command.name == name), None), rest


def add_commands(app: typer.Typer) -> None:
    """List every command of the table in ``app``, which is made with ``cls=LazyGroup``."""
    for command in COMMANDS:
        app.command(command.name, help=command.help)(_not_imported)


def load(command: CommandEntry) -> Any:
    """Import a command of the table, and return it as Click knows it."""
    module = import_module(command.module)
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(command.name)(getattr(module, command.name))
    found = typer.main.get_command(app)
    found.name = command.name
    return found


def _not_imported() -> None:
    raise AssertionError("LazyGroup puts the command itself in this one's place.")
