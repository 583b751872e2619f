"""The software and hardware that the trainings of a report were made with, and the command that repeats them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import mode

from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import Section
from mnist_lab.formatting import commit, duration
from mnist_lab.report.material import Material

_FACTS: dict[str, Callable[[Record], str]] = {
    "Lab": lambda record: f"mnist-lab {record.environment.mnist_lab}",
    "Source": lambda record: commit(record.environment.git_commit),
    "Python": lambda record: record.environment.python,
    "Keras": lambda record: record.environment.keras,
    "Backend": lambda record: f"{record.environment.backend} {record.environment.backend_version}".strip(),
    "Engine": lambda record: record.environment.engine,
    "Device": lambda record: record.environment.device,
    "CPU threads a training": lambda record: str(record.environment.threads or "chosen by the backend"),
    "Arithmetic": lambda record: record.experiment.precision,
}


def origin(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """How some trainings were made, as rows of name and value."""
    yield "Trainings", f"{len(records):,}"
    if not records:
        return
    days = sorted({f"{record.started_at:%Y-%m-%d}" for record in records})
    yield "Made on", days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    yield "Time in training", duration(math.fsum(record.seconds.train for record in records))
    for name, of in _FACTS.items():
        known = sorted({of(record) for record in records} - {""})
        if known:
            yield name, "; ".join(known)


def command(material: Material, section: Section | None = None) -> str:
    """The command that trains the same networks and seeds in an empty runs folder."""
    parts = ["mnist-lab reproduce"]
    dense, conv = (_seeds(material.records, network) for network in ("dense", "conv"))
    parts.append(f"--seeds {dense or conv or 5}")
    if dense and conv and dense != conv:
        parts.append(f"--conv-seeds {conv}")
    if section is not None:
        parts.append(f"--section {section.name}")
    if material.epochs is not None:
        parts.append(f"--epochs {material.epochs}")
    return " ".join(parts)


def _seeds(records: Sequence[Record], network: str) -> int:
    """The number of seeds that most networks of this type have; a control may have more."""
    recipes = [record.experiment.unseeded() for record in records if record.experiment.network == network]
    return mode(Counter(recipes).values()) if recipes else 0
