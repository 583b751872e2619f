"""``mnist-lab presets`` and ``mnist-lab sections``: the networks and the questions of the report."""

from __future__ import annotations

from dataclasses import asdict

from mnist_lab.commands.options import AsJson
from mnist_lab.commands.output import out, print_json
from mnist_lab.experiments.presets import PRESETS, names_of, preset
from mnist_lab.experiments.sections import SECTIONS
from mnist_lab.render.tables import presets_table, sections_table


def presets(as_json: AsJson = False) -> None:
    """List the networks of the report by name.

    \b
    Examples:
      mnist-lab presets
      mnist-lab run --preset conv
    """
    if as_json:
        listed = [
            {"name": name, "changes": dict(PRESETS[name]), "same_as": [n for n in names_of(preset(name)) if n != name]}
            for name in PRESETS
        ]
        print_json({"schema": 1, "presets": listed})
        return
    out().print(presets_table())


def sections(as_json: AsJson = False) -> None:
    """List the questions of the report, each with its factor and its presets.

    \b
    Examples:
      mnist-lab sections
      mnist-lab run --section activation --seeds 5
    """
    if as_json:
        print_json({"schema": 1, "sections": [asdict(section) for section in SECTIONS]})
        return
    out().print(sections_table())
