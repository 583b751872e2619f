"""Run ids: ULIDs (https://github.com/ulid/spec), 26 characters that sort by creation time."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from functools import reduce

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")
_END = re.compile(r"[0-9A-HJKMNP-TV-Z]{1,26}\Z")

_lock = threading.Lock()
_last_ms = 0


def new_id() -> str:
    """A new id, which sorts after every other that this process has made."""
    global _last_ms
    with _lock:
        _last_ms = max(_last_ms + 1, time.time_ns() // 1_000_000)
        number = _last_ms << 80 | int.from_bytes(os.urandom(10))
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def milliseconds(run_id: str) -> int:
    """Creation time of an id, in milliseconds since the epoch."""
    return reduce(lambda number, letter: number * 32 + _ALPHABET.index(letter), run_id[:10], 0)


def is_id(text: str) -> bool:
    """Whether a text is an id in canonical spelling, the only one that names a folder."""
    return _PATTERN.match(text) is not None


def is_end_of_id(text: str) -> bool:
    """Whether a text could be the end of an id."""
    return _END.match(text) is not None


def short_ends(ids: list[str], at_least: int = 6) -> dict[str, str]:
    """For each id its shortest end of ``at_least`` characters or more that no other of them shares."""
    ends: dict[str, str] = {}
    ambiguous = list(dict.fromkeys(ids))
    length = at_least
    while ambiguous:
        counts = Counter(run_id[-length:] for run_id in ambiguous)
        ends |= {run_id: run_id[-length:] for run_id in ambiguous if counts[run_id[-length:]] == 1}
        ambiguous = [run_id for run_id in ambiguous if run_id not in ends]
        length += 1
    return {run_id: ends[run_id] for run_id in ids}
