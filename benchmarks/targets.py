"""What the figures of a benchmark should reach on a machine with two cores and no GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.figures import Figure


@dataclass(frozen=True)
class Target:
    """One bound.

    Attributes:
        row: What is bound, in words.
        figure: The key of the figure it is about.
        bound: The bound itself, in the figure's unit, or of the ratio where ``against`` names something.
        against: Keys of what the figure is set against; of several, the smallest counts (the best other way).
        faster: The ratio is ``against / figure`` and is to be at least the bound; otherwise it is ``figure / against``,
            or the figure alone, and is to be at most the bound.
        unit: Of the bound; × for a ratio.
    """

    row: str
    figure: str
    bound: float
    against: tuple[str, ...] = ()
    faster: bool = False
    unit: str = "×"

    @property
    def part(self) -> str:
        """The part of the benchmark that measures it."""
        return self.figure.partition("/")[0]

    @property
    def told(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.faster else 'at most'} {self.bound:g} {self.unit}"


@dataclass(frozen=True)
class Verdict:
    """A target beside what was measured; ``reached`` and ``met`` are None where a figure is missing."""

    target: Target
    reached: float | None
    met: bool | None


def _faster(row: str, figure: str, bound: float, *against: str) -> Target:
    return Target(row, figure, bound, against, faster=True)


_DENSE = "epoch/dense-b128"
_OTHERS = [f"{_DENSE}/{way}" for way in ("fused-fit", "jax-fit", "torch")]

TARGETS: tuple[Target, ...] = (
    _faster("dense 128, batch 128, one worker: Keras fit", f"{_DENSE}/lab/1", 7, f"{_DENSE}/fit/1"),
    _faster("the same, all workers, per run: Keras fit in one process", f"{_DENSE}/lab/all", 11, f"{_DENSE}/fit/1"),
    _faster("the same: Keras fit in as many processes", f"{_DENSE}/lab/all", 7, f"{_DENSE}/fit/all"),
    _faster(
        "the same: the best other way in one process", f"{_DENSE}/lab/all", 2.5, *(f"{other}/1" for other in _OTHERS)
    ),
    _faster(
        "the same: the best other way in as many processes",
        f"{_DENSE}/lab/all",
        2.5,
        *(f"{other}/all" for other in _OTHERS),
    ),
    Target(
        "the same: 24.5 GFLOP at the measured rate of matrix products",
        f"{_DENSE}/lab/all",
        1.4,
        (f"{_DENSE}/floor/1", f"{_DENSE}/floor/all"),
    ),
    _faster(
        "dense 128, batch 32, all workers, per run: Keras fit", "epoch/dense-b32/lab/all", 12, "epoch/dense-b32/fit/1"
    ),
    _faster(
        "convolution, float32, all workers, per run: Keras fit",
        "epoch/conv-float32/lab/all",
        1.5,
        "epoch/conv-float32/fit/1",
    ),
    _faster(
        "convolution, bfloat16, all workers, per run: Keras fit in float32",
        "epoch/conv-bfloat16/lab/all",
        2.7,
        "epoch/conv-float32/fit/1",
    ),
    Target(
        "convolution, bfloat16: accuracy after 5 epochs beside float32, 5 seeds, difference over its standard error",
        "accuracy/bfloat16-apart",
        2.31,  # 97.5 % of Student's t with 8 degrees of freedom
        unit="standard errors",
    ),
    Target("dropout 0.2, dense: no dropout", "epoch/dense-dropout/lab/1", 1.5, (f"{_DENSE}/lab/1",)),
    _faster("whole report, dense trainings: Keras fit", "report/dense/lab", 8, "report/dense/fit"),
    _faster("whole report, with convolutions, float32: Keras fit", "report/all/lab", 3, "report/all/fit"),
    Target("key to first epoch, warm worker, shape seen before", "start/first-epoch/seen", 0.8, unit="s"),
    Target("key to first epoch, warm worker, new shape", "start/first-epoch/new", 2.5, unit="s"),
    Target(
        "key to first epoch, cold: a stock script's first import to first epoch",
        "start/first-epoch/cold",
        1.0,
        ("start/stock-script",),
    ),
    Target("phases of a cold start that are not shown while it lasts", "start/phases-not-shown", 0, unit="phases"),
    Target("--help: a bare Typer app", "start/help/lab", 1.5, ("start/help/bare",)),
    Target("first paint: a bare Textual app", "start/first-paint/lab", 1.8, ("start/first-paint/bare",)),
    Target("key to repaint while training, 95 % of keys", "screen/key-to-repaint/p95", 60, unit="ms"),
    Target("terminal traffic while training, 80×24", "screen/traffic/80x24", 4, unit="KB/s"),
    Target("terminal traffic while training, 120×36", "screen/traffic/120x36", 8, unit="KB/s"),
    Target("10,000 runs: list, cold", "store/list/10000/cold", 2, unit="s"),
    Target("10,000 runs: compare, cold", "store/compare/10000/cold", 2, unit="s"),
    Target("10,000 runs: list, warm", "store/list/10000/warm", 0.3, unit="s"),
    Target("10,000 runs: compare, warm", "store/compare/10000/warm", 0.3, unit="s"),
    Target("10,000 runs: a new run shows after its publishing", "store/new-run-shows/10000", 0.2, unit="s"),
    _faster("a run on a GPU, a section with 20 seeds: Keras fit on the same GPU", "gpu/lab", 30, "gpu/fit"),
)


def judge(figures: Mapping[str, Figure], targets: tuple[Target, ...] = TARGETS) -> list[Verdict]:
    """Each target beside the figures of one benchmark, in the order of the targets."""
    return [_judge(target, figures) for target in targets]


def _judge(target: Target, figures: Mapping[str, Figure]) -> Verdict:
    others = [figures[key].value for key in target.against if key in figures]
    if target.figure not in figures or (target.against and not others):
        return Verdict(target, None, None)
    value = figures[target.figure].value
    if not target.against:
        return Verdict(target, value, value <= target.bound)
    ratio = min(others) / value if target.faster else value / min(others)
    return Verdict(target, ratio, ratio >= target.bound if target.faster else ratio <= target.bound)
