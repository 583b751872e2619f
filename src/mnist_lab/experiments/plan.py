"""From what a person asks for to the experiments that answer it, in the order in which to train them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS, Experiment, by_field, describe, field_named
from mnist_lab.experiments.presets import label_of, preset
from mnist_lab.experiments.sections import Section


@dataclass(frozen=True)
class Planned:
    """One training to ask for: what, under which names, and what to measure (names of measurements)."""

    experiment: Experiment
    label: str
    preset: str | None = None
    study: str | None = None
    measurements: frozenset[str] = frozenset()


def from_presets(names: Iterable[str]) -> list[Planned]:
    """One training a name, each anew, also where two names are one experiment."""
    return [Planned(preset(name), name, preset=name) for name in names]


def from_section(section: Section) -> list[Planned]:
    """One training an experiment of the section; names that mean the same are trained once, under the first."""
    return distinct([Planned(preset(name), name, preset=name, study=section.name) for name in section.presets])


def from_experiment(experiment: Experiment) -> Planned:
    """One training of any experiment, called by its preset where it is one, else by what differs from the default."""
    return Planned(experiment, label_of(experiment))


def distinct(plans: Sequence[Planned]) -> list[Planned]:
    """The plans without those whose experiment an earlier one has."""
    found: dict[Experiment, Planned] = {}
    for plan in plans:
        found.setdefault(plan.experiment, plan)
    return list(found.values())


def with_settings(plans: Sequence[Planned], settings: Mapping[str, Any]) -> list[Planned]:
    """Change fields in every plan in which they have an effect.

    Raises:
        UsageError: A field or value is wrong, or a field has no effect in any of the plans.
    """
    changed, settings = list(plans), by_field(settings)
    for name in sorted(settings, key=_depends):  # early_stopping before patience, which has no effect without it
        value = settings[name]
        taking = [plan for plan in changed if FIELDS[name].applies_to(plan.experiment)]
        if not taking:
            changed[0].experiment.derive(**settings)  # says what is wrong
        taken = {id(plan) for plan in taking}
        changed = [_derived(plan, {name: value}) if id(plan) in taken else plan for plan in changed]
    return changed


def _derived(plan: Planned, changes: Mapping[str, Any]) -> Planned:
    experiment = plan.experiment.derive(**changes)
    return replace(plan, experiment=experiment, label=plan.label if plan.preset else label_of(experiment))


def _depends(name: str) -> bool:
    return FIELDS[name].only is not None


def varied(plans: Sequence[Planned], values: Mapping[str, Sequence[Any]]) -> list[Planned]:
    """Every plan with every combination of values, labelled by them."""
    if not values:
        return list(plans)
    values = by_field(values)
    result = []
    for plan in plans:
        for combination in itertools.product(*values.values()):
            chosen = dict(zip(values, combination, strict=True))
            experiment = plan.experiment.derive(**chosen)
            told = describe({name: getattr(experiment, name) for name in chosen})
            label = told if len(plans) == 1 else f"{plan.label} {told}"
            result.append(replace(plan, experiment=experiment, label=label, study=plan.study or ",".join(values)))
    return distinct(result)


def seeded(plans: Sequence[Planned], seeds: Sequence[int]) -> list[Planned]:
    """Every plan with every seed; seed by seed, so that the first comparison is whole early."""
    several = len(seeds) > 1
    return [
        replace(
            plan, experiment=plan.experiment.derive(seed=seed), label=f"{plan.label} s{seed}" if several else plan.label
        )
        for seed in seeds
        for plan in plans
    ]


def parse_settings(texts: Iterable[str]) -> dict[str, str]:
    """``field=value`` texts as a mapping.

    Raises:
        UsageError: One has no equals sign, or names no field, or a field stands there twice.
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
    """``field=v1,v2`` texts as a mapping to lists.

    Raises:
        UsageError: One has no values, or names no field.
    """
    variations = {}
    for name, text in parse_settings(texts).items():
        values = [value.strip() for value in text.split(",") if value.strip()]
        if not values:
            raise UsageError(f"--vary {name}= lists no values: write them with commas, for example units=64,128.")
        variations[name] = values
    return variations
