"""A tiny benchmark of the lab and of stock Keras, from the start to each form in which its result is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from benchmarks import facts, markdown
from benchmarks.benchmark import BenchmarkResult
from benchmarks.measurements import PartOptions
from benchmarks.parts.epoch import Case, EpochBenchmark
from benchmarks.processes import CHECKOUT
from benchmarks.tables import benchmark_tables
from mnist_lab.experiments.experiment import DEFAULT

CASES = (Case("dense-b128", DEFAULT, ("lab", "fit"), (), rounds=1, images=0.01),)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> BenchmarkResult:
    scratch = tmp_path_factory.mktemp("epoch")
    lines: list[str] = []
    tables = EpochBenchmark(CASES, PartOptions(scratch, quick=True), lines.append).run()
    assert any("dense-b128: the lab" in line for line in lines)
    return BenchmarkResult(
        "python -m benchmarks <a|b>",
        datetime(2026, 1, 2, tzinfo=UTC),
        facts.machine(),
        facts.versions(),
        {"epoch": tuple(tables)},
        {"epoch": 60.0, "screen": 1.0},
        {"screen": "Broken on purpose."},
    )


def test_measurements_are_of_the_same_work(result: BenchmarkResult) -> None:
    lab, fit = (result.measurements[f"epoch/dense-b128/{competitor}/1"] for competitor in ("lab", "fit"))
    assert lab.share is not None
    assert fit.share is not None
    assert lab.value * lab.share == pytest.approx(fit.value * fit.share)
    floor = result.measurements["epoch/dense-b128/floor/1"]
    assert floor.min <= lab.value * lab.share <= floor.max
    assert all(" % after " in measurement.note for measurement in (lab, fit))


def test_json_has_every_sample_and_target(result: BenchmarkResult) -> None:
    plain = json.loads(json.dumps(result.to_json(), allow_nan=False))
    measurements = {one["key"]: one for table in plain["parts"]["epoch"] for one in table["measurements"]}
    assert measurements.keys() == result.measurements.keys()
    lab, fit = measurements["epoch/dense-b128/lab/1"], measurements["epoch/dense-b128/fit/1"]
    assert tuple(lab["samples"]) == result.measurements["epoch/dense-b128/lab/1"].samples
    assert lab["times_faster"] == fit["value"] / lab["value"]
    targets = {target["name"]: target for target in plain["targets"]}
    target = targets["dense 128, batch 128, one worker: Keras fit"]
    assert target["reached"] == lab["times_faster"]
    assert target["met"] is (target["reached"] >= 7)
    assert targets["first paint: a bare Textual app"]["met"] is None
    assert plain["failures"] == {"screen": "Broken on purpose."}
    assert plain["machine"]["cores"]
    assert plain["versions"]["keras"].startswith("3.")


def test_the_terminal_and_the_page_show_the_same(result: BenchmarkResult) -> None:
    console = Console(width=240)
    with console.capture() as capture:
        console.print(benchmark_tables(result))
    page = markdown.page(result)
    for text in (capture.get(), page):
        assert "An epoch of the dense network, 128 units, batch 128, float32" in text
        assert "Measured on the first 600 training images, validated on 100, and multiplied by 100" in text
        assert "The ratio is relative to: Keras fit, one process." in text
        assert "Broken on purpose." in text
        assert "first paint" not in text, "of a part that was not asked for"
    assert "python -m benchmarks &lt;a\\|b>" in page
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


def test_what_was_added_to_the_page_by_hand_is_kept(result: BenchmarkResult) -> None:
    page = markdown.page(result)
    before = "old tables\n" + markdown.BY_HAND + "\n\nWhy: because.\n"
    after = markdown.page(result, before)
    assert after.startswith(page)
    assert after.endswith(markdown.BY_HAND + "\n\nWhy: because.\n")
    assert "old tables" not in after
    assert markdown.page(result, after) == after


def test_the_published_page_is_one_that_can_be_renewed() -> None:
    page = (CHECKOUT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert page.startswith(markdown.HEADER)
    assert page.count(markdown.BY_HAND) == 1
