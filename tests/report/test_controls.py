"""The two controls of a report: the same network twice, and what an epoch chosen on the test images gains."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scipy import stats

from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Record
from mnist_lab.report import controls
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.ledger.trainings import Trainings
from mnist_lab.report.material import Material
from mnist_lab.report.origin import command
from mnist_lab.report.pages import make
from tests.factories import make_record
from tests.report.trained import material, trained


def watched(seed: int) -> Record:
    """A training that held images out; the test images would have chosen the third epoch, the others the second."""
    return make_record(
        f"{900 + seed:026d}",
        experiment=preset("dense-early").derive(protocol="holdout", seed=seed),
        preset="dense-early",
        status="finished",
        history={metric: [0.5, 0.1, 0.2] for metric in ("loss", "accuracy", "val_loss", "val_accuracy")},
        test_history={"loss": [0.5, 0.2, 0.1], "accuracy": [0.9, 0.97, 0.97 + 0.001 * (1 + seed)]},
    )


def test_a_network_is_compared_with_itself_by_halves_of_its_seeds() -> None:
    records = trained(9)
    values = [
        record.result.val_accuracy for record in records if record.preset == "baseline" and record.experiment.seed < 8
    ]
    twice = controls.aa_test(Trainings(records))
    assert twice is not None
    assert (twice.n, twice.paired) == (4, False)
    assert twice.p == pytest.approx(stats.ttest_ind(values[:4], values[4:], equal_var=False).pvalue)
    assert controls.aa_test(Trainings(trained(5))) is None


def test_the_whole_report_has_both_controls_and_the_commands_that_make_them() -> None:
    page = make(material(4))
    assert f"```\n{controls.OPTIMISM_COMMAND}\n```" in page["report.md"].decode()
    assert f"```\n{controls.AA_COMMAND}\n```" in page["report.md"].decode()

    many = material(6)
    whole = replace(many, records=many.records + tuple(watched(seed) for seed in range(3))).about(CLAIMS)
    made = make(whole)
    summary = json.loads(made["summary.json"])
    assert summary["same_twice"]["n"] == 3
    assert summary["optimism"] == [
        {
            "arm": "dense-early protocol=holdout",
            "n": 3,
            "mean": 0.002,
            "interval": pytest.approx([-0.000484, 0.004484], abs=2e-6),
        }
    ]
    text = made["report.md"].decode()
    assert "adds 0.20 points (95 % interval −0.05 to 0.45 points, 3 seeds), which may be chance" in text
    assert "p value of an ordinary t test" in text


def test_a_section_by_itself_has_no_controls() -> None:
    assert "Two controls" not in make(material(4), "activation")["report.md"].decode()


def test_more_seeds_of_a_control_are_asked_for_of_no_other_network() -> None:
    more = tuple(record for record in trained(9) if record.preset == "baseline" or record.experiment.seed < 6)
    assert command(Material(more)) == "mnist-lab reproduce --seeds 6 --conv-seeds 3"
