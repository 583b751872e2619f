"""Mutated documents through every reader, command, table, chart and report: each is shown, or damaged in a sentence.

``MNIST_LAB_TRIALS`` is the number of mutations of each kind of document; every kind prints a line with its figures.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.errors import LabError
from mnist_lab.experiments.events import PhaseStarted, Progressed, to_line
from mnist_lab.report import archive
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.pages import make
from mnist_lab.runs.progress import JournalFollower
from mnist_lab.store import Store, leases, prefetch, registry, studies
from mnist_lab.store.ids import new_id
from tests.torture import surfaces
from tests.torture.mutations import mutated
from tests.torture.surfaces import Surface

TRIALS = int(os.environ.get("MNIST_LAB_TRIALS", "300"))
"""Mutations of each kind of document."""

SEED = 20260102
BATCH = 100
"""Documents that are shown together, since a table or a report is one of many runs."""

CLONE = Path(__file__).parent.parent.parent
SCHEMA1 = CLONE / "tests" / "store" / "schema1"
PUBLISHED = CLONE / "docs" / "reproduction" / archive.NAME

Document = dict[str, Any]


def documents(pattern: str) -> list[Document]:
    """The real documents of a kind, as version 0.1.0 wrote them."""
    found = []
    for path in sorted(SCHEMA1.glob(pattern)):
        try:
            found.append(json.loads(path.read_text()))
        except ValueError:  # one record is torn
            continue
    return found


def published() -> list[Document]:
    """Records of every fiftieth training of the published report, head and error analysis among them."""
    lines = gzip.decompress(PUBLISHED.read_bytes()).splitlines()
    return [json.loads(line) for line in (lines[0], *lines[1::50], lines[-1])]


class Campaign:
    """Trials of one kind of document, and what failed."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.trials = 0
        self.read = 0
        self.failures: list[str] = []
        self._began = time.monotonic()

    def shown(self, what: bytes | str, surface: Callable[[], Iterable[Surface]]) -> bool:
        """Whether everything was shown; the exception and ``what`` it was are kept where one was not."""
        try:
            for _ in surface():
                pass
        except LabError:
            return True
        except Exception:  # noqa: BLE001 - that is what must not be
            self.failures.append(f"{what[:3_000]!r}\n{traceback.format_exc(limit=-6)}")
            return False
        return True

    def ended(self) -> None:
        seconds = time.monotonic() - self._began
        print(
            f"{self.kind}: {self.trials} mutated, {self.read} of them still read, {len(self.failures)} failures, "
            f"{seconds:.0f} s"
        )
        kinds = Counter(failure.strip().splitlines()[-1][:160] for failure in self.failures)
        assert not self.failures, f"{kinds}\n\n" + "\n\n".join(self.failures[:3])


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A runs folder with two healthy runs, a study, and a slot for a worker."""
    root = tmp_path / "runs"
    root.mkdir()
    for run_id in ("01M87VJQ9Q79S40M003QFKXMB3", "01M87VMCBQ2524DHMRRNF6Y0KQ"):
        shutil.copytree(SCHEMA1 / run_id, root / run_id)
    shutil.copytree(SCHEMA1 / "studies", root / "studies")
    return root


def trials(kind: str, sources: Sequence[Any]) -> Iterator[tuple[random.Random, Any]]:
    """Each trial: its random numbers, which depend on nothing else, and the document to mutate."""
    for trial in range(TRIALS):
        draw = random.Random(f"{SEED} {kind} {trial}")
        yield draw, draw.choice(sources)


def all_shown(runs: Path, folder: Path) -> Iterator[Surface]:
    """What is made of all runs together."""
    yield from surfaces.listings(runs)
    yield from surfaces.studies_shown(runs)
    yield from surfaces.screen_tables(runs)
    yield from surfaces.report(runs, folder)


@pytest.mark.parametrize("kind", ["run.json", "request.json"])
def test_records_and_requests(runs: Path, tmp_path: Path, kind: str) -> None:
    campaign = Campaign(kind)
    sources = documents(f"*/{kind}")
    if kind == "run.json":
        sources += [record for record in published() if "status" in record]
    store, batch = Store(runs), {}

    def show_batch() -> None:
        if not campaign.shown(f"{len(batch)} runs", lambda: all_shown(runs, tmp_path)):
            campaign.failures.pop()
            campaign_of_each()
        for run_id in batch:
            shutil.rmtree(runs / run_id)
        batch.clear()

    def campaign_of_each() -> None:
        """Find the documents that fail by themselves, and those that only fail together."""
        aside, failures = tmp_path / "aside", len(campaign.failures)
        aside.mkdir()
        for run_id in batch:
            (runs / run_id).rename(aside / run_id)
        for run_id, content in batch.items():
            (aside / run_id).rename(runs / run_id)
            campaign.shown(content, lambda: all_shown(runs, tmp_path))
            (runs / run_id).rename(aside / run_id)
        for run_id in batch:
            (aside / run_id).rename(runs / run_id)
        aside.rmdir()
        if len(campaign.failures) == failures:
            campaign.shown(f"{len(batch)} runs together", lambda: all_shown(runs, tmp_path))

    for draw, source in trials(kind, sources):
        campaign.trials += 1
        run_id = new_id()
        content = mutated(source | {"id": run_id}, draw)
        (runs / run_id).mkdir()
        (runs / run_id / kind).write_bytes(content)
        try:
            run = store.read(run_id)
        except Exception:  # noqa: BLE001 - that is what must not be
            campaign.failures.append(f"{content[:3_000]!r}\n{traceback.format_exc(limit=-6)}")
            shutil.rmtree(runs / run_id)
            continue
        assert run.reason.count("\n") == 0
        assert len(run.reason) <= 10_000
        if run.spec is None:
            assert run.status == "damaged" or run.newer
            assert run.reason
            if draw.random() < 0.98:  # damage looks the same whatever it is
                shutil.rmtree(runs / run_id)
                continue
        campaign.read += run.spec is not None
        if not campaign.shown(content, lambda run_id=run_id, draw=draw: surfaces.one_run(store, run_id, draw)):
            shutil.rmtree(runs / run_id)
            continue
        batch[run_id] = content
        if len(batch) == BATCH:
            show_batch()
    show_batch()
    campaign.ended()


def test_journals(runs: Path) -> None:
    campaign = Campaign("journal.jsonl")
    store = Store(runs)
    run_id = "01M87VMCCFT5X3QGBQ7J3PKXW9"
    (runs / run_id).mkdir()
    shutil.copy(SCHEMA1 / run_id / "request.json", runs / run_id)
    # The last line of one is torn.
    journals = [path.read_bytes().rpartition(b"\n")[0].splitlines() for path in sorted(SCHEMA1.glob("*/journal.jsonl"))]
    live = [to_line(PhaseStarted(at=1, phase="training"))]
    live += [to_line(Progressed(at=2, epoch=1, step=step, steps=9, loss=0.5, accuracy=0.5)) for step in range(1, 10)]
    for draw, lines in trials("journal", [lines for lines in journals if lines] + [live]):
        campaign.trials += 1
        changed = list(lines)
        for _ in range(draw.choice((1, 1, 2, 5))):
            at = draw.randrange(len(changed))
            changed[at] = mutated(json.loads(lines[at]), draw)
        content = b"\n".join(changed) + b"\n" * draw.randrange(2)
        (runs / run_id / "journal.jsonl").write_bytes(content)

        def watched(draw: random.Random = draw) -> Iterator[Surface]:
            follower = JournalFollower(store, {run_id: "x"})
            news = follower.poll()
            view = follower.views[run_id]
            campaign.read += bool(news)
            yield from surfaces.snapshot(_as(view, draw.choice(("running", "paused", "died"))), draw)

        campaign.shown(content, watched)
    campaign.ended()


def _as(view: Any, status: str) -> Any:
    from dataclasses import replace

    return replace(view, run=replace(view.run, status=status))


def test_studies(runs: Path) -> None:
    campaign = Campaign("studies/*.json")
    for run_id in ("01M87VMCCFT5X3QGBQ7J3PKXW9", "01M87VMCCYYT9BJ0WMZ57TWRTQ", "01M87VMCDASPQHANNPTAAC8AP5"):
        shutil.copytree(SCHEMA1 / run_id, runs / run_id)
    records = [run.record for run in Store(runs).runs() if run.record is not None]
    batch: dict[Path, bytes] = {}

    def show_batch() -> None:
        if batch and not campaign.shown(f"{len(batch)} studies", lambda: surfaces.of_all_studies(runs)):
            whole, failures = campaign.failures.pop(), len(campaign.failures)
            for path in batch:
                path.unlink()
            for path, content in batch.items():
                path.write_bytes(content)
                campaign.shown(content, lambda: surfaces.of_all_studies(runs))
                path.unlink()
            if len(campaign.failures) == failures:
                campaign.failures.append(whole)
        for path in batch:
            path.unlink(missing_ok=True)
        batch.clear()

    for draw, source in trials("study", documents("studies/*.json")):
        campaign.trials += 1
        name = f"mutated-{campaign.trials}"
        path = runs / "studies" / f"{name}.json"
        content = mutated(source | {"id": name}, draw)
        path.write_bytes(content)
        found = [study for study in studies.studies(Store(runs)) if study.id != "units-3fde2d"]
        campaign.read += len(found) > len(batch)
        batch[path] = content
        if len(found) < len(batch) or not campaign.shown(
            content, lambda found=found, draw=draw: surfaces.one_study(found, records, draw)
        ):
            del batch[path]
            path.unlink()
        if len(batch) == 20:
            show_batch()
    show_batch()
    campaign.ended()


def test_workers(runs: Path) -> None:
    campaign = Campaign("worker state and owner")
    slot = runs / ".workers" / "tensorflow-1-0"
    (slot / leases.LEASE_FOLDER).mkdir(parents=True)
    (slot / leases.LEASE_FOLDER / "heartbeat").touch()
    owner = {"pid": 4_000_000, "started": "1", "boot": "x", "pid_space": 1, "host": "elsewhere", "locked": False}
    state = registry.WorkerState(warm=True, device="CPU", cores=(0, 1), runs=(new_id(),), preparing="gelu")
    likely = json.loads((SCHEMA1 / "studies" / "units-3fde2d.json").read_text())["arms"]["units=8"]
    for draw, which in trials("worker", ("owner", "state", "both", "prefetch")):
        campaign.trials += 1
        changed: dict[str, bytes] = {}
        for name, document in (("owner", owner), ("state", json.loads(state.model_dump_json()))):
            changed[name] = mutated(document, draw) if which in (name, "both") else json.dumps(document).encode()
        (slot / leases.LEASE_FOLDER / "owner.json").write_bytes(changed["owner"])
        (slot / "state.json").write_bytes(changed["state"])
        likely_changed = mutated([likely, likely], draw) if which == "prefetch" else b"[]"
        (slot.parent / "prefetch.json").write_bytes(likely_changed)

        def listed(which: str = which) -> Iterator[Surface]:
            campaign.read += bool(list(registry.workers(runs))) if which != "prefetch" else bool(prefetch.read(runs))
            yield from surfaces.workers(runs)

        campaign.shown(b"\n".join([*changed.values(), likely_changed]), listed)
    campaign.ended()


def test_files_of_records(tmp_path: Path) -> None:
    campaign = Campaign(archive.NAME)
    head, *records, analysis = published()
    path = tmp_path / archive.NAME
    batch: list[Document] = []

    def pages(documents: Sequence[Document]) -> Iterator[Surface]:
        path.write_bytes(b"\n".join(json.dumps(one).encode() for one in (head, *documents, analysis)) + b"\n")
        for name, content in make(archive.unpack(path).about(CLAIMS)).items():
            yield name, content.decode()

    def show_batch() -> None:
        if batch and not campaign.shown(f"{len(batch)} records", lambda: pages(batch)):
            whole = campaign.failures.pop()
            failures = len(campaign.failures)
            for one in batch:
                campaign.shown(json.dumps(one), lambda one=one: pages([one]))
            if len(campaign.failures) == failures:
                campaign.failures.append(whole)
        batch.clear()

    for draw, source in trials("records", records):
        campaign.trials += 1
        line = mutated(source, draw)
        content = b"\n".join(
            [
                mutated(head, draw) if draw.random() < 0.1 else json.dumps(head).encode(),
                line,
                mutated(analysis, draw) if draw.random() < 0.1 else json.dumps(analysis).encode(),
            ]
        )
        if draw.random() < 0.2:
            content = gzip.compress(content)
            if draw.random() < 0.5:
                at = draw.randrange(len(content))
                content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
        path.write_bytes(content)

        def unpacked() -> Iterator[Surface]:
            material = archive.unpack(path)
            campaign.read += 1
            batch.extend(json.loads(json.dumps(record.to_json())) for record in material.records)
            yield "unpacked", str(material.epochs)

        campaign.shown(content, unpacked)
        if len(batch) >= BATCH:
            show_batch()
    show_batch()
    campaign.ended()
