"""The Jinja2 templates of a report: every value is escaped, and a number and its percent sign stay on one line."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mnist_lab.report import pictures
from mnist_lab.report.blocks import SvgChart
from mnist_lab.report.ledger import cells
from mnist_lab.report.ledger.table import SYMBOLS


def render(name: str, **values: object) -> str:
    """Render a template.

    Args:
        name: File name of the template in this package.
        values: The variables of the template.

    Raises:
        UndefinedError: The template uses a variable that is not given.
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
    environment.globals |= {"SYMBOLS": SYMBOLS, "HEAD": cells.HEAD}
    environment.filters |= {"cells": cells.rows, "label": pictures.label, "png": pictures.png, "svg": _inline}
    return environment


def _unbroken(value: object) -> object:
    """Text with no-break spaces before percent signs; markup and numbers are unchanged."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.replace(" %", "\u00a0%")
    return value


def _inline(chart: SvgChart) -> Markup:
    """A chart as part of a page: the ids within it are made unique by its name."""
    svg = chart.svg
    for reference in ('id="', 'href="#', "url(#"):
        svg = svg.replace(reference, f"{reference}{chart.name}-")
    return Markup(svg)
