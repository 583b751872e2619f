"""The contents of a report as blocks: the overview, the ledger, each section, the controls, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from mnist_lab.analysis.statistics import optimism, wording
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.optimism import ArmOptimism
from mnist_lab.experiments.presets import label_of, preset
from mnist_lab.experiments.record import Metric
from mnist_lab.experiments.sections import Section
from mnist_lab.formatting import LOSS, PERCENT, join_list
from mnist_lab.report import controls
from mnist_lab.report.blocks import (
    Assumptions,
    Block,
    BulletList,
    Charts,
    Code,
    Confusion,
    Heading,
    Ledger,
    LinkedText,
    Mistakes,
    Paragraph,
    SvgChart,
    TableBlock,
    Tally,
)
from mnist_lab.report.charts import LABELS, draw
from mnist_lab.report.claims import CLAIMS, claims_of
from mnist_lab.report.claims.assumptions import ASSUMPTIONS
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.curves import MeanCurve, mean_curve
from mnist_lab.report.ledger import Judgement, judge, repeats
from mnist_lab.report.ledger.trainings import Trainings
from mnist_lab.report.material import Material
from mnist_lab.report.origin import command, origin
from mnist_lab.report.overview import overview, verdict_counts
from mnist_lab.report.tables import SectionTable, half_row, ordered_presets, section_table, with_tables

TITLE = "One report, trained again"

_PANELS: dict[str, tuple[Metric, ...]] = {"learning-rate": ("val_accuracy", "accuracy")}
"""The metrics whose curves a section shows, where they are not the usual two."""

_USUAL: tuple[Metric, ...] = ("val_accuracy", "val_loss")


@dataclass(frozen=True)
class Contents:
    """The contents of a report.

    Attributes:
        material: The records that it is made of.
        section: The only section that it covers; None for all of them.
    """

    material: Material
    section: Section | None = None

    @cached_property
    def trainings(self) -> Trainings:
        return Trainings(self.material.records, self.material.epochs)

    @cached_property
    def judgements(self) -> list[Judgement]:
        """The judgement on every claim that the report covers."""
        claims: Sequence[Claim] = CLAIMS if self.section is None else claims_of(self.section)
        return judge(claims, self.material.records, self.material.epochs)

    @cached_property
    def overview(self) -> tuple[LinkedText, ...]:
        """The five lines at its top."""
        return overview(self.judgements, self.trainings)

    @cached_property
    def aa_test(self) -> Comparison | None:
        """The default network compared with itself."""
        return controls.aa_test(self.trainings)

    @cached_property
    def optimism(self) -> list[ArmOptimism]:
        """What choosing the epoch on the test images adds, for each network for which it is known."""
        return optimism.by_recipe(self.material.records)

    @cached_property
    def tables(self) -> tuple[SectionTable, ...]:
        """The table of each section that has one."""
        return tuple(section_table(section, self.trainings) for section in with_tables(self.section))

    def blocks(self) -> Iterator[Block]:
        """All blocks of the report, in order."""
        yield from self._opening()
        yield from self._ledger()
        for table in self.tables:
            yield from self._section(table)
        if self.section is None:
            yield from self._controls()
        yield from self._error_analysis()
        yield from self._making()

    def _opening(self) -> Iterator[Block]:
        title = TITLE if self.section is None else f"{TITLE}: {self.section.title.lower()}"
        yield Heading(1, title, "top")
        yield Paragraph(
            "A student's report on MNIST changes one factor of a neural network at a time, trains each network once, "
            "and draws conclusions from differences of a few hundredths of a percentage point. Here its networks were "
            "trained again, each with several seeds, and every claim was tested against the results."
        )
        if self.material.epochs is not None:
            yield Paragraph(
                f"A rehearsal: no network was trained for more than {self.material.epochs} epochs. It shows that "
                "everything works; its verdicts are not about the claims as the report makes them.",
                caution=True,
            )
        yield Heading(2, "What was found", "found")
        yield BulletList(self.overview)
        yield Tally(verdict_counts(self.judgements))

    def _ledger(self) -> Iterator[Block]:
        yield Heading(2, "The ledger", "ledger")
        yield Paragraph(
            "Each claim in the report's own words, with its verdict and the trainings behind it. A number holds if it "
            "lies in the 95 % prediction interval of one further training; a difference holds if it is significant."
        )
        yield Paragraph(wording.REPEATED_TESTING)
        yield Heading(3, "What the report does not specify, and what the lab chose", "assumptions")
        yield Assumptions(ASSUMPTIONS)
        yield Heading(3, "What the report's own numbers show about chance", "chance")
        yield from _chance()
        for location, judgements in groupby(self.judgements, key=lambda judgement: judgement.claim.location):
            yield Heading(3, location, f"at-{_anchor(location)}")
            yield Ledger(tuple(judgements))

    def _section(self, table: SectionTable) -> Iterator[Block]:
        section = table.section
        yield Heading(2, section.title, f"section-{section.name}")
        yield Paragraph(section.question)
        yield TableBlock(
            "Validation accuracy, in the report and here",
            ("", *(column.arm for column in table.columns)),
            tuple(table.rows()),
            f"Differences are in percentage points. {_epochs_text(section)} * The best epoch is chosen on the test "
            "images, so its accuracy is a little too good. The verdicts compare each network with "
            f"{table.baseline}; all comparisons of the section are one family.",
        )
        charts = tuple(self._charts(section))
        if charts:
            yield Charts(charts, self._caption(section))
        else:
            yield Paragraph("There are no curves to show: none of these networks has been trained yet.", caution=True)

    def _charts(self, section: Section) -> Iterator[SvgChart]:
        for metric in _PANELS.get(section.name, _USUAL):
            curves = self._curves(section, metric)
            drawn = [curve for curve in curves if curve.mean]
            if not drawn:
                continue
            label = LABELS[metric].removesuffix(", %")
            unit = PERCENT if metric.endswith("accuracy") else LOSS
            ends = "; ".join(f"{curve.name} ends at {unit.value(curve.mean[-1])}" for curve in drawn)
            title = f"{section.title}: {label} by epoch"
            yield SvgChart(
                f"{section.name}-{metric.replace('_', '-')}",
                title,
                f"{label.capitalize()} after each epoch, mean over the seeds: {ends}.",
                draw(curves, metric, title, f"{label.capitalize()} after each epoch: {ends}."),
            )

    def _curves(self, section: Section, metric: Metric) -> list[MeanCurve]:
        return [mean_curve(name, self.trainings.of(name), metric) for name in ordered_presets(section)]

    def _caption(self, section: Section) -> str:
        text = "Lines are means over the seeds, bands reach from the lowest seed to the highest."
        if _stops_early(section):
            text += (
                " Of each training with early stopping, a triangle marks the epoch whose weights were kept and a "
                "square the last epoch; its mean is drawn as far as all seeds go."
            )
        return text + wording.diverged(self.trainings.arm(name, "val_accuracy") for name in ordered_presets(section))

    def _controls(self) -> Iterator[Block]:
        yield Heading(2, "Two controls", "controls")
        yield Heading(3, "One network compared with itself", "same-twice")
        yield Paragraph(
            "An A/A test: the default network is compared with itself, half of its seeds with the other half. There "
            "is no difference to find, so whatever the verdict finds is chance."
        )
        twice = self.aa_test
        if twice is None:
            yield Paragraph("It has too few seeds for two halves. To train more:", caution=True)
            yield Code(controls.AA_COMMAND)
        else:
            yield BulletList(((wording.sentence(twice),),))
            yield TableBlock(
                "Final validation accuracy of one network, by halves of its seeds",
                ("", "Seeds", "Mean", "95 % interval", "Standard deviation"),
                tuple(half_row(arm) for arm in (twice.baseline, twice.arm)),
                f"The p value of an ordinary t test of the two is {twice.p:.2f}.",
            )
        yield Heading(3, "What choosing the epoch on the test images adds", "optimism")
        yield Paragraph(
            "These trainings held out 10,000 of the training images and stopped early by those. The test accuracy at "
            "the epoch that the test images would have chosen, less that at the epoch that the held-out images chose, "
            "is by how much an accuracy is too good if its epoch is chosen on the test images."
        )
        if not self.optimism:
            yield Paragraph("No training here measures it. To train some:", caution=True)
            yield Code(controls.OPTIMISM_COMMAND)
        else:
            yield BulletList(tuple((optimism.sentence(found),) for found in self.optimism))

    def _error_analysis(self) -> Iterator[Block]:
        yield Heading(2, "Predictions of the best network", "answers")
        analysis = self.material.error_analysis
        if analysis is None:
            yield Paragraph(
                "No predictions were kept with these runs, so that there are no mistakes to show.", caution=True
            )
            return
        record = next(record for record in self.material.records if record.id == analysis.run)
        name = label_of(record.experiment, record.preset)
        yield Paragraph(
            f"It is a training of {name}, seed {record.experiment.seed}: {analysis.images - analysis.wrong:,} of "
            f"{analysis.images:,} test images predicted correctly. It was selected by that number from the "
            f"{analysis.out_of} trainings whose predictions were kept, so the number is a little too good: another "
            "training of the same network is likely to do a little worse."
        )
        yield Confusion(analysis, f"Test images by true digit (rows) and digit predicted by {name} (columns)")
        yield Mistakes(
            analysis,
            f"The {len(analysis.mistakes)} most confident of {analysis.wrong} mistakes: true digit → predicted digit",
        )

    def _making(self) -> Iterator[Block]:
        yield Heading(2, "How it was made", "origin")
        yield TableBlock("What the trainings were made with", ("", "Here"), tuple(origin(self.material.records)))
        yield Paragraph("To train all of it again, or the part of it that a runs folder lacks:")
        yield Code(command(self.material, self.section))
        yield Paragraph("To make these pages again from the records next to them, without training:")
        only = "" if self.section is None else f" --section {self.section.name}"
        yield Code(f"mnist-lab report --records records.jsonl.gz{only}")


def _chance() -> Iterator[Block]:
    """The network that the report trained several times, and the differences that it interprets."""
    same = repeats(CLAIMS)
    yield Paragraph(same.sentence)
    yield TableBlock(
        "The differences that the report interprets, by its own numbers",
        ("Between", "Points", f"Versus the {PERCENT.difference(same.spread)} of one network"),
        tuple(
            (
                join_list(difference.arms),
                PERCENT.number(difference.size),
                "smaller" if difference in same.smaller else "larger",
            )
            for difference in sorted(same.differences, key=lambda difference: difference.size)
        ),
    )


def _epochs_text(section: Section) -> str:
    text = "Accuracies are those of the last epoch"
    if _stops_early(section):
        text += "; with early stopping those of the epoch that was kept, which was chosen on the test images"
    return f"{text}."


def _stops_early(section: Section) -> bool:
    return any(preset(name).early_stopping for name in section.presets)


def _anchor(text: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
