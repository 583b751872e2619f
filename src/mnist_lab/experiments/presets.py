"""Presets: the networks of the report by name, as changes of the default experiment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from mnist_lab.errors import unknown
from mnist_lab.experiments.experiment import DEFAULT, Experiment, describe

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "baseline": {},
        "relu": {"activation": "relu"},
        "sigmoid": {"activation": "sigmoid"},
        "gelu": {"activation": "gelu"},
        "elu": {"activation": "elu"},
        "leaky-relu": {"activation": "leaky_relu"},
        "units-64": {"units": 64},
        "units-128": {"units": 128},
        "units-256": {"units": 256},
        "depth-1": {"depth": 1},
        "depth-2": {"depth": 2},
        "depth-3": {"depth": 3},
        "dense": {"network": "dense"},
        "conv": {"network": "conv"},
        "lr-0.1": {"learning_rate": 0.1},
        "lr-0.01": {"learning_rate": 0.01},
        "lr-0.001": {"learning_rate": 0.001},
        "lr-0.0005": {"learning_rate": 0.0005},
        "lr-0.0001": {"learning_rate": 0.0001},
        "batch-32": {"batch_size": 32},
        "batch-64": {"batch_size": 64},
        "batch-128": {"batch_size": 128},
        "batch-256": {"batch_size": 256},
        "batch-512": {"batch_size": 512},
        "dense-early": {"network": "dense", "early_stopping": True},
        "conv-early": {"network": "conv", "early_stopping": True},
        "early-stopping": {"network": "dense", "early_stopping": True},
        # Controls: experiments that test the explanations which the report gives.
        "dense-permuted": {"network": "dense", "permute_pixels": True},
        "conv-permuted": {"network": "conv", "permute_pixels": True},
        "batch-32-equal-updates": {"batch_size": 32, "epochs": 5},
        "batch-512-equal-updates": {"batch_size": 512, "epochs": 80},
    }
)
"""Changes of the default experiment by preset.

The ``equal-updates`` presets make about as many optimizer steps as the default's 20 epochs of 469 (9,380), in whole
epochs: 5 of 1,875 steps (9,375) and 80 of 118 (9,440).
"""


FREE_FIELDS = ("seed", "epochs", "protocol", "precision", "data")
"""Fields that do not matter for which preset an experiment is."""


@cache
def preset(name: str) -> Experiment:
    """The experiment of a preset.

    Raises:
        UsageError: There is no such preset.
    """
    if name not in PRESETS:
        raise unknown("preset", name, PRESETS, listed_by="mnist-lab presets")
    return DEFAULT.derive(**PRESETS[name])


def names_of(experiment: Experiment) -> tuple[str, ...]:
    """The presets that are this experiment, whatever its seed."""
    return _by_experiment().get(experiment.unseeded(), ())


@cache
def _by_experiment() -> dict[Experiment, tuple[str, ...]]:
    names: dict[Experiment, tuple[str, ...]] = {}
    for name in PRESETS:
        names[preset(name)] = (*names.get(preset(name), ()), name)
    return names


def label_of(experiment: Experiment, preset_name: str | None = None) -> str:
    """Label of an experiment without its seed: its preset, and its changes of that.

    Args:
        experiment: Any experiment.
        preset_name: The preset that it was requested by; None where it was not.
    """
    return _label_of(experiment.unseeded(), preset_name)


@lru_cache(maxsize=4096)
def _label_of(unseeded: Experiment, preset_name: str | None) -> str:
    network = unseeded.derive(**{name: getattr(DEFAULT, name) for name in (*FREE_FIELDS, "train_size")})
    known = preset_name if preset_name in PRESETS else next(iter((*names_of(unseeded), *names_of(network))), None)
    changes = unseeded.changed(DEFAULT if known is None else preset(known))
    if "data" in changes:
        changes["data"] = unseeded.data[:12]
    return " ".join(part for part in (known, describe(changes)) if part)
