"""The files of a report: HTML, Markdown, SVG charts, a summary in JSON, and the records that they are made of.

The same material makes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_lab.errors import StoreError
from mnist_lab.experiments.sections import section
from mnist_lab.machine import opener
from mnist_lab.report import archive, html, markdown
from mnist_lab.report.claims import CLAIMS, claims_of
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.contents import Contents
from mnist_lab.report.material import Material
from mnist_lab.report.summary import summary
from mnist_lab.store import files


@dataclass(frozen=True)
class WrittenReport:
    """A report on disk.

    Attributes:
        files: The page in HTML, the page in Markdown, the summary and the records; the charts are not listed.
        summary: The content of ``summary.json``.
    """

    files: tuple[Path, ...]
    summary: dict[str, Any]

    @property
    def overview(self) -> list[str]:
        """The five lines at the top of the report."""
        lines: list[str] = self.summary["found"]
        return lines


def claims_shown(name: str | None) -> tuple[Claim, ...]:
    """The claims of the section with this name; of all sections if None.

    Raises:
        UsageError: There is no such section.
    """
    return CLAIMS if name is None else claims_of(section(name))


def make(material: Material, name: str | None = None) -> dict[str, bytes]:
    """Make the files of a report, without that of the records: their content by path.

    Args:
        material: The material, which has nothing that is not about the section.
        name: Name of the only section that the report covers. Default: all sections.

    Raises:
        UsageError: There is no such section.
    """
    contents = Contents(material, None if name is None else section(name))
    blocks = list(contents.blocks())
    numbers = json.dumps(summary(contents), ensure_ascii=False, indent=1, allow_nan=False)
    made = {"report.html": html.page(blocks), "report.md": markdown.page(blocks), "summary.json": f"{numbers}\n"}
    made |= {f"{markdown.FOLDER}/{picture}": svg for picture, svg in markdown.pictures_of(blocks).items()}
    return {path: text.encode() for path, text in made.items()}


def write(folder: Path, material: Material, name: str | None = None) -> WrittenReport:
    """Write the files of a report, with that of the records; existing files of the same names are replaced.

    Args:
        folder: Where to write them; it is made if it does not exist.
        material: The material, of which only what is about the section is used.
        name: Name of the only section that the report covers. Default: all sections.

    Raises:
        UsageError: There is no such section.
        StoreError: It could not be written.
    """
    material = material.about(claims_shown(name))
    made = make(material, name) | {archive.NAME: archive.pack(material)}
    try:
        for path, content in made.items():
            opener.make_folders((folder / path).parent)
            files.publish(folder / path, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{folder} could not be written: {reason}; name another folder with --out.") from error
    listed = tuple(folder / path for path in made if "/" not in path)
    return WrittenReport(listed, json.loads(made["summary.json"]))
