"""What an epoch costs a run: the lab's engine beside the other ways to train the same network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import children, flop
from benchmarks.competitors import matmul
from benchmarks.competitors.work import Work
from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.race import FIT, FUSED_FIT, JAX_FIT, LAB, MATMUL, TORCH, Timing, race
from benchmarks.targets import TARGETS
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.workers import placement

MATMUL_KEY = "epoch/matrix-products"
_WAYS = {"lab": LAB, "fit": FIT, "fused-fit": FUSED_FIT, "jax-fit": JAX_FIT, "torch": TORCH}
_TRAIN_SIZE, _TEST_SIZE = 60_000, 10_000
_OTHERS = ("fit", "fused-fit", "jax-fit", "torch")
_CONV_OTHERS = ("fit", "torch")


@dataclass(frozen=True)
class Case:
    """One network, and who trains it.

    Attributes:
        key: Its name in the keys of figures.
        experiment: What is trained; on how many images is up to the benchmark.
        alone: Ways in one process with every core.
        together: Ways in a process a core.
        rounds: In how many rounds at most.
        images: The share of MNIST's images, 0 to 1, that is trained on and validated on; seconds are scaled to all.
    """

    key: str
    experiment: Experiment
    alone: tuple[str, ...]
    together: tuple[str, ...]
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
        told = self.experiment
        network = f"dense network, {told.units} units" if told.network == "dense" else "convolutional network"
        dropout = f", dropout {told.dropout:g}" if told.dropout else ""
        return f"An epoch of the {network}, batch {told.batch_size}, {told.precision}{dropout}"


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

_Entrant = tuple[str, int]
"""A way by its key, and in how many processes."""

_NEEDED = frozenset(key for target in TARGETS for key in (target.figure, *target.against))
"""The keys of figures that targets are about."""


def measure(settings: Settings, narrate: Narrate) -> list[Table]:
    """Every way on every case, one after the other and then all again; see :data:`~benchmarks.figures.Measure`."""
    return Race(QUICK_CASES if settings.quick else CASES, settings, narrate).run()


class Race:
    """Some cases, raced through round by round."""

    def __init__(self, cases: tuple[Case, ...], settings: Settings, narrate: Narrate) -> None:
        self._cases = cases
        self._settings = settings
        self._narrate = narrate
        self._all = min(placement.places(threads=1), len(children.cores()))
        self._timings: dict[tuple[str, _Entrant], list[Timing]] = defaultdict(list)
        self._failed: dict[str, str] = {}

    def run(self) -> list[Table]:
        rounds = min(self._settings.rounds, max(case.rounds for case in self._cases))
        races = [(number, *racer) for number in range(rounds) for racer in self._field(number)]
        for number, case, entrant in sorted(races, key=_turn):
            if self._settings.late and _turn((number, case, entrant)):
                self._narrate(f"The time is over in round {number + 1}.")
                break
            self._race(case, entrant, f"round {number + 1} of {rounds}")
        return self._tables()

    def _field(self, number: int) -> Iterator[tuple[Case | None, _Entrant]]:
        """Who races in a round; first of all the machine itself."""
        for processes in self._counts:
            yield None, ("", processes)
        for case in self._cases:
            if number < case.rounds:
                for way in dict.fromkeys((*case.alone, *case.together)):
                    for processes, ways in zip(self._counts, (case.alone, case.together), strict=False):
                        if way in ways:
                            yield case, (way, processes)

    @property
    def _counts(self) -> tuple[int, ...]:
        return (1,) if self._all == 1 else (1, self._all)

    def _race(self, case: Case | None, entrant: _Entrant, when: str) -> None:
        name, processes = entrant
        way = _WAYS[name] if case else MATMUL
        if way.missing or way.name in self._failed:
            return
        seconds = 1.0 if self._settings.quick or case is None else 3.0
        if case is None:
            work = Work(seconds=seconds, most=1000)
        else:
            experiment = case.experiment.derive(train_size=None if case.images == 1 else case.train_size)
            work = Work(experiment, case.val_size, seconds)
        what = f"{case.key}: {way.name}" if case else way.name
        self._narrate(f"epoch, {when}: {what}, {processes} process{'es' if processes > 1 else ''}")
        try:
            timing = race(way, work, processes, self._settings.scratch)
        except TrainingError as error:
            self._failed[way.name] = str(error)
            self._narrate(str(error))
            return
        self._timings[case.key if case else "", entrant].append(timing)

    # Tables

    def _tables(self) -> list[Table]:
        return [self._machine_table(), *(self._table(case) for case in self._cases)]

    def _machine_table(self) -> Table:
        figures = [
            Figure(
                f"{MATMUL_KEY}/{_count_key(processes)}",
                f"matrix products, {self._in_processes(processes)}",
                "GFLOP/s",
                tuple(rate / 1e9 for rate in self._rates(processes)),
            )
            for processes in self._counts
        ]
        side = matmul.SIDE
        note = f"NumPy, float32, {side}×{side} by {side}×{side}; more is better. The share of a way is of its own kind."
        how = (
            "In the tables of epochs: seconds an epoch and a run, validation included, from the second epoch on, each "
            f"way in fresh processes in its turn; of {self._all} at once each has a core, and its seconds are divided "
            f"by {self._all}."
        )
        return Table("What the machine can do", tuple(figures), (note, flop.HOW_COUNTED, how))

    def _rates(self, processes: int) -> list[float]:
        """FLOP a second of all processes together."""
        return [matmul.FLOP / seconds for seconds in self._seconds("", ("", processes))]

    def _table(self, case: Case) -> Table:
        work = flop.of_epoch(case.experiment, _TRAIN_SIZE)
        entrants = [entrant for known, entrant in self._timings if known == case.key]
        entrants.sort(key=lambda entrant: (entrant[1], list(_WAYS).index(entrant[0])))
        figures = [self._figure(case, entrant, work) for entrant in entrants]
        for processes in sorted({processes for _, processes in entrants}):
            name = f"{work / 1e9:.1f} GFLOP at the rate of {self._in_processes(processes)}"
            seconds = tuple(work / rate for rate in self._rates(processes))
            figures.append(Figure(f"epoch/{case.key}/floor/{_count_key(processes)}", name, "s", seconds))
        return Table(case.title, tuple(figures), tuple(self._notes(case)))

    def _figure(self, case: Case, entrant: _Entrant, work: int) -> Figure:
        name, processes = entrant
        samples = tuple(seconds / case.images for seconds in self._seconds(case.key, entrant))
        reference = "epoch/dense-b128/lab" if case.key == "dense-dropout" else f"epoch/{case.key}/fit"
        figure = Figure(
            _key(case, entrant),
            f"{_WAYS[name].name}, {self._in_processes(processes)}",
            "s",
            samples,
            against=f"{reference}/{_count_key(processes) if case.key == 'dense-dropout' else '1'}",
            note=self._learned(case, entrant),
        )
        rates = Figure("", "", "", tuple(self._rates(processes)))
        return figure if not rates.samples else Figure(**vars(figure) | {"share": work / figure.value / rates.value})

    def _seconds(self, case: str, entrant: _Entrant) -> tuple[float, ...]:
        return tuple(seconds for timing in self._timings[case, entrant] for seconds in timing.seconds)

    def _learned(self, case: Case, entrant: _Entrant) -> str:
        """How well the network did after an epoch that every way of the case has reached: it shows the same work."""
        curves = {
            other: [curve for timing in timings for curve in timing.accuracies]
            for (key, other), timings in self._timings.items()
            if key == case.key
        }
        epoch = min(len(curve) for found in curves.values() for curve in found)
        reached = [100 * curve[epoch - 1] for curve in curves[entrant]]
        return f"val_accuracy {sum(reached) / len(reached):.1f} % after {epoch} epochs"

    def _notes(self, case: Case) -> Iterator[str]:
        if case.images < 1:
            yield (
                f"Measured on the first {case.train_size:,} training images, validated on {case.val_size:,}, and "
                f"multiplied by {1 / case.images:g}: seconds for {_TRAIN_SIZE:,} and {_TEST_SIZE:,} images."
            )
        if case.experiment.network == "conv":
            yield "Keras fit with XLA and on JAX is left out: XLA's convolutions take minutes an epoch on a CPU."
        for way in dict.fromkeys((*case.alone, *case.together)):
            if _WAYS[way].missing:
                yield f"{_WAYS[way].name}: {_WAYS[way].missing} is not installed."
            elif _WAYS[way].name in self._failed:
                yield self._failed[_WAYS[way].name]

    def _in_processes(self, processes: int) -> str:
        return "one process" if processes == 1 else f"{processes} processes at once"


def _turn(race: tuple[int, Case | None, _Entrant]) -> float:
    """When it is a race's turn: 0 are those without which a target has no figure.

    Then come the lab and Keras `fit` elsewhere, once more the case on which most targets rest, and what is left.
    """
    number, case, entrant = race
    if case is None or (case is CASES[0] and _key(case, entrant) in _NEEDED):
        return number
    if _key(case, entrant) in _NEEDED:
        return 2 * number
    return 2 * number + (0.5 if entrant[0] in ("lab", "fit") else 1.5)


def _key(case: Case, entrant: _Entrant) -> str:
    """The key of its figure."""
    way, processes = entrant
    return f"epoch/{case.key}/{way}/{_count_key(processes)}"


def _count_key(processes: int) -> str:
    return "1" if processes == 1 else "all"
