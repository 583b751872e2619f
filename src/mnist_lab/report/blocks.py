"""What a page is made of, whatever it is written in: its parts in their order, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mnist_lab.report.answers import Answers
from mnist_lab.report.claims.assumptions import Assumption
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import Judgement

Line: TypeAlias = tuple[str | Claim, ...]
"""A sentence, in which a claim stands for its gist and leads to its place in the ledger."""


@dataclass(frozen=True)
class Heading:
    """Of level 1 to 3; the anchor is what links lead to."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; a caution is set off from it."""

    text: str
    caution: bool = False


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tally:
    """How many claims have each verdict, in the order in which verdicts are told."""

    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Assumptions:
    """What the lab had to choose."""

    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True)
class Ledger:
    """Judgements of one place of the report."""

    judgements: tuple[Judgement, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first of each a name.

    Attributes:
        caption: What it shows.
        head: The columns' names.
        rows: The cells.
        note: What has to be said under it.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A picture.

    Attributes:
        name: Of its file.
        title: What it shows, in a few words.
        description: The same in a sentence, for who cannot see it.
        svg: An ``svg`` element.
    """

    name: str
    title: str
    description: str
    svg: str


@dataclass(frozen=True)
class Charts:
    """Pictures side by side with one text under them."""

    charts: tuple[Chart, ...]
    caption: str


@dataclass(frozen=True)
class Confusion:
    """A network's confusion matrix."""

    answers: Answers
    caption: str


@dataclass(frozen=True)
class Mistakes:
    """A network's mistakes as pictures."""

    answers: Answers
    caption: str


@dataclass(frozen=True)
class Code:
    """A command to type."""

    text: str


Block: TypeAlias = (
    Heading | Paragraph | Points | Tally | Assumptions | Ledger | Table | Charts | Confusion | Mistakes | Code
)
