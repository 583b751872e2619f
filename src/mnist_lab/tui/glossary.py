"""The glossary of the lab: ``docs/glossary.md``, which is installed with the package."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_ENTRY = re.compile(r"\*\*(?P<term>.+?)\*\*: (?P<text>.+)", re.DOTALL)


@cache
def load() -> dict[str, str]:
    """The explanation of each term, in the order of the file.

    Example:
        >>> load()["mean"]
        'The average over seeds.'
    """
    text = resources.files(__package__).joinpath("glossary.md").read_text(encoding="utf-8")
    entries = filter(None, map(_ENTRY.fullmatch, text.strip().split("\n\n")))
    return {entry["term"]: " ".join(entry["text"].split()) for entry in entries}
