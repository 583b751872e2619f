"""Persistent cache of compiled steps, so that the next process does not compile them again.

A backend runs what it finds there as its own code. So entries are in a folder of the processor and version that made
them, and an entry whose SHA-256 digest is missing or wrong is removed before a backend reads it.
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
"""Number of entries kept, the newest; one takes a few hundred kilobytes."""

_ENOUGH_BYTES = 64 * 2**20
_SEAL = ".sha256"
_JAX, _JAX_ENTRIES = "*-cache", 11 * ENTRIES
"""JAX verifies its entries itself, and writes several for each compile key."""


def prepare(backend: str) -> Path | None:
    """The cache folder of a backend, with all invalid and surplus entries removed.

    Args:
        backend: Name and version: ``tensorflow-2.21.0``.

    Returns:
        The folder; None where it cannot be written, so that everything is compiled each time.
    """
    folder = user_cache() / "compiled" / f"{backend}-{_processor()}"
    if any(character.isspace() for character in str(folder)):  # TensorFlow splits its flags at white space
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
    """Write the digests of the entries that this process has just made or used."""
    for entry in _entries(folder):
        with suppress(OSError):
            if not _seal_of(entry).exists():
                draft = _seal_of(entry).with_suffix(f".{os.getpid()}")
                draft.write_text(_digest(entry))
                draft.replace(_seal_of(entry))


def clear(folder: Path) -> None:
    """Remove all entries."""
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
    """Digest of the processor's model and features: code compiled for another one may not run."""
    lines = [platform.machine()]
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text().splitlines()
        lines += sorted({line for line in text if line.startswith(("model name", "flags", "Features", "CPU part"))})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
