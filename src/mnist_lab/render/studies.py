"""The progress of studies: one as a line, all as a table."""

from __future__ import annotations

from collections.abc import Sequence

from mnist_lab.formatting import duration
from mnist_lab.render.listing import Listing, ListingColumn
from mnist_lab.runs.coverage import StudyProgress


def study_line(progress: StudyProgress, seconds: float | None = None) -> str:
    """``study activation: 12 of 100 done, 2 running, 86 left, about 9 min``.

    Args:
        progress: The progress of the study.
        seconds: Estimated time of what is left; not shown if None or less than one second.
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
    """A table with one row per study."""
    studies = [progress.study for progress in progresses]
    columns = [
        ListingColumn("id", [study.id for study in studies]),
        ListingColumn("title", [study.title for study in studies], wraps=True),
        ListingColumn("arms", [" ".join(study.arms) for study in studies], wraps=True),
        ListingColumn("baseline", [study.baseline for study in studies], wraps=True),
        ListingColumn("seeds", [str(len(study.seeds)) for study in studies], right=True),
        ListingColumn("done", [str(progress.done) for progress in progresses], right=True),
        ListingColumn("running", [str(len(progress.running)) for progress in progresses], right=True),
        ListingColumn("left", [str(len(progress.left)) for progress in progresses], right=True),
    ]
    return Listing(columns, ("id", "seeds", "done", "running", "left", "baseline"), "--json has them all")
