"""Cleaning of text from files and users: terminal control sequences are removed where the text is loaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff]"  # lone surrogates, which no stream can encode
)
_ESCAPE_SEQUENCE = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI
    "|\x1b[\\]PX^_].*?(?:\x07|\x1b\\\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC
    "|\x1b[ -/]*[0-~]",
    re.DOTALL,
)


def clean(text: str) -> str:
    """Text without escape sequences, control characters and bidirectional overrides."""
    if text.isascii() and text.isprintable():  # the usual case, for the many short texts of a runs folder
        return text
    return _CONTROL.sub("", _ESCAPE_SEQUENCE.sub("", text))


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """Cleaned text with all white space collapsed to single spaces."""
    return " ".join(clean(text).split())


def widest(texts: Sequence[str]) -> int:
    """Width of the widest text in terminal cells; 0 where there are none."""
    if "".join(texts).isascii():
        return max(map(len, texts), default=0)
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


CleanText = Annotated[str, AfterValidator(clean)]
CleanLine = Annotated[str, AfterValidator(one_line)]
