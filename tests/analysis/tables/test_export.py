"""Tables as files: whole, new, and with what was shown."""

from __future__ import annotations

import json
import math
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.analysis.tables.export import save, to_csv, to_markdown, to_rows
from mnist_lab.analysis.tables.run_table import compared
from mnist_lab.errors import StoreError
from mnist_lab.experiments.record import Result
from tests.factories import NOON, make_record

FRAME = compared([make_record(note="é"), make_record(val_loss=float("nan"))])


def test_a_file_is_named_by_the_time_and_has_all_that_the_table_has(tmp_path: Path) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    path = save(FRAME, "csv", tmp_path, elsewhere)
    assert path == tmp_path / "mnist-lab-compare-20260102T120000Z.csv"
    assert path.read_text() == to_csv(FRAME)
    assert save(FRAME, "markdown", tmp_path, NOON).read_text() == to_markdown(FRAME) + "\n"
    written = json.loads(save(FRAME, "json", tmp_path, NOON).read_text())
    assert written == {"schema": 1, "runs": to_rows(FRAME)}


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    paths = [save(FRAME, "csv", tmp_path, NOON) for _ in range(3)]
    assert [path.name for path in paths] == [
        "mnist-lab-compare-20260102T120000Z.csv",
        "mnist-lab-compare-20260102T120000Z-2.csv",
        "mnist-lab-compare-20260102T120000Z-3.csv",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_what_cannot_be_written_is_told_in_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(StoreError, match=r"could not be written: no such file.*another folder\.$"):
        save(FRAME, "csv", folder, NOON)
    assert list(tmp_path.iterdir()) == []


CSV = """\
id,run,status,selected_on,network,learning_rate,early_stopping,seed,loss,accuracy,val_loss,val_accuracy,note,tags
9G5FAA,relu,finished,test set,dense,0.001,True,0,0.2,0.95,0.08,0.97,,late b
9G5FAB,learning_rate=0.5 epochs=2,diverged,,dense,0.5,False,0,,0.1,inf,0.098,'=1+1,
9G5FAC,conv epochs=2,failed,,conv,0.001,False,0,,,,,"a|b
""c"", d",
9G5FAD,epochs=2 weight_decay=0.01,finished,,dense,0.001,False,4294967295,0.2,0.95,0.30000000000000004,0.9801,,
"""
MARKDOWN = """\
| relu | finished | test set | dense | 0.001 | true | 0 | **0.2000** | **95.00%** | **0.0800** | 97.00% |  | late b |
| learning\\_rate=0.5 epochs=2 | diverged |  | dense | 0.5 | false | 0 | NaN | 10.00% | inf | 9.80% | =1+1 |  |
| conv epochs=2 | failed |  | conv | 0.001 | false | 0 |  |  |  |  | a\\|b "c", d |  |
| epochs=2 weight\\_decay=0.01 | finished |  | dense | 0.001 | false | 4294967295 | **0.2000** | **95.00%** | 0.3000 | \
**98.01%** |  |  |
"""
JSON = """\
{"status": "finished", "seed": 0, "loss": 0.2, "val_loss": 0.08, "early_stopping": true, "selected_on": "test set"}
{"status": "diverged", "seed": 0, "loss": "NaN", "val_loss": "Infinity", "early_stopping": false, "selected_on": null}
{"status": "failed", "seed": 0, "loss": null, "val_loss": null, "early_stopping": false, "selected_on": null}
{"status": "finished", "seed": 4294967295, "loss": 0.2, "val_loss": 0.30000000000000004, "early_stopping": false, \
"selected_on": null}
"""


def test_runs_of_every_kind_are_written_to_the_letter() -> None:
    kinds: list[dict[str, Any]] = [
        {"preset": "relu", "changes": {"early_stopping": True, "patience": 3}, "best_epoch": 2, "tags": ("late", "b")},
        {
            "status": "diverged",
            "changes": {"learning_rate": 0.5},
            "result": Result(loss=math.nan, accuracy=0.1, val_loss=math.inf, val_accuracy=0.098),
            "note": "=1+1",
        },
        {"status": "failed", "changes": {"network": "conv"}, "result": Result(), "note": 'a|b\n"c", d'},
        {"changes": {"weight_decay": 0.01, "seed": 2**32 - 1}, "val_accuracy": 0.9801, "val_loss": 0.1 + 0.2},
    ]
    frame = compared(
        [make_record(f"01ARZ3NDEKTSV4RRFFQ69G5FA{end}", **kind) for end, kind in zip("ABCD", kinds, strict=True)]
    )
    assert to_csv(frame) == CSV
    assert [line.split(" | ", 1)[1] for line in to_markdown(frame).splitlines()[2:]] == [
        line.removeprefix("| ") for line in MARKDOWN.splitlines()
    ]
    chosen = ("status", "seed", "loss", "val_loss", "early_stopping", "selected_on")
    assert [{name: row[name] for name in chosen} for row in to_rows(frame)] == [
        json.loads(line) for line in JSON.splitlines()
    ]
