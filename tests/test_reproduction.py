"""The published reproduction: every figure in it is made again from the records beside it."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.catalog.claims import CLAIMS
from mnist_lab.catalog.presets import preset
from mnist_lab.report import archive, make
from mnist_lab.report.material import Material

PUBLISHED = Path(__file__).parents[1] / "docs" / "reproduction"


@pytest.fixture(scope="module")
def material() -> Material:
    return archive.unpack(PUBLISHED / archive.NAME)


@pytest.fixture(scope="module")
def made(material: Material) -> dict[str, bytes]:
    return make(material)


@pytest.mark.parametrize("name", ["summary.json", "report.md"])
def test_what_is_published_is_made_again_byte_for_byte(name: str, made: dict[str, bytes]) -> None:
    assert made[name] == (PUBLISHED / name).read_bytes()


def test_the_page_tells_the_same_five_lines(made: dict[str, bytes]) -> None:
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


def test_nothing_of_a_machine_is_published_but_its_kind(material: Material) -> None:
    assert {record.environment.host for record in material.records} == {""}
    assert {(record.note, record.tags) for record in material.records} == {("", ())}
