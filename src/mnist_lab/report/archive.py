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
from typing import IO, Annotated, Any, Literal

from pydantic import BaseModel, Field

from mnist_lab.errors import StorageError
from mnist_lab.experiments.limits import MAX_EPOCHS
from mnist_lab.experiments.record import SCHEMA as RECORD_SCHEMA
from mnist_lab.experiments.record import Record
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import NotADocumentError
from mnist_lab.report.error_analysis import ErrorAnalysis
from mnist_lab.report.material import Material
from mnist_lab.store.ids import is_id

NAME = "records.jsonl.gz"
SCHEMA = 1

_KIND = "mnist-lab records"
_MAGIC = b"\x1f\x8b"
_ANALYSIS_START = b'{"answers":'

MAX_BYTES = 512 * 2**20
"""Most bytes of a file of records once it is unpacked: a hundred thousand records of twenty epochs."""

MAX_LINE_BYTES = 16 * 2**20
"""Most bytes of a line: a record of ten thousand epochs with all measurements."""


def pack(material: Material) -> bytes:
    """The content of the file."""
    return gzip.compress("".join(f"{_line(one)}\n" for one in _parts(material)).encode(), mtime=0)


def unpack(path: Path) -> Material:
    """Read a file of records, compressed or as plain JSON lines.

    Raises:
        StorageError: There is no such file, or it is not a file of records, or a larger one than the lab writes.
    """
    records: list[Record] = []
    analysis: ErrorAnalysis | None = None
    try:
        with opener.open_named_file(path, MAX_BYTES) as file:
            compressed = file.read(len(_MAGIC)) == _MAGIC
            file.seek(0)
            lines = _lines(gzip.GzipFile(fileobj=file) if compressed else file)
            head = _Head.model_validate_json(next(lines, b""))
            for line in lines:
                if line.startswith(_ANALYSIS_START):
                    analysis = _Analysis.model_validate_json(line).answers
                else:
                    records.append(_record(line))
    except _TooLargeError:
        raise StorageError(f"{path} is larger, or has longer lines, than any file of records.") from None
    except NotADocumentError as error:
        raise StorageError(f"{path} could not be read: {error.strerror}; name a file of records.") from error
    except (gzip.BadGzipFile, ValueError, EOFError, zlib.error) as error:
        raise StorageError(
            f"{path} is no file of records, or a damaged one; `mnist-lab report` writes one as {NAME}."
        ) from error
    except OSError as error:
        raise StorageError(f"{path} could not be read: {error.strerror}; name a file of records.") from error
    return Material(tuple(records), analysis, head.epochs)


class _TooLargeError(Exception):
    """The file, or one of its lines, has more bytes than those of a file of records may have."""


class _Head(BaseModel):
    kind: Literal["mnist-lab records"]
    schema_: int = Field(alias="schema", ge=1, le=SCHEMA)
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] | None = None


class _Analysis(BaseModel):
    answers: ErrorAnalysis


def _lines(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """The lines of a file, none of which is read before it is asked for."""
    left = MAX_BYTES
    while line := file.readline(MAX_LINE_BYTES + 1):
        left -= len(line)
        if left < 0 or len(line) > MAX_LINE_BYTES:
            raise _TooLargeError
        yield line


def _record(line: bytes) -> Record:
    record = Record.model_validate_json(line)
    if record.schema_ > RECORD_SCHEMA or not is_id(record.id):
        raise ValueError
    return record


def _parts(material: Material) -> Iterator[dict[str, Any]]:
    yield {"kind": _KIND, "schema": SCHEMA, "epochs": material.epochs}
    for record in material.records:
        plain = record.to_json()
        yield {name: value for name, value in plain.items() if value not in ("", None, [])}
    if material.error_analysis is not None:
        yield {"answers": material.error_analysis.model_dump(mode="json", by_alias=True)}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
