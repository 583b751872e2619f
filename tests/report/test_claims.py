"""The report as claims: nothing left out, nothing invented."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from mnist_lab.experiments.presets import PRESETS, preset
from mnist_lab.experiments.sections import SECTIONS, section, walk
from mnist_lab.report.claims import CLAIMS, PASSAGES, claims_of
from mnist_lab.report.claims.assumptions import ASSUMPTIONS
from mnist_lab.report.claims.kinds import Epoch, Mechanism, Number, Trend
from mnist_lab.report.claims.passage import Claim, Passage

REPORT = Path(__file__).with_name("assignment-0.txt")
JOINTS = {"and", "while", "for", "example", "on", "the", "other", "hand", "a"}
"""Words that only join what is claimed before and after them."""

KINDS = {"number", "order", "extreme", "trend", "equivalence", "epoch", "stability", "mechanism"}
BY_ID = {claim.id: claim for claim in CLAIMS}

every_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


def units_of(report: str) -> list[str]:
    """Every heading, sentence, footnote and table cell of the report, in its order."""
    found = []
    for line in report.splitlines():
        if "\t" in line:
            found += line.split("\t")
        elif line.startswith("#"):
            found.append(line)
        else:
            found += re.split(r"(?<=\.)\s+(?=[A-Z])", line)
    return [unit.strip() for unit in found if unit.strip()]


def words(text: str) -> list[str]:
    return re.findall(r"[\w.%]+", text)


def test_every_sentence_and_cell_of_the_report_is_there_in_its_order_and_nothing_else() -> None:
    assert [passage.text for passage in PASSAGES] == units_of(REPORT.read_text())


def test_the_text_is_split_as_a_reader_would() -> None:
    text = "## 1. A title. Two\n\nIt is 0.5. Then <sup>1</sup> more, 2x.\n\tA b\tC\nAcc\t1.5%\t2%"
    units = ["## 1. A title. Two", "It is 0.5.", "Then <sup>1</sup> more, 2x.", "A b", "C", "Acc", "1.5%", "2%"]
    assert units_of(text) == units


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage.text[:30])
def test_a_passage_claims_every_word_of_it_or_explains_why_it_claims_nothing(passage: Passage) -> None:
    covered = [False] * len(passage.text)
    for claim in passage.claims:
        start = passage.text.index(claim.quote)
        covered[start : start + len(claim.quote)] = [True] * len(claim.quote)
    rest = "".join(" " if taken else letter for letter, taken in zip(passage.text, covered, strict=True))
    left = {word.lower().strip(".") for word in words(rest)} - JOINTS - {""}
    assert bool(left) is bool(passage.context), left


def test_no_number_of_the_report_is_only_context_but_those_of_the_recipe() -> None:
    numbers = [
        number
        for passage in PASSAGES
        if not passage.claims and not passage.text.startswith("#")
        for number in re.findall(r"(?<![\w>])\d[\d.]*%?", passage.text)
    ]
    assert numbers == ["4090.", "0.001", "128"]  # the graphics card, the learning rate and the batch size


def test_a_claimed_number_is_the_one_in_the_quote() -> None:
    for claim in CLAIMS:
        if isinstance(claim.test, Number):
            quoted = re.findall(r"\d+\.\d+", claim.quote)
            shown = f"{claim.test.claimed:.2%}".rstrip("%") if "%" in claim.quote else f"{claim.test.claimed:g}"
            assert quoted == [shown], claim.id


def test_every_percentage_is_judged_as_a_number() -> None:
    judged = Counter(
        number
        for claim in CLAIMS
        if isinstance(claim.test, Number) and not claim.reading
        for number in re.findall(r"[\d.]+%", claim.quote)
    )
    assert judged == Counter(re.findall(r"[\d.]+%", REPORT.read_text()))


def test_ids_are_short_and_each_there_once() -> None:
    assert len(BY_ID) == len(CLAIMS)
    assert all(re.fullmatch(r"[a-z0-9]+([-.][a-z0-9]+)*", claim.id) and len(claim.id) <= 30 for claim in CLAIMS)


@every_claim
def test_a_claim_stands_somewhere_and_is_tested_by_presets(claim: Claim) -> None:
    assert claim.location
    assert claim.kind in KINDS
    assert set(claim.test.arms) <= set(PRESETS)
    assert len({preset(arm) for arm in claim.test.arms}) == len(claim.test.arms)
    if isinstance(claim.test, Mechanism):
        assert claim.test.why.endswith((".", ")"))
    else:
        assert claim.test.arms


@every_claim
def test_what_contradicts_a_claim_is_contradicted_by_it(claim: Claim) -> None:
    for other in claim.against:
        assert claim.id in BY_ID[other].against
        assert other != claim.id


@every_claim
def test_a_claim_belongs_to_the_section_that_has_its_presets(claim: Claim) -> None:
    if claim.section is None:
        assert claim.test.arms == ("baseline",)
    elif not isinstance(claim.test, Mechanism):
        assert set(claim.test.arms) <= set(section(claim.section).presets)


def test_every_kind_is_there_and_every_preset_of_a_section_is_asked_for() -> None:
    assert {claim.kind for claim in CLAIMS} == KINDS
    asked = {arm for claim in CLAIMS for arm in claim.test.arms}
    assert {name for asked_section in walk() for name in asked_section.presets} <= asked


def test_a_section_s_claims_are_those_of_its_parts() -> None:
    whole = claims_of(section("architecture"))
    parts = {claim.id for part in section("architecture").parts for claim in claims_of(part)}
    assert {claim.id for claim in whole} == parts
    found = {claim.id for one in SECTIONS for claim in claims_of(one)}
    assert found == {claim.id for claim in CLAIMS if claim.section is not None}


def test_three_mechanisms_have_a_control_and_the_others_explain_why_not() -> None:
    mechanisms = {claim.id: claim.test for claim in CLAIMS if isinstance(claim.test, Mechanism)}
    assert {name for name, test in mechanisms.items() if test.expects} == {
        "sigmoid-gradients",
        "conv-spatial",
        "batch-updates",
    }
    assert len(mechanisms) == 6


def test_a_trend_goes_one_way_through_the_values_of_its_field() -> None:
    for claim in CLAIMS:
        if isinstance(claim.test, Trend):
            field = section(claim.section or "").factor[0]
            values = [getattr(preset(arm), field) for arm in claim.test.arms]
            assert values in (sorted(values), sorted(values, reverse=True))


def test_words_are_quoted_without_the_marks_of_the_page() -> None:
    assert BY_ID["gelu-matches-relu"].text == "Leaky relu and gelu closely match relu"


@every_claim
def test_a_conclusion_is_unique_and_a_number_or_another_reading_has_none(claim: Claim) -> None:
    number = isinstance(claim.test, Number) or (isinstance(claim.test, Epoch) and not claim.test.earlier)
    assert bool(claim.conclusion) == (not number and not claim.reading)
    assert len(claim.conclusion) <= 60
    assert not claim.conclusion or sum(other.conclusion == claim.conclusion for other in CLAIMS) == 1


def test_a_bare_number_names_its_network_and_so_does_a_quote_about_several() -> None:
    assert (BY_ID["gelu-accuracy"].network_label, BY_ID["conv-early-accuracy"].network_label) == ("gelu", "conv-early")
    assert (BY_ID["gelu-matches-relu"].network_label, BY_ID["wider-better"].network_label) == ("gelu", "")
    found = Counter((claim.location, claim.text, claim.network_label, claim.reading) for claim in CLAIMS)
    assert [words for words, count in found.items() if count > 1] == []


def test_an_assumption_has_what_is_unspecified_what_was_chosen_and_why() -> None:
    assert len({assumption.unspecified for assumption in ASSUMPTIONS}) == len(ASSUMPTIONS)
    for assumption in ASSUMPTIONS:
        assert all(text.endswith(".") for text in (assumption.unspecified, assumption.chosen, assumption.why))
