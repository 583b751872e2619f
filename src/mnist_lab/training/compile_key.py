"""Key of the compiled training step that an experiment needs."""

from __future__ import annotations

from mnist_lab.experiments.experiment import FIELDS, Experiment

_NOT_COMPILED = {
    "seed",
    "learning_rate",
    "epochs",
    *(name for name, field in FIELDS.items() if field.group == "stopping"),
}


def compile_key(experiment: Experiment) -> str:
    """Network, optimizer, batch size, precision and data as text: experiments of equal keys share one compiled step.

    They may differ in seed, learning rate, epochs and early stopping.
    """
    return experiment.model_dump_json(exclude=_NOT_COMPILED)
