"""All records as one compact file, and back."""

from __future__ import annotations

import gzip
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_lab.errors import StorageError
from mnist_lab.report import archive
from mnist_lab.report.error_analysis import ErrorAnalysis, Mistake
from mnist_lab.report.pages import make
from tests.report.trained import material

ANALYSIS = ErrorAnalysis(
    run="0" * 26,
    out_of=4,
    counts=tuple(tuple(9 if true == predicted else 1 for predicted in range(10)) for true in range(10)),
    mistakes=(Mistake(image=7, true=4, predicted=9, probability=0.75, pixels="00ff" * 392),),
)

HEAD = b'{"kind":"mnist-lab records","schema":1}\n'


def test_what_was_packed_comes_back_and_makes_the_same_report(tmp_path: Path) -> None:
    whole = replace(material(3), error_analysis=ANALYSIS)
    path = tmp_path / archive.NAME
    path.write_bytes(archive.pack(whole))
    again = archive.unpack(path)
    assert again == whole
    assert make(again) == make(whole)
    assert archive.pack(again) == path.read_bytes()
    path.write_bytes(gzip.decompress(path.read_bytes()))
    assert archive.unpack(path) == whole


def test_it_is_compact_and_has_no_hosts_and_notes() -> None:
    packed = archive.pack(material(3))
    assert len(packed) < 1200 * len(material(3).records)
    text = gzip.decompress(packed).decode()
    assert "val_accuracy" in text
    assert not [word for word in ("somebodys-box", "=cmd", "tagged") if word in text]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"\x1f\x8b not gzip",
        gzip.compress(b"not json\n"),
        archive.pack(material(1))[:-200],
        b'{"kind":"mnist-lab records","schema":2}\n',
        b'{"kind":"mnist-lab records","schema":1}\n{"id":"01"}\n',
        b"\xff\xfe",
        gzip.compress(HEAD + b"[" * 100_000 + b"\n"),
        HEAD + b'{"answers":' * 100_000,
        HEAD + b"\n",
    ],
    ids=range(11),
)
def test_what_is_no_such_file_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"records\.jsonl is no file of records"):
        archive.unpack(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        archive.unpack(tmp_path / "none")


@pytest.mark.parametrize("unpacked", [b" " * 30_000_000, HEAD + b"\n" * 30_000_000], ids=["a line", "lines"])
def test_what_unpacks_to_more_than_any_such_file_is_refused_before_it_fills_the_memory(
    unpacked: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 20_000_000)
    path = tmp_path / archive.NAME
    path.write_bytes(gzip.compress(unpacked * 4))
    assert path.stat().st_size < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(StorageError, match=r"records\.jsonl\.gz (is larger|is no file of records)"):
            archive.unpack(path)
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()
