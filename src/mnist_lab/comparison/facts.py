"""Records side by side: one table, one row a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mnist_lab.catalog.presets import label_of
from mnist_lab.catalog.sections import arm_of, section
from mnist_lab.experiment import FIELDS, MNIST_CHECKSUM, show
from mnist_lab.record import Record
from mnist_lab.store.ids import short_ends

if TYPE_CHECKING:  # a screen imports this long before it makes a table
    import numpy as np
    import pandas as pd

LOWER_IS_BETTER = ("loss", "val_loss")
HIGHER_IS_BETTER = ("accuracy", "val_accuracy", "test_accuracy")
_FIGURES = (*LOWER_IS_BETTER, *HIGHER_IS_BETTER)
_ALWAYS = ("id", "run", "val_loss", "val_accuracy")
_TEXTS = ("id", "run", "status", "device", "started_at", "note", "tags")
_CLOCK = ("started_at", "seconds")
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones too: spreadsheets read them as the narrow


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes:
        frame: One row a run in the order given, one column a fact; accuracies are fractions, times seconds.
        best: For each figure in the frame the rows (positions) that hold its best value.
    """

    frame: pd.DataFrame
    best: dict[str, frozenset[int]]


def table(records: Sequence[Record], *, all_columns: bool = False) -> Comparison:
    """Put records side by side.

    Args:
        records: At least one.
        all_columns: Keep also the columns in which the records do not differ.
    """
    return Facts([facts_of(record) for record in records]).beside(range(len(records)), all_columns=all_columns)


def facts_of(record: Record) -> dict[str, Any]:
    """Everything that is told of a record, by column."""
    per_epoch = sorted(record.seconds.per_epoch)
    row: dict[str, Any] = {
        "id": record.id,
        "run": record.preset or label_of(record.experiment),
        "status": record.status,
        **{name: getattr(record.experiment, name) for name in FIELDS},
        "epochs_run": record.epochs_run,
        "best_epoch": record.best_epoch,
        **record.result.model_dump(),
        "seconds_per_epoch": per_epoch[len(per_epoch) // 2] if per_epoch else None,
        "seconds": (record.finished_at - record.started_at).total_seconds(),
        "parameters": record.model.parameters if record.model else None,
        "device": record.environment.device,
        "started_at": record.started_at.isoformat(timespec="seconds"),
        "note": record.note,
        "tags": " ".join(record.tags),
    }
    row["data"] = "mnist" if record.experiment.data == MNIST_CHECKSUM else record.experiment.data[:12]
    row["filters"] = show(record.experiment.filters) if record.experiment.network == "conv" else None
    for name, field in FIELDS.items():
        if not field.applies_to(record.experiment):
            row[name] = None
    return row


class Facts:
    """What is told of many records, ready to be put side by side in any choice and order of them.

    Attributes:
        frame: All of it, one row a record.
    """

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        import pandas as pd

        shorts = short_ends([row["id"] for row in rows])
        columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
        columns["id"] = [shorts[row["id"]] for row in rows]
        self.frame = pd.DataFrame(columns, dtype=object)  # else None turns into NaN, and whole numbers into floats
        self._figures = {
            name: self.frame[name].to_numpy(dtype=float, na_value=math.nan) for name in _FIGURES if name in columns
        }
        self._kinds = {name: self._kinds_of(name) for name in columns}

    def beside(self, rows: Sequence[int], *, all_columns: bool) -> Comparison:
        """The records at these positions, in this order; only the columns that tell them apart, or all."""
        columns = list(self.frame.columns) if all_columns else self.telling(rows)
        return Comparison(self.frame[columns].iloc[list(rows)], self.best(rows, columns))

    def telling(self, rows: Sequence[int]) -> list[str]:
        """The columns that tell the records at these positions apart, and those that are always wanted."""
        import numpy as np

        at = np.asarray(rows, dtype=np.intp)
        return [name for name in self.frame.columns if name in _ALWAYS or self._tells(name, at)]

    def best(self, rows: Sequence[int], columns: Sequence[str]) -> dict[str, frozenset[int]]:
        """For each figure among the columns, which of ``rows`` (counted along them) hold its best value."""
        import numpy as np

        at = np.asarray(rows, dtype=np.intp)
        return {name: _best(self._figures[name][at], name) for name in _FIGURES if name in columns}

    def _kinds_of(self, name: str) -> np.ndarray[Any, np.dtype[np.intp]]:
        """A number for each cell of a column: the same for the same value, -1 for none."""
        import pandas as pd

        cells = self.frame[name].to_numpy()
        kinds, values = pd.factorize(cells)
        if name in _FIGURES:  # that a figure is not a number is worth telling
            kinds[[cell is not None and cell != cell for cell in cells]] = len(values)
        return kinds

    def _tells(self, name: str, at: np.ndarray[Any, np.dtype[np.intp]]) -> bool:
        """Whether a column tells rows apart: its values differ, wherever there are any, and not only by the clock."""
        import numpy as np

        if name in _CLOCK:
            return False
        if name == "test_accuracy":
            test, validation = (self._figures[figure][at] for figure in ("test_accuracy", "val_accuracy"))
            if np.array_equal(test, validation, equal_nan=True):
                return False
        kinds = self._kinds[name][at]
        kinds = kinds[kinds >= 0]
        return bool(len(kinds) and (kinds != kinds[0]).any())


def of_section(records: Sequence[Record], name: str) -> list[Record]:
    """The records that answer a section's question: those of its experiments, whatever seed, epochs and protocol.

    Raises:
        UsageError: There is no such section.
    """
    wanted = section(name)
    return [record for record in records if arm_of(wanted, record.experiment) is not None]


def to_csv(comparison: Comparison) -> str:
    """Comma-separated values with a header; no text in it is taken for a formula by a spreadsheet."""
    return comparison.frame.map(_harmless).to_csv(index=False, na_rep="")


def to_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Plain data for ``json.dumps``: null where there is no value, infinities and NaN as strings."""
    return [
        {str(name): _json_value(value) for name, value in row.items()} for row in comparison.frame.to_dict("records")
    ]


def to_markdown(comparison: Comparison) -> str:
    """A Markdown table with the best figures in bold."""
    frame = comparison.frame
    lines = ["| " + " | ".join(frame.columns) + " |", "| " + " | ".join("---" for _ in frame.columns) + " |"]
    for position, row in enumerate(frame.to_dict("records")):
        cells = []
        for name, value in row.items():
            text = text_of(str(name), value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
            cells.append(f"**{text}**" if position in comparison.best.get(str(name), ()) else text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def text_of(column: str, value: Any) -> str:
    """A value as a person reads it: accuracies in percent, losses to four digits."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN" if column in _FIGURES else ""
    if column in HIGHER_IS_BETTER:
        return f"{100 * value:.2f}%"
    if column in LOWER_IS_BETTER:
        return f"{value:.4f}"
    if column.startswith("seconds"):
        return f"{value:.2f}"
    return show(value)


def is_number(column: str) -> bool:
    """Whether a column holds numbers."""
    return FIELDS[column].kind in {int, float} if column in FIELDS else column not in _TEXTS


def _best(values: np.ndarray[Any, np.dtype[np.float64]], name: str) -> frozenset[int]:
    import numpy as np

    known = values[np.isfinite(values)]
    if len(known) < 2:
        return frozenset()
    best = known.min() if name in LOWER_IS_BETTER else known.max()
    return frozenset(np.flatnonzero(values == best).tolist())


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
