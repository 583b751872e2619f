"""Records side by side: one table, one row a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mnist_lab.catalog.presets import label_of
from mnist_lab.catalog.sections import arm_of, section
from mnist_lab.experiment import FIELDS, MNIST_CHECKSUM, show
from mnist_lab.record import Record
from mnist_lab.store.ids import short_ends

LOWER_IS_BETTER = ("loss", "val_loss")
HIGHER_IS_BETTER = ("accuracy", "val_accuracy", "test_accuracy")
_ALWAYS = ("id", "run", "val_loss", "val_accuracy")
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
    shorts = short_ends([record.id for record in records])
    rows = [_row(record, shorts[record.id]) for record in records]
    frame = pd.DataFrame(rows, dtype=object)  # else None turns into NaN, and whole numbers beside it into floats
    if not all_columns:
        frame = frame[[name for name in frame.columns if name in _ALWAYS or _tells(frame, name)]]
    return Comparison(
        frame, {name: _best(frame, name) for name in (*LOWER_IS_BETTER, *HIGHER_IS_BETTER) if name in frame}
    )


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
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN" if column in (*LOWER_IS_BETTER, *HIGHER_IS_BETTER) else ""
    if column in HIGHER_IS_BETTER:
        return f"{100 * value:.2f}%"
    if column in LOWER_IS_BETTER:
        return f"{value:.4f}"
    if column.startswith("seconds"):
        return f"{value:.2f}"
    return show(value)


def _row(record: Record, short: str) -> dict[str, Any]:
    per_epoch = sorted(record.seconds.per_epoch)
    row: dict[str, Any] = {
        "id": short,
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


def _best(frame: pd.DataFrame, name: str) -> frozenset[int]:
    values = [value if isinstance(value, float) and math.isfinite(value) else None for value in frame[name]]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return frozenset()
    best = min(known) if name in LOWER_IS_BETTER else max(known)
    return frozenset(position for position, value in enumerate(values) if value == best)


def _tells(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column has something to say: its values differ, wherever there are any, and not only by the clock."""
    if name in _CLOCK or (name == "test_accuracy" and frame[name].equals(frame["val_accuracy"])):
        return False
    values = {"NaN" if value != value else value for value in frame[name] if value is not None}
    return len(values) > 1


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
