"""The state of a section's form as a value, and the trainings that it requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from mnist_lab.errors import UsageError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.sections import arms, section, settings_of
from mnist_lab.experiments.study import Study, of_plans

CUSTOM = "custom"
"""Name of the section that varies nothing: its one training is the base experiment."""

MAX_SEEDS = 1000


@dataclass(frozen=True)
class FormState:
    """The state of a section's form.

    Attributes:
        section: Its name, or :data:`CUSTOM`.
        chosen: The presets that are ticked.
        seeds: The number of seeds, as typed.
        epochs: The number of epochs, as typed.
        protocol: The protocol.
        base: The experiment that the section's factor, the epochs and the protocol are changed in.
    """

    section: str
    chosen: frozenset[str]
    seeds: str = "1"
    epochs: str = str(DEFAULT.epochs)
    protocol: str = DEFAULT.protocol
    base: Experiment = field(default_factory=lambda: DEFAULT)

    @classmethod
    def of(cls, name: str) -> FormState:
        """The initial state of a section's form: every value ticked."""
        return cls(name, frozenset(choices_of(name)))

    def seed_count(self) -> int:
        """The number of seeds.

        Raises:
            UsageError: It is no whole number, or out of range.
        """
        if not self.seeds.strip().isdigit() or not 1 <= int(self.seeds) <= MAX_SEEDS:
            raise UsageError(f"seeds takes a whole number from 1 to {MAX_SEEDS}.")
        return int(self.seeds)

    def shared(self) -> Experiment:
        """The base experiment with the epochs and protocol of the form.

        Raises:
            UsageError: The epochs are no whole number, or out of range.
        """
        return self.base.derive(epochs=self.epochs.strip(), protocol=self.protocol)

    def arms(self) -> list[Planned]:
        """The requested trainings of one seed.

        Raises:
            UsageError: An input is invalid, or nothing is ticked.
        """
        shared = self.shared()
        if self.section == CUSTOM:
            return [plan.from_experiment(shared)]
        planned = [
            Planned(shared.derive(**settings_of(section(self.section), name)), name, preset=name, study=self.section)
            for name in choices_of(self.section)
            if name in self.chosen
        ]
        if not planned:
            raise UsageError("Nothing is ticked; tick a value with space.")
        return planned

    def plans(self) -> list[Planned]:
        """The requested trainings of all seeds, in order.

        Raises:
            UsageError: An input is invalid, or nothing is ticked.
        """
        arms, seeds = self.arms(), range(self.seed_count())
        return arms if len(seeds) == 1 else plan.seeded(arms, seeds)

    def study(self) -> Study | None:
        """The study that this declares: a section with at least two seeds. None for other states.

        Raises:
            UsageError: An input is invalid, or nothing is ticked.
        """
        seeds = range(self.seed_count())
        return None if self.section == CUSTOM or len(seeds) == 1 else of_plans(self.arms(), seeds)


def choices_of(name: str) -> tuple[str, ...]:
    """The presets that a section's form offers; none for :data:`CUSTOM`."""
    return () if name == CUSTOM else arms(section(name))
