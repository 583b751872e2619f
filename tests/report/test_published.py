"""The published reproduction: every number in it is made again from the records next to it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import section
from mnist_lab.report import archive
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.ledger.trainings import Trainings
from mnist_lab.report.material import Material
from mnist_lab.report.pages import make
from mnist_lab.report.tables import section_table

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PUBLISHED = ROOT / "docs" / "reproduction"

PICTURE = re.compile(rb"<svg.*?</svg>|data:image/png;base64,[^\"]*", re.DOTALL)
"""Their bytes are those of the matplotlib and zlib that drew them."""


@pytest.fixture(scope="module")
def material() -> Material:
    return archive.unpack(PUBLISHED / archive.NAME)


@pytest.fixture(scope="module")
def made(material: Material) -> dict[str, bytes]:
    return make(material)


@pytest.mark.parametrize("name", ["summary.json", "report.md"])
def test_what_is_published_is_made_again_byte_for_byte(name: str, made: dict[str, bytes]) -> None:
    assert made[name] == (PUBLISHED / name).read_bytes()


def test_the_page_is_made_again_byte_for_byte_but_for_its_pictures(made: dict[str, bytes]) -> None:
    published = (PUBLISHED / "report.html").read_bytes()
    assert PICTURE.sub(b"", made["report.html"]) == PICTURE.sub(b"", published)
    assert len(PICTURE.findall(published)) > 40


def test_the_page_has_every_claim_and_five_lines(made: dict[str, bytes]) -> None:
    published = (PUBLISHED / "report.html").read_text(encoding="utf-8")
    for claim in CLAIMS:
        assert f'id="claim-{claim.id}"' in published
    summary: dict[str, Any] = json.loads(made["summary.json"])
    assert [claim["id"] for claim in summary["claims"]] == [claim.id for claim in CLAIMS]
    assert len(summary["found"]) == 5


def test_every_dense_network_has_twenty_seeds_and_every_convolutional_one_five(material: Material) -> None:
    assert material.epochs is None
    seeds = defaultdict(set)
    for record in material.records:
        seeds[record.experiment.unseeded()].add(record.experiment.seed)
    for claim in CLAIMS:
        for name in claim.test.arms:
            assert len(seeds[preset(name)]) >= (5 if preset(name).network == "conv" else 20), name


def test_the_readme_opens_with_the_five_lines(made: dict[str, bytes]) -> None:
    readme = " ".join(README.read_text(encoding="utf-8").split())
    for line in json.loads(made["summary.json"])["found"]:
        assert line in readme


@pytest.mark.parametrize("name", ["activation", "width", "depth", "learning-rate", "batch-size"])
def test_the_verdicts_rest_on_what_scipy_makes_of_the_same_records(material: Material, name: str) -> None:
    accuracies: dict[Experiment, dict[int, float]] = defaultdict(dict)
    for record in material.records:
        assert record.result.val_accuracy is not None
        accuracies[record.experiment.unseeded()].setdefault(record.experiment.seed, record.result.val_accuracy)
    table = section_table(section(name), Trainings(material.records))
    baseline = accuracies[preset(table.baseline)]
    p_values = []
    for column in table.columns:
        values = accuracies[preset(column.arm)]
        found = column.comparison
        assert column.last.value == pytest.approx(np.mean(list(values.values())))
        deviation = stats.sem(list(values.values()))
        assert column.last.interval == pytest.approx(
            stats.t.interval(0.95, len(values) - 1, np.mean(list(values.values())), deviation)
        )
        if found is not None:
            seeds = sorted(values.keys() & baseline.keys())
            ones, others = ([arm[seed] for seed in seeds] for arm in (values, baseline))
            test = stats.ttest_rel(ones, others) if found.paired else stats.ttest_ind(ones, others, equal_var=False)
            assert found.p == pytest.approx(test.pvalue, rel=1e-6)
            p_values.append((found.p, found.corrected, found.n))
    looked = [min(1.0, p * max(25.0, n / 4)) for p, _, n in p_values]
    assert [corrected for _, corrected, _ in p_values] == pytest.approx(multipletests(looked, method="holm")[1])


def test_nothing_of_a_machine_is_published_but_its_kind(material: Material) -> None:
    assert {record.environment.host for record in material.records} == {""}
    assert {(record.note, record.tags) for record in material.records} == {("", ())}
