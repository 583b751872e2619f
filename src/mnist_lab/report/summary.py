"""Every figure that a report publishes, as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.report.blocks import Line
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.contents import Contents
from mnist_lab.report.ledger import Finding, repeats
from mnist_lab.report.tables import Column, SectionTable

SCHEMA = 1

_DIGITS = 6
"""Kept of a figure after the point: more than a page shows, less than two machines compute differently."""


def summary(contents: Contents) -> dict[str, Any]:
    """A report as one JSON object. Accuracies are fractions."""
    material = contents.material
    found = repeats(CLAIMS)
    return {
        "schema": SCHEMA,
        "section": None if contents.section is None else contents.section.name,
        "epochs": material.epochs,
        "trainings": len(material.records),
        "found": [plain(line) for line in contents.found],
        "claims": [
            {
                "id": judgement.claim.id,
                "quote": judgement.claim.quote,
                "place": judgement.claim.place,
                "kind": judgement.claim.kind,
                "verdict": judgement.verdict,
                "sentence": judgement.sentence,
                "seeds_needed": judgement.seeds_needed,
                "figures": [_figure(finding) for finding in judgement.findings],
            }
            for judgement in contents.judgements
        ],
        "sections": [_section(table) for table in contents.tables],
        "repeats": {
            "claims": [claim.id for claim in found.claims],
            "figures": found.figures,
            "spread": _rounded(found.spread),
            "deviation": _rounded(found.deviation),
            "sentence": found.sentence,
        },
        "same_twice": None if contents.same_twice is None else _compared(contents.same_twice),
        "optimism": [
            {
                "arm": found.arm.name,
                "n": found.summary.n,
                "mean": _rounded(found.summary.mean),
                "interval": _rounded_all(found.summary.interval),
            }
            for found in contents.optimism
        ],
        "best_network": None
        if material.answers is None
        else {"run": material.answers.run, "wrong": material.answers.wrong, "confusion": material.answers.counts},
    }


def plain(line: Line) -> str:
    """A line without links."""
    return "".join(part.gist if isinstance(part, Claim) else part for part in line)


def _figure(finding: Finding) -> dict[str, Any]:
    return {
        "key": ".".join(filter(None, (finding.arm, finding.than and f"less-{finding.than}", finding.measure))),
        "n": finding.n,
        "diverged": finding.diverged,
        "mean": _rounded(finding.value),
        "interval": _rounded_all(finding.interval),
        "prediction": _rounded_all(finding.prediction),
        "p": None if finding.p is None else float(f"{finding.p:.3g}"),
        "selected_on_test": finding.selected_on_test,
    }


def _section(table: SectionTable) -> dict[str, Any]:
    return {
        "name": table.section.name,
        "baseline": table.baseline,
        "networks": [{"arm": column.arm} | dict(_column(column)) for column in table.columns],
    }


def _column(column: Column) -> Iterator[tuple[str, Any]]:
    yield "report", column.claimed
    yield "last", _figure(column.last)
    yield "best", _figure(column.best)
    yield "beside_baseline", None if column.comparison is None else _compared(column.comparison)


def _compared(comparison: Comparison) -> dict[str, Any]:
    return {
        "word": comparison.verdict,
        "within_margin": comparison.within_margin,
        "n": comparison.n,
        "difference": _rounded(comparison.difference),
        "interval": _rounded_all(comparison.interval),
        "seeds_needed": comparison.seeds_needed,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _rounded_all(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(end, _DIGITS) for end in interval]
