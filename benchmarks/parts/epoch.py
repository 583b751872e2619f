"""Seconds per epoch: the lab's engine versus other programs that train the same network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchmarks import processes
from benchmarks.competitors import matmul
from benchmarks.competitors.workload import Workload
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts import flop
from benchmarks.parts.epoch_timing import FIT, FUSED_FIT, JAX_FIT, LAB, MATMUL, TORCH, EpochTimes, time_epochs
from benchmarks.targets import TARGETS
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.formatting import plural
from mnist_lab.workers.placement import Placement

MATMUL_KEY = "epoch/matrix-products"
_COMPETITORS = {"lab": LAB, "fit": FIT, "fused-fit": FUSED_FIT, "jax-fit": JAX_FIT, "torch": TORCH}
_TRAIN_SIZE, _TEST_SIZE = 60_000, 10_000
_OTHERS = ("fit", "fused-fit", "jax-fit", "torch")
_CONV_OTHERS = ("fit", "torch")


@dataclass(frozen=True)
class Case:
    """One network, and who trains it.

    Attributes:
        key: Its name in the keys of measurements.
        experiment: What is trained; the number of images comes from ``images``.
        single: Competitors that run in one process with every core.
        parallel: Competitors that run in one process per core at once.
        rounds: At most.
        images: The share of MNIST's images, 0 to 1, to train and validate on; seconds are scaled to all images.
    """

    key: str
    experiment: Experiment
    single: tuple[str, ...]
    parallel: tuple[str, ...]
    rounds: int = 3
    images: float = 1.0

    @property
    def train_size(self) -> int:
        return round(_TRAIN_SIZE * self.images)

    @property
    def val_size(self) -> int:
        return round(_TEST_SIZE * self.images)

    @property
    def title(self) -> str:
        one = self.experiment
        network = f"dense network, {one.units} units" if one.network == "dense" else "convolutional network"
        dropout = f", dropout {one.dropout:g}" if one.dropout else ""
        return f"An epoch of the {network}, batch {one.batch_size}, {one.precision}{dropout}"


_CONV, _BFLOAT16 = DEFAULT.derive(network="conv"), DEFAULT.derive(network="conv", precision="bfloat16")
_DROPOUT = DEFAULT.derive(dropout=0.2)
CASES = (
    Case("dense-b128", DEFAULT, ("lab", *_OTHERS), ("lab", *_OTHERS)),
    Case("dense-dropout", _DROPOUT, ("lab",), ("lab",)),
    Case("conv-float32", _CONV, ("lab", *_CONV_OTHERS), ("lab", "fit"), images=0.2),
    Case("conv-bfloat16", _BFLOAT16, ("lab", "fit"), ("lab",), rounds=1, images=0.02),
    Case("dense-b32", DEFAULT.derive(batch_size=32), ("lab", *_OTHERS), ("lab", "fit"), rounds=2, images=0.2),
    Case("dense-b512", DEFAULT.derive(batch_size=512), ("lab", *_OTHERS), ("lab", "fit"), rounds=2),
)
QUICK_CASES = (
    Case("dense-b128", DEFAULT, ("lab", "fit"), ("lab", "fit"), rounds=1),
    Case("conv-float32", _CONV, ("lab", "fit"), ("lab",), rounds=1, images=0.05),
)

_Entry = tuple[str, int]
"""A competitor's key, and the number of processes it runs in."""

_TARGET_KEYS = frozenset(key for target in TARGETS for key in (target.measurement, *target.baselines))


def measure(options: PartOptions, narrate: Narrate) -> list[Table]:
    """Every competitor on every case, round by round; see :data:`~benchmarks.measurements.Measure`."""
    return EpochBenchmark(QUICK_CASES if options.quick else CASES, options, narrate).run()


class EpochBenchmark:
    """Measures some cases round by round, until the deadline."""

    def __init__(self, cases: tuple[Case, ...], options: PartOptions, narrate: Narrate) -> None:
        self._cases = cases
        self._options = options
        self._narrate = narrate
        self._all = min(Placement.here().slots(threads=1), len(processes.cores()))
        self._times: dict[tuple[str, _Entry], list[EpochTimes]] = defaultdict(list)
        self._failures: dict[str, str] = {}

    def run(self) -> list[Table]:
        rounds = min(self._options.rounds, max(case.rounds for case in self._cases))
        timings = [(number, *entry) for number in range(rounds) for entry in self._entries(number)]
        for number, case, entry in sorted(timings, key=_priority):
            if self._options.past_deadline and _priority((number, case, entry)):
                self._narrate(f"Deadline passed in round {number + 1}.")
                break
            self._time(case, entry, f"round {number + 1} of {rounds}")
        return self._tables()

    def _entries(self, number: int) -> Iterator[tuple[Case | None, _Entry]]:
        """What a round times; first the machine itself, as the case None."""
        for count in self._counts:
            yield None, ("", count)
        for case in self._cases:
            if number < case.rounds:
                for key in dict.fromkeys((*case.single, *case.parallel)):
                    for count, keys in zip(self._counts, (case.single, case.parallel), strict=False):
                        if key in keys:
                            yield case, (key, count)

    @property
    def _counts(self) -> tuple[int, ...]:
        """The numbers of processes at once."""
        return (1,) if self._all == 1 else (1, self._all)

    def _time(self, case: Case | None, entry: _Entry, when: str) -> None:
        key, count = entry
        competitor = _COMPETITORS[key] if case else MATMUL
        if competitor.missing_package or competitor.name in self._failures:
            return
        seconds = 1.0 if self._options.quick or case is None else 3.0
        if case is None:
            workload = Workload(seconds=seconds, max_epochs=1000)
        else:
            experiment = case.experiment.derive(train_size=None if case.images == 1 else case.train_size)
            workload = Workload(experiment, case.val_size, seconds)
        what = f"{case.key}: {competitor.name}" if case else competitor.name
        self._narrate(f"epoch, {when}: {what}, {plural(count, 'process', 'processes')}")
        try:
            times = time_epochs(competitor, workload, count, self._options.scratch)
        except TrainingError as error:
            self._failures[competitor.name] = str(error)
            self._narrate(str(error))
            return
        self._times[case.key if case else "", entry].append(times)

    # Tables

    def _tables(self) -> list[Table]:
        return [self._machine_table(), *(self._table(case) for case in self._cases)]

    def _machine_table(self) -> Table:
        measurements = [
            Measurement(
                f"{MATMUL_KEY}/{_count_key(count)}",
                f"matrix products, {_in_processes(count)}",
                "GFLOP/s",
                tuple(rate / 1e9 for rate in self._rates(count)),
            )
            for count in self._counts
        ]
        side = matmul.SIDE
        note = (
            f"NumPy, float32, {side}×{side} by {side}×{side}; more is better. Shares are of the rate with the same "
            "number of processes."
        )
        how = (
            "In the tables of epochs: seconds per epoch and run, validation included, from the second epoch on, each "
            f"competitor in fresh processes when it is its turn; of {self._all} at once each has a core, and its "
            f"seconds are divided by {self._all}."
        )
        return Table("Matrix products on this machine", tuple(measurements), (note, flop.HOW_COUNTED, how))

    def _rates(self, count: int) -> list[float]:
        """FLOP per second of all processes together."""
        return [matmul.FLOP / seconds for seconds in self._seconds("", ("", count))]

    def _table(self, case: Case) -> Table:
        work = flop.of_epoch(case.experiment, _TRAIN_SIZE)
        entries = [entry for key, entry in self._times if key == case.key]
        entries.sort(key=lambda entry: (entry[1], list(_COMPETITORS).index(entry[0])))
        measurements = [self._measurement(case, entry, work) for entry in entries]
        for count in sorted({count for _, count in entries}):
            name = f"{work / 1e9:.1f} GFLOP at the rate of {_in_processes(count)}"
            seconds = tuple(work / rate for rate in self._rates(count))
            measurements.append(Measurement(f"epoch/{case.key}/floor/{_count_key(count)}", name, "s", seconds))
        return Table(case.title, tuple(measurements), tuple(self._notes(case)))

    def _measurement(self, case: Case, entry: _Entry, work: int) -> Measurement:
        key, count = entry
        samples = tuple(seconds / case.images for seconds in self._seconds(case.key, entry))
        dropout = case.key == "dense-dropout"
        measurement = Measurement(
            _key(case, entry),
            f"{_COMPETITORS[key].name}, {_in_processes(count)}",
            "s",
            samples,
            baseline=f"epoch/dense-b128/lab/{_count_key(count)}" if dropout else f"epoch/{case.key}/fit/1",
            note=self._accuracy(case, entry),
        )
        rates = tuple(self._rates(count))
        if not rates:
            return measurement
        return replace(measurement, share=work / measurement.value / Measurement("", "", "", rates).value)

    def _seconds(self, case: str, entry: _Entry) -> tuple[float, ...]:
        return tuple(seconds for times in self._times[case, entry] for seconds in times.seconds)

    def _accuracy(self, case: Case, entry: _Entry) -> str:
        """Accuracy after the last epoch that every competitor of the case completed: all did the same work."""
        curves = {
            other: [curve for times in all_times for curve in times.accuracies]
            for (key, other), all_times in self._times.items()
            if key == case.key
        }
        epoch = min(len(curve) for found in curves.values() for curve in found)
        accuracies = [100 * curve[epoch - 1] for curve in curves[entry]]
        return f"val_accuracy {sum(accuracies) / len(accuracies):.1f} % after {epoch} epochs"

    def _notes(self, case: Case) -> Iterator[str]:
        if case.images < 1:
            yield (
                f"Measured on the first {case.train_size:,} training images, validated on {case.val_size:,}, and "
                f"multiplied by {1 / case.images:g}: seconds for {_TRAIN_SIZE:,} and {_TEST_SIZE:,} images."
            )
        if case.experiment.network == "conv":
            yield "Keras fit with XLA and on JAX is left out: XLA's convolutions take minutes per epoch on a CPU."
        for key in dict.fromkeys((*case.single, *case.parallel)):
            competitor = _COMPETITORS[key]
            if competitor.missing_package:
                yield f"{competitor.name}: {competitor.missing_package} is not installed."
            elif competitor.name in self._failures:
                yield self._failures[competitor.name]


def _priority(timing: tuple[int, Case | None, _Entry]) -> float:
    """Sort key of a timing, ascending; 0: measured even after the deadline.

    First the timings without which a target has no value; then the lab and Keras `fit` on other cases, another round of
    the case that most targets are about, and the rest.
    """
    number, case, entry = timing
    if case is None or (case is CASES[0] and _key(case, entry) in _TARGET_KEYS):
        return number
    if _key(case, entry) in _TARGET_KEYS:
        return 2 * number
    return 2 * number + (0.5 if entry[0] in ("lab", "fit") else 1.5)


def _key(case: Case, entry: _Entry) -> str:
    """The key of a measurement."""
    competitor, count = entry
    return f"epoch/{case.key}/{competitor}/{_count_key(count)}"


def _count_key(count: int) -> str:
    return "1" if count == 1 else "all"


def _in_processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes at once"
