"""What experiments have to share for one compiled step to train them all."""

from __future__ import annotations

from mnist_lab.experiments.experiment import FIELDS, Experiment

_NO_SHAPE = {"seed", "learning_rate", "epochs", *(name for name, field in FIELDS.items() if field.group == "stopping")}


def shape_of(experiment: Experiment) -> str:
    """Network, optimizer, batch size, precision and data, as one value: equal where two experiments may share a step.

    They may still differ in seed, learning rate, epochs and early stopping.
    """
    return experiment.model_dump_json(exclude=_NO_SHAPE)
