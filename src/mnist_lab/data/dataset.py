"""The images: loading and verification by checksum.

A data set is identified by the checksum of its *content* (:func:`checksum_of`), however its file is packed. A data set
that was loaded once is kept as ``.npy`` files in a cache folder, which later loads map into memory. The content is
verified at every load, so that a damaged cache is rebuilt and never used.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import tokenize
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mnist_lab.errors import DataError
from mnist_lab.experiments.experiment import MNIST_CHECKSUM
from mnist_lab.machine import opener
from mnist_lab.machine.cache import user_cache
from mnist_lab.machine.shared_path import NotADocumentError

UInt8Array: TypeAlias = NDArray[np.uint8]

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10
PACKAGE_FILE = Path(__file__).with_name("mnist.npz")
PACKAGE_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"

MIN_TRAIN = 60
MIN_TEST = 10
MAX_BYTES = 2_000_000_000
"""Most bytes of the arrays of one file after decompression."""

_HEADER_BYTES = 4096
_TEMPORARY = ".building-"
_ABANDONED_AFTER = 3600.0
"""Seconds after which an incomplete cache entry counts as left by a killed process."""
_HEADER_READERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True, eq=False)
class Digits:
    """A data set of handwritten digits; its arrays are read-only, and memory-mapped where the cache could be used.

    ``x_*``: uint8 pixels 0..255, (n, 28, 28). ``y_*``: uint8 labels 0..9, (n,).
    """

    x_train: UInt8Array
    y_train: UInt8Array
    x_test: UInt8Array
    y_test: UInt8Array
    checksum: str


class _Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    stored_bytes: int

    @property
    def needed_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


def checksum_of(arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256, in hex, of name, dtype, shape and C-order bytes of the four arrays in fixed order."""
    digest = hashlib.sha256()
    for name in ARRAYS:
        array = arrays[name]
        digest.update(f"{name} {array.dtype.name} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def cache_folder() -> Path:
    """The folder of cached data sets, see :func:`mnist_lab.machine.cache.user_cache`."""
    return user_cache() / "data"


def load(checksum: str = MNIST_CHECKSUM, source: Path | None = None) -> Digits:
    """Load a data set from the cache, else from the packaged file (MNIST) or ``source``, and cache it.

    Args:
        checksum: Checksum of the content; by default that of MNIST.
        source: The ``.npz`` file of other data; None: it must be in the cache.

    Raises:
        DataError: The file is missing, damaged or unknown, or has other data.

    Example:
        >>> digits = load()
        >>> digits.x_train.shape, digits.x_train.dtype
        ((60000, 28, 28), dtype('uint8'))
    """
    folder = cache_folder() / checksum
    arrays = _mapped(folder, checksum)
    if arrays is None:
        original = _original(checksum, source)
        _store(original, folder, checksum)
        arrays = _mapped(folder, checksum) or original
    return Digits(**arrays, checksum=checksum)


def import_npz(path: Path) -> str:
    """Check a data set in an ``.npz`` file and copy it to the cache; returns the checksum for :func:`load`.

    It has the arrays of :class:`Digits`, with labels of any integer type; they are stored, and enter the checksum, as
    uint8. Nothing is unpickled.

    Raises:
        DataError: The file cannot be read or is not in MNIST's layout.
    """
    arrays = _read(path)
    checksum = checksum_of(arrays)
    folder = cache_folder() / checksum
    if _mapped(folder, checksum) is None:
        _store(arrays, folder, checksum)
    return checksum


def verify_package() -> str:
    """Verify the packaged MNIST file by its SHA-256; returns one sentence for ``doctor``.

    Raises:
        DataError: It is missing or damaged.
    """
    try:
        with PACKAGE_FILE.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _bad_package() from error
    if found != PACKAGE_SHA256:
        raise _bad_package()
    return f"The packaged MNIST file {PACKAGE_FILE} is whole (SHA-256 {found})."


def _original(checksum: str, source: Path | None) -> dict[str, UInt8Array]:
    if checksum == MNIST_CHECKSUM:
        try:
            arrays = _read(PACKAGE_FILE)
        except DataError as error:
            raise _bad_package() from error
        if checksum_of(arrays) != checksum:
            raise _bad_package()
        return arrays
    if source is None:
        folder = cache_folder() / checksum
        raise DataError(f"The data is not in the cache, or not whole, at {folder}; give its .npz file with --data.")
    arrays = _read(source)
    if checksum_of(arrays) != checksum:
        raise DataError(
            f"{source} holds other images than those with checksum {checksum}; give the file that has them."
        )
    return arrays


def _mapped(folder: Path, checksum: str) -> dict[str, UInt8Array] | None:
    """The cached arrays as read-only memory maps; None where they are missing or do not match the checksum."""
    # A damaged header can raise any error of ast, tokenize and dtype, so no list of errors is complete.
    with contextlib.suppress(Exception):
        arrays = {name: _map(folder / f"{name}.npy") for name in ARRAYS}
        if checksum_of(arrays) == checksum:
            return arrays
    return None


def _map(path: Path) -> UInt8Array:
    """The array in an ``.npy`` file as a memory map."""
    with opener.open_file(path, MAX_BYTES + _HEADER_BYTES) as file:
        shape, _, dtype = _HEADER_READERS[npy.read_magic(file)](file)
        if dtype != np.uint8:
            raise ValueError(path)
        return np.memmap(file, np.uint8, mode="r", offset=file.tell(), shape=shape)


def _store(arrays: Mapping[str, UInt8Array], folder: Path, checksum: str) -> None:
    """Write a cache entry atomically, by one rename."""
    work = folder.parent / f"{_TEMPORARY}{uuid.uuid4().hex}"
    new = work / "new"
    try:
        opener.make_private_folder(user_cache())
        for made in (folder.parent, work, new):
            with contextlib.suppress(FileExistsError):
                opener.make_folder(made)
        _sweep(folder.parent, opener.status(new).st_mtime)
        for name, array in arrays.items():
            with opener.open_new(new / f"{name}.npy") as file:
                np.save(file, array)
        try:
            opener.rename(new, folder)
        except OSError:
            if _mapped(folder, checksum) is None:
                opener.rename(folder, work / "old")
                opener.rename(new, folder)
    except OSError:
        # A full disk, a folder of another user, or another process that was faster: loading works without a cache.
        return
    finally:
        opener.remove_tree(work)


def _sweep(parent: Path, now: float) -> None:
    """Remove incomplete entries of killed processes; ``now`` is the time by the clock of the file system."""
    for name in opener.names(parent):
        with contextlib.suppress(OSError):  # its process may have finished and removed it
            if name.startswith(_TEMPORARY) and now - opener.status(parent / name).st_mtime > _ABANDONED_AFTER:
                opener.remove_tree(parent / name)


def _read(path: Path) -> dict[str, UInt8Array]:
    """Read and check the four arrays of an ``.npz`` in MNIST's layout, as read-only uint8.

    Raises:
        DataError: The file cannot be read or is not in that layout.
    """
    try:
        with opener.open_named_file(path, 2 * MAX_BYTES) as file, zipfile.ZipFile(file) as archive:
            _check_headers(path, archive)
            return {name: _array(path, archive, name) for name in ARRAYS}
    except DataError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"There is no data file {path}; check the path.") from error
    except NotADocumentError as error:
        raise _bad(path, str(error.strerror), "give an .npz file") from error
    except PermissionError as error:
        raise DataError(f"The data file {path} may not be read; change its permissions.") from error
    except Exception as error:
        # Damaged bytes raise errors of zipfile, zlib, lzma, struct or NumPy, of many types.
        raise DataError(f"{path} is not a whole .npz archive; write it again with numpy.savez_compressed.") from error


def _check_headers(path: Path, archive: zipfile.ZipFile) -> None:
    """Check types, shapes and sizes by the headers, before anything large is decompressed."""
    members = set(archive.namelist())
    for name in ARRAYS:
        if f"{name}.npy" not in members:
            raise _bad(path, f"it has no array {name}", f"save {', '.join(ARRAYS)} in it")
    # The zip directory bounds how much zipfile will decompress, whatever an array's own header says.
    packed = sum(archive.getinfo(f"{name}.npy").file_size for name in ARRAYS)
    if packed > MAX_BYTES:
        raise _bad(path, f"its arrays take {packed:,} bytes", f"save at most {MAX_BYTES:,}")
    headers = {name: _header(path, archive, name) for name in ARRAYS}
    for name, header in headers.items():
        if header.needed_bytes > MAX_BYTES:
            raise _bad(path, f"its array {name} takes {header.needed_bytes:,} bytes", f"save at most {MAX_BYTES:,}")
    for part, least in (("train", MIN_TRAIN), ("test", MIN_TEST)):
        images, labels = headers[f"x_{part}"], headers[f"y_{part}"]
        if images.dtype != np.uint8:
            raise _bad(path, f"its array x_{part} is of type {images.dtype}", "save pixels as uint8")
        if images.shape[1:] != (SIDE, SIDE):
            raise _bad(path, f"its array x_{part} has shape {images.shape}", f"save images as (n, {SIDE}, {SIDE})")
        if images.shape[0] < least:
            raise _bad(path, f"its array x_{part} has {images.shape[0]} images", f"give at least {least}")
        if labels.dtype.kind not in "iu":
            raise _bad(path, f"its array y_{part} is of type {labels.dtype}", "save labels as integers")
        if labels.shape != images.shape[:1]:
            remedy = f"save one label for each of the {images.shape[0]} images"
            raise _bad(path, f"its array y_{part} has shape {labels.shape}", remedy)
    for name, header in headers.items():
        if header.needed_bytes != header.stored_bytes:
            problem = (
                f"its array {name} has {header.stored_bytes:,} bytes where its shape needs {header.needed_bytes:,}"
            )
            raise _bad(path, problem, "write it again with numpy.savez_compressed")


def _header(path: Path, archive: zipfile.ZipFile, name: str) -> _Header:
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as stream:
        try:
            shape, _, dtype = _HEADER_READERS[npy.read_magic(stream)](stream)
        except (KeyError, ValueError, TypeError, SyntaxError, tokenize.TokenError) as error:
            raise _bad(path, f"its array {name} is not an .npy array", "write it again with numpy.savez") from error
        return _Header(shape, dtype, info.file_size - stream.tell())


def _array(path: Path, archive: zipfile.ZipFile, name: str) -> UInt8Array:
    with archive.open(f"{name}.npy") as stream:
        stored = npy.read_array(stream, allow_pickle=False)
    if name.startswith("y_") and not 0 <= stored.min() <= stored.max() < CLASSES:
        values = f"values from {stored.min()} to {stored.max()}"
        raise _bad(path, f"its array {name} has {values}", f"save labels as 0 to {CLASSES - 1}")
    array = np.ascontiguousarray(stored, dtype=np.uint8)
    array.flags.writeable = False
    return array


def _bad(path: Path, problem: str, remedy: str) -> DataError:
    return DataError(f"{path} cannot be used as data: {problem}; {remedy}.")


def _bad_package() -> DataError:
    return DataError(f"The packaged MNIST file {PACKAGE_FILE} is missing or damaged; install mnist-lab again.")
