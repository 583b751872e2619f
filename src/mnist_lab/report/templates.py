"""The report's Jinja2 templates: every value is escaped, and a number and its percent sign stay on one line."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mnist_lab.report import pictures
from mnist_lab.report.blocks import Chart
from mnist_lab.report.ledger import cells
from mnist_lab.report.ledger.table import SIGNS


def render(name: str, **values: object) -> str:
    """A template filled in.

    Args:
        name: Its file beside this module.
        values: What it names.

    Raises:
        UndefinedError: It names something that was not given.
    """
    return _environment().get_template(name).render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mnist_lab.report", "."),
        autoescape=True,
        finalize=_unbroken,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals |= {"SIGNS": SIGNS, "HEAD": cells.HEAD}
    environment.filters |= {"cells": cells.rows, "label": pictures.label, "png": pictures.png, "svg": _inline}
    return environment


def _unbroken(value: object) -> object:
    """Text whose percent signs are kept with their numbers; markup and numbers stay as they are."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace(" %", "\u00a0%")
    return value


def _inline(chart: Chart) -> Markup:
    """A picture as part of a page, on which no other element has the names that it gives its parts."""
    svg = chart.svg
    for reference in ('id="', 'href="#', "url(#"):
        svg = svg.replace(reference, f"{reference}{chart.name}-")
    return Markup(svg)
