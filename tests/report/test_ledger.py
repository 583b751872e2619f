"""Claims judged by records whose values are known."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any

import pytest
from scipy import stats

from mnist_lab.analysis.statistics import comparisons
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import METRICS, Record, Result
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.kinds import (
    MARGIN,
    ClaimTest,
    Epoch,
    Equivalence,
    Extreme,
    Mechanism,
    Number,
    Ordering,
    Stability,
    Trend,
)
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import Judgement, cells, judge, repeats
from mnist_lab.report.ledger.metrics import gradient_share, metric_of, roughness
from mnist_lab.report.ledger.trainings import Trainings, recipe, relevant_records
from mnist_lab.report.reproduction import ReproductionPlan
from tests.factories import make_record


def run(name: str, seed: int, final: float, *, best: float | None = None, **fields: Any) -> Record:
    """A training of a preset that ended with this validation accuracy, and had its best one before."""
    given = fields.pop("curves", {})
    epochs = fields.pop("epochs_run", len(next(iter(given.values()), (0.5, 0.5, 0.5))))
    curves: dict[str, Any] = dict.fromkeys(METRICS, [0.5] * epochs)
    curves["val_accuracy"] = [*[0.5] * (epochs - 2), best or final, final][-epochs:]
    ended = {
        "experiment": preset(name).derive(seed=seed),
        "history": curves | given,
        "epochs_run": epochs,
        "result": Result(val_accuracy=final, val_loss=0.08),
    }
    return make_record(**ended | fields)


def measured_record(record: Record, norms: dict[str, list[float]] | None) -> Record:
    """The same run, had its gradients been measured."""
    return record.model_copy(update={"gradient_norms": norms})


def on_jax(record: Record, run_id: str, result: Result) -> Record:
    """The same training on JAX, with another outcome."""
    environment = record.environment.model_copy(update={"backend": "jax"})
    return record.model_copy(update={"id": run_id, "environment": environment, "result": result})


def noisy(name: str, mean: float, n: int = 10, deviation: float = 0.0003, **fields: Any) -> list[Record]:
    """Trainings of a preset whose accuracies have exactly this mean and deviation."""
    draw = random.Random(name)
    raw = [draw.gauss(0, 1) for _ in range(n)]
    values = [mean + deviation * (value - fmean(raw)) / stdev(raw) for value in raw]
    return [run(name, seed, value, **fields) for seed, value in enumerate(values)]


def curved(name: str, curves: Iterable[Sequence[float]], metric: str = "val_accuracy") -> list[Record]:
    """Trainings of a preset with these curves."""
    return [
        run(name, seed, curve[-1], curves={metric: list(curve)}, epochs_run=len(curve))
        for seed, curve in enumerate(curves)
    ]


def judged(test: ClaimTest, *records: Iterable[Record]) -> Judgement:
    [judgement] = judge([Claim("claimed", "as it says", test)], [record for group in records for record in group])
    return judgement


# A number.


@pytest.mark.parametrize(
    ("number", "verdict"), [(0.9787, "holds"), (0.9784, "holds"), (0.9764, "contradicted"), (0.9811, "contradicted")]
)
def test_a_number_holds_where_one_training_can_give_it(number: float, verdict: str) -> None:
    judgement = judged(Number("relu", number), noisy("relu", 0.9787))
    assert judgement.verdict == verdict
    lies = {"holds": "lies inside", "contradicted": "lies outside"}[verdict]
    assert f"{100 * number:.2f} % {lies}" in judgement.sentence


def test_a_number_is_held_against_the_prediction_interval_of_one_training() -> None:
    records = noisy("relu", 0.9787, n=7)
    last, best = judged(Number("relu", 0.9787), records).estimates
    values = [record.result.val_accuracy or 0.0 for record in records]
    half = stats.t.isf(0.025, 6) * stdev(values) * (1 + 1 / 7) ** 0.5
    assert (last.n, last.value) == (7, pytest.approx(0.9787))
    assert last.prediction == pytest.approx((0.9787 - half, 0.9787 + half))
    assert (last.metric, best.metric) == ("val_accuracy", "best_val_accuracy")
    assert (last.selected_on_test, best.selected_on_test) == (False, True)


def test_a_number_that_only_the_best_epoch_has_holds_and_is_marked_as_chosen_on_the_test_images() -> None:
    judgement = judged(Number("relu", 0.9812), noisy("relu", 0.9787, best=0.9812))
    assert judgement.verdict == "holds"
    assert any(estimate.selected_on_test for estimate in judgement.estimates)
    assert "98.12 % lies outside. At the best epoch, which is chosen on the test images" in judgement.sentence


def test_with_early_stopping_the_kept_epoch_is_chosen_on_the_test_images_too() -> None:
    last, _ = judged(Number("dense-early", 0.9787), noisy("dense-early", 0.9787)).estimates
    assert last.selected_on_test


def test_four_trainings_are_not_enough_for_a_number_and_five_are() -> None:
    assert judged(Number("relu", 0.9787), noisy("relu", 0.9787, n=4)).verdict == "not enough runs"
    assert judged(Number("relu", 0.9787), noisy("relu", 0.9787, n=5)).verdict == "holds"


@pytest.mark.parametrize(("n", "deviation"), [(6, 0.0016), (9, 0.00145)])
def test_a_number_is_not_judged_by_a_wide_interval_and_has_the_trainings_that_narrow_it(
    n: int, deviation: float
) -> None:
    judgement = judged(Number("relu", 0.9787), noisy("relu", 0.9787, n, deviation))
    assert judgement.verdict == "not enough runs"
    assert judgement.seeds_needed is not None
    assert f"With {judgement.seeds_needed} trainings" in judgement.sentence

    def half(n: int) -> float:
        return float(stats.t.isf(0.025, n - 1)) * deviation * (1 + 1 / n) ** 0.5

    assert half(judgement.seeds_needed) <= 0.0035 < half(judgement.seeds_needed - 1)


def test_a_number_that_no_number_of_trainings_can_check_stays_open() -> None:
    judgement = judged(Number("lr-0.1", 0.7648), noisy("lr-0.1", 0.88, n=30, deviation=0.06))
    assert (judgement.verdict, judgement.seeds_needed) == ("too close to call", None)
    assert "to 100.00 % (95 % prediction interval): 76.48 % cannot be judged by so wide" in judgement.sentence
    assert "hardly narrow it" in judgement.sentence


def test_a_loss_is_judged_by_its_own_precision() -> None:
    records = [run("baseline", seed, 0.97, curves={"loss": [0.35 + seed / 1000, 0.1]}) for seed in range(6)]
    first = Number("baseline", 0.6221, "first_loss", best_metric=None, max_half_width=0.05)
    judgement = judged(first, records)
    assert judgement.verdict == "contradicted"
    assert [estimate.metric for estimate in judgement.estimates] == ["first_loss"]
    assert (
        judged(Number("baseline", 0.353, "first_loss", best_metric=None, max_half_width=0.05), records).verdict
        == "holds"
    )


def test_a_diverged_training_is_counted_next_to_the_others() -> None:
    judgement = judged(
        Number("relu", 0.9787), noisy("relu", 0.9787), [run("relu", seed, 0.1, status="diverged") for seed in (97, 98)]
    )
    assert judgement.estimates[0].diverged == 2
    assert judgement.estimates[0].n == 10
    assert "Trainings that diverged are in no mean: 2 of relu." in judgement.sentence


# An epoch.


def stopped(epochs: Sequence[int]) -> list[Record]:
    return [
        run("conv-early", seed, 0.98, epochs_run=epoch, best_epoch=max(1, epoch - 4), stopped_early=True)
        for seed, epoch in enumerate(epochs)
    ]


@pytest.mark.parametrize(
    ("epochs", "verdict"),
    [
        ([12, 13, 14, 13, 12], "holds"),
        ([7, 8, 7, 6, 7], "contradicted"),
        ([12, 13, 14, 13], "not enough runs"),
        ([9, 14, 11, 12, 13], "not enough runs"),
        ([5, 20, 5, 20, 5, 20], "too close to call"),
    ],
)
def test_an_epoch_is_judged_as_a_number_is(epochs: list[int], verdict: str) -> None:
    assert judged(Epoch("conv-early", 13, "epochs_run"), stopped(epochs)).verdict == verdict
    assert judged(Epoch("conv-early", 9, "best_epoch"), stopped(epochs)).verdict == verdict


@pytest.mark.parametrize(
    ("epochs", "verdict", "text"),
    [
        ([12, 13, 14, 13, 12], "holds", "): before 20."),
        ([20, 20, 20, 20, 20], "contradicted", "not before 20."),
        ([14, 20, 16, 20, 15], "too close to call", "not certainly before 20."),
    ],
)
def test_stopping_earlier_is_before_the_last_epoch_in_all_that_is_to_be_expected(
    epochs: list[int], verdict: str, text: str
) -> None:
    judgement = judged(Epoch("conv-early", 20, "epochs_run", earlier=True), stopped(epochs))
    assert judgement.verdict == verdict
    assert text in judgement.sentence


def test_how_many_trainings_would_show_that_it_stops_earlier_rests_on_the_room_before_the_last_epoch() -> None:
    epochs = [14, 18, 15, 16, 17]
    judgement = judged(Epoch("conv-early", 20, "epochs_run", earlier=True), stopped(epochs))
    assert judgement.verdict == "not enough runs"
    assert judgement.seeds_needed is not None

    def half(n: int) -> float:
        return float(stats.t.isf(0.025, n - 1)) * stdev(epochs) * (1 + 1 / n) ** 0.5

    assert half(judgement.seeds_needed) <= 20 - 16 < half(judgement.seeds_needed - 1)


# An order.

BELOW = Ordering("elu", "below", "relu")


def test_an_order_holds_where_the_difference_is_more_than_chance_gives() -> None:
    judgement = judged(BELOW, noisy("elu", 0.975), noisy("relu", 0.979))
    assert judgement.verdict == "holds"
    assert judgement.sentence == "In final validation accuracy, elu is 0.40 points below relu."


def test_an_order_the_other_way_round_is_contradicted() -> None:
    judgement = judged(BELOW, noisy("elu", 0.979), noisy("relu", 0.975))
    assert judgement.verdict == "contradicted"
    assert "elu is 0.40 points above relu" in judgement.sentence


def test_an_order_that_may_be_chance_is_too_close_and_has_the_seeds_that_would_show_a_difference() -> None:
    records = noisy("elu", 0.979, deviation=0.001), noisy("relu", 0.9793, deviation=0.001)
    judgement = judged(BELOW, *records)
    trainings = Trainings([*records[0], *records[1]])
    [compared] = comparisons.judge([(trainings.arm("elu", "val_accuracy"), trainings.arm("relu", "val_accuracy"))])
    assert judgement.verdict == "too close to call"
    assert judgement.seeds_needed == compared.seeds_needed
    assert f"With {judgement.seeds_needed} seeds of each, a difference of 0.1 points would show" in judgement.sentence


def test_a_difference_that_seeds_enough_have_not_shown_asks_for_no_more() -> None:
    records = noisy("elu", 0.9786, 60, 0.0012), noisy("relu", 0.979, 60, 0.0012)
    judgement = judged(BELOW, *records)
    assert (judgement.verdict, judgement.seeds_needed) == ("too close to call", None)
    assert "There are enough seeds to show a difference of 0.1 points" in judgement.sentence


def test_an_order_between_equals_is_too_close_without_a_call_for_more_seeds() -> None:
    judgement = judged(BELOW, noisy("elu", 0.97902, 20, 0.0001), noisy("relu", 0.979, 20, 0.0001))
    assert (judgement.verdict, judgement.seeds_needed) == ("too close to call", None)
    assert "elu and relu differ by less than 0.1 points" in judgement.sentence
    assert "does not matter" in judgement.sentence


@pytest.mark.parametrize(("arm", "side", "than"), [("elu", "below", "relu"), ("relu", "above", "elu")])
def test_an_order_between_equals_is_not_contradicted_by_an_interval_that_only_reaches_to_0(
    arm: str, side: str, than: str
) -> None:
    """The interval of an equivalence always includes 0: its end there does not exclude the other order."""
    records = noisy("elu", 0.979205, 10, 0.0001), noisy("relu", 0.979, 10, 0.0001)
    judgement = judged(Ordering(arm, side, than), *records)  # type: ignore[arg-type] # sides are literals
    assert 0 in (judgement.estimates[-1].interval or ())
    assert judgement.verdict == "too close to call"
    assert "differ by less than 0.1 points" in judgement.sentence


def test_an_order_by_less_than_matters_holds_and_says_so() -> None:
    judgement = judged(BELOW, noisy("elu", 0.9786, 40, 0.0001), noisy("relu", 0.979, 40, 0.0001))
    assert judgement.verdict == "holds"
    assert judgement.sentence.endswith("elu is 0.04 points below relu, but within the margin of 0.1 points.")


@pytest.mark.parametrize(("elus", "relus"), [(0, 10), (2, 10), (10, 2), (0, 0)])
def test_two_trainings_make_no_order(elus: int, relus: int) -> None:
    def some(name: str, mean: float, n: int) -> list[Record]:
        return noisy(name, mean)[:n]

    judgement = judged(BELOW, some("elu", 0.9, elus), some("relu", 0.979, relus))
    assert judgement.verdict == "not enough runs"
    assert ("of relu" in judgement.sentence) is (relus < 3)
    assert ("of elu" in judgement.sentence) is (elus < 3)


def test_the_estimates_are_those_of_the_arms_and_of_the_comparison() -> None:
    records = noisy("elu", 0.975), noisy("relu", 0.979)
    relu, elu, difference = judged(BELOW, *records).estimates
    trainings = Trainings([*records[0], *records[1]])
    [compared] = comparisons.judge([(trainings.arm("elu", "val_accuracy"), trainings.arm("relu", "val_accuracy"))])
    assert (relu.arm, relu.than, relu.value) == ("relu", None, pytest.approx(0.979))
    assert (elu.arm, elu.n, elu.p) == ("elu", 10, None)
    assert (difference.arm, difference.than, difference.n) == ("elu", "relu", 10)
    assert (difference.value, difference.interval, difference.p) == (
        compared.difference,
        compared.interval,
        compared.corrected,
    )


# The best or the worst of several.

WORST = Extreme("sigmoid", "below", ("relu", "gelu"))


def test_the_worst_is_below_each_of_the_others() -> None:
    assert judged(WORST, noisy("sigmoid", 0.97), noisy("relu", 0.979), noisy("gelu", 0.978)).verdict == "holds"


def test_the_worst_is_contradicted_by_one_that_is_worse() -> None:
    judgement = judged(WORST, noisy("sigmoid", 0.977), noisy("relu", 0.979), noisy("gelu", 0.974))
    assert judgement.verdict == "contradicted"
    assert judgement.sentence == "In final validation accuracy, sigmoid is 0.30 points above gelu."


def test_the_worst_is_too_close_to_one_as_bad() -> None:
    judgement = judged(WORST, noisy("sigmoid", 0.977, deviation=0.001), noisy("relu", 0.99), noisy("gelu", 0.9772))
    assert judgement.verdict == "too close to call"
    assert "relu" not in judgement.sentence


def test_the_worst_needs_the_seeds_of_the_comparison_that_needs_most() -> None:
    deviations = {"sigmoid": 0.0005, "relu": 0.003, "gelu": 0.0006}
    records = [record for name, deviation in deviations.items() for record in noisy(name, 0.977, 10, deviation)]
    arms = {name: Trainings(records).arm(name, "val_accuracy") for name in deviations}
    compared = comparisons.judge([(arms["sigmoid"], arms["relu"]), (arms["sigmoid"], arms["gelu"])])
    needed = [one.seeds_needed or 0 for one in compared]
    assert needed[0] > needed[1] > 0
    assert judged(WORST, records).seeds_needed == needed[0]


def test_the_worst_of_several_needs_all_of_them() -> None:
    judgement = judged(WORST, noisy("sigmoid", 0.97), noisy("relu", 0.979))
    assert judgement.verdict == "not enough runs"
    assert "0 of gelu" in judgement.sentence


def test_the_comparisons_of_a_claim_are_one_family() -> None:
    records = [noisy("sigmoid", 0.977), noisy("relu", 0.978), noisy("gelu", 0.9775)]
    alone = judged(Ordering("sigmoid", "below", "relu"), *records).estimates[-1].p
    among = next(estimate for estimate in judged(WORST, *records).estimates if estimate.than == "relu").p
    assert alone is not None
    assert among == pytest.approx(min(1.0, 2 * alone))


# A trend.

WIDER = Trend(("units-64", "units-128", "units-256"))


def widths(*means: float, **fields: Any) -> list[Record]:
    return [record for name, mean in zip(WIDER.arms, means, strict=True) for record in noisy(name, mean, **fields)]


def test_a_trend_rises_from_end_to_end() -> None:
    assert judged(WIDER, widths(0.974, 0.978, 0.981)).verdict == "holds"


def test_a_trend_holds_over_a_step_that_is_undecided() -> None:
    assert judged(WIDER, widths(0.974, 0.98, 0.9801)).verdict == "holds"


def test_a_trend_is_contradicted_by_a_step_down_and_by_its_end() -> None:
    judgement = judged(WIDER, widths(0.974, 0.981, 0.978))
    assert judgement.verdict == "contradicted"
    assert judgement.sentence == "In final validation accuracy, units-256 is 0.30 points below units-128."
    assert judged(WIDER, widths(0.981, 0.978, 0.974)).verdict == "contradicted"


def test_a_trend_whose_ends_are_undecided_is_too_close_and_one_without_its_middle_lacks_runs() -> None:
    assert judged(WIDER, widths(0.979, 0.979, 0.9791, deviation=0.001)).verdict == "too close to call"
    assert judged(WIDER, noisy("units-64", 0.97), noisy("units-256", 0.98)).verdict == "not enough runs"


# An equivalence.

ALIKE = Equivalence(("gelu",), "relu")


@pytest.mark.parametrize(
    ("gelu", "deviation", "verdict"),
    [
        (0.9790, 0.0001, "holds"),
        (0.9787, 0.0001, "holds"),
        (0.9760, 0.0003, "contradicted"),
        (0.9820, 0.0003, "contradicted"),
        (0.9780, 0.0003, "too close to call"),
        (0.9789, 0.0020, "too close to call"),
    ],
)
def test_equivalence_is_shown_inside_the_margin_and_contradicted_beyond_it(
    gelu: float, deviation: float, verdict: str
) -> None:
    records = noisy("gelu", gelu, 20, deviation), noisy("relu", 0.979, 20, deviation)
    assert judged(ALIKE, *records).verdict == verdict


def test_a_difference_that_may_be_larger_than_the_margin_or_not_is_explained() -> None:
    judgement = judged(ALIKE, noisy("gelu", 0.978, 20), noisy("relu", 0.979, 20))
    assert judgement.sentence.endswith(
        "gelu is 0.10 points below relu. More seeds would show whether that is more than 0.1 points."
    )


def test_no_better_allows_worse_and_refuses_better() -> None:
    deeper = Equivalence(("depth-2", "depth-3"), "depth-1", or_below=True)
    single, same = noisy("depth-1", 0.979, 20, 0.0001), noisy("depth-2", 0.979, 20, 0.0001)
    assert judged(deeper, single, same, noisy("depth-3", 0.97, 20)).verdict == "holds"
    assert judged(deeper, single, same, noisy("depth-3", 0.985, 20)).verdict == "contradicted"
    assert judged(deeper, single, same, noisy("depth-3", 0.979, 3, 0.002)).verdict == "too close to call"


# Stability.

STEADIER = Stability("leaky-relu", True, "relu")


def zigzag(size: float, epochs: int = 12) -> list[float]:
    """A curve that rises and jumps up and down by this much at its end."""
    return [0.9 + epoch / 1000 + (size if epoch % 2 else 0) for epoch in range(epochs)]


def test_roughness_is_zero_on_a_straight_line_and_half_of_every_turn_elsewhere() -> None:
    assert roughness([0.1 * epoch for epoch in range(10)]) == pytest.approx(0)
    assert roughness(zigzag(0.01)) == pytest.approx(0.01)
    assert roughness([0.0, 9.0, 0.0, 9.0, 0.5, 0.5, 0.5, 0.5, 0.5]) == pytest.approx(4.25 / 4)
    assert (roughness([]), roughness([0.5]), roughness([0.5, 0.6]), roughness([0.5, 1.0, 0.5])) == (
        None,
        None,
        None,
        0.5,
    )


def test_the_steadier_curve_turns_less() -> None:
    calm = [zigzag(0.0004 + seed / 10**5) for seed in range(8)]
    wild = [zigzag(0.0020 + (seed % 3) / 10**5) for seed in range(8)]
    assert judged(STEADIER, curved("leaky-relu", calm), curved("relu", wild)).verdict == "holds"
    assert judged(STEADIER, curved("leaky-relu", wild), curved("relu", calm)).verdict == "contradicted"
    unstable = Stability("lr-0.1", False, "lr-0.001", margin=0.001)
    assert judged(unstable, curved("lr-0.1", wild), curved("lr-0.001", calm)).verdict == "holds"


def test_curves_as_steady_as_each_other_are_too_close_and_curves_too_short_are_not_enough() -> None:
    one = [zigzag(0.001 + (seed * 7 % 5) / 10**4) for seed in range(8)]
    other = [zigzag(0.001 + (seed * 3 % 5) / 10**4) for seed in range(8)]
    assert judged(STEADIER, curved("leaky-relu", one), curved("relu", other)).verdict == "too close to call"
    short = [[0.9, 0.91]] * 8
    assert judged(STEADIER, curved("leaky-relu", short), curved("relu", short)).verdict == "not enough runs"


def test_the_slope_of_training_accuracy_is_read_off_the_training_curve() -> None:
    smooth = Stability("lr-0.0005", True, "lr-0.001", "accuracy_roughness")
    calm, wild = ([zigzag(size + seed / 10**5) for seed in range(8)] for size in (0.0001, 0.002))
    judgement = judged(smooth, curved("lr-0.0005", calm, "accuracy"), curved("lr-0.001", wild, "accuracy"))
    assert judgement.verdict == "holds"


def test_slow_convergence_is_a_lower_training_accuracy_over_all_epochs() -> None:
    slow = Ordering("lr-0.0005", "below", "lr-0.001", "mean_accuracy")
    late = [[0.5 + seed / 1000, 0.8, 0.98] for seed in range(5)]
    early = [[0.9 + seed / 1000, 0.97, 0.98] for seed in range(5)]
    judgement = judged(slow, curved("lr-0.0005", late, "accuracy"), curved("lr-0.001", early, "accuracy"))
    assert judgement.verdict == "holds"
    assert judgement.estimates[0].value == pytest.approx((0.902 + 0.97 + 0.98) / 3)


# Mechanisms.

BY_ID = {claim.id: claim for claim in CLAIMS}


def test_a_reason_without_a_control_is_not_testable_and_explains_why() -> None:
    judgement = judged(Mechanism("Nothing shows it."), noisy("relu", 0.979))
    assert (judgement.verdict, judgement.sentence) == ("not testable by accuracy", "Nothing shows it.")


@pytest.mark.parametrize(
    ("shuffled_conv", "shuffled_dense", "verdict"),
    [
        (0.975, 0.979, "holds"),
        (0.9885, 0.979, "too close to call"),
        (0.991, 0.979, "contradicted"),
        (0.975, 0.97, "contradicted"),
    ],
)
def test_space_is_what_convolutions_use_if_shuffled_pixels_cost_them_and_nobody_else(
    shuffled_conv: float, shuffled_dense: float, verdict: str
) -> None:
    records = [
        *noisy("conv", 0.9885, 20, 0.0001),
        *noisy("dense", 0.979, 20, 0.0001),
        *noisy("conv-permuted", shuffled_conv, 20, 0.0001),
        *noisy("dense-permuted", shuffled_dense, 20, 0.0001),
    ]
    judgement = judged(BY_ID["conv-spatial"].test, records)
    assert judgement.verdict == verdict
    assert ("does not prove it" in judgement.sentence) is (verdict == "holds")


@pytest.mark.parametrize(("equal", "verdict"), [(0.975, "holds"), (0.9765, "contradicted")])
def test_updates_are_why_small_batches_win_if_they_no_longer_win_with_equal_updates(equal: float, verdict: str) -> None:
    records = [
        *noisy("batch-32", 0.979, 20, 0.0001),
        *noisy("batch-512", 0.976, 20, 0.0001),
        *noisy("batch-32-equal-updates", equal, 20, 0.0001),
        *noisy("batch-512-equal-updates", 0.975, 20, 0.0001),
    ]
    assert judged(BY_ID["batch-updates"].test, records).verdict == verdict


def with_gradients(name: str, mean: float, first: float) -> list[Record]:
    """Trainings with so much of a gradient of 1 at their first layer."""
    return [
        measured_record(record, {"hidden": [first * (1 + seed / 100)] * 3, "output": [1.0] * 3})
        for seed, record in enumerate(noisy(name, mean))
    ]


@pytest.mark.parametrize(("sigmoid", "verdict"), [(0.01, "holds"), (0.2, "contradicted"), (0.9, "contradicted")])
def test_a_gradient_has_vanished_where_less_than_a_tenth_of_it_arrives(sigmoid: float, verdict: str) -> None:
    records = with_gradients("sigmoid", 0.975, sigmoid), with_gradients("relu", 0.979, 0.8)
    assert judged(BY_ID["sigmoid-gradients"].test, *records).verdict == verdict


def test_without_gradients_of_both_the_reason_lacks_runs() -> None:
    judgement = judged(BY_ID["sigmoid-gradients"].test, with_gradients("sigmoid", 0.975, 0.01), noisy("relu", 0.979))
    assert judgement.verdict == "not enough runs"
    assert "0 of relu whose share of the gradient that reaches the first layer is known" in judgement.sentence


def test_everything_that_must_follow_from_a_reason_is_one_family() -> None:
    records = with_gradients("sigmoid", 0.978, 0.01), with_gradients("relu", 0.979, 0.8)
    alone = judged(Ordering("sigmoid", "below", "relu"), *records).estimates[-1].p
    among = judged(BY_ID["sigmoid-gradients"].test, *records).estimates[-2]
    assert alone is not None
    assert among.metric == "val_accuracy"
    assert among.p == pytest.approx(min(1.0, 2 * alone))


def test_a_share_is_the_ratio_of_the_first_layer_to_the_last() -> None:
    norms = {"first": [0.1, 0.001], "between": [9.0, 9.0], "last": [1.0, 1.0]}
    assert gradient_share(norms) == pytest.approx(-2)
    assert gradient_share(None) is None
    assert gradient_share({"only": [0.5]}) is None
    beyond = {"first": [1e-300, 1e38, math.inf, 1.0], "last": [1e38, 1e-300, math.inf, 100.0]}
    assert gradient_share(beyond) == pytest.approx(-2)
    assert gradient_share({name: norms[:3] for name, norms in beyond.items()}) is None


# The ledger.


def test_without_records_every_claim_lacks_runs_or_is_not_testable() -> None:
    ledger = judge(CLAIMS, [])
    assert [judgement.claim for judgement in ledger] == list(CLAIMS)
    untestable = {claim.id for claim in CLAIMS if isinstance(claim.test, Mechanism) and not claim.test.expects}
    for judgement in ledger:
        expected = "not testable by accuracy" if judgement.claim.id in untestable else "not enough runs"
        assert judgement.verdict == expected
        assert judgement.sentence.endswith(".")


@pytest.fixture(scope="module")
def trained() -> list[Record]:
    """Six trainings of everything that the claims are about, in a few shapes."""
    draw = random.Random(5)
    return [
        measured_record(
            run(str(wanted.preset), wanted.experiment.seed, draw.gauss(0.979, 0.0004), epochs_run=12, best_epoch=8),
            {"hidden": [draw.uniform(0.1, 0.2)], "output": [1.0]} if wanted.measurements else None,
        )
        for wanted in ReproductionPlan(CLAIMS, 6).plans()
    ]


def test_a_ledger_is_a_function_of_its_records_in_whatever_order(trained: list[Record]) -> None:
    shuffled = random.Random(1).sample(trained, len(trained))
    ledger = judge(CLAIMS, trained)
    assert judge(CLAIMS, shuffled) == ledger
    assert "too close to call" in {judgement.verdict for judgement in ledger}


def test_only_finished_runs_of_the_very_preset_count(trained: list[Record]) -> None:
    others = [
        make_record(experiment=DEFAULT.derive(seed=50, **changes))
        for changes in ({"epochs": 3}, {"protocol": "holdout"}, {"precision": "bfloat16"}, {"data": "0" * 64})
    ]
    unfinished = [run("relu", 60 + index, 0.1, status=status) for index, status in enumerate(("stopped", "failed"))]
    assert judge(CLAIMS, [*trained, *others, *unfinished]) == judge(CLAIMS, trained)


def test_runs_of_another_backend_do_not_count_as_they_do_not_for_a_study(trained: list[Record]) -> None:
    earlier = [on_jax(record, f"!{record.id}", Result(val_accuracy=0.1)) for record in trained[:30]]
    other = on_jax(trained[0].model_copy(update={"experiment": preset("relu").derive(seed=50)}), "~", Result())
    assert judge(CLAIMS, [*trained, *earlier, other]) == judge(CLAIMS, trained)
    assert relevant_records(CLAIMS, [*trained, *earlier, other]) == sorted(trained, key=lambda record: record.id)


def test_a_seed_counts_once(trained: list[Record]) -> None:
    later = [record.model_copy(update={"id": f"~{record.id}"}) for record in trained[:30]]
    worse = [record.model_copy(update={"result": Result(val_accuracy=0.1)}) for record in later]
    assert judge(CLAIMS, [*trained, *worse]) == judge(CLAIMS, trained)


def test_the_margin_of_the_claims_is_the_lab_s() -> None:
    assert MARGIN == comparisons.MARGIN


def test_early_stopping_is_judged_by_the_weights_that_were_kept() -> None:
    record = run("dense-early", 0, 0.978, curves={"val_accuracy": [0.978, 0.97]})
    assert metric_of("val_accuracy").value_of(record) == 0.978
    assert metric_of("val_accuracy").value_of(make_record(result=Result())) is None


# Repeated trainings in the report.


def test_the_report_has_trained_one_network_five_times() -> None:
    found = repeats(CLAIMS)
    assert found.accuracies == (0.9764, 0.9787, 0.9786, 0.9790, 0.9778)
    assert len({preset(claim.test.arms[0]) for claim in found.claims}) == 1
    assert found.spread == pytest.approx(0.0026)
    assert found.deviation == pytest.approx(stdev(found.accuracies))


def test_most_differences_that_the_report_interprets_are_smaller_than_that_spread() -> None:
    found = repeats(CLAIMS)
    sizes = {difference.arms: round(difference.size, 4) for difference in found.differences}
    assert sizes["gelu", "relu"] == 0.0004
    assert sizes["conv", "dense"] == 0.0095
    assert sizes["batch-32", "batch-512"] == 0.0007
    assert sizes["units-256", "units-64"] == 0.0074
    assert len(found.smaller) > len(sizes) / 2
    assert all(difference.size < found.spread for difference in found.smaller)
    assert "97.64 %, 97.87 %, 97.86 %, 97.90 % and 97.78 %" in found.sentence
    assert f"{len(found.smaller)} of the {len(sizes)} differences" in found.sentence


# A rehearsal.


def test_a_rehearsal_judges_trainings_of_few_epochs_and_no_others() -> None:
    claims = [BY_ID["relu-accuracy"]]
    short = [run("relu", seed, 0.9787, experiment=preset("relu").derive(seed=seed, epochs=2)) for seed in range(5)]
    assert judge(claims, short)[0].estimates[0].n == 0
    assert judge(claims, short, epochs=2)[0].estimates[0].n == 5


def test_a_rehearsal_makes_no_training_longer() -> None:
    assert recipe("batch-32-equal-updates", 20).epochs == 5


# Estimates as table cells.


def test_a_row_shows_a_mean_and_a_difference_each_in_its_unit() -> None:
    judgement = judged(Ordering("elu", "below", "relu"), noisy("relu", 0.98, n=5), noisy("elu", 0.975, n=5))
    relu, elu, difference = cells.rows(judgement)
    assert relu[:4] == ("relu", "final validation accuracy", "5", "98.00 %")
    assert elu[3] == "97.50 %"
    assert relu[4] == "97.96 to 98.04 %"
    assert difference[:4] == ("elu − relu", "final validation accuracy", "5", "−0.50 points")
    assert difference[5] == "–"
    assert {len(row) for row in (relu, elu, difference)} == {len(cells.HEAD)}


def test_a_row_shows_what_diverged_and_what_was_chosen_on_the_test_images() -> None:
    lost = run("dense-early", 9, 0.1, status="diverged")
    last, _ = cells.rows(judged(Number("dense-early", 0.9787), [*noisy("dense-early", 0.9787, n=5), lost]))
    assert last[1] == "final validation accuracy, chosen on the test images"
    assert last[2] == "5 + 1 diverged"
