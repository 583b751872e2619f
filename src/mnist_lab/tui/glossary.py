"""The glossary of the lab: ``docs/glossary.md``, which is installed with the package."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_ENTRY = re.compile(r"^\*\*(.+?)\*\*: (.+)$", re.MULTILINE)


@cache
def load() -> dict[str, str]:
    """The explanation of each term, in alphabetical order of the terms.

    Example:
        >>> load()["mean"]
        'The average over seeds.'
    """
    text = resources.files(__package__).joinpath("glossary.md").read_text(encoding="utf-8")
    return dict(_ENTRY.findall(text))
