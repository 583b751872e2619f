"""Plans: the experiments to train for presets, sections, settings, variations and seeds, in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS, Experiment, by_current_name, describe, field_named
from mnist_lab.experiments.presets import label_of, preset
from mnist_lab.experiments.sections import Section


@dataclass(frozen=True)
class Planned:
    """A training to request: its experiment, label, preset, study, and names of measurements."""

    experiment: Experiment
    label: str
    preset: str | None = None
    study: str | None = None
    measurements: frozenset[str] = frozenset()


def from_presets(names: Iterable[str]) -> list[Planned]:
    """A training for each preset, also where two presets are the same experiment."""
    return [Planned(preset(name), name, preset=name) for name in names]


def from_section(section: Section) -> list[Planned]:
    """A training for each distinct experiment of a section, under its first preset."""
    return distinct([Planned(preset(name), name, preset=name, study=section.name) for name in section.presets])


def from_experiment(experiment: Experiment) -> Planned:
    """A training of any experiment, labelled by its preset where it is one, else by its changes of the default."""
    return Planned(experiment, label_of(experiment))


def distinct(plans: Sequence[Planned]) -> list[Planned]:
    """The plans without repetitions of an experiment."""
    found: dict[Experiment, Planned] = {}
    for plan in plans:
        found.setdefault(plan.experiment, plan)
    return list(found.values())


def with_settings(plans: Sequence[Planned], settings: Mapping[str, Any]) -> list[Planned]:
    """Plans with fields changed where they have an effect.

    Raises:
        UsageError: A field or value is wrong, or a field has no effect in any of the plans.
    """
    changed, settings = list(plans), by_current_name(settings)
    for name in sorted(settings, key=_depends):  # early_stopping before patience, which has no effect without it
        value = settings[name]
        taking = [plan for plan in changed if FIELDS[name].applies_to(plan.experiment)]
        if not taking:
            changed[0].experiment.derive(**settings)  # raises the error
        taken = {id(plan) for plan in taking}
        changed = [_derived(plan, {name: value}) if id(plan) in taken else plan for plan in changed]
    return changed


def _derived(plan: Planned, changes: Mapping[str, Any]) -> Planned:
    experiment = plan.experiment.derive(**changes)
    return replace(plan, experiment=experiment, label=plan.label if plan.preset else label_of(experiment))


def _depends(name: str) -> bool:
    return FIELDS[name].requires is not None


def varied(plans: Sequence[Planned], values: Mapping[str, Sequence[Any]]) -> list[Planned]:
    """Each plan with each combination of values, labelled by them."""
    if not values:
        return list(plans)
    values = by_current_name(values)
    result = []
    for plan in plans:
        for combination in itertools.product(*values.values()):
            chosen = dict(zip(values, combination, strict=True))
            experiment = plan.experiment.derive(**chosen)
            text = describe({name: getattr(experiment, name) for name in chosen})
            label = text if len(plans) == 1 else f"{plan.label} {text}"
            result.append(replace(plan, experiment=experiment, label=label, study=plan.study or ",".join(values)))
    return distinct(result)


def seeded(plans: Sequence[Planned], seeds: Sequence[int]) -> list[Planned]:
    """Each plan with each seed, seed by seed, so that the first comparison is complete early."""
    several = len(seeds) > 1
    return [
        replace(
            plan, experiment=plan.experiment.derive(seed=seed), label=f"{plan.label} s{seed}" if several else plan.label
        )
        for seed in seeds
        for plan in plans
    ]


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """Parse ``field=value`` texts.

    Raises:
        UsageError: A text has no equals sign or names no field, or a field is set twice.
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"{text!r} sets nothing: write it as field=value, for example units=64.")
        name = field_named(name.strip().replace("-", "_")).name
        if name in settings:
            raise UsageError(f"{name} is set twice; give it one value, or spread it with --vary {name}=v1,v2.")
        settings[name] = value.strip()
    return settings


def parse_variations(texts: Iterable[str]) -> dict[str, list[str]]:
    """Parse ``field=v1,v2`` texts.

    Raises:
        UsageError: A text has no values or names no field.
    """
    variations = {}
    for name, text in parse_settings(texts).items():
        values = [value.strip() for value in text.split(",") if value.strip()]
        if not values:
            raise UsageError(f"--vary {name}= lists no values: write them with commas, for example units=64,128.")
        variations[name] = values
    return variations
