"""A judged study as a table: its arms beside the baseline, and what has to be said below."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics import phrases
from mnist_lab.analysis.statistics.comparisons import Comparison, Word
from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.analysis.statistics.metrics import POINTS, Unit
from mnist_lab.analysis.statistics.verdicts import ArmSummary, StudyVerdict
from mnist_lab.analysis.statistics.wording import THE_RULE, sentence, single_run, verdict
from mnist_lab.experiments.experiment import MNIST_CHECKSUM
from mnist_lab.render.listing import Column, Listing
from mnist_lab.render.tables import SELECTED

VERDICT_STYLES: dict[Word, str] = {
    "better": "bold green",
    "worse": "bold red",
    "equivalent": "cyan",
    "too close to call": "yellow",
    "not enough runs": "dim",
}


def study_table(judged: StudyVerdict) -> RenderableType:
    """The arms, a row each; where all pairs were asked for, the other comparisons below."""
    parts: list[RenderableType] = [Text(_head(judged)), _arms(judged)]
    others = [found for found in judged.comparisons if found.baseline.name != judged.study.baseline]
    if others:
        parts += [Text(), _pairs(others, judged.figure.unit)]
    return Group(*parts, *(Text(note, "italic") for note in _notes(judged)))


def study_page(judged: StudyVerdict) -> RenderableType:
    """The table, every comparison as a sentence, and how often one may look."""
    sentences = [Text(sentence(found, judged.figure.unit)) for found in judged.comparisons]
    rule = [Text(), *sentences, Text(), Text(THE_RULE, "dim")] if sentences else []
    return Group(study_table(judged), *rule)


def signed(value: float, unit: Unit) -> str:
    """A difference with its sign: ``+0.12``, ``-0.03``, ``0.00``."""
    text = unit.number(value)
    return text if text.startswith("-") or not text.strip("0.") else f"+{text}"


def span(interval: Interval | None, unit: Unit, *, sign: bool = False) -> str:
    """An interval: ``97.60 to 98.10``; empty where there is none."""
    if interval is None:
        return ""
    return " to ".join(signed(end, unit) if sign else unit.number(end) for end in interval)


def mean_and_half(arm: ArmSummary, unit: Unit) -> str:
    """The mean of an arm and half of its 95 % interval: ``97.87 ± 0.05``."""
    if arm.mean is None:
        return ""
    half = "" if arm.interval is None else f" ± {unit.number((arm.interval[1] - arm.interval[0]) / 2)}"
    return unit.number(arm.mean) + half


def _head(judged: StudyVerdict) -> str:
    study, counts = judged.study, [arm.n for arm in judged.arms]
    least, most = min(counts), max(counts)
    seeds = f"{least} to {most} seeds" if least < most else "1 seed" if most == 1 else f"{most} seeds"
    beside = "every arm beside every other" if study.family == "pairs" else f"every arm beside {study.baseline}"
    return (
        f"{study.title}: {judged.figure.words}, {seeds} of each; {beside}; "
        f"a difference matters from {judged.figure.unit.round(judged.margin)}."
    )


def _arms(judged: StudyVerdict) -> Listing:
    unit, arms = judged.figure.unit, judged.arms
    percent = " %" if unit == POINTS else ""
    columns = [
        Column("arm", [arm.name for arm in arms]),
        Column("n", [str(arm.n) for arm in arms], right=True),
        Column(
            f"mean{percent}",
            [mean_and_half(arm, unit) + (SELECTED if arm.selected_on_test else "") for arm in arms],
        ),
        Column(
            "one training between",
            ["" if arm.prediction is None else phrases.span(arm.prediction, unit) for arm in arms],
        ),
        Column("difference", [_difference(arm.comparison, unit) for arm in arms]),
        Column(
            "verdict",
            [
                "the baseline"
                if arm.name == judged.study.baseline
                else verdict(arm.comparison)
                if arm.comparison
                else ""
                for arm in arms
            ],
            styles={row: VERDICT_STYLES[arm.comparison.word] for row, arm in enumerate(arms) if arm.comparison},
        ),
    ]
    if any(arm.diverged for arm in arms):
        columns.append(Column("diverged", [str(arm.diverged or "") for arm in arms], right=True))
    return Listing(columns, ("arm", "verdict", f"mean{percent}", "n", "diverged"), "--json has them all")


def _pairs(comparisons: Sequence[Comparison], unit: Unit) -> Listing:
    columns = [
        Column("arm", [found.arm.name for found in comparisons]),
        Column("beside", [found.baseline.name for found in comparisons]),
        Column("n", [str(found.n) for found in comparisons], right=True),
        Column("difference", [_difference(found, unit) for found in comparisons]),
        Column(
            "verdict",
            [verdict(found) for found in comparisons],
            styles={row: VERDICT_STYLES[found.word] for row, found in enumerate(comparisons)},
        ),
    ]
    return Listing(columns, ("arm", "beside", "verdict"), "--json has them all")


def _difference(comparison: Comparison | None, unit: Unit) -> str:
    """The difference, and where it lies however often one looks."""
    if comparison is None or comparison.difference is None:
        return ""
    return f"{signed(comparison.difference, unit)} ({span(comparison.interval, unit, sign=True)})"


def _notes(judged: StudyVerdict) -> list[str]:
    """What the figures must not be shown without."""
    notes = []
    selected = ", ".join(arm.name for arm in judged.arms if arm.selected_on_test)
    if selected:
        notes.append(f"{SELECTED} Of an epoch that was chosen on the test images, so it flatters a little: {selected}.")
    if any(arm.diverged for arm in judged.arms):
        notes.append("Trainings that diverged have no figure and are in no mean.")
    if judged.figure_name == "test_accuracy":
        lone = [arm for arm in judged.arms if arm.n == 1 and judged.study.arms[arm.name].data == MNIST_CHECKSUM]
        notes += [f"{arm.name}, one run: {single_run(arm.mean)}" for arm in lone if arm.mean is not None]
    return notes
