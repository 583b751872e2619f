"""The blocks of a page, as plain values that HTML and Markdown are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from mnist_lab.report.claims.assumptions import Assumption
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.error_analysis import ErrorAnalysis
from mnist_lab.report.ledger import Judgement

LinkedText: TypeAlias = tuple[str | Claim, ...]
"""A sentence in parts: a claim stands for its conclusion, which links to the claim in the ledger."""


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3 with an anchor for links."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Paragraph:
    """Running text, set off from the rest if it is a caution."""

    text: str
    caution: bool = False


@dataclass(frozen=True)
class BulletList:
    """A list of sentences."""

    lines: tuple[LinkedText, ...]


@dataclass(frozen=True)
class Tally:
    """Number of claims with each verdict, in the order of :data:`~mnist_lab.report.ledger.ClaimVerdict`."""

    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Assumptions:
    """What the report does not specify, and what the lab chose."""

    assumptions: tuple[Assumption, ...]


@dataclass(frozen=True)
class Ledger:
    """The judgements on the claims of one location in the report."""

    judgements: tuple[Judgement, ...]


@dataclass(frozen=True)
class TableBlock:
    """A table.

    Attributes:
        caption: Its caption.
        head: The column names.
        rows: The cells by row; the first of each row is its name.
        note: A note below the table; empty for none.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class SvgChart:
    """A chart.

    Attributes:
        name: Its file name without extension.
        title: What it shows, in a few words.
        description: What it shows, in a sentence, for readers who cannot see it.
        svg: An ``svg`` element.
    """

    name: str
    title: str
    description: str
    svg: str


@dataclass(frozen=True)
class Charts:
    """Charts side by side with a common caption."""

    charts: tuple[SvgChart, ...]
    caption: str


@dataclass(frozen=True)
class Confusion:
    """The confusion matrix of a network."""

    analysis: ErrorAnalysis
    caption: str


@dataclass(frozen=True)
class Mistakes:
    """The mistakes of a network as images."""

    analysis: ErrorAnalysis
    caption: str


@dataclass(frozen=True)
class Code:
    """A command to type."""

    text: str


Block: TypeAlias = (
    Heading | Paragraph | BulletList | Tally | Assumptions | Ledger | TableBlock | Charts | Confusion | Mistakes | Code
)
