"""Seeded mutations of JSON documents: what a failing disk, another program or an ill-meaning hand would leave."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

NUMBERS = (
    0, 1, -1, 2, 3, 10, 255, 9_999, 10_000, 10_001, 100_000, 2**31, 2**32 - 1, 2**32, 2**53, 2**63, 10**12, 10**30,
    -(2**63),
    0.0, -0.0, 0.5, 1.0, 1e-300, 1e-9, 1e9, 1e15, 1e38, 3.4e38, 3.6e38, 1e300, -1e300,
)  # fmt: skip
WORDS = (
    "NaN", "Infinity", "-Infinity", "", " ", "0", "true", "null", "x", "relu", "conv", "finished", "diverged", "failed",
    "stopped", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00Z", "2199-12-31T23:59:59Z",
    "2026-01-02T12:00:00+23:59", "2026-01-02T12:00:00", "=1+1", "[/]", "[b]", "\x1b[31m", "\u202e", "a\nb", "a|b",
    "é" * 40,
    "漢" * 200, "\U0001f9ea\u200d" * 30, "x" * 1_000, "x" * 1_001, "y" * 10_001,
)  # fmt: skip
TOKENS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "9" * 400,
    "9" * 5_000,
    "[" * 300,
    "[" * 100_000,
    '{"a":' * 300,
)
"""Written into the text of a document, because no value makes them."""
_MARK = "put it here"

Path_ = tuple[Any, ...]


def mutated(document: Any, draw: random.Random) -> bytes:
    """A document after one to three mutations of its values, or of its bytes."""
    document = json.loads(json.dumps(document))
    kind = draw.random()
    if kind < 0.15:
        return _bytes_changed(json.dumps(document).encode(), draw)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        draw.choice(_STRUCTURAL)(document, draw)
    if kind < 0.25:
        _replace(document, draw, _MARK)
        return json.dumps(document).replace(f'"{_MARK}"', draw.choice(TOKENS), 1).encode(errors="replace")
    return json.dumps(document, ensure_ascii=draw.random() < 0.5).encode(errors="replace")


def _places(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """The path of every value in a document but itself; of long lists the first and last only."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*at, key)
            yield from _places(item, (*at, key))
    elif isinstance(value, list):
        for index in sorted({0, len(value) - 1} & set(range(len(value)))):
            yield (*at, index)
            yield from _places(value[index], (*at, index))


def _parent(document: Any, path: Path_) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def _replace(document: Any, draw: random.Random, value: Any) -> None:
    places = list(_places(document))
    if places:
        path = draw.choice(places)
        _parent(document, path)[path[-1]] = value


def _number(document: Any, draw: random.Random) -> None:
    """An extreme number, half of the time in place of another number."""
    numbers = [path for path in _places(document) if isinstance(_parent(document, path)[path[-1]], int | float)]
    if numbers and draw.random() < 0.7:
        path = draw.choice(numbers)
        _parent(document, path)[path[-1]] = draw.choice(NUMBERS)
    else:
        _replace(document, draw, draw.choice(NUMBERS))


def _word(document: Any, draw: random.Random) -> None:
    texts = [path for path in _places(document) if isinstance(_parent(document, path)[path[-1]], str)]
    if texts and draw.random() < 0.6:
        path = draw.choice(texts)
        _parent(document, path)[path[-1]] = draw.choice(WORDS)
    else:
        _replace(document, draw, draw.choice(WORDS))


def _kind(document: Any, draw: random.Random) -> None:
    _replace(document, draw, draw.choice((None, True, False, [], {}, [[]], {"": []}, [1, "a"], "x", 7, 0.25)))


def _deep(document: Any, draw: random.Random) -> None:
    value: Any = []
    for _ in range(draw.choice((10, 150, 190, 400))):
        value = [value] if draw.random() < 0.5 else {"a": value}
    _replace(document, draw, value)


def _lists(document: Any) -> list[list[Any]]:
    found = [_parent(document, path)[path[-1]] for path in _places(document)]
    return [value for value in found if isinstance(value, list)]


def _lengths(document: Any, draw: random.Random) -> None:
    """A list shorter, longer, empty or very long; or all of them alike, so that they still fit."""
    # Lists within lists would grow beyond all memory.
    lists = [value for value in _lists(document) if not any(isinstance(item, list | dict) for item in value)]
    if not lists:
        return
    count = draw.choice((0, 1, 2, 5, 50))
    for value in lists if draw.random() < 0.3 else [draw.choice(lists)]:
        if not value:
            value.append(draw.choice(WORDS))
        elif draw.random() < 0.8:
            value[:] = (value * (count + 1))[:count]
        else:
            value *= min(6_000 if draw.random() < 0.02 else draw.choice((2, 100)), 20_000 // len(value) + 1)


def _values(document: Any, draw: random.Random) -> None:
    """All numbers of a list replaced."""
    lists = [value for value in _lists(document) if value and all(isinstance(item, int | float) for item in value)]
    if lists:
        value = draw.choice(lists)
        chosen = draw.choice(NUMBERS) if draw.random() < 0.5 else draw.choice(("NaN", "Infinity"))
        for index in range(len(value)) if draw.random() < 0.5 else [draw.randrange(len(value))]:
            value[index] = chosen


def _keys(document: Any, draw: random.Random) -> None:
    """A key removed, renamed, or another one added."""
    places = [path for path in _places(document) if isinstance(path[-1], str)]
    if not places:
        return
    path = draw.choice(places)
    parent, key = _parent(document, path), path[-1]
    match draw.randrange(3):
        case 0:
            del parent[key]
        case 1:
            parent[draw.choice(WORDS)] = parent.pop(key)
        case _:
            parent[draw.choice(WORDS)] = draw.choice(NUMBERS)


def _moved(document: Any, draw: random.Random) -> None:
    """A value of the document in another place of it."""
    places = list(_places(document))
    if places:
        source = draw.choice(places)
        _replace(document, draw, json.loads(json.dumps(_parent(document, source)[source[-1]])))


_STRUCTURAL: tuple[Callable[[Any, random.Random], None], ...] = (
    _number, _number, _number, _word, _word, _kind, _deep, _lengths, _lengths, _values, _values, _keys, _moved
)  # fmt: skip


def _bytes_changed(content: bytes, draw: random.Random) -> bytes:
    """Bytes flipped, cut off, doubled or overwritten."""
    changed = bytearray(content)
    at = draw.randrange(len(changed))
    match draw.randrange(5):
        case 0:
            changed[at] ^= 1 << draw.randrange(8)
        case 1:
            del changed[at:]
        case 2:
            del changed[at : at + draw.randrange(1, 40)]
        case 3:
            changed[at:at] = changed[at : at + draw.randrange(1, 40)]
        case _:
            for _ in range(draw.randrange(1, 20)):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)
