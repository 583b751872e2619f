"""Options made of the measurements that are declared (:mod:`mnist_lab.experiments.measurements`)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from mnist_lab.experiments.measurements import MEASUREMENTS

_PARAMETER = "measurements"


def with_measurement_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter ``measurements`` of a command by an on/off option for each measurement.

    The command gets the names of those that are on, as a frozenset.
    """

    @wraps(command)
    def wrapper(**options: Any) -> None:
        chosen = frozenset(name for name in MEASUREMENTS if options.pop(name))
        command(**options, measurements=chosen)

    signature = inspect.signature(command, eval_str=True)
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += _options() if parameter.name == _PARAMETER else [parameter]
    # Typer reads both.
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapper


def _options() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=False,
            annotation=Annotated[bool, typer.Option(f"--{name.replace('_', '-')}", help=measurement.help)],
        )
        for name, measurement in MEASUREMENTS.items()
    ]
