"""Cleaning of text from files and users: terminal control sequences are removed where the text is loaded.

Texts of documents are of limited length, so that any of them can be shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import GetPydanticSchema
from pydantic_core import core_schema

MAX_LINE = 1_000
"""Most characters of a :data:`CleanLine`."""

MAX_TEXT = 10_000
"""Most characters of a :data:`CleanText`."""

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\ud800-\udfff]"  # lone surrogates, which no stream can encode
)
"""A character that a terminal obeys, or that no stream can encode."""

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
    return OBEYED.sub("", _ESCAPE_SEQUENCE.sub("", text))


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """Cleaned text with all white space collapsed to single spaces."""
    return " ".join(clean(text).split())


_MARKDOWN = re.compile(r"[\\`*_\[\]|!~]")
_MARKDOWN_ENTITY = re.compile(r"&(?=#?\w+;)")


def in_markdown(text: str) -> str:
    """Text as part of a line of Markdown: what would make a link, an image, code, a table or HTML is escaped."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", _MARKDOWN_ENTITY.sub("&amp;", text))
    return escaped.replace("<", "&lt;").replace("\n", " ")


def widest(texts: Sequence[str]) -> int:
    """Width of the widest text in terminal cells; 0 where there are none."""
    if "".join(texts).isascii():
        return max(map(len, texts), default=0)
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _cleaned(by: Callable[[str], str], longest: int) -> GetPydanticSchema:
    """The schema of texts that are cleaned, and refused where they are longer than ``longest``.

    Pydantic alone measures a text, unless that has lone surrogates, as names of files and hosts may have.
    """

    def measured(text: str) -> str:
        if len(text) > longest:
            raise ValueError(message)
        return by(text)

    message = f"Input should be a text of at most {longest} characters"
    usual = core_schema.no_info_after_validator_function(by, core_schema.str_schema(max_length=longest))
    others = core_schema.no_info_after_validator_function(measured, core_schema.str_schema())
    schema = core_schema.union_schema(
        [usual, others], mode="left_to_right", custom_error_type="text", custom_error_message=message
    )
    return GetPydanticSchema(lambda _source, _handler: schema)


CleanText: TypeAlias = Annotated[str, _cleaned(clean, MAX_TEXT)]
CleanLine: TypeAlias = Annotated[str, _cleaned(one_line, MAX_LINE)]
