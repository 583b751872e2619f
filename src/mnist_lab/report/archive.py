"""The file of all records that a report is made of, from which the report can be made again.

Compressed JSON lines: a header, one record per line in the order in which the runs were requested, and last, where
predictions were kept, the error analysis of the best network. The same material makes the same bytes.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Record
from mnist_lab.machine import opener
from mnist_lab.report.error_analysis import ErrorAnalysis
from mnist_lab.report.material import Material

NAME = "records.jsonl.gz"
SCHEMA = 1

_KIND = "mnist-lab records"
_LIMIT = 512 * 2**20
_MAGIC = b"\x1f\x8b"


def pack(material: Material) -> bytes:
    """The content of the file."""
    return gzip.compress("".join(f"{_line(one)}\n" for one in _parts(material)).encode(), mtime=0)


def unpack(path: Path) -> Material:
    """Read a file of records, compressed or as plain JSON lines.

    Raises:
        UsageError: There is no such file, or it is not a file of records.
    """
    try:
        with opener.open_named_file(path, _LIMIT) as file:
            content = file.read()
        if content.startswith(_MAGIC):
            content = gzip.decompress(content)
        head, *lines = (json.loads(line) for line in content.decode().splitlines())
        if head["kind"] != _KIND or head["schema"] > SCHEMA:
            raise _unreadable(path)
        records = tuple(Record.model_validate(line) for line in lines if "answers" not in line)
        analyses = [ErrorAnalysis.model_validate(line["answers"]) for line in lines if "answers" in line]
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _unreadable(path) from error
        raise UsageError(f"{path} could not be read: {error.strerror}; name a file of records.") from error
    except (ValueError, KeyError, TypeError, EOFError, zlib.error, ValidationError) as error:
        raise _unreadable(path) from error
    return Material(records, analyses[0] if analyses else None, head.get("epochs"))


def _parts(material: Material) -> Iterator[dict[str, Any]]:
    yield {"kind": _KIND, "schema": SCHEMA, "epochs": material.epochs}
    for record in material.records:
        plain = record.to_json()
        yield {name: value for name, value in plain.items() if value not in ("", None, [])}
    if material.error_analysis is not None:
        yield {"answers": material.error_analysis.model_dump(mode="json", by_alias=True)}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _unreadable(path: Path) -> UsageError:
    return UsageError(f"{path} is no file of records, or a damaged one; `mnist-lab report` writes one as {NAME}.")
