"""What there is to train, listed."""

from __future__ import annotations

from mnist_lab.experiments.presets import PRESETS
from mnist_lab.experiments.sections import SECTIONS, walk
from tests.commands.lab import Lab


def test_presets_are_listed_with_what_they_change_and_what_they_are_the_same_as(own_lab: Lab) -> None:
    rows = own_lab("presets").out.splitlines()[2:]
    assert [row.split()[0] for row in rows] == list(PRESETS)
    result = own_lab("presets", "--json").json["presets"]
    assert [preset["name"] for preset in result] == list(PRESETS)
    by_name = {preset["name"]: preset for preset in result}
    assert by_name["early-stopping"]["same_as"] == ["dense-early"]
    assert by_name["leaky-relu"]["changes"] == {"activation": "leaky_relu"}


def test_sections_are_listed_with_their_questions_and_parts(own_lab: Lab) -> None:
    text = own_lab("sections").out
    assert all(section.name in text and section.question in text for section in walk())
    result = own_lab("sections", "--json").json["sections"]
    assert [section["name"] for section in result] == [section.name for section in SECTIONS]
    assert [part["name"] for part in result[1]["parts"]] == ["width", "depth", "layer-type"]
    assert result[3]["factor"] == ["network", "early_stopping"]
