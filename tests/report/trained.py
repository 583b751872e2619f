"""Trainings of all that the claims are about, as records with curves of a known shape."""

from __future__ import annotations

import math
import random
from datetime import timedelta

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Environment, Record, Result
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.material import Material, stripped
from tests.factories import NOON, make_record

_ENDS = {"sigmoid": 0.974, "elu": 0.9765, "leaky-relu": 0.9785, "units-64": 0.9738, "units-256": 0.981, "conv": 0.99}


def trained(seeds: int, *, conv_seeds: int = 3) -> list[Record]:
    """Every network of the claims, once a seed; the same at every call, ids included."""
    names: dict[Experiment, str] = {}
    for claim in CLAIMS:
        for name in claim.test.arms:
            names.setdefault(preset(name), name)
    wanted = [
        (name, recipe.derive(seed=seed))
        for seed in range(seeds)
        for recipe, name in names.items()
        if recipe.network == "dense" or seed < conv_seeds
    ]
    return [_training(index, name, experiment) for index, (name, experiment) in enumerate(wanted)]


def material(seeds: int) -> Material:
    """The same as what a report is made of."""
    return Material(tuple(stripped(record) for record in trained(seeds)))


def _training(index: int, name: str, experiment: Experiment) -> Record:
    draw = random.Random(f"{name} {experiment.seed}")
    end = _ENDS.get(name, 0.9785) + draw.gauss(0, 0.0007)
    epochs = min(experiment.epochs, draw.randint(11, 14)) if experiment.early_stopping else experiment.epochs
    falling = [math.exp(-epoch / 2.5) for epoch in range(epochs)]
    accuracies = [end - 0.05 * left + draw.gauss(0, 0.0005) for left in falling[:-1]] + [end]
    losses = [0.07 + 0.2 * left + 0.002 * max(0, epoch - 9) for epoch, left in enumerate(falling)]
    return make_record(
        f"{index:026d}",
        experiment=experiment,
        preset=name,
        note="=cmd",
        tags=("tagged",),
        started_at=NOON + timedelta(minutes=index),
        history={"loss": losses, "accuracy": accuracies, "val_loss": losses, "val_accuracy": accuracies},
        epochs_run=epochs,
        best_epoch=epochs - 4 if experiment.early_stopping else None,
        stopped_early=experiment.early_stopping,
        result=Result(loss=0.01, accuracy=0.99, val_loss=losses[-1], val_accuracy=end, test_accuracy=end),
        environment=Environment(
            mnist_lab="0.1.0", python="3.11.7", keras="3.15.1", backend="tensorflow", device="CPU", host="somebodys-box"
        ),
        gradient_norms={"dense": [0.1] * epochs, "digits": [0.3] * epochs} if name in ("baseline", "sigmoid") else None,
    )
