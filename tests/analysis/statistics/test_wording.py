"""Verdicts and intervals as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.wording import sentence, short_verdict, single_run


def compared(verdict: Any, **fields: Any) -> Comparison:
    shape: dict[str, Any] = {
        "arm": Arm("gelu", dict.fromkeys(range(20), 0.98)),
        "baseline": Arm("relu", dict.fromkeys(range(20), 0.98)),
        "verdict": verdict,
        "paired": True,
        "n": 20,
        "margin": 0.001,
        "family": 4,
        "difference": 0.0012,
        "interval": (0.0005, 0.0019),
    }
    return Comparison(**shape | fields)


@pytest.mark.parametrize(
    ("comparison", "short", "text"),
    [
        (
            compared("better"),
            "better",
            "gelu is better than relu by 0.12 points (95 % interval 0.05 to 0.19 points), 20 seeds each.",
        ),
        (
            compared("worse", difference=-0.0004, interval=(-0.0007, -0.0001), within_margin=True),
            "worse, but within the margin",
            "gelu is worse than relu by 0.04 points (95 % interval 0.01 to 0.07 points), "
            "but within the margin of 0.1 points, 20 seeds each.",
        ),
        (
            compared("equivalent", difference=0.0002, interval=(-0.0003, 0.0007)),
            "equivalent",
            "gelu and relu are equivalent: they differ by less than 0.1 points "
            "(95 % interval −0.03 to 0.07 points), 20 seeds each.",
        ),
        (
            compared("too close to call", difference=0.0005, interval=(-0.0004, 0.0014), seeds_needed=34),
            "too close to call (34 seeds)",
            "gelu and relu are too close to call: 0.05 points (95 % interval −0.04 to 0.14 points), 20 seeds each. "
            "To show a difference of 0.1 points would take about 34 seeds of each.",
        ),
        (
            compared("too close to call", difference=0.0005, interval=(-0.0004, 0.0014), seeds_needed=18),
            "too close to call",
            "gelu and relu are too close to call: 0.05 points (95 % interval −0.04 to 0.14 points), 20 seeds each. "
            "With 18 seeds of each a difference of 0.1 points is shown with a power of 80 %: if there is one, "
            "it is likely to be smaller.",
        ),
        (
            compared("too close to call", difference=-0.2, interval=(-0.5, 0.1)),
            "too close to call",
            "gelu and relu are too close to call: −20.00 points (95 % interval −50.00 to 10.00 points), 20 seeds each. "
            "To show a difference of 0.1 points would take more than a million seeds of each.",
        ),
        (
            compared("not enough runs", n=0, arm=Arm("gelu", diverged=2), difference=None, interval=None),
            "not enough runs",
            "Not enough runs to compare gelu with relu: 0 and 20 seeds, and a verdict takes at least 3 of each. "
            "Trainings that diverged are in no mean: 2 of gelu.",
        ),
    ],
    ids=["better", "within", "equivalent", "close", "close with enough", "hopeless", "not enough"],
)
def test_a_verdict_has_a_short_form_and_a_sentence(comparison: Comparison, short: str, text: str) -> None:
    assert short_verdict(comparison) == short
    assert sentence(comparison) == text


def test_trainings_that_diverged_are_counted_after_the_sentence() -> None:
    gelu, relu = Arm("gelu", {0: 0.98}, diverged=1), Arm("relu", {0: 0.98}, diverged=3)
    text = sentence(compared("better", arm=gelu, baseline=relu))
    assert text.endswith("20 seeds each. Trainings that diverged are in no mean: 1 of gelu and 3 of relu.")


def test_one_run_has_the_interval_that_allows_for_other_test_images() -> None:
    assert single_run(0.98) == (
        "98.00 % on 10,000 test images; 97.71 to 98.26 % on all images of the kind (95 % interval). "
        "It does not allow for the seed: another one would move the accuracy further."
    )
