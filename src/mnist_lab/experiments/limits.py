"""Limits of the values in documents: what is within them can be shown by every command, screen and report.

They are wider than anything that the lab writes, and are checked where a document is read or made. Most of that is done
by Pydantic without a step in Python, because ten thousand records are read at a time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from annotated_types import Ge, Le, MaxLen
from pydantic import AfterValidator, AwareDatetime, GetCoreSchemaHandler, GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema

MAX_EPOCHS = 10_000
MAX_SEED = 2**32 - 1
MAX_LOSS = 3.5e38
"""Above the largest finite float32, in which losses are computed."""

Moment: TypeAlias = Annotated[AwareDatetime, Ge(datetime(1970, 1, 1, tzinfo=UTC)), Le(datetime(2200, 1, 1, tzinfo=UTC))]
"""A moment that every time zone and pandas can represent."""

Duration: TypeAlias = Annotated[float, Ge(0), Le(1e9)]
"""Seconds."""

Epochs: TypeAlias = Annotated[int, Ge(0), Le(MAX_EPOCHS)]
"""A number of epochs, or an epoch counted from 1 with 0 for none."""

Count: TypeAlias = Annotated[int, Ge(0), Le(10**12)]
"""How many there are of something."""

Fraction: TypeAlias = Annotated[float, Ge(0), Le(1)]
"""An accuracy or a probability. It is finite even where training diverges, since it is a share of counted images."""

Fractions: TypeAlias = Annotated[list[Fraction], MaxLen(MAX_EPOCHS)]
"""One accuracy per epoch."""


def _possible(value: float) -> float:
    if value != value or -MAX_LOSS <= value <= MAX_LOSS or value == float("inf"):
        return value
    raise PydanticCustomError("loss", "no training has such a loss")


def _finite_first(finite: object, possible: object) -> GetPydanticSchema:
    """A schema that takes finite losses in one step, and looks at others one by one."""

    def schema(_: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.union_schema(
            [handler.generate_schema(finite), handler.generate_schema(possible)],
            mode="left_to_right",
            custom_error_type="loss",
            custom_error_message="no training has such a loss",
        )

    return GetPydanticSchema(schema)


_FiniteLoss: TypeAlias = Annotated[float, Ge(-MAX_LOSS), Le(MAX_LOSS)]
_PossibleLoss: TypeAlias = Annotated[float, AfterValidator(_possible)]
_FiniteLosses: TypeAlias = Annotated[list[_FiniteLoss], MaxLen(MAX_EPOCHS)]
_PossibleLosses: TypeAlias = Annotated[list[_PossibleLoss], MaxLen(MAX_EPOCHS)]

Loss: TypeAlias = Annotated[float, _finite_first(_FiniteLoss, _PossibleLoss)]
"""A loss or a norm, NaN or infinite where training diverges, never minus infinity."""

Losses: TypeAlias = Annotated[list[float], _finite_first(_FiniteLosses, _PossibleLosses)]
"""One :data:`Loss` per epoch."""
