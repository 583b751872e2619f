"""The images: the right ones, from a cache that can be trusted, divided without overlap."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_lab.data import dataset, splits
from mnist_lab.data.dataset import ARRAYS, MNIST_CHECKSUM, Digits
from mnist_lab.data.splits import EvaluationProtocol
from mnist_lab.errors import DataError, UsageError
from mnist_lab.workers import provenance

Arrays = dict[str, NDArray[Any]]

LOAD = """
import sys
import numpy as np
from mnist_lab.data import dataset, splits
print("ready", flush=True)
sys.stdin.readline()
digits = dataset.load()
print(isinstance(digits.x_train, np.memmap), dataset.checksum_of(vars(digits)))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own; the folder that copies are put into."""
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "data"


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Digits]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_LAB_CACHE", str(tmp_path_factory.mktemp("mnist")))
        yield dataset.load()


@pytest.fixture
def small() -> Arrays:
    """70 training and 12 test images in MNIST's layout, no two alike."""
    draw = np.random.default_rng(0)
    return {
        "x_train": draw.integers(0, 256, (70, 28, 28), dtype=np.uint8),
        "y_train": draw.integers(0, 10, 70, dtype=np.uint8),
        "x_test": draw.integers(0, 256, (12, 28, 28), dtype=np.uint8),
        "y_test": draw.integers(0, 10, 12, dtype=np.uint8),
    }


@pytest.fixture
def file(tmp_path: Path, small: Arrays) -> Path:
    return packed(tmp_path / "mine.npz", small)


def packed(path: Path, arrays: Arrays) -> Path:
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return path


def assert_same(digits: Digits, arrays: Arrays) -> None:
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(digits, name), arrays[name], strict=True)


def is_mapped(digits: Digits) -> bool:
    kinds = {isinstance(getattr(digits, name), np.memmap) for name in ARRAYS}
    assert len(kinds) == 1
    return kinds.pop()


def child(code: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-W", "error", "-c", code]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def refusal(path: Path) -> str:
    """The error message of a file that cannot be used: one sentence that names it."""
    with pytest.raises(DataError) as caught:
        dataset.import_npz(path)
    message = str(caught.value)
    assert str(path) in message
    rest = message.replace(str(path), "FILE")
    assert rest.endswith(".")
    assert ". " not in rest
    assert "\n" not in rest
    assert ";" in rest, "what to do is missing"
    return rest


# The canonical data


@pytest.mark.parametrize(
    ("name", "magic", "md5"),
    [
        ("x_train", 2051, "6bbc9ace898e44ae57da46a324031adb"),
        ("y_train", 2049, "a25bea736e30d166cdddb491f175f624"),
        ("x_test", 2051, "2646ac647ad5339dbf082846283269ea"),
        ("y_test", 2049, "27ae3e4e09519cfbb04c329615203637"),
    ],
)
def test_written_back_as_idx_it_is_the_original_file(mnist: Digits, name: str, magic: int, md5: str) -> None:
    array = getattr(mnist, name)
    idx = struct.pack(f">I{array.ndim}I", magic, *array.shape) + array.tobytes()
    assert hashlib.md5(idx, usedforsecurity=False).hexdigest() == md5


def test_the_checksum_is_of_the_content(small: Arrays) -> None:
    checksum = dataset.checksum_of(small)
    assert re.fullmatch("[0-9a-f]{64}", checksum)
    assert dataset.checksum_of({name: np.asfortranarray(small[name]) for name in reversed(ARRAYS)}) == checksum
    for name in ARRAYS:
        other = {key: array.copy() for key, array in small.items()}
        other[name].flat[-1] ^= 1
        assert dataset.checksum_of(other) != checksum
    assert dataset.checksum_of(small | {"y_test": small["y_test"].view(np.int8)}) != checksum
    assert dataset.checksum_of(small | {"x_test": small["x_test"].reshape(12, 784)}) != checksum


def test_the_package_file_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dataset.PACKAGE_SHA256 in dataset.verify_package()
    for path in (tmp_path / "missing.npz", packed(tmp_path / "other.npz", {"x_train": np.zeros(3)})):
        monkeypatch.setattr(dataset, "PACKAGE_FILE", path)
        with pytest.raises(DataError, match=re.escape(str(path))):
            dataset.verify_package()


def test_without_a_whole_package_file_mnist_is_refused(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = dataset.PACKAGE_FILE.read_bytes()
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(whole[:5_000_000] + bytes(100) + whole[5_000_100:])
    for path in (tmp_path / "missing.npz", damaged, file):
        monkeypatch.setattr(dataset, "PACKAGE_FILE", path)
        with pytest.raises(DataError, match=f"{re.escape(str(path))} is missing or damaged; install mnist-lab again"):
            dataset.load()


def test_a_file_with_the_same_images_is_the_same_data(tmp_path: Path, mnist: Digits) -> None:
    path = tmp_path / "repacked.npz"
    with path.open("wb") as stream:
        np.savez(stream, y_test=mnist.y_test, x_test=mnist.x_test, y_train=mnist.y_train, x_train=mnist.x_train)
    assert dataset.import_npz(path) == MNIST_CHECKSUM


# The cache


def test_a_later_load_maps_the_cache_and_needs_no_package_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = dataset.load()
    monkeypatch.setattr(dataset, "PACKAGE_FILE", tmp_path / "missing.npz")
    later = dataset.load()
    assert is_mapped(first)
    assert is_mapped(later)
    assert later.checksum == MNIST_CHECKSUM == dataset.checksum_of(vars(later))
    assert not later.x_train.flags.writeable


def test_without_the_variable_the_cache_is_the_users(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, **_: tmp_path / "user" / name)
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv("MNIST_LAB_CACHE")
        else:
            monkeypatch.setenv("MNIST_LAB_CACHE", value)
        assert dataset.cache_folder() == tmp_path / "user" / "mnist-lab" / "data"
    checksum = dataset.import_npz(file)
    assert (tmp_path / "user" / "mnist-lab" / "data" / checksum / "x_train.npy").is_file()


def damage_flip(folder: Path) -> None:
    with (folder / "x_test.npy").open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        last = stream.read(1)[0]
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([last ^ 1]))


def damage_truncate(folder: Path) -> None:
    os.truncate(folder / "x_train.npy", 1000)


def damage_empty(folder: Path) -> None:
    os.truncate(folder / "y_train.npy", 0)


def damage_remove(folder: Path) -> None:
    (folder / "y_test.npy").unlink()


def damage_header(folder: Path) -> None:
    with (folder / "y_test.npy").open("r+b") as stream:
        stream.seek(10)
        stream.write(b"{'descr': (((")


def damage_objects(folder: Path) -> None:
    np.save(folder / "y_test.npy", np.array([{}], dtype=object), allow_pickle=True)


def damage_swap(folder: Path) -> None:
    for name in ARRAYS:
        (folder / f"{name}.npy").unlink()
    folder.rmdir()
    folder.write_text("not a folder")


@pytest.mark.parametrize(
    "damage",
    [damage_flip, damage_truncate, damage_empty, damage_remove, damage_header, damage_objects, damage_swap],
)
def test_a_damaged_cache_is_rebuilt(cache: Path, file: Path, small: Arrays, damage: Any) -> None:
    checksum = dataset.import_npz(file)
    damage(cache / checksum)
    with pytest.raises(DataError, match=f"{checksum}; give its .npz file with --data"):
        dataset.load(checksum)
    rebuilt = dataset.load(checksum, source=file)
    assert is_mapped(rebuilt)
    assert_same(rebuilt, small)
    file.unlink()
    assert is_mapped(dataset.load(checksum, source=file))
    assert list(cache.iterdir()) == [cache / checksum]


def test_a_cache_that_cannot_be_made_is_done_without(
    tmp_path: Path, file: Path, small: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file, so that nobody can make a folder below it")
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "occupied" / "cache"))
    checksum = dataset.import_npz(file)
    digits = dataset.load(checksum, source=file)
    assert not is_mapped(digits)
    assert not digits.x_train.flags.writeable
    assert_same(digits, small)
    assert dataset.checksum_of(vars(dataset.load())) == MNIST_CHECKSUM


def test_a_full_disk_is_done_without_and_nothing_is_left(cache: Path) -> None:
    pytest.importorskip("resource")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9_000_000, 9_000_000))"
    process = child(limit + LOAD)
    output, _ = process.communicate("go\n")
    assert output.split() == ["ready", "False", MNIST_CHECKSUM]
    assert list(cache.iterdir()) == []


def test_a_process_killed_while_building_leaves_nothing_that_counts(cache: Path) -> None:
    dies = """
import os, signal
import numpy as np
save, saved = np.save, []
def save_then_die(file, array):
    save(file, array)
    saved.append(array)
    if len(saved) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
np.save = save_then_die
"""
    process = child(dies + LOAD)
    process.communicate("go\n")
    assert process.returncode == -signal.SIGKILL
    [left] = cache.iterdir()
    assert left.name != MNIST_CHECKSUM
    assert is_mapped(dataset.load())
    assert left.exists(), "it could still be at work"

    hours_ago = time.time() - 7200
    os.utime(left, (hours_ago, hours_ago))
    damage_flip(cache / MNIST_CHECKSUM)
    assert is_mapped(dataset.load())
    assert list(cache.iterdir()) == [cache / MNIST_CHECKSUM]


@pytest.mark.parametrize("damaged", [False, True])
def test_processes_may_build_the_cache_at_once(cache: Path, damaged: bool) -> None:
    if damaged:
        dataset.load()
        damage_flip(cache / MNIST_CHECKSUM)
    processes = [child(LOAD) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        mapped, checksum = process.communicate()[0].split()
        assert checksum == MNIST_CHECKSUM
        # Two that replace the same damaged copy may each find it gone for a moment, and then do without.
        assert mapped == "True" or damaged
        assert process.returncode == 0
    assert list(cache.iterdir()) == [cache / MNIST_CHECKSUM]
    assert is_mapped(dataset.load())


# Files of one's own


def test_a_file_of_ones_own_is_loaded_by_its_checksum(file: Path, small: Arrays) -> None:
    checksum = dataset.import_npz(file)
    assert checksum == dataset.checksum_of(small) == dataset.import_npz(file)
    file.unlink()
    digits = dataset.load(checksum)
    assert is_mapped(digits)
    assert digits.checksum == checksum
    assert_same(digits, small)


@pytest.mark.parametrize("dtype", ["int64", ">i2", "int8", "uint32"])
def test_labels_of_any_integer_type_are_the_same_data(tmp_path: Path, small: Arrays, dtype: str) -> None:
    labels = {name: small[name].astype(dtype) for name in ("y_train", "y_test")}
    images = {name: np.asfortranarray(small[name]) for name in ("x_train", "x_test")}
    assert dataset.import_npz(packed(tmp_path / "wide.npz", labels | images)) == dataset.checksum_of(small)


def test_a_source_with_other_images_is_refused(tmp_path: Path, file: Path, small: Arrays) -> None:
    checksum = dataset.checksum_of(small)
    other = packed(tmp_path / "other.npz", small | {"y_test": 9 - small["y_test"]})
    with pytest.raises(DataError, match=f"{re.escape(str(other))} holds other images than those .* {checksum}; give"):
        dataset.load(checksum, source=other)
    with pytest.raises(DataError, match="There is no data file"):
        dataset.load(checksum, source=tmp_path / "missing.npz")
    assert_same(dataset.load(checksum, source=file), small)


@pytest.mark.parametrize("name", ARRAYS)
def test_every_array_must_be_there(tmp_path: Path, small: Arrays, name: str) -> None:
    del small[name]
    assert f"it has no array {name};" in refusal(packed(tmp_path / "mine.npz", small))


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("x_train", np.zeros((70, 28, 28), np.float32), "array x_train is of type float32; save pixels as uint8"),
        ("x_test", np.zeros((12, 28, 28), np.int8), "array x_test is of type int8; save pixels as uint8"),
        ("x_train", np.zeros((70, 784), np.uint8), "array x_train has shape (70, 784); save images as (n, 28, 28)"),
        ("x_test", np.zeros((12, 28, 27), np.uint8), "array x_test has shape (12, 28, 27); save"),
        ("x_train", np.array(7, np.uint8), "array x_train has shape (); save"),
        ("x_train", np.zeros((59, 28, 28), np.uint8), "array x_train has 59 images; give at least 60"),
        ("x_test", np.zeros((9, 28, 28), np.uint8), "array x_test has 9 images; give at least 10"),
        ("x_test", np.zeros((0, 28, 28), np.uint8), "array x_test has 0 images; give at least 10"),
        ("y_train", np.zeros(70), "array y_train is of type float64; save labels as integers"),
        ("y_test", np.zeros(12, bool), "array y_test is of type bool; save labels as integers"),
        ("y_test", np.zeros(12, "U1"), "array y_test is of type <U1; save labels as integers"),
        ("y_train", np.zeros((70, 10), int), "array y_train has shape (70, 10); save one label for each of the 70"),
        ("y_train", np.zeros(69, int), "array y_train has shape (69,); save one label for each of the 70"),
        ("y_test", np.zeros(13, int), "array y_test has shape (13,); save one label for each of the 12"),
        ("y_train", np.arange(70) % 11, "array y_train has values from 0 to 10; save labels as 0 to 9"),
        ("y_test", np.arange(12) % 10 - 1, "array y_test has values from -1 to 8; save labels as 0 to 9"),
        ("y_test", np.full(12, 256), "array y_test has values from 256 to 256; save labels as 0 to 9"),
    ],
)
def test_an_array_out_of_layout_is_named(
    tmp_path: Path, cache: Path, small: Arrays, name: str, array: NDArray[Any], message: str
) -> None:
    assert message in refusal(packed(tmp_path / "mine.npz", small | {name: array}))
    assert not cache.exists()


def test_what_is_not_an_archive_is_refused(tmp_path: Path, file: Path, small: Arrays) -> None:
    whole = file.read_bytes()
    contents = {
        "text.npz": b"hello",
        "empty.npz": b"",
        "short.npz": whole[: len(whole) // 2],
        "flipped.npz": whole[:20_000] + bytes(64) + whole[20_064:],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    np.save(tmp_path / "single.npy", small["x_train"])
    for name in (*contents, "single.npy"):
        assert "is not a whole .npz archive" in refusal(tmp_path / name)
    assert "There is no data file" in refusal(tmp_path / "missing.npz")
    assert "it is not a regular file; give an .npz file" in refusal(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    assert "it is not a regular file; give an .npz file" in refusal(tmp_path / "fifo")


def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, small: Arrays) -> None:
    blank: Arrays = {"x_train": np.zeros((60, 28, 28), np.uint8), "y_train": np.zeros(60, np.uint8)}
    whole = packed(tmp_path / "mine.npz", small | blank)
    right, content = dataset.import_npz(whole), whole.read_bytes()
    draw = np.random.default_rng(1)
    # Where the zip directory and the headers are is where damage is the most varied.
    positions = [
        *draw.integers(0, len(content), 100),
        *draw.integers(len(content) - 300, len(content), 200),
        *range(100),
    ]
    for position in positions:
        damaged = bytearray(content)
        damaged[position] ^= int(draw.integers(1, 256))
        whole.write_bytes(damaged)
        try:
            assert dataset.import_npz(whole) == right
        except DataError:
            refusal(whole)


def test_a_file_that_may_not_be_read_is_refused(file: Path) -> None:
    file.chmod(0)
    me = os.geteuid()
    if me == 0:  # nothing is unreadable to root
        os.seteuid(65534)
    try:
        assert "may not be read; change its permissions" in refusal(file)
    finally:
        os.seteuid(me)


def test_an_array_with_a_damaged_header_is_named(tmp_path: Path, file: Path) -> None:
    headers = {
        "magic": b"\x93NUMPX" + bytes(100),
        "version": b"\x93NUMPY\x09\x00" + bytes(100),
        "syntax": b"\x93NUMPY\x01\x00\x10\x00" + b"{'descr': ((((((",
        "nothing": b"",
    }
    for name, header in headers.items():
        path = replaced(file, tmp_path / f"{name}.npz", "x_test", header)
        assert "its array x_test is not an .npy array" in refusal(path)


def test_an_array_shorter_than_its_shape_is_named(tmp_path: Path, file: Path) -> None:
    for stored in (0, 8000, 12 * 784 + 1):
        path = replaced(file, tmp_path / "mine.npz", "x_test", npy_header((12, 28, 28)) + bytes(stored))
        assert f"its array x_test has {stored:,} bytes where its shape needs 9,408;" in refusal(path)


def test_absurd_sizes_are_refused_unread(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = replaced(file, tmp_path / "bomb.npz", "x_train", npy_header((10**9, 28, 28)))
    assert "its array x_train takes 784,000,000,000 bytes; save at most 2,000,000,000" in refusal(path)

    monkeypatch.setattr(dataset, "MAX_BYTES", 100_000)
    assert dataset.import_npz(file)
    zeros = replaced(file, tmp_path / "zeros.npz", "x_train", npy_header((70, 28, 28)) + bytes(1_000_000))
    assert zeros.stat().st_size < 100_000
    assert "its arrays take 1,0" in refusal(zeros)


class Trap:
    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.touched,)


@pytest.mark.parametrize("name", ARRAYS)
def test_nothing_is_unpickled(tmp_path: Path, small: Arrays, name: str) -> None:
    touched = tmp_path / "touched"
    trap = np.empty(small[name].shape, dtype=object)
    trap.flat[0] = Trap(touched)
    path = packed(tmp_path / "trap.npz", small | {name: trap})
    assert f"its array {name} is of type object" in refusal(path)
    plain = tmp_path / "plain.npz"
    plain.write_bytes(pickle.dumps(Trap(touched)))
    assert "is not a whole .npz archive" in refusal(plain)
    assert not touched.exists()

    with np.load(path, allow_pickle=True) as opened:
        opened[name]
    assert touched.exists(), "the trap must be a live one"


def npy_header(shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def replaced(source: Path, target: Path, name: str, content: bytes) -> Path:
    """A copy of an archive in which one array's bytes are others."""
    with zipfile.ZipFile(source) as old:
        members = {member: old.read(member) for member in old.namelist()}
    members[f"{name}.npy"] = content
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member, stored in members.items():
            new.writestr(member, stored)
    return target


# The splits


def test_report_validates_on_the_test_set(mnist: Digits) -> None:
    split = splits.split(mnist, "report")
    assert len(split.x_train) == len(split.y_train) == 60_000
    assert split.x_val is split.x_test
    assert split.y_val is split.y_test
    np.testing.assert_array_equal(split.x_test, mnist.x_test)
    assert np.shares_memory(split.x_train, mnist.x_train)


def test_holdout_keeps_the_last_sixth_of_the_training_images(mnist: Digits) -> None:
    split = splits.split(mnist, "holdout")
    assert (len(split.x_train), len(split.x_val), len(split.x_test)) == (50_000, 10_000, 10_000)
    assert (len(split.y_train), len(split.y_val), len(split.y_test)) == (50_000, 10_000, 10_000)
    np.testing.assert_array_equal(np.concatenate([split.x_train, split.x_val]), mnist.x_train)
    np.testing.assert_array_equal(np.concatenate([split.y_train, split.y_val]), mnist.y_train)
    assert not np.shares_memory(split.x_train, split.x_val)
    np.testing.assert_array_equal(split.x_test, mnist.x_test)


@pytest.mark.parametrize(("protocol", "available"), [("report", 70), ("holdout", 59)])
def test_a_train_size_takes_the_first_and_changes_nothing_else(
    small: Arrays, protocol: EvaluationProtocol, available: int
) -> None:
    digits = Digits(**small, checksum=MNIST_CHECKSUM)
    everything = splits.split(digits, protocol)
    for size in (1, 30, available):
        split = splits.split(digits, protocol, size)
        np.testing.assert_array_equal(split.x_train, small["x_train"][:size])
        np.testing.assert_array_equal(split.y_train, small["y_train"][:size])
        for name in ("x_val", "y_val", "x_test", "y_test"):
            np.testing.assert_array_equal(getattr(split, name), getattr(everything, name))
    for size in (available + 1, 0, -1):
        with pytest.raises(UsageError, match=rf"train on {size} images: the {protocol} .* 1 to {available} "):
            splits.split(digits, protocol, size)


@pytest.fixture(scope="module")
def sorted_digits() -> Digits:
    """Data other than MNIST, sorted by digit, with ten times as many images of 1 as of each other digit."""
    labels = np.repeat(np.arange(10), [60, 600, *[60] * 8]).astype(np.uint8)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(len(labels)), 256)  # which image it is
    return Digits(images, labels, images[::10], labels[::10], checksum="a" * 64)


def number(images: NDArray[np.uint8]) -> list[int]:
    return [int(high) * 256 + int(low) for high, low in images[:, 0, :2]]


@pytest.mark.parametrize("train_size", [None, 190])
@pytest.mark.parametrize("protocol", ["report", "holdout"])
def test_of_other_data_every_part_has_every_digit_in_its_share(
    sorted_digits: Digits, protocol: EvaluationProtocol, train_size: int | None
) -> None:
    split = splits.split(sorted_digits, protocol, train_size)
    parts = {"train": (split.x_train, split.y_train)}
    if protocol == "holdout":
        parts["val"] = split.x_val, split.y_val
        assert not set(number(split.x_train)) & set(number(split.x_val))
        assert len(split.x_val) == 190
    for images, labels in parts.values():
        assert [sorted_digits.y_train[index] for index in number(images)] == list(labels)
        shares = np.bincount(labels, minlength=10) / len(labels)
        np.testing.assert_allclose(shares, np.bincount(sorted_digits.y_train) / 1140, atol=0.02)
        assert not images.flags.writeable
        assert not labels.flags.writeable
    np.testing.assert_array_equal(split.x_test, sorted_digits.x_test)


def test_a_train_size_of_other_data_is_the_beginning_of_all_of_it(sorted_digits: Digits) -> None:
    everything = splits.split(sorted_digits, "report")
    some = splits.split(sorted_digits, "report", 190)
    assert number(some.x_train) == number(everything.x_train)[:190] != list(range(190))
    assert sorted(number(everything.x_train)) == list(range(1140))
    # Pinned, because runs saved years apart must have been divided alike.
    order = np.array(number(everything.x_train), "<u2")
    assert hashlib.sha256(order.tobytes()).hexdigest()[:16] == "696e6e379bad1c62"


def test_a_record_has_the_order_in_which_its_images_were_divided() -> None:
    assert provenance.environment(MNIST_CHECKSUM).data_order == ""
    assert provenance.environment("a" * 64).data_order == "stratified, seed 784"


@pytest.mark.parametrize("protocol", ["report", "holdout"])
def test_permuted_pixels_move_alike_in_every_subset(small: Arrays, protocol: EvaluationProtocol) -> None:
    digits = Digits(**small, checksum=MNIST_CHECKSUM)
    order = splits.pixel_order()
    plain, moved = (splits.split(digits, protocol, 20, permute_pixels=permute) for permute in (False, True))
    for name in ("x_train", "x_val", "x_test"):
        before, after = getattr(plain, name), getattr(moved, name)
        assert after.shape == before.shape
        assert after.flags.c_contiguous
        assert not after.flags.writeable
        np.testing.assert_array_equal(after.reshape(-1, 784), before.reshape(-1, 784)[:, order])
    for name in ("y_train", "y_val", "y_test"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(moved, name))


def test_the_pixel_order_is_one_fixed_permutation() -> None:
    order = splits.pixel_order()
    assert sorted(order) == list(range(784))
    assert np.count_nonzero(order == np.arange(784)) < 10
    code = "from mnist_lab.data import splits; print(*splits.pixel_order())"
    output, _ = child(code).communicate()
    assert [int(position) for position in output.split()] == list(order)
    # Pinned, because runs saved years apart must have seen the same images.
    assert hashlib.sha256(order.astype("<u2").tobytes()).hexdigest()[:16] == "360bfb9a590c1f50"
