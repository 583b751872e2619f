"""Compiled steps kept on disk, so that the next process need not compile them again.

A backend takes what it finds there for its own code and runs it. So entries stand in a folder of the very processor
and version that made them, and one whose digest is missing or wrong is thrown away before any backend sees it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from contextlib import suppress
from pathlib import Path

from mnist_lab.machine.cache import user_cache

ENTRIES = 64
"""Kept at most, the newest; one is a few hundred kilobytes."""

_ENOUGH_BYTES = 64 * 2**20
_SEAL = ".sha256"
_JAX, _JAX_ENTRIES = "*-cache", 11 * ENTRIES
"""JAX checks by itself that an entry is whole, and keeps a shape in so many."""


def prepare(backend: str) -> Path | None:
    """The folder for a backend, which holds nothing but whole entries.

    Args:
        backend: Name and version: ``tensorflow-2.21.0``.

    Returns:
        None where nothing can be kept: then compile each time.
    """
    folder = user_cache() / "compiled" / f"{backend}-{_processor()}"
    if any(character.isspace() for character in str(folder)):  # TensorFlow divides its flags there
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK) or shutil.disk_usage(folder).free < _ENOUGH_BYTES:
            return None
        for entry in _entries(folder)[:-ENTRIES] + [entry for entry in _entries(folder) if not _is_whole(entry)]:
            _drop(entry)
        for entry in _oldest_first(folder, _JAX)[:-_JAX_ENTRIES]:
            _drop(entry)
    except OSError:
        return None
    return folder


def seal(folder: Path) -> None:
    """Vouch for the entries that this process has just made or used."""
    for entry in _entries(folder):
        with suppress(OSError):
            if not _seal_of(entry).exists():
                draft = _seal_of(entry).with_suffix(f".{os.getpid()}")
                draft.write_text(_digest(entry))
                draft.replace(_seal_of(entry))


def clear(folder: Path) -> None:
    """Throw every entry away."""
    for entry in _entries(folder):
        _drop(entry)


def _entries(folder: Path) -> list[Path]:
    return _oldest_first(folder, "*.pb")


def _oldest_first(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), key=lambda entry: entry.stat().st_mtime)


def _seal_of(entry: Path) -> Path:
    return entry.with_suffix(_SEAL)


def _is_whole(entry: Path) -> bool:
    try:
        return _seal_of(entry).read_text() == _digest(entry)
    except OSError:
        return False


def _digest(entry: Path) -> str:
    return hashlib.sha256(entry.read_bytes()).hexdigest()


def _drop(entry: Path) -> None:
    for path in (entry, _seal_of(entry)):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _processor() -> str:
    """A digest of what the processor is and can do: code made for another one may not run."""
    lines = [platform.machine()]
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text().splitlines()
        lines += sorted({line for line in text if line.startswith(("model name", "flags", "Features", "CPU part"))})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
