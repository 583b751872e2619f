"""The two documents of a run's folder, from bytes to values; what is wrong with them is said, not raised."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mnist_lab.experiments.record import SCHEMA, Record, Request
from mnist_lab.store import files
from mnist_lab.store.run import RunStatus
from mnist_lab.text import one_line


@dataclass(frozen=True)
class Problem:
    """Why a document has nothing to say: what its run is to be called, and the reason in one sentence."""

    status: RunStatus
    reason: str
    newer: bool = False
    """Whether it is sound, and only of a later version than this."""


def to_json(value: BaseModel) -> bytes:
    """A request or record as it is written."""
    return value.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def read_record(path: str, run_id: str) -> Record | Problem | None:
    """The record of a run; None where it has none."""
    name = path.rpartition("/")[2]
    try:
        content = files.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return _not_read(name, error)
    try:
        record = Record.model_validate_json(content)
        if record.schema_ > SCHEMA:
            raise ValueError
    except ValueError as error:
        return _newer_schema(content) or Problem("damaged", f"{name} is damaged{_where(error)}.")
    if record.id != run_id:
        return Problem("damaged", f"{name} is of another run, {one_line(record.id)}.")
    return record


def read_request(path: Path, run_id: str) -> Request | Problem:
    """The request of a run."""
    try:
        request = Request.model_validate_json(path.read_bytes())
    except ValidationError as error:
        return Problem("damaged", f"{path.name} is damaged{_where(error)}.")
    except OSError as error:
        return _not_read(path.name, error)
    if request.id != run_id:
        return Problem("damaged", f"{path.name} is of another run, {one_line(request.id)}.")
    return request


def _not_read(name: str, error: OSError) -> Problem:
    """What can be said of a document that could not be read.

    That it is not there is certain, and damage. Any other error tells of the reader, the system or this moment (no
    permission, a failing disk, too many open files), and nothing of the run.
    """
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return Problem("damaged" if missing else "unreadable", f"{name} cannot be read: {error.strerror}.")


def _where(error: ValueError) -> str:
    """What is wrong first in a document, to be put after "is damaged"."""
    if not isinstance(error, ValidationError):
        return ""
    first = error.errors(include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    told = one_line(f"at {place}: {first['msg']}" if place else first["msg"])
    return f" {told}" if place else f": {told}"


def _newer_schema(content: bytes) -> Problem | None:
    """What can be said of a record that a later version wrote."""
    with suppress(ValueError, RecursionError):
        raw: Any = json.loads(content)
        if isinstance(raw, dict) and isinstance(raw.get("schema"), int) and raw["schema"] > SCHEMA:
            known = raw.get("status") in ("finished", "stopped", "diverged", "failed")  # no set: it may be unhashable
            reason = f"Its record is of schema {raw['schema']}, newer than this lab's {SCHEMA}."
            return Problem(raw["status"] if known else "damaged", reason, newer=True)
    return None
