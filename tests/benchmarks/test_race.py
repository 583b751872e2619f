"""A race of the lab and of stock Keras, tiny, from the start to every form in which it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from benchmarks import facts, markdown
from benchmarks.benchmark import Benchmark
from benchmarks.epoch import Case, Race
from benchmarks.figures import Settings
from benchmarks.tables import benchmark_tables
from mnist_lab.experiments.experiment import DEFAULT

CASES = (Case("dense-b128", DEFAULT, ("lab", "fit"), (), rounds=1, images=0.01),)


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    scratch = tmp_path_factory.mktemp("race")
    told: list[str] = []
    tables = Race(CASES, Settings(scratch, quick=True), told.append).run()
    assert any("dense-b128: the lab" in line for line in told)
    return Benchmark(
        "mnist-lab bench <a|b>",
        datetime(2026, 1, 2, tzinfo=UTC),
        facts.machine(),
        facts.versions(),
        {"epoch": tuple(tables)},
        {"epoch": 60.0, "screen": 1.0},
        {"screen": "Broken on purpose."},
    )


def test_figures_are_of_the_same_work(benchmark: Benchmark) -> None:
    lab, fit = (benchmark.figures[f"epoch/dense-b128/{way}/1"] for way in ("lab", "fit"))
    assert lab.share is not None
    assert fit.share is not None
    assert lab.value * lab.share == pytest.approx(fit.value * fit.share)
    floor = benchmark.figures["epoch/dense-b128/floor/1"]
    assert floor.low <= lab.value * lab.share <= floor.high
    assert all(" % after " in figure.note for figure in (lab, fit))


def test_json_has_every_sample_and_verdict(benchmark: Benchmark) -> None:
    told = json.loads(json.dumps(benchmark.to_json(), allow_nan=False))
    figures = {figure["key"]: figure for table in told["parts"]["epoch"] for figure in table["figures"]}
    assert figures.keys() == benchmark.figures.keys()
    lab, fit = figures["epoch/dense-b128/lab/1"], figures["epoch/dense-b128/fit/1"]
    assert tuple(lab["samples"]) == benchmark.figures["epoch/dense-b128/lab/1"].samples
    assert lab["times_faster"] == fit["value"] / lab["value"]
    verdicts = {target["row"]: target for target in told["targets"]}
    one = verdicts["dense 128, batch 128, one worker: Keras fit"]
    assert one["reached"] == lab["times_faster"]
    assert one["met"] is (one["reached"] >= 7)
    assert verdicts["first paint: a bare Textual app"]["met"] is None
    assert told["failures"] == {"screen": "Broken on purpose."}
    assert told["machine"]["cores"]
    assert told["versions"]["keras"].startswith("3.")


def test_a_person_reads_the_same_in_the_terminal_and_in_markdown(benchmark: Benchmark) -> None:
    console = Console(width=240)
    with console.capture() as capture:
        console.print(benchmark_tables(benchmark))
    page = markdown.page(benchmark)
    for told in (capture.get(), page):
        assert "An epoch of the dense network, 128 units, batch 128, float32" in told
        assert "Measured on the first 600 training images, validated on 100, and multiplied by 100" in told
        assert "The ratio is to: Keras fit, one process." in told
        assert "Broken on purpose." in told
        assert "first paint" not in told, "of a part that nobody asked for"
    assert "mnist-lab bench &lt;a\\|b>" in page
    explained = page + markdown.BY_HAND + "\n\nWhy: because.\n"
    assert markdown.page(benchmark, "old figures\n" + explained).removeprefix(page).strip().endswith("Why: because.")
    assert "old figures" not in markdown.page(benchmark, "old figures\n" + explained)
    tables = [block for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 3
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1
