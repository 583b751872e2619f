"""Sections: the questions of the report, each with the presets to compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mnist_lab.errors import unknown
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.presets import FREE_FIELDS, preset


@dataclass(frozen=True)
class Section:
    """A section of the report.

    Attributes:
        name: Its name on the command line.
        title: Its name on the screen.
        question: Its question, in one sentence.
        factor: The fields of :class:`~mnist_lab.experiments.experiment.Experiment` that it varies.
        presets: One for each value of the factor; the first is the baseline of the comparison.
        parts: Its subsections. Where there are any, ``factor`` and ``presets`` are the union of theirs.
    """

    name: str
    title: str
    question: str
    factor: tuple[str, ...]
    presets: tuple[str, ...]
    parts: tuple[Section, ...] = ()


def _whole(name: str, title: str, question: str, *parts: Section) -> Section:
    factor = tuple(dict.fromkeys(field for part in parts for field in part.factor))
    presets = tuple(preset for part in parts for preset in part.presets)
    return Section(name, title, question, factor, presets, parts)


SECTIONS: tuple[Section, ...] = (
    Section(
        "activation",
        "Activation",
        "Which activation suits this network?",
        ("activation",),
        ("relu", "sigmoid", "gelu", "elu", "leaky-relu"),
    ),
    _whole(
        "architecture",
        "Architecture",
        "Does a wider, a deeper or a convolutional network do better?",
        Section(
            "width",
            "Width",
            "How many units does one hidden layer need?",
            ("units",),
            ("units-128", "units-64", "units-256"),
        ),
        Section("depth", "Depth", "Do more hidden layers help?", ("depth",), ("depth-1", "depth-2", "depth-3")),
        Section(
            "layer-type", "Layer type", "What do convolutions gain over dense layers?", ("network",), ("dense", "conv")
        ),
    ),
    _whole(
        "hyperparameter",
        "Hyperparameter",
        "How do learning rate and batch size change the training?",
        Section(
            "learning-rate",
            "Learning rate",
            "Which learning rate is best, and what do too high and too low ones do?",
            ("learning_rate",),
            ("lr-0.001", "lr-0.1", "lr-0.01", "lr-0.0005", "lr-0.0001"),
        ),
        Section(
            "batch-size",
            "Batch size",
            "Do smaller batches generalise better?",
            ("batch_size",),
            ("batch-128", "batch-32", "batch-64", "batch-256", "batch-512"),
        ),
    ),
    Section(
        "overfitting",
        "Overfitting",
        "Does stopping early cost accuracy?",
        ("network", "early_stopping"),
        ("dense", "dense-early", "conv", "conv-early"),
    ),
)


def walk(sections: tuple[Section, ...] = SECTIONS) -> Iterator[Section]:
    """All sections and parts, each section before its parts."""
    for section in sections:
        yield section
        yield from walk(section.parts)


_BY_NAME = {found.name: found for found in walk()}


def section(name: str) -> Section:
    """The section or part of a name.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in _BY_NAME:
        raise unknown("section", name, _BY_NAME, listed_by="mnist-lab sections")
    return _BY_NAME[name]


def settings_of(section: Section, name: str) -> dict[str, Any]:
    """The factor's value in one of the section's presets, as fields to set in any experiment."""
    part = next((part for part in section.parts if name in part.presets), section)
    experiment = preset(name)
    return {field: getattr(experiment, field) for field in part.factor}


def arm_of(section: Section, experiment: Experiment) -> str | None:
    """The preset of a section that an experiment is, whatever its seed, epochs, protocol, precision and images.

    None where it is none of them; of presets that are the same experiment, the first.
    """
    return _by_question(section).get(_question_of(experiment.unseeded()))


@lru_cache
def arms(section: Section) -> tuple[str, ...]:
    """The presets of a section without repetitions of an experiment."""
    return tuple(name for name in section.presets if arm_of(section, preset(name)) == name)


@lru_cache
def _by_question(section: Section) -> dict[Experiment, str]:
    """A section's presets by their experiments without the free fields."""
    names: dict[Experiment, str] = {}
    for name in section.presets:
        names.setdefault(_question_of(preset(name)), name)
    return names


@lru_cache(maxsize=4096)
def _question_of(experiment: Experiment) -> Experiment:
    """An experiment with the free fields at their defaults."""
    return experiment.derive(**{name: getattr(DEFAULT, name) for name in FREE_FIELDS})
