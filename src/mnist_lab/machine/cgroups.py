"""Limits of the control groups that this process is in: those of a container, a service or a batch job.

Both versions of control groups are read: cgroups(7). A limit of any group above holds as well, so all are looked at, as
far as they can be seen from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


def cpus() -> float | None:
    """The CPU time that may be used, as a number of processors; None without a limit."""
    limits = []
    for group in _groups("cpu"):
        with suppress(OSError, ValueError):
            limits.append(_quota(group))
    return min((limit for limit in limits if limit is not None), default=None)


def memory() -> list[tuple[int, int]]:
    """For each limit on memory the bytes allowed and the bytes used.

    Pages of files that were not used lately count as free, since the system drops them where memory is needed.
    """
    found = []
    for group in _groups("memory"):
        for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            with suppress(OSError, ValueError):
                allowed, used = _number(group / limit), _number(group / usage)
                found.append((allowed, max(0, used - _inactive_file(group))))
    return found


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's groups of a controller, and of those above them."""
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = ROOT / controller if controllers else ROOT
        own = base / path.strip("/")
        # A container may be told its path on the host, which it does not see: then its own group is the base.
        yield from (group for group in (own, *own.parents) if group.is_relative_to(base) and ".." not in group.parts)


def _quota(group: Path) -> float | None:
    if (group / "cpu.max").exists():
        quota, period = (group / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    quota_us = _number(group / "cpu.cfs_quota_us")
    return None if quota_us < 0 else quota_us / _number(group / "cpu.cfs_period_us")


def _inactive_file(group: Path) -> int:
    counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    return int(counts.get("total_inactive_file", counts.get("inactive_file", 0)))


def _number(path: Path) -> int:
    return int(path.read_text())
