"""A judged study as a table: one row per arm, with its verdict, and the notes that belong to it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.comparisons import Comparison, Verdict
from mnist_lab.analysis.statistics.verdicts import ArmSummary, StudyVerdict
from mnist_lab.analysis.statistics.wording import DIVERGED, REPEATED_TESTING, sentence, short_verdict, single_run
from mnist_lab.experiments.experiment import MNIST_CHECKSUM
from mnist_lab.formatting import Unit, count_range
from mnist_lab.render.listing import Listing, ListingColumn
from mnist_lab.render.tables import SELECTED

VERDICT_STYLES: dict[Verdict, str] = {
    "better": "bold green",
    "worse": "bold red",
    "equivalent": "cyan",
    "too close to call": "yellow",
    "not enough runs": "dim",
}


def study_table(judged: StudyVerdict) -> RenderableType:
    """The arms, one per row; if all pairs were declared, the comparisons without the baseline follow below."""
    parts: list[RenderableType] = [Text(_head(judged)), _arms(judged)]
    others = [found for found in judged.comparisons if found.baseline.name != judged.study.baseline]
    if others:
        parts += [Text(), _pairs(others, judged.metric.unit)]
    return Group(*parts, *(Text(note, "italic") for note in _notes(judged)))


def study_page(judged: StudyVerdict) -> RenderableType:
    """The table, every comparison as a sentence, and why verdicts may be read repeatedly."""
    sentences = [Text(sentence(found, judged.metric.unit)) for found in judged.comparisons]
    explained = [Text(), *sentences, Text(), Text(REPEATED_TESTING, "dim")] if sentences else []
    return Group(study_table(judged), *explained)


def _head(judged: StudyVerdict) -> str:
    study, counts = judged.study, [arm.n for arm in judged.arms]
    seeds = count_range(min(counts), max(counts), "seed")
    versus = "every other" if study.family == "pairs" else study.baseline
    margin = judged.metric.unit.margin(judged.margin)
    return f"{study.title}: {judged.metric.label}, {seeds} of each; every arm versus {versus}; margin {margin}."


def _arms(judged: StudyVerdict) -> Listing:
    unit, arms = judged.metric.unit, judged.arms
    mean = f"mean {unit.symbol}".rstrip()
    columns = [
        ListingColumn("arm", [arm.name for arm in arms]),
        ListingColumn("n", [str(arm.n) for arm in arms], right=True),
        ListingColumn(
            mean,
            [unit.plus_minus(arm.mean, arm.interval) + (SELECTED if arm.selected_on_test else "") for arm in arms],
        ),
        ListingColumn("95 % prediction interval", [unit.value_interval(arm.prediction) for arm in arms]),
        ListingColumn("difference", [_difference(arm.comparison, unit) for arm in arms]),
        ListingColumn(
            "verdict",
            [_verdict(arm, judged.study.baseline) for arm in arms],
            styles={row: VERDICT_STYLES[arm.comparison.verdict] for row, arm in enumerate(arms) if arm.comparison},
        ),
    ]
    if any(arm.diverged for arm in arms):
        columns.append(ListingColumn("diverged", [str(arm.diverged or "") for arm in arms], right=True))
    return Listing(columns, ("arm", "verdict", mean, "n", "diverged"), "--json has them all")


def _pairs(comparisons: Sequence[Comparison], unit: Unit) -> Listing:
    columns = [
        ListingColumn("arm", [found.arm.name for found in comparisons]),
        ListingColumn("versus", [found.baseline.name for found in comparisons]),
        ListingColumn("n", [str(found.n) for found in comparisons], right=True),
        ListingColumn("difference", [_difference(found, unit) for found in comparisons]),
        ListingColumn(
            "verdict",
            [short_verdict(found) for found in comparisons],
            styles={row: VERDICT_STYLES[found.verdict] for row, found in enumerate(comparisons)},
        ),
    ]
    return Listing(columns, ("arm", "versus", "verdict"), "--json has them all")


def _verdict(arm: ArmSummary, baseline: str) -> str:
    if arm.name == baseline:
        return "baseline"
    return short_verdict(arm.comparison) if arm.comparison else ""


def _difference(comparison: Comparison | None, unit: Unit) -> str:
    """The difference with its 95 % interval, which is corrected for repeated testing."""
    if comparison is None or comparison.difference is None:
        return ""
    return f"{unit.signed(comparison.difference)} ({unit.signed_interval(comparison.interval)})"


def _notes(judged: StudyVerdict) -> list[str]:
    """What has to be known about the values in the table."""
    notes = []
    selected = ", ".join(arm.name for arm in judged.arms if arm.selected_on_test)
    if selected:
        notes.append(f"{SELECTED} The epoch was chosen on the test images, so it is a little too good: {selected}.")
    if any(arm.diverged for arm in judged.arms):
        notes.append(f"{DIVERGED}.")
    if judged.metric_name == "test_accuracy":
        lone = [arm for arm in judged.arms if arm.n == 1 and judged.study.arms[arm.name].data == MNIST_CHECKSUM]
        notes += [f"{arm.name}, one run: {single_run(arm.mean)}" for arm in lone if arm.mean is not None]
    return notes
