"""The student report as data: every sentence and table cell, and the claims in them that runs can test."""

from __future__ import annotations

from mnist_lab.experiments.sections import Section, walk
from mnist_lab.report.claims import activation, architecture, hyperparameter, introduction, overfitting
from mnist_lab.report.claims.passage import Claim, Passage

PASSAGES: tuple[Passage, ...] = (
    *introduction.PASSAGES,
    *activation.PASSAGES,
    *architecture.PASSAGES,
    *hyperparameter.PASSAGES,
    *overfitting.PASSAGES,
)
"""The whole report, in its order."""

CLAIMS: tuple[Claim, ...] = tuple(claim for passage in PASSAGES for claim in passage.claims)


def claims_of(section: Section) -> tuple[Claim, ...]:
    """The claims that the trainings of a section, or of its parts, can test."""
    names = {part.name for part in walk((section,))}
    return tuple(claim for claim in CLAIMS if claim.section in names)
