"""What test_jax has trained in a process of its own, since Keras runs on one backend a process: plain data for JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_lab.data import dataset
from mnist_lab.data.splits import Split
from mnist_lab.errors import EngineError
from mnist_lab.experiments.events import EpochEnded, Event, PhaseStarted, Progressed
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training import seeding
from mnist_lab.training.lanes import LanesTraining
from mnist_lab.training.loading import load_engine
from mnist_lab.training.loop import Training
from mnist_lab.training.outcome import Outcome
from tests.training.trained import SINGLE_STEPS, WHOLE_EPOCHS, digest, same_weights, train

IMAGES = 2000, 500
"""Training and validation images."""
DENSE = Experiment(units=32, learning_rate=0.01)
RISKY = DENSE.derive(learning_rate=0.03, epochs=20, early_stopping=True, patience=1)
GROUP = [
    *(DENSE.derive(seed=seed, epochs=5) for seed in range(5)),
    DENSE.derive(seed=5, epochs=3, learning_rate=0.001),
    DENSE.derive(seed=6, epochs=1),
    DENSE.derive(seed=7, epochs=5, learning_rate=1e9),
    DENSE.derive(seed=8, epochs=5),
    *(RISKY.derive(seed=seed) for seed in range(9, 13)),
    *(RISKY.derive(seed=seed, monitor="val_accuracy", restore_best_weights=False) for seed in range(13, 17)),
]
"""So many that they are compacted when most have ended."""
DIVERGES, STOPPED = 7, 8
STOPPED_AT = 2, 5
"""Epoch and step."""

DROPPED = [
    Experiment(units=32, epochs=2 + seed, optimizer="sgd", dropout=0.3, learning_rate=rate, seed=seed)
    for seed, rate in enumerate((0.1, 1e9, 0.05))
]
CONVS = [
    Experiment(network="conv", filters=(4,), units=8, batch_size=32, activation="gelu", epochs=2, seed=seed)
    for seed in (0, 1)
]
DEEP = DENSE.derive(depth=2, activation="sigmoid")
COARSE = DENSE.derive(precision="bfloat16", epochs=4)


def everything(cache: Path) -> dict[str, Any]:
    """All results of one process."""
    engine: Any = load_engine(1, "jax", cache)
    many, few = split(IMAGES[0]), split(100)

    def solo(experiment: Experiment, images: Split = many, seconds: float = SINGLE_STEPS) -> dict[str, Any]:
        training = Training(experiment, images, engine, seconds_per_call=seconds)
        for event in training.events():
            if experiment is GROUP[STOPPED] and at(event) == STOPPED_AT:
                training.stop()
        return plain(training.outcome)

    def group(experiments: list[Experiment], images: Split = many, seconds: float = SINGLE_STEPS) -> Group:
        return Group.of(LanesTraining(experiments, images, engine, seconds_per_call=seconds), experiments)

    lanes, alone = group(GROUP), [solo(experiment) for experiment in GROUP]
    compilations = count_compilations()
    report = {
        "lanes": lanes.outcomes,
        "alone": alone,
        "events": lanes.events,
        "events alone": [described(event) for event in Training(GROUP[0], many, engine, seconds_per_call=0).events()],
        "events left": lanes.events_left,
        "again": group(GROUP).outcomes,
        "by epochs": group(GROUP, seconds=WHOLE_EPOCHS).outcomes,
        "alone by epochs": solo(GROUP[0], seconds=WHOLE_EPOCHS),
        "other seeds": group([e.derive(seed=90 + e.seed, learning_rate=0.02) for e in GROUP], seconds=0.01).outcomes,
    }
    return report | {
        "compilations": compilations(),
        "dropout lanes": group(DROPPED).outcomes,
        "dropout alone": [solo(experiment) for experiment in DROPPED],
        "dropout by epochs": group(DROPPED, seconds=WHOLE_EPOCHS).outcomes,
        "conv lanes": group(CONVS, few).outcomes,
        "conv alone": [solo(experiment, few) for experiment in CONVS],
        "coarse": solo(COARSE),
        "lane by lane": lane_by_lane(engine, many),
        "summed": summed(),
        "memory": memory(engine, many),
        "fitting": engine.lanes_that_fit(DENSE, many),
        "too soon": complaint(lambda: LanesTraining(GROUP, many, engine).outcome(0)),
        "two shapes": complaint(lambda: LanesTraining([DENSE, DROPPED[0]], many, engine)),
        "callbacks": complaint(lambda: list(Training(DENSE, many, engine, callbacks=[object()]).events())),
        "other threads": complaint(lambda: load_engine(2, "jax")),
        "gradient norms": engine.open(DEEP, many).gradient_norms(),
        "environment": engine.environment(),
        "threads": xla_threads(),
    }


def once_more(cache: Path) -> dict[str, Any]:
    """The first of the group by itself, in another process."""
    return plain(train(load_engine(1, "jax", cache), split(IMAGES[0]), GROUP[0]))


def split(images: int) -> Split:
    """So many images of MNIST to train on."""
    digits = dataset.load()
    val = digits.x_test[: IMAGES[1]], digits.y_test[: IMAGES[1]]
    return Split(digits.x_train[:images], digits.y_train[:images], *val, *val)


@dataclass(frozen=True)
class Group:
    outcomes: list[dict[str, Any]]
    events: list[list[Any]]
    """Of each run."""
    events_left: list[int]
    """Of each run, how many events of others came after its outcome was there."""

    @classmethod
    def of(cls, training: LanesTraining, experiments: list[Experiment]) -> Group:
        runs = range(len(experiments))
        events: list[list[Any]] = [[] for _ in runs]
        ended: dict[int, int] = {}
        pulled = 0
        for run, event in training.events():
            for other in runs:
                if training.ended(other):
                    ended.setdefault(other, pulled)
            pulled += 1
            events[run].append(described(event))
            if experiments is GROUP and run == STOPPED and at(event) == STOPPED_AT:
                training.stop(run)
        assert all(training.ended(run) for run in runs)
        return cls(
            [plain(training.outcome(run)) for run in runs], events, [pulled - ended.get(run, pulled) for run in runs]
        )


def plain(outcome: Outcome) -> dict[str, Any]:
    summary = outcome.summary
    return {
        "status": summary.status,
        "reason": summary.reason,
        "history": summary.history,
        "epochs_run": summary.epochs_run,
        "best_epoch": summary.best_epoch,
        "stopped_early": summary.stopped_early,
        "result": summary.result.model_dump(),
        "epochs timed": len(summary.seconds.per_epoch),
        "model": summary.model.model_dump(),
        "weights": digest(outcome.weights),
        "probabilities": digest({"probabilities": outcome.probabilities}),
    }


def described(event: Event) -> list[Any]:
    match event:
        case PhaseStarted():
            return [event.phase]
        case Progressed():
            return ["progress", event.epoch, event.step, event.steps]
        case EpochEnded():
            return ["epoch", event.epoch]
    raise AssertionError(event)


def at(event: Event) -> tuple[int, int] | None:
    return (event.epoch, event.step) if isinstance(event, Progressed) else None


def lane_by_lane(engine: Any, images: Split) -> dict[str, bool]:
    """Whether what is done to some lanes leaves the others alone."""
    lanes = engine.open_lanes(GROUP, images)
    orders = np.stack([seeding.order(IMAGES[0], 128, run, 1) for run in range(lanes.width)])

    def learn(first: int, last: int, *learning: int) -> list[Any]:
        lanes.train_steps(first, last, np.isin(np.arange(lanes.width), learning))
        return [lanes.get_weights(lane) for lane in range(3)]

    start = [lanes.get_weights(lane) for lane in range(3)]
    lanes.begin_epoch(orders)
    some = learn(0, 4, 0, 2)
    lanes.keep([0, 1])
    more = learn(4, 8, 0, 1, 2)
    lanes.keep([1])
    lanes.restore([0])
    restored = [lanes.get_weights(lane) for lane in range(3)]
    lanes.take([2, 0])
    taken = lanes.width, lanes.get_weights(0), lanes.get_weights(1)
    lanes.restore([1])
    return {
        "those who learn change": not same_weights(some[0], start[0]) and not same_weights(more[1], start[1]),
        "the others do not": same_weights(some[1], start[1]),
        "kept weights come back": same_weights(restored[0], some[0]),
        "only where they are wanted": same_weights(restored[1], more[1]) and same_weights(restored[2], more[2]),
        "lanes are taken in order": taken[0] == 2
        and same_weights(taken[1], more[2])
        and same_weights(taken[2], some[0])
        and same_weights(lanes.get_weights(1), some[0]),
    }


def summed() -> tuple[float, float]:
    """A long sum as a compiled loop makes it, and as it is."""
    import jax
    import jax.numpy as jnp

    from mnist_lab.training.jax_program import MetricSums, _add, no_sums

    values = np.random.default_rng(0).random(100_000, np.float32)

    def add(number: Any, sums: MetricSums) -> MetricSums:
        return _add(sums, MetricSums(jnp.asarray(values)[number], 1, 1))

    start = jax.tree.map(lambda array: array[0], no_sums(1))
    high, low = jax.jit(lambda: jax.lax.fori_loop(0, len(values), add, start))().loss
    return float(high) + float(low), math.fsum(values.tolist())


def memory(engine: Any, images: Split) -> dict[str, float]:
    """What a lane needs by our estimate and by XLA's own account, in bytes."""
    program = engine.open_lanes(GROUP, images)._program

    def needed(width: int) -> int:
        lanes = engine.open_lanes(GROUP[:width], images)
        lanes.begin_epoch(np.stack([seeding.order(IMAGES[0], 128, 0, 1)] * width))
        train = program.train
        steps = program.run_steps.lower(
            lanes._state, train.images, train.labels, lanes._orders, 0, 1, np.ones(width, bool)
        )
        account = steps.compile().memory_analysis()
        return int(account.temp_size_in_bytes + account.argument_size_in_bytes)

    return {"estimate": program.bytes_per_lane, "account": (needed(len(GROUP)) - needed(8)) / (len(GROUP) - 8)}


def count_compilations() -> Callable[[], int]:
    """Begin to count what XLA compiles or takes out of its cache."""
    import jax

    seen: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(lambda name, _, **__: seen.append(name))
    return lambda: sum("backend_compile" in name for name in seen)


def xla_threads() -> int:
    threads = Path("/proc/self/task").glob("*/comm")
    return Counter(thread.read_text().strip() for thread in threads)["tf_XLAEigen"]


def complaint(act: Callable[[], Any]) -> list[str]:
    try:
        act()
    except (EngineError, RuntimeError, ValueError) as error:
        return [type(error).__name__, str(error)]
    return []
