"""Records side by side: what is told of each, the table of them, and how it is filtered, sorted and written out."""

from mnist_lab.comparison.facts import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    Comparison,
    Facts,
    facts_of,
    is_number,
    of_section,
    table,
    text_of,
    to_csv,
    to_markdown,
    to_rows,
)

__all__ = [
    "HIGHER_IS_BETTER",
    "LOWER_IS_BETTER",
    "Comparison",
    "Facts",
    "facts_of",
    "is_number",
    "of_section",
    "table",
    "text_of",
    "to_csv",
    "to_markdown",
    "to_rows",
]
