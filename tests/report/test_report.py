"""Reports made of records: what stands in them, and that nothing but the records decides it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any, get_args

import pytest

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import section, walk
from mnist_lab.report.claims import CLAIMS, claims_of
from mnist_lab.report.claims.assumptions import ASSUMPTIONS
from mnist_lab.report.ledger import ClaimVerdict, judge
from mnist_lab.report.material import Material
from mnist_lab.report.pages import make, write
from tests.report.test_archive import ANALYSIS
from tests.report.trained import material, trained

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page read element by element, which has to be well formed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.names: Counter[str] = Counter()
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names[tag] += 1
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.sources += [value or "" for name, value in attrs if name in ("src", "xlink:href", "href")]
        if tag == "img":
            assert given.get("alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def whole() -> Material:
    return replace(material(6), error_analysis=ANALYSIS)


@pytest.fixture(scope="module")
def files(whole: Material) -> dict[str, bytes]:
    return make(whole)


@pytest.fixture(scope="module")
def page(files: dict[str, bytes]) -> Page:
    return Page(files["report.html"].decode())


@pytest.fixture(scope="module")
def summary(files: dict[str, bytes]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files["summary.json"])
    return read


def test_the_same_records_make_the_same_bytes(whole: Material, files: dict[str, bytes]) -> None:
    assert make(whole) == files


def test_the_page_needs_no_network_and_no_script(page: Page, files: dict[str, bytes]) -> None:
    assert not page.names["script"]
    assert {source[:5] for source in page.sources if not source.startswith("#")} == {"data:"}
    assert "@import" not in files["report.html"].decode()
    assert not re.search(r"url\((?!#)", files["report.html"].decode())


def test_ids_are_there_once_and_links_lead_somewhere(page: Page) -> None:
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_headings_go_down_one_level_at_a_time(files: dict[str, bytes]) -> None:
    levels = [int(level) for level in re.findall(r"<h(\d)", files["report.html"].decode())]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_ledger_comes_first_with_every_assumption_and_every_claim(page: Page, summary: dict[str, Any]) -> None:
    text = page.text
    positions = [text.index(one.chosen) for one in ASSUMPTIONS]
    assert max(positions) < text.index("What the report's own numbers show about chance") < text.index("“Starting from")
    for claim, published in zip(CLAIMS, summary["claims"], strict=True):
        assert f"claim-{claim.id}" in page.ids
        assert published["id"] == claim.id
        positions.append(text.index(published["sentence"]))
        assert f"“{claim.text}”" in text
        assert not claim.note or claim.note in text
    assert max(positions) < text.index("Which activation suits this network?")
    assert positions[: len(ASSUMPTIONS) + 1] == sorted(positions[: len(ASSUMPTIONS) + 1])


def test_verdicts_and_numbers_are_those_of_the_ledger(whole: Material, summary: dict[str, Any]) -> None:
    for judgement, published in zip(judge(CLAIMS, whole.records), summary["claims"], strict=True):
        assert (published["verdict"], published["sentence"]) == (judgement.verdict, judgement.sentence)
        assert [number["n"] for number in published["figures"]] == [estimate.n for estimate in judgement.estimates]
        for number, estimate in zip(published["figures"], judgement.estimates, strict=True):
            assert number["mean"] == (None if estimate.value is None else pytest.approx(estimate.value, abs=1e-6))


def test_every_section_has_its_table_with_the_accuracies_of_the_report_and_of_the_records(
    summary: dict[str, Any], page: Page
) -> None:
    records = trained(6)
    assert [one["name"] for one in summary["sections"]] == [one.name for one in walk() if not one.parts]
    for published in summary["sections"]:
        for network in published["networks"]:
            recipe = preset(network["arm"])
            values = [one.result.val_accuracy or 0 for one in records if one.experiment.unseeded() == recipe]
            assert network["last"]["mean"] == pytest.approx(fmean(values), abs=1e-6)
            assert f"{100 * fmean(values):.2f} %" in page.text
    claimed = {one["arm"]: one["report"] for one in summary["sections"][0]["networks"]}
    assert claimed == {"relu": 0.9787, "sigmoid": 0.9748, "gelu": 0.9783, "elu": 0.9782, "leaky-relu": 0.9742}
    assert [one["report"] for one in summary["sections"][-1]["networks"]] == [0.9778, 0.9779, 0.9884, 0.9779]


def test_every_chart_has_a_name_and_a_file_next_to_the_markdown(page: Page, files: dict[str, bytes]) -> None:
    pictures = {path for path in files if path.endswith(".svg")}
    assert (
        page.names["svg"] == page.names["desc"] == len(pictures) - 1 == 2 * 7
    )  # the sheet of mistakes is a file alone
    linked = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", files["report.md"].decode()))
    assert linked == pictures
    for path in pictures:
        assert b"prefers-color-scheme" in files[path]
        assert b"<title>" in files[path]


def test_the_markdown_has_the_same_content(files: dict[str, bytes], summary: dict[str, Any]) -> None:
    text = files["report.md"].decode()
    for published in summary["claims"]:
        assert f'<a id="claim-{published["id"]}"></a>' in text
        assert published["verdict"] in text
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(re.findall(r'<a id="([^"]+)">', text))
    assert "mnist-lab reproduce --seeds 6 --conv-seeds 3\n" in text


def test_five_lines_open_it_and_count_every_claim(page: Page, summary: dict[str, Any]) -> None:
    assert len(summary["found"]) == 5
    assert page.text.index(summary["found"][0]) < page.text.index("The ledger", 400)
    counted = Counter(published["verdict"] for published in summary["claims"])
    assert set(counted) <= set(get_args(ClaimVerdict))
    for count in counted.values():
        assert re.search(rf"\b{count}\b", summary["found"][0])
    assert "97.64 %, 97.87 %, 97.86 %, 97.90 % and 97.78 %" in summary["found"][4]


def test_every_conclusion_that_was_judged_stands_in_one_of_the_lines(summary: dict[str, Any]) -> None:
    lines = {"holds": 1, "contradicted": 2, "too close to call": 3}
    for claim, published in zip(CLAIMS, summary["claims"], strict=True):
        if claim.conclusion and published["verdict"] in lines:
            assert claim.conclusion in summary["found"][lines[published["verdict"]]]


def test_what_was_chosen_on_the_test_images_is_marked(page: Page) -> None:
    assert "The best epoch is chosen on the test images, so its accuracy is a little too good." in page.text
    assert "with early stopping those of the epoch that was kept, which was chosen on the test images" in page.text
    assert "selected by that number from the 4 trainings" in page.text


def test_without_any_run_there_are_not_enough_runs_for_any_claim() -> None:
    files = make(Material(()))
    published = json.loads(files["summary.json"])
    assert {one["verdict"] for one in published["claims"]} == {"not enough runs", "not testable by accuracy"}
    page = Page(files["report.html"].decode())
    assert page.text.count("none of these networks has been trained yet") == 7
    assert "No predictions were kept" in page.text
    assert not page.names["svg"]


def test_a_section_alone_has_its_claims_and_its_trainings_alone(tmp_path: Path) -> None:
    written = write(tmp_path, material(3), "activation")
    assert [one["id"] for one in written.summary["claims"]] == [one.id for one in claims_of(section("activation"))]
    assert [one["name"] for one in written.summary["sections"]] == ["activation"]
    assert written.summary["trainings"] == 15
    assert all(path.is_file() for path in written.files)


def test_a_rehearsal_is_marked() -> None:
    records = [one.model_copy(update={"experiment": one.experiment.derive(epochs=2)}) for one in trained(3)]
    files = make(Material(tuple(records), epochs=2), "activation")
    assert "no network was trained for more than 2 epochs" in files["report.html"].decode()
    assert "--section activation --epochs 2\n" in files["report.md"].decode()
    assert json.loads(files["summary.json"])["claims"][0]["figures"][0]["n"] == 3


def test_a_folder_that_cannot_be_written_and_an_unknown_section_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--out"):
        write(tmp_path / "file" / "report", Material(()))
    with pytest.raises(UsageError, match="activation"):
        write(tmp_path, Material(()), "activaton")
