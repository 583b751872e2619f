"""The numbers of a report as plain data, for ``summary.json``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.report.blocks import LinkedText
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.contents import Contents
from mnist_lab.report.ledger import Estimate, repeats
from mnist_lab.report.tables import NetworkColumn, SectionTable

SCHEMA = 1

_DECIMALS = 6
"""Decimals that are kept: more than a page shows, fewer than those in which machines differ."""


def summary(contents: Contents) -> dict[str, Any]:
    """The numbers of a report for ``json.dumps``; accuracies are fractions."""
    material = contents.material
    best = material.error_analysis
    repeated = repeats(CLAIMS)
    return {
        "schema": SCHEMA,
        "section": None if contents.section is None else contents.section.name,
        "epochs": material.epochs,
        "trainings": len(material.records),
        "found": [plain_text(line) for line in contents.overview],
        "claims": [
            {
                "id": judgement.claim.id,
                "quote": judgement.claim.quote,
                "place": judgement.claim.location,
                "kind": judgement.claim.kind,
                "verdict": judgement.verdict,
                "sentence": judgement.sentence,
                "seeds_needed": judgement.seeds_needed,
                "figures": [_estimate(estimate) for estimate in judgement.estimates],
            }
            for judgement in contents.judgements
        ],
        "sections": [_section(table) for table in contents.tables],
        "repeats": {
            "claims": [claim.id for claim in repeated.claims],
            "figures": repeated.accuracies,
            "spread": _rounded(repeated.spread),
            "deviation": _rounded(repeated.deviation),
            "sentence": repeated.sentence,
        },
        "same_twice": None if contents.aa_test is None else _compared(contents.aa_test),
        "optimism": [
            {
                "arm": found.arm.name,
                "n": found.summary.n,
                "mean": _rounded(found.summary.mean),
                "interval": _rounded_all(found.summary.interval),
            }
            for found in contents.optimism
        ],
        "best_network": None if best is None else {"run": best.run, "wrong": best.wrong, "confusion": best.counts},
    }


def plain_text(line: LinkedText) -> str:
    """The text of a line without its links."""
    return "".join(part.conclusion if isinstance(part, Claim) else part for part in line)


def _estimate(estimate: Estimate) -> dict[str, Any]:
    metric = estimate.metric.replace("roughness", "jitter")  # its name in the files published so far
    return {
        "key": ".".join(filter(None, (estimate.arm, estimate.than and f"less-{estimate.than}", metric))),
        "n": estimate.n,
        "diverged": estimate.diverged,
        "mean": _rounded(estimate.value),
        "interval": _rounded_all(estimate.interval),
        "prediction": _rounded_all(estimate.prediction),
        "p": None if estimate.p is None else float(f"{estimate.p:.3g}"),
        "selected_on_test": estimate.selected_on_test,
    }


def _section(table: SectionTable) -> dict[str, Any]:
    return {
        "name": table.section.name,
        "baseline": table.baseline,
        "networks": [{"arm": column.arm} | dict(_column(column)) for column in table.columns],
    }


def _column(column: NetworkColumn) -> Iterator[tuple[str, Any]]:
    yield "report", column.claimed
    yield "last", _estimate(column.last)
    yield "best", _estimate(column.best)
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
    return None if value is None else round(value, _DECIMALS)


def _rounded_all(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(end, _DECIMALS) for end in interval]
