"""Persistent cache of compiled steps, so that the next process does not compile them again.

A backend runs what it finds there as its own code. So the cache is used only where nobody else can write into it, and
entries are in a folder of the processor and version that made them. The SHA-256 digest beside an entry is no proof of
where it comes from: it shows damage, such as an entry that a killed process wrote half of, and an entry without the
right one is removed before a backend reads it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from mnist_lab.machine import opener
from mnist_lab.machine.cache import user_cache

_FOLDER = "compiled"

ENTRIES = 64
"""Number of entries kept, the newest; one takes a few hundred kilobytes."""

_ENOUGH_BYTES = 64 * 2**20
_LARGEST = 2**30
_DIGEST_BYTES = 64
_ENTRY, _SEAL = ".pb", ".sha256"
_JAX, _JAX_ENTRIES = "-cache", 11 * ENTRIES
"""JAX verifies its entries itself, and writes several for each compile key."""


def prepare(backend: str) -> Path | None:
    """The cache folder of a backend, with all invalid and surplus entries removed.

    Args:
        backend: Name and version: ``tensorflow-2.21.0``.

    Returns:
        The folder; None where it cannot be written, or others may write in it (:func:`is_private`), so that everything
        is compiled each time.
    """
    folder = user_cache() / _FOLDER / f"{backend}-{_processor()}"
    if any(character.isspace() for character in str(folder)):  # TensorFlow splits its flags at white space
        return None
    try:
        opener.make_private_folder(folder)
        if not is_private() or not _is_own(folder):
            return None
        if not os.access(folder, os.W_OK | os.X_OK) or shutil.disk_usage(folder).free < _ENOUGH_BYTES:
            return None
        for entry in _entries(folder)[:-ENTRIES] + [entry for entry in _entries(folder) if not _is_whole(entry)]:
            _drop(entry)
        for entry in _oldest_first(folder, _JAX)[:-_JAX_ENTRIES]:
            _drop(entry)
    except OSError:
        return None
    return folder


def is_private() -> bool:
    """Whether only this user may write in the cache of compiled steps. One that does not exist yet is private."""
    folders = (user_cache(), user_cache() / _FOLDER)
    return all(_is_own(folder) for folder in folders if opener.exists(folder))


def seal(folder: Path) -> None:
    """Write the digests of the entries that this process has just made or used."""
    for entry in _entries(folder):
        with suppress(OSError):
            if not opener.exists(_seal_of(entry)):
                draft = entry.with_name(f"{entry.name}.{os.getpid()}")
                opener.remove(draft, missing_ok=True)
                with opener.open_new(draft) as file:
                    file.write(_digest(entry).encode())
                opener.rename(draft, _seal_of(entry))


def clear(folder: Path) -> None:
    """Remove all entries."""
    for entry in _entries(folder):
        _drop(entry)


def _entries(folder: Path) -> list[Path]:
    return _oldest_first(folder, _ENTRY)


def _oldest_first(folder: Path, ending: str) -> list[Path]:
    entries = (folder / name for name in opener.names(folder) if name.endswith(ending))
    return sorted(entries, key=lambda entry: opener.status(entry).st_mtime)


def _is_own(folder: Path) -> bool:
    """Whether a folder is this user's, and nobody else may write in it."""
    try:
        found = opener.status(folder)
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _seal_of(entry: Path) -> Path:
    return entry.with_name(entry.name.removesuffix(_ENTRY) + _SEAL)


def _is_whole(entry: Path) -> bool:
    try:
        return opener.read(_seal_of(entry), _DIGEST_BYTES) == _digest(entry).encode()
    except OSError:
        return False


def _digest(entry: Path) -> str:
    with opener.open_file(entry, _LARGEST) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _drop(entry: Path) -> None:
    for path in (entry, _seal_of(entry)):
        with suppress(OSError):
            opener.remove(path, missing_ok=True)


def _processor() -> str:
    """Digest of the processor's model and features: code compiled for another one may not run."""
    lines = [platform.machine()]
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text().splitlines()
        lines += sorted({line for line in text if line.startswith(("model name", "flags", "Features", "CPU part"))})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
