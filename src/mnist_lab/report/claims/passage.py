"""A sentence or a table cell of the report, and what it claims."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mnist_lab.report.claims.kinds import Kind, Test

_MARKUP = re.compile(r"<sup>.*?</sup>|\\(?=_)")


@dataclass(frozen=True)
class Claim:
    """Something the report says that can be true or false.

    Attributes:
        id: Short and stable.
        quote: The report's words, letter by letter.
        test: What is to be looked at.
        of: Which network it is about, where the words speak of several.
        gist: Of a conclusion, in a few plain words, what it says; empty of a figure, and of another reading.
        note: What a reader should know beside the verdict.
        against: Claims of the report that cannot be true together with this one, by id.
        reading: How the words are read, where they are not taken as they stand.
        section: The section of the lab that trains what it needs; none for the default network alone.
        place: Where the words stand in the report.
    """

    id: str
    quote: str
    test: Test
    of: str = ""
    gist: str = ""
    note: str = ""
    against: tuple[str, ...] = ()
    reading: str = ""
    section: str | None = None
    place: str = ""

    @property
    def kind(self) -> Kind:
        return self.test.kind

    @property
    def words(self) -> str:
        """The quote without footnote marks and escapes."""
        return _MARKUP.sub("", self.quote)

    @property
    def about(self) -> str:
        """The network that it is about; empty where the words say it themselves."""
        return self.of or ("" if any(map(str.isalpha, self.quote)) else self.test.arms[-1])


@dataclass(frozen=True)
class Passage:
    """One sentence, heading, footnote or table cell.

    Attributes:
        place: Where it stands.
        words: All of it, letter by letter.
        claims: What it claims.
        context: Why those of its words that no claim quotes claim nothing.
    """

    place: str
    words: str
    claims: tuple[Claim, ...] = ()
    context: str = ""


@dataclass(frozen=True)
class Place:
    """Makes the passages of one place of the report, whose claims belong to one section of the lab."""

    name: str
    section: str | None = None

    def says(self, words: str, *claims: Claim, context: str = "") -> Passage:
        """A passage with its claims, which learn where they stand."""
        placed = (replace(claim, place=self.name, section=claim.section or self.section) for claim in claims)
        return Passage(self.name, words, tuple(placed), context)

    def heads(self, words: str) -> Passage:
        """A heading."""
        return self.says(words, context="A heading.")

    def names(self, *cells: str) -> tuple[Passage, ...]:
        """The cells that name a table's columns or rows."""
        return tuple(self.says(cell, context="Names a column or a row of the table.") for cell in cells)
