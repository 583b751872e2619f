"""Target bounds for measurements on a machine with two cores and no GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measurements import Measurement


@dataclass(frozen=True)
class Target:
    """A bound for one measurement.

    Attributes:
        name: What is bounded, and versus what, in words.
        measurement: The key of the measurement that it is about.
        bound: In the measurement's unit, or a ratio where there are ``baselines``.
        baselines: Keys of the measurements that it is compared with; of several, the smallest counts.
        speedup: The ratio is ``baseline / measurement`` and must be at least the bound. Otherwise it is
            ``measurement / baseline``, or the measurement itself, and must be at most the bound.
        unit: Of the bound; × for a ratio.
    """

    name: str
    measurement: str
    bound: float
    baselines: tuple[str, ...] = ()
    speedup: bool = False
    unit: str = "×"

    @property
    def part(self) -> str:
        """The part of the benchmark that measures it."""
        return self.measurement.partition("/")[0]

    @property
    def bound_text(self) -> str:
        return f"{'at least' if self.speedup else 'at most'} {self.bound:g} {self.unit}"


@dataclass(frozen=True)
class TargetResult:
    """A target with the value that was reached; ``reached`` and ``met`` are None where a measurement is missing."""

    target: Target
    reached: float | None
    met: bool | None


def _speedup(name: str, measurement: str, bound: float, *baselines: str) -> Target:
    return Target(name, measurement, bound, baselines, speedup=True)


_DENSE = "epoch/dense-b128"
_OTHERS = [f"{_DENSE}/{competitor}" for competitor in ("fused-fit", "jax-fit", "torch")]

TARGETS: tuple[Target, ...] = (
    _speedup("dense 128, batch 128, one worker: Keras fit", f"{_DENSE}/lab/1", 7, f"{_DENSE}/fit/1"),
    _speedup("the same, all workers, per run: Keras fit in one process", f"{_DENSE}/lab/all", 11, f"{_DENSE}/fit/1"),
    _speedup("the same: Keras fit in as many processes", f"{_DENSE}/lab/all", 7, f"{_DENSE}/fit/all"),
    _speedup(
        "the same: the best other competitor in one process",
        f"{_DENSE}/lab/all",
        2.5,
        *(f"{other}/1" for other in _OTHERS),
    ),
    _speedup(
        "the same: the best other competitor in as many processes",
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
    _speedup(
        "dense 128, batch 32, all workers, per run: Keras fit", "epoch/dense-b32/lab/all", 12, "epoch/dense-b32/fit/1"
    ),
    _speedup(
        "convolution, float32, all workers, per run: Keras fit",
        "epoch/conv-float32/lab/all",
        1.5,
        "epoch/conv-float32/fit/1",
    ),
    _speedup(
        "convolution, bfloat16, all workers, per run: Keras fit in float32",
        "epoch/conv-bfloat16/lab/all",
        2.7,
        "epoch/conv-float32/fit/1",
    ),
    Target(
        "convolution, accuracy after 5 epochs, 5 seeds: bfloat16 versus float32, difference over its standard error",
        "accuracy/bfloat16-difference",
        2.31,  # 97.5 % of Student's t with 8 degrees of freedom
        unit="standard errors",
    ),
    Target("dropout 0.2, dense: no dropout", "epoch/dense-dropout/lab/1", 1.5, (f"{_DENSE}/lab/1",)),
    _speedup("whole report, dense trainings: Keras fit", "report/dense/lab", 8, "report/dense/fit"),
    _speedup("whole report, with convolutions, float32: Keras fit", "report/all/lab", 3, "report/all/fit"),
    Target("key to first epoch, warm worker, shape seen before", "start/first-epoch/seen", 0.8, unit="s"),
    Target("key to first epoch, warm worker, new shape", "start/first-epoch/new", 2.5, unit="s"),
    Target(
        "key to first epoch, cold: a stock script from its start to its first epoch",
        "start/first-epoch/cold",
        1.0,
        ("start/stock-script",),
    ),
    Target("phases of a cold start that the screen does not show", "start/phases-not-shown", 0, unit="phases"),
    Target("--help: a bare Typer app", "start/help/lab", 1.5, ("start/help/bare",)),
    Target("first paint: a bare Textual app", "start/first-paint/lab", 1.8, ("start/first-paint/bare",)),
    Target("key to repaint while training, 95 % of keys", "screen/key-to-repaint/p95", 60, unit="ms"),
    Target("terminal traffic while training, 80×24", "screen/traffic/80x24", 4, unit="KB/s"),
    Target("terminal traffic while training, 120×36", "screen/traffic/120x36", 8, unit="KB/s"),
    Target("10,000 runs: list, cold", "store/list/10000/cold", 2, unit="s"),
    Target("10,000 runs: compare, cold", "store/compare/10000/cold", 2, unit="s"),
    Target("10,000 runs: list, warm", "store/list/10000/warm", 0.3, unit="s"),
    Target("10,000 runs: compare, warm", "store/compare/10000/warm", 0.3, unit="s"),
    Target("10,000 runs: time until a newly published run is shown", "store/new-run-shows/10000", 0.2, unit="s"),
    Target("10,000 waiting runs: a worker at rest", "queue/worker/rest", 2, unit="% of a core"),
    Target("10,000 waiting runs: the open lab at rest", "queue/frontend/rest", 2, unit="% of a core"),
    Target("10,000 waiting runs: a worker when something changes", "queue/worker/change", 50, unit="ms"),
    Target("10,000 waiting runs: the open lab when something changes", "queue/frontend/change", 50, unit="ms"),
    Target("32 workers in one folder: a tiny run", "queue/claims", 20, unit="ms"),
    _speedup("a run on a GPU, a section with 20 seeds: Keras fit on the same GPU", "gpu/lab", 30, "gpu/fit"),
)


def evaluate(measurements: Mapping[str, Measurement], targets: tuple[Target, ...] = TARGETS) -> list[TargetResult]:
    """Compare each target with the measurements of a benchmark, in the order of the targets."""
    return [_evaluate(target, measurements) for target in targets]


def _evaluate(target: Target, measurements: Mapping[str, Measurement]) -> TargetResult:
    baselines = [measurements[key].value for key in target.baselines if key in measurements]
    if target.measurement not in measurements or (target.baselines and not baselines):
        return TargetResult(target, None, None)
    value = measurements[target.measurement].value
    if not target.baselines:
        return TargetResult(target, value, value <= target.bound)
    ratio = min(baselines) / value if target.speedup else value / min(baselines)
    return TargetResult(target, ratio, ratio >= target.bound if target.speedup else ratio <= target.bound)
