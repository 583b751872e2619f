"""The glossary explains every term that the code declares and the help marks, and the help shows it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer.main
from textual.app import App
from textual.screen import Screen

from mnist_lab import cli
from mnist_lab.analysis.statistics import comparisons, metrics
from mnist_lab.analysis.tables.frames import runs_frame
from mnist_lab.analysis.tables.recipe_table import recipes_frame
from mnist_lab.experiments.events import Phase
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.experiments.measurements import MEASUREMENTS
from mnist_lab.experiments.record import METRICS, Record
from mnist_lab.experiments.sections import walk
from mnist_lab.report.ledger import ClaimVerdict
from mnist_lab.store import RunStatus
from mnist_lab.tui import glossary, screens
from mnist_lab.tui.form_state import CUSTOM
from mnist_lab.tui.screens.help import TERM, HelpScreen
from tests.tui.waiting import eventually

FILE = Path(__file__).parents[2] / "docs" / "glossary.md"
SELF_EXPLANATORY = frozenset(
    {
        *("all", "all-columns", "by", "conv-seeds", "format", "idle", "json", "like", "measure", "only", "out"),
        *("reverse", "set", "sort", "vary", "where", "yes", "version", "install-completion", "show-completion"),
    }
)
"""Options whose names are words of their help, not of the lab."""


def declared() -> Iterator[str]:
    """The terms that the code declares."""
    for name, field in FIELDS.items():
        yield name
        yield from (choice for choice in field.choices if choice not in {"true", "false"})
    for words in (RunStatus, Phase, comparisons.Verdict, ClaimVerdict):
        yield from get_args(words)
    yield from METRICS
    yield from metrics.RUN_METRICS
    yield from (section.title for section in walk())
    yield CUSTOM
    yield from MEASUREMENTS
    yield from runs_frame(()).columns
    yield from recipes_frame(()).columns
    yield from {"id", "reason", "note", "tags", "stopped_early", "environment"} & Record.model_fields.keys()


def options(command: Any, context: Any) -> Iterator[str]:
    """The long options of a command and of those below it, without dashes."""
    for parameter in command.params:
        yield from (option.removeprefix("--") for option in parameter.opts if option.startswith("--"))
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from options(command.resolve_command(context, [name])[1], context)


def helps() -> dict[str, str]:
    """The help texts of the screens by class."""
    found = {}
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, Screen) and value.HELP:
                found[value.__name__] = value.HELP
    return found


def explained(term: str) -> bool:
    """Whether the glossary has a term, with spaces or in the singular perhaps."""
    known = {_plain(entry) for entry in glossary.load()}
    return not {_plain(term), _plain(term).removesuffix("s")}.isdisjoint(known)


def _plain(term: str) -> str:
    return re.sub("[_-]", " ", term).casefold()


def test_what_the_code_declares_is_explained() -> None:
    assert [term for term in declared() if not explained(term)] == []


def test_what_the_options_of_the_command_line_name_is_explained() -> None:
    command = typer.main.get_command(cli.app)
    names = set(options(command, typer.Context(command)))
    assert {"seeds", "margin", "budget"} <= names
    assert sorted(name for name in names - SELF_EXPLANATORY if not explained(name)) == []


def test_what_the_help_marks_is_explained() -> None:
    marked = {name: TERM.findall(text) for name, text in helps().items()}
    assert {"HomeScreen", "RunScreen", "PairScreen", "ClaimsScreen", "ExperimentEditor"} <= {
        name for name, terms in marked.items() if terms
    }
    assert [term for terms in marked.values() for term in terms if not explained(term)] == []


def test_entries_are_short_in_alphabetical_order_and_unique() -> None:
    head, _, *paragraphs = FILE.read_text(encoding="utf-8").strip().split("\n\n")
    assert head == "# Glossary"
    terms = [re.match(r"\*\*(.+?)\*\*: ", paragraph) for paragraph in paragraphs]
    names = [term and term[1] for term in terms]
    assert None not in names
    assert names == sorted(set(names), key=lambda name: str(name).casefold())
    assert names == list(glossary.load())
    for term, text in glossary.load().items():
        assert re.fullmatch(r"[^\s*].+[.]", text), term
        assert len(re.findall(r"[.!?](?= |$)", text)) <= 2, term


class Help(App[None]):
    """Nothing but the help, on its glossary."""

    async def on_mount(self) -> None:
        await self.push_screen(HelpScreen(self.screen))
        await self.run_action("screen.tab(1)")


def lines(app: Help) -> list[str]:
    return [strip.text.strip() for strip in app.screen._compositor.render_strips()]


async def test_the_help_shows_every_entry() -> None:
    app = Help()
    async with app.run_test(size=(80, 800)):
        shown = lines(app)
        for term, text in glossary.load().items():
            start = re.escape(term.split()[0]) + ".* " + re.escape(" ".join(text.split()[:3]))
            assert any(re.match(start, line) for line in shown), term
            assert any(text.split()[-1] in line for line in shown), term


async def test_the_glossary_is_read_in_a_small_terminal() -> None:
    first, *_, last = glossary.load()
    app = Help()
    async with app.run_test(size=(80, 24)) as pilot:
        assert any(line.startswith(first) for line in lines(app))
        await pilot.press("end")
        await eventually(pilot, lambda: any(line.startswith(last) for line in lines(app)), "scrolling to the end")
        assert any("2 Glossary" in line for line in lines(app)), "the tabs stay"
        await pilot.press("tab")
        await eventually(pilot, lambda: any("tab shows the glossary" in line for line in lines(app)), "turning back")
