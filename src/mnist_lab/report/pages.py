"""A report's files made of records and predictions: HTML, Markdown, figures and a summary in JSON.

The same material makes the same bytes: no clock, no network, no chance.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_lab.errors import StoreError
from mnist_lab.experiments.sections import section
from mnist_lab.report import archive, html, markdown
from mnist_lab.report.claims import CLAIMS, claims_of
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.contents import Contents
from mnist_lab.report.material import Material
from mnist_lab.report.summary import summary
from mnist_lab.store import files


@dataclass(frozen=True)
class Written:
    """A report on disk.

    Attributes:
        files: The page in HTML, the page in Markdown, the figures, the records.
        summary: Every figure in it.
        found: The five lines.
    """

    files: tuple[Path, ...]
    summary: dict[str, Any]

    @property
    def found(self) -> list[str]:
        lines: list[str] = self.summary["found"]
        return lines


def claims_shown(name: str | None) -> tuple[Claim, ...]:
    """The claims of a section, or of all.

    Raises:
        UsageError: There is no such section.
    """
    return CLAIMS if name is None else claims_of(section(name))


def make(material: Material, name: str | None = None) -> dict[str, bytes]:
    """A report's files by their names, without the records.

    Args:
        material: What it is made of, and no more than bears on the section.
        name: The only section it is about.

    Raises:
        UsageError: There is no such section.
    """
    contents = Contents(material, None if name is None else section(name))
    blocks = list(contents.blocks())
    metrics = json.dumps(summary(contents), ensure_ascii=False, indent=1, allow_nan=False)
    made = {"report.html": html.page(blocks), "report.md": markdown.page(blocks), "summary.json": f"{metrics}\n"}
    made |= {f"{markdown.FOLDER}/{picture}": svg for picture, svg in markdown.pictures_of(blocks).items()}
    return {path: text.encode() for path, text in made.items()}


def write(folder: Path, material: Material, name: str | None = None) -> Written:
    """Write a report and the records it is made of; what an earlier one left there is replaced.

    Raises:
        UsageError: There is no such section.
        StoreError: It could not be written.
    """
    material = material.about(claims_shown(name))
    made = make(material, name) | {archive.NAME: archive.pack(material)}
    try:
        for path, content in made.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            files.publish(folder / path, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{folder} could not be written: {reason}; name another folder with --out.") from error
    told = tuple(folder / path for path in made if "/" not in path)
    return Written(told, json.loads(made["summary.json"]))
