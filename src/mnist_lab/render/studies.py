"""How far studies are: one in a line, all in a table."""

from __future__ import annotations

from collections.abc import Sequence

from mnist_lab.formatting import duration
from mnist_lab.render.listing import Column, Listing
from mnist_lab.runs.coverage import StudyProgress


def study_line(progress: StudyProgress, seconds: float | None = None) -> str:
    """``study activation: 12 of 100 done, 2 running, 86 left, about 9 min``.

    Args:
        progress: How far it is.
        seconds: How long what is left will take; None where that is not known. Less than one is not worth telling.
    """
    parts = [
        f"{progress.done} of {progress.total} done",
        f"{len(progress.running)} running",
        f"{len(progress.left)} left",
    ]
    if seconds is not None and seconds >= 1:
        parts.append(f"about {duration(seconds)}")
    return f"study {progress.study.title}: {', '.join(parts)}"


def studies_table(progresses: Sequence[StudyProgress]) -> Listing:
    """Some studies, a row each."""
    studies = [progress.study for progress in progresses]
    columns = [
        Column("id", [study.id for study in studies]),
        Column("title", [study.title for study in studies], wraps=True),
        Column("arms", [" ".join(study.arms) for study in studies], wraps=True),
        Column("baseline", [study.baseline for study in studies], wraps=True),
        Column("seeds", [str(len(study.seeds)) for study in studies], right=True),
        Column("done", [str(progress.done) for progress in progresses], right=True),
        Column("running", [str(len(progress.running)) for progress in progresses], right=True),
        Column("left", [str(len(progress.left)) for progress in progresses], right=True),
    ]
    return Listing(columns, ("id", "seeds", "done", "running", "left", "baseline"), "--json has them all")
