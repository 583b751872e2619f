"""``make torture``: each part of the campaign at length, and the table of its figures in ``docs/reliability.md``."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.commands.lab import Lab
from tests.torture import crowd, day, errors, hostile, kills, operations, terminals
from tests.torture.tally import Tally

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_BEGIN, _END = "<!-- table: begin -->", "<!-- table: end -->"


class Campaign:
    """The parts, at a size.

    Args:
        scratch: Where all folders are made.
        size: 1 is the whole campaign; a tenth tries a tenth as much.
        seed: Of all choices.
    """

    def __init__(self, scratch: Path, size: float, seed: int) -> None:
        self._scratch = scratch
        self._size = size
        self._seed = seed
        self._cache = scratch / "cache"
        self._template: tuple[Lab, operations.Folder] | None = None

    def parts(self) -> dict[str, Callable[[], Iterator[Tally]]]:
        """Each part by its name."""
        return {
            "kills": self._kills,
            "errors": self._errors,
            "day": self._day,
            "crowd": self._crowd,
            "hostile": self._hostile,
            "terminals": self._terminals,
        }

    def _of(self, trials: int) -> int:
        return max(1, round(trials * self._size))

    def _prepared(self) -> tuple[Lab, operations.Folder]:
        if self._template is None:
            (self._scratch / "template").mkdir()
            lab = Lab(self._scratch / "template" / "runs", self._cache)
            self._template = lab, operations.prepare(lab)
        return self._template

    def _kills(self) -> Iterator[Tally]:
        if shutil.which("strace") is None:
            yield Tally("killed at a call that changes files", missing="strace is missing: apt-get install strace")
            return
        yield from kills.trials(*self._prepared(), self._scratch, at_most=self._of(200), seed=self._seed)

    def _errors(self) -> Iterator[Tally]:
        if shutil.which("strace") is None:
            yield Tally("a system call fails", missing="strace is missing: apt-get install strace")
            return
        yield from errors.trials(*self._prepared(), self._scratch, at_most=self._of(120), seed=self._seed)

    def _day(self) -> Iterator[Tally]:
        (self._scratch / "day").mkdir()
        lab = Lab(self._scratch / "day" / "runs", self._cache)
        yield day.trial(lab, runs=self._of(300), kills=self._of(26), seed=self._seed)

    def _crowd(self) -> Iterator[Tally]:
        yield crowd.trial(
            self._scratch, processes=max(4, self._of(32)), runs=self._of(1008), kills=self._of(120), seed=self._seed
        )

    def _hostile(self) -> Iterator[Tally]:
        yield from hostile.trials(*self._prepared(), self._scratch, at_most=self._of(120), seed=self._seed)

    def _terminals(self) -> Iterator[Tally]:
        lab, folder = self._prepared()
        yield terminals.outputs(lab, folder, self._scratch, at_most=self._of(10), seed=self._seed)
        yield from terminals.signals(lab, self._scratch, trials=self._of(20), seed=self._seed)
        yield terminals.stopped(lab, self._scratch)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--only", action="append", metavar="PART", help="only this part; may be repeated")
    parser.add_argument("--size", type=float, default=1.0, help="0.1 tries a tenth as much [default: 1]")
    parser.add_argument("--seed", type=int, default=0, help="of all random choices [default: 0]")
    parser.add_argument("--page", action="store_true", help=f"write the table into docs/{PAGE.name}")
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="mnist-lab-torture-"))
    started, tallies = time.monotonic(), []
    try:
        parts = Campaign(scratch, options.size, options.seed).parts()
        if unknown := set(options.only or ()) - set(parts):
            parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
        for name in options.only or parts:
            for tally in parts[name]():
                tallies.append(tally)
                print(tally.line(), flush=True)
                for failure in tally.failures[:20]:
                    print(f"    {failure}", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    minutes = (time.monotonic() - started) / 60
    trials, failures = sum(tally.trials for tally in tallies), sum(len(tally.failures) for tally in tallies)
    print(f"{trials} trials, {failures} failures, {minutes:.1f} minutes")
    if options.page:
        _write(tallies, minutes, options.size, options.seed)
    return 1 if failures else 0


def _write(tallies: list[Tally], minutes: float, size: float, seed: int) -> None:
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    rows = [
        f"| {tally.promise} | {tally.missing or tally.trials} | {'' if tally.missing else len(tally.failures)} "
        f"| {tally.seconds:.0f} |"
        for tally in tallies
    ]
    table = [
        _BEGIN,
        "| what was done | trials | failures | seconds |",
        "| --- | ---: | ---: | ---: |",
        *rows,
        "",
        f"`make torture` at {commit.stdout.strip()}, size {size:g}, seed {seed}: {minutes:.0f} minutes on "
        f"{os.cpu_count()} processors.",
        _END,
    ]
    page = PAGE.read_text()
    head, _, rest = page.partition(_BEGIN)
    PAGE.write_text(head + "\n".join(table) + rest.partition(_END)[2])


if __name__ == "__main__":
    sys.exit(main())
