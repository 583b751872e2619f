"""Escape payloads in every string of every document, on every surface: no terminal, browser or spreadsheet obeys one.

``MNIST_LAB_TRIALS`` is the number of payloads that are placed; the surfaces are looked at for many of them together.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.store import Store, leases
from mnist_lab.store.ids import new_id
from mnist_lab.text import clean, in_markdown, one_line
from mnist_lab.tui.app import LabApp
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool
from tests.factories import make_record
from tests.torture import payloads, surfaces
from tests.torture.payloads import PAYLOADS
from tests.torture.test_documents import SEED, TRIALS, Document, documents

TOGETHER = 150
"""Payloads in one folder."""

FREE = {
    "reason", "preset", "study", "note", "tags", "layers", "environment", "data_file", "title", "started", "boot",
    "host", "device", "runs", "preparing",
}  # fmt: skip
"""Keys of texts that may be any."""

Path_ = tuple[Any, ...]


def strings(value: Any, at: Path_ = ()) -> Iterator[Path_]:
    """The path of each string of a document; of each key as ``(..., key, None)``."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*at, key, None)
            yield from strings(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:2]):
            yield from strings(item, (*at, index))


def with_payload(document: Document, path: Path_, payload: str) -> Document:
    """A document with a payload in place of a string, or of a key."""
    document = json.loads(json.dumps(document))
    *into, last = path if path[-1] is not None else path[:-1]
    parent: Any = document
    for key in into:
        parent = parent[key]
    if path[-1] is None:
        parent[payload] = parent.pop(last)
    else:
        parent[last] = payload
    return document


def rich_record() -> Document:
    """A record that has every string that a record may have, of a network that the report judges."""
    return make_record(
        preset="baseline", study="activation", note="a note", tags=("a", "b"), reason="Why.", status="finished",
        gradient_norms={"dense": [0.1, 0.2], "output": [0.1, 0.1]}, test_history={"loss": [1, 2], "accuracy": [0, 1]},
        model={"parameters": 10, "layers": ["dense: 128"]},
    ).to_json()  # fmt: skip


class Folder:
    """A runs folder in which every document has payloads, as its own name has one."""

    def __init__(self, parent: Path, number: int) -> None:
        self._draw = random.Random(f"{SEED} escapes {number}")
        name = "".join((*PAYLOADS[2:5], self._draw.choice(PAYLOADS))).replace("/", "\\").replace("\0", "")
        self.root = parent / os.fsdecode(f"{number} {name}".encode(errors="ignore") + b"\xff")
        self.root.mkdir(parents=True)
        self.placed = 0
        self._study = documents("studies/*.json")[0]
        self._requests = documents("*/request.json")

    def fill(self, count: int) -> None:
        """Place so many payloads."""
        kinds = [self._record, self._record, self._record, self._request, self._request, self._of_study, self._died]
        while self.placed < count:
            self._draw.choice(kinds)()
            self.placed += 1
        for number in range(count // 10):
            self._worker(number)

    def _changed(self, document: Document) -> bytes:
        """A document with a payload somewhere; half of the time with one in every text that may be any."""
        if self._draw.random() < 0.5:
            for path in [path for path in strings(document) if path[-1] is not None and FREE & set(path)]:
                document = with_payload(document, path, self._draw.choice(PAYLOADS))
            return json.dumps(document).encode()
        places = [path for path in strings(document) if path != ("id",)]
        return json.dumps(with_payload(document, self._draw.choice(places), self._draw.choice(PAYLOADS))).encode()

    def _put(self, run_id: str, name: str, content: bytes) -> None:
        path = self.root / run_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _record(self) -> None:
        run_id = new_id()
        self._put(run_id, "run.json", self._changed(rich_record() | {"id": run_id}))

    def _request(self) -> None:
        run_id = new_id()
        self._put(run_id, "request.json", self._changed(self._draw.choice(self._requests) | {"id": run_id}))

    def _of_study(self) -> None:
        name = f"study-{self.placed}"
        self._put("studies", f"{name}.json", self._changed(self._study | {"id": name}))

    def _died(self) -> None:
        """A run whose worker is gone, and whose journal says why."""
        run_id = new_id()
        self._put(run_id, "request.json", json.dumps(self._draw.choice(self._requests) | {"id": run_id}).encode())
        gone = leases.this_process(locked=False).model_copy(update={"pid": 4_194_303, "started": "1"})
        self._put(run_id, "claim/owner.json", gone.model_dump_json().encode())
        self._put(run_id, "claim/heartbeat", b"")
        event = {"v": 1, "at": 1.0, "event": "failed", "epoch": 0, "reason": self._draw.choice(PAYLOADS)}
        self._put(run_id, "journal.jsonl", json.dumps(event).encode() + b"\n")

    def _worker(self, number: int) -> None:
        owner = {"pid": 7, "started": "1", "boot": "x", "pid_space": 1, "host": "elsewhere", "locked": False}
        state = {"warm": True, "device": "CPU", "cores": [0], "runs": [], "preparing": "gelu"}
        slot = f".workers/tensorflow-1-{number}"
        self._put(slot, "claim/owner.json", self._changed(owner))
        self._put(slot, "claim/heartbeat", b"")
        self._put(slot, "state.json", self._changed(state))


def everything(runs: Path, out: Path) -> Iterator[tuple[str, str]]:
    """Every surface of a folder, on a terminal with colours."""
    store, draw = Store(runs), random.Random(SEED)
    yield from surfaces.listings(runs)
    for study in ("study-", "x"):
        yield "study show", surfaces.command("study", "show", study, "--runs", str(runs))
    for run in store.runs():
        yield from surfaces.one_run(store, run.id, draw)
    yield from surfaces.screen_tables(runs)
    yield from surfaces.workers(runs)
    yield from surfaces.report(runs, out)
    run_json = f"{store.ids()[0]}/run.json/none"
    for arguments in (
        ("runs", "stop", "--all"), ("runs", "prune", "--yes"), ("runs", "show", "ZZZZZZ"),
        ("compare", "--section", "x"),
        ("runs", "list", "--runs", str(runs / "none")), ("study", "show", "x", "--runs", str(runs / "none")),
        ("report", "--records", str(runs / "none")), ("report", "--out", str(runs / run_json)),
    ):  # fmt: skip
        where = () if "--runs" in arguments or "--records" in arguments else ("--runs", str(runs))
        yield " ".join(arguments[:2]), surfaces.command(*arguments, *where)


def complaint(surface: str, output: str) -> str:
    """What is wrong with the output of a surface; empty where nothing is."""
    found = payloads.obeyed_by_a_terminal(output)
    if "markdown" in surface or surface.endswith(".md"):
        found = found or payloads.obeyed_in_markdown(output)
    if "csv" in surface:
        found = found or payloads.obeyed_by_a_spreadsheet(output)
    if surface.endswith((".html", ".svg")):
        found = found or payloads.obeyed_by_a_browser(output)
    return found and f"{surface}: {found}"


def test_no_surface_obeys_a_payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    began, placed, looked_at = time.monotonic(), 0, set[str]()
    complaints: list[str] = []
    for number in range(-(-TRIALS // TOGETHER)):
        folder = Folder(tmp_path / "runs", number)
        folder.fill(TOGETHER)
        placed += folder.placed
        for surface, output in everything(folder.root, tmp_path / f"out {folder.root.name}"):
            looked_at.add(surface)
            if found := complaint(surface, output):
                complaints.append(f"folder {number}, {found}")
        shutil.rmtree(folder.root)
    seconds = time.monotonic() - began
    print(f"escapes: {placed} payloads, {len(looked_at)} surfaces, {len(complaints)} obeyed, {seconds:.0f} s")
    assert not complaints, "\n".join(complaints[:20])
    assert len(looked_at) > 40


async def test_no_screen_obeys_a_payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_WORKERS", "1")
    folder = Folder(tmp_path, 1)
    folder.fill(60)
    app, seen = LabApp(Store(folder.root), Placement(workers=1, threads=1)), []
    monkeypatch.setattr(WorkerPool, "spawn", lambda *_: [])
    async with app.run_test(size=(160, 50)) as pilot:

        def look() -> None:
            strips = app.screen._compositor.render_strips()
            seen.append("\n".join("".join(segment.text for segment in strip) for strip in strips))
            for strip in strips:
                for segment in strip:
                    assert segment.style is None or (not segment.style.link and not segment.style.blink)

        await pilot.pause(0.3)
        for keys in (
            ["0"], ["end"], ["enter"], ["2"], ["4"], ["5"], ["6"], ["escape"], ["c"], ["d"], ["end"], ["g"], ["d"],
            ["escape"], ["L"], ["g"], ["question_mark"], ["escape"], ["ctrl+p", *"open"], ["escape"],
        ):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause(0.1)
            look()
        app.notify(PAYLOADS[0] + PAYLOADS[9])
        await pilot.pause(0.1)
        look()
    complaints = [found for screen in seen if (found := payloads.obeyed_by_a_terminal(screen))]
    assert not complaints, complaints[:5]
    assert any("PWN" in screen for screen in seen)


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_cleaned_text_is_obeyed_by_nothing(payload: str) -> None:
    assert not payloads.obeyed_by_a_terminal(clean(payload))
    assert "\n" not in one_line(payload)
    assert not payloads.obeyed_in_markdown(in_markdown(one_line(payload)))


def test_the_checks_find_what_is_obeyed() -> None:
    assert payloads.obeyed_by_a_terminal("\x1b[5mPWN")
    assert payloads.obeyed_by_a_terminal("a\x9b31m")
    assert not payloads.obeyed_by_a_terminal("\x1b[1mbold\x1b[0m")
    assert payloads.obeyed_in_markdown("[PWN](https://evil.example)")
    assert payloads.obeyed_by_a_browser("<p><script>PWN</script>")
    assert payloads.obeyed_by_a_browser("<img src=x onerror=PWN>")
    assert payloads.obeyed_by_a_spreadsheet("a,=PWN()\n")
    assert not payloads.obeyed_by_a_spreadsheet("a,-0.5,'=PWN()\n")
