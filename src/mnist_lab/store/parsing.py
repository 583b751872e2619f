"""Reading ``request.json`` and ``run.json``: errors are returned as a :class:`Problem`, not raised."""

from __future__ import annotations

import errno
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mnist_lab.experiments.record import MAX_SCHEMA, SCHEMA, Record, Request
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import NotADocumentError
from mnist_lab.store.run import RunStatus
from mnist_lab.text import one_line

RECORD = "run.json"
_MAX_BYTES = 8 * 2**20
_MAX_VALUES = 400_000
"""Twice the bytes and the values of a record of ten thousand epochs with all measurements."""

_LARGE = 2**20
_LONGEST_LOCATION = 80


@dataclass(frozen=True)
class Problem:
    """Why a document could not be read: the status that its run gets, and the reason in one sentence."""

    status: RunStatus
    reason: str
    newer: bool = False
    """Whether the document is valid, but was written by a later version."""


def to_json(value: BaseModel) -> bytes:
    """A request or record as the bytes of its file."""
    return value.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def read_record(folder: str, run_id: str) -> Record | Problem | None:
    """The record of the run in a folder; None where it has none."""
    try:
        content = opener.read_in(folder, RECORD, _MAX_BYTES)
        if len(content) > _LARGE:
            _check_values(content)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _not_read(RECORD, error)
    try:
        record = Record.model_validate_json(content)
        if record.schema_ > SCHEMA:
            raise ValueError
    except ValueError as error:
        return _newer_schema(content) or Problem("damaged", f"{RECORD} is damaged{_where(error)}.")
    if record.id != run_id:
        return Problem("damaged", f"{RECORD} is of another run, {one_line(record.id)}.")
    return record


def read_request(path: Path, run_id: str) -> Request | Problem:
    """The request of a run."""
    try:
        content = opener.read(path, _MAX_BYTES)
        if len(content) > _LARGE:
            _check_values(content)
        request = Request.model_validate_json(content)
    except ValidationError as error:
        return Problem("damaged", f"{path.name} is damaged{_where(error)}.")
    except OSError as error:
        return _not_read(path.name, error)
    if request.id != run_id:
        return Problem("damaged", f"{path.name} is of another run, {one_line(request.id)}.")
    return request


def _check_values(content: bytes) -> None:
    """Refuse a document with so many values that to find what is wrong with each takes minutes and gigabytes.

    Raises:
        NotADocumentError: It has more values than it can have.
    """
    if content.count(b",") > _MAX_VALUES:
        raise NotADocumentError(errno.EFBIG, f"it has more than {_MAX_VALUES:,} values")


def _not_read(name: str, error: OSError) -> Problem:
    """The problem of a document that could not be read.

    A missing file is damage, and so is anything else than a file of a possible size. Any other error is one of the
    reader, the system or this moment (no permission, a failing disk, too many open files), or a link to what may be the
    document, and says nothing about the run.
    """
    if isinstance(error, NotADocumentError):
        return Problem("damaged", f"{name} is damaged: {error.strerror}.")
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return Problem("damaged" if missing else "unreadable", f"{name} cannot be read: {error.strerror}.")


def _where(error: ValueError) -> str:
    """Text of a document's first error, to be put after "is damaged"."""
    if not isinstance(error, ValidationError):
        return ""
    first = error.errors(include_input=False, include_context=False)[0]
    location = ".".join(str(part) for part in first["loc"])
    if len(location) > _LONGEST_LOCATION:
        location = f"{location[:_LONGEST_LOCATION]}…"
    message = one_line(f"at {location}: {first['msg']}" if location else first["msg"])
    return f" {message}" if location else f": {message}"


def _newer_schema(content: bytes) -> Problem | None:
    """The problem of a record that a later version wrote; None for any other content."""
    with suppress(ValueError, RecursionError):
        raw: Any = json.loads(content)
        if isinstance(raw, dict) and type(raw.get("schema")) is int and SCHEMA < raw["schema"] <= MAX_SCHEMA:
            known = raw.get("status") in ("finished", "stopped", "diverged", "failed")  # no set: it may be unhashable
            reason = f"Its record is of schema {raw['schema']}, newer than this lab's {SCHEMA}."
            return Problem(raw["status"] if known else "damaged", reason, newer=True)
    return None
