"""Records side by side: what is told of each, the table of them, and how it is filtered, sorted and written out."""

from mnist_lab.analysis.tables.facts import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    all_shown,
    columns_of,
    is_number,
    of_section,
    shown,
    text_of,
)
from mnist_lab.analysis.tables.formats import to_csv, to_markdown, to_rows
from mnist_lab.analysis.tables.table import Comparison, Facts, table

__all__ = [
    "HIGHER_IS_BETTER",
    "LOWER_IS_BETTER",
    "Comparison",
    "Facts",
    "all_shown",
    "columns_of",
    "is_number",
    "of_section",
    "shown",
    "table",
    "text_of",
    "to_csv",
    "to_markdown",
    "to_rows",
]
