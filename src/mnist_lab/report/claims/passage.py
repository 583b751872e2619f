"""The passages of the report, and the claims that they make."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mnist_lab.report.claims.kinds import ClaimKind, ClaimTest

_MARKUP = re.compile(r"<sup>.*?</sup>|\\(?=_)")


@dataclass(frozen=True)
class Claim:
    """A statement of the report that can be true or false.

    Attributes:
        id: A short name that never changes.
        quote: The words of the report, with its markup.
        test: What the runs must show for the claim to hold.
        network: The preset that the claim is about, where the quote is about several.
        conclusion: A conclusion in a few plain words; empty for a number, and for another reading of the same words.
        note: What a reader should know in addition to the verdict.
        against: Ids of the claims that cannot be true if this one is.
        reading: How the quote is understood, where it is not taken literally.
        section: Name of the section whose trainings can test it; None for the default network alone.
        location: Where in the report the quote is found.
    """

    id: str
    quote: str
    test: ClaimTest
    network: str = ""
    conclusion: str = ""
    note: str = ""
    against: tuple[str, ...] = ()
    reading: str = ""
    section: str | None = None
    location: str = ""

    @property
    def kind(self) -> ClaimKind:
        return self.test.kind

    @property
    def text(self) -> str:
        """The quote without footnote marks and escapes."""
        return _MARKUP.sub("", self.quote)

    @property
    def network_label(self) -> str:
        """The preset that the claim is about; empty where the quote names it."""
        return self.network or ("" if any(map(str.isalpha, self.quote)) else self.test.arms[-1])


@dataclass(frozen=True)
class Passage:
    """A sentence, heading, footnote or table cell of the report.

    Attributes:
        location: Where in the report it is found.
        text: Its words, with the report's markup.
        claims: The claims that it makes.
        context: Why the words that no claim quotes make no claim.
    """

    location: str
    text: str
    claims: tuple[Claim, ...] = ()
    context: str = ""


@dataclass(frozen=True)
class Location:
    """A part of the report, whose passages share a name and a section of the lab."""

    name: str
    section: str | None = None

    def passage(self, text: str, *claims: Claim, context: str = "") -> Passage:
        """A passage at this location, and its claims with their location and section filled in."""
        located = (replace(claim, location=self.name, section=claim.section or self.section) for claim in claims)
        return Passage(self.name, text, tuple(located), context)

    def heading(self, text: str) -> Passage:
        """A heading, which makes no claim."""
        return self.passage(text, context="A heading.")

    def labels(self, *cells: str) -> tuple[Passage, ...]:
        """The table cells that name columns or rows, which make no claim."""
        return tuple(self.passage(cell, context="Names a column or a row of the table.") for cell in cells)
