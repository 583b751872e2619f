"""An experiment: the frozen configuration of one training, each field declared once.

A field has a type, limits, a default and one line of help. ``--set`` and ``--vary``, the screen's form, the JSON and
all error messages about values are derived from that declaration, through :data:`FIELDS`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter, itemgetter
from typing import Annotated, Any, Literal, Self, get_args

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from mnist_lab.errors import UsageError

MNIST_CHECKSUM = "796354bf1a5bdb3f752e23f487245288f2c35b1e0bc343e07448cffbb5f56624"
"""Checksum of MNIST's content, see :func:`mnist_lab.data.dataset.checksum_of`."""

Activation = Literal["relu", "sigmoid", "gelu", "elu", "leaky_relu", "tanh", "silu", "selu"]
"""Names of activations for ``keras.activations.get``."""

Group = Literal["network", "training", "stopping", "data", "seed"]


def _split_filters(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace(",", "+").split("+"))
    return value


Filters = Annotated[
    tuple[Annotated[int, Ge(1), Le(512)], ...],
    MinLen(1),
    MaxLen(3),
    BeforeValidator(_split_filters),
    PlainSerializer(list, return_type=list[int]),
]


def _none(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() in {"none", "default", ""} else value


def _field(default: Any, help_: str, group: Group, *, requires: tuple[str, Any] | None = None, **limits: Any) -> Any:
    """Declare a field. ``requires`` is another field with the value it must have for this one to have an effect."""
    return Field(
        default, description=help_, json_schema_extra={"group": group, "requires": list(requires or ())}, **limits
    )


class Experiment(BaseModel):
    """Configuration of one training, seed included.

    Experiments that would train alike are equal: fields without effect are reset to their defaults.

    Example:
        >>> Experiment(units=64, network="dense", filters=(8,)) == Experiment(units=64)
        True
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    network: Literal["dense", "conv"] = _field("dense", "dense layers only, or convolutions before them", "network")
    depth: int = _field(1, "hidden dense layers", "network", ge=1, le=8)
    units: int = _field(128, "units of each hidden dense layer", "network", ge=1, le=4096)
    filters: Filters = _field(
        (32, 64),
        "filters of each 3×3 convolution, each followed by 2×2 max pooling",
        "network",
        requires=("network", "conv"),
    )
    activation: Activation = _field("relu", "activation of every hidden layer", "network")
    dropout: float = _field(
        0.0, "share of each hidden dense layer's outputs dropped in training", "network", ge=0, lt=1
    )

    optimizer: Literal["adam", "sgd", "rmsprop", "adamw"] = _field("adam", "Keras optimizer", "training")
    learning_rate: float = _field(0.001, "step size of the optimizer", "training", gt=0, le=1e12)
    batch_size: int = _field(128, "images a step", "training", ge=1, le=60_000)
    epochs: int = _field(20, "passes over the training images, at most", "training", ge=1, le=10_000)
    weight_decay: Annotated[float | None, BeforeValidator(_none)] = _field(
        None,
        "decoupled weight decay; none: the optimizer's own (0.004 for adamw, 0 for the others)",
        "training",
        ge=0,
        le=1,
    )
    precision: Literal["float32", "bfloat16"] = _field(
        "float32", "arithmetic; bfloat16 keeps weights and the last layer in float32", "training"
    )

    early_stopping: bool = _field(False, "stop when the monitored metric no longer improves", "stopping")
    monitor: Literal["val_loss", "val_accuracy", "loss", "accuracy"] = _field(
        "val_loss", "metric that early stopping monitors", "stopping", requires=("early_stopping", True)
    )
    patience: int = _field(
        4, "epochs without improvement before stopping", "stopping", requires=("early_stopping", True), ge=0, le=10_000
    )
    min_delta: float = _field(
        0.0,
        "smallest change that counts as an improvement",
        "stopping",
        requires=("early_stopping", True),
        ge=0,
        le=1e6,
    )
    restore_best_weights: bool = _field(
        True,
        "keep the weights of the best epoch instead of the last",
        "stopping",
        requires=("early_stopping", True),
        validation_alias=AliasChoices("restore_best_weights", "restore_best"),  # its name in version 0.1.0
    )

    protocol: Literal["report", "holdout"] = _field(
        "report",
        "report: validate on the test images, as the report did; holdout: validate on held-out training images",
        "data",
    )
    train_size: Annotated[int | None, BeforeValidator(_none)] = _field(
        None, "train on so many of the images only; none: on all of them", "data", ge=1, le=10_000_000
    )
    permute_pixels: bool = _field(False, "shuffle all pixel positions, the same way in every image", "data")
    data: str = _field(
        MNIST_CHECKSUM, "checksum of the images (set by --data)", "data", pattern=r"^[0-9a-f]{64}$", min_length=64
    )

    seed: int = _field(0, "of the initial weights, the order of the images and dropout", "seed", ge=0, le=2**32 - 1)

    @model_validator(mode="wrap")
    @classmethod
    def _canonical(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        experiment = handler(data)
        held = vars(experiment)  # faster than getattr: ten thousand records are read at a time
        if _resettable(held) == _RESET:  # the usual case
            return experiment
        reset = {
            name for name, default, (other, value) in _CONDITIONAL if held[other] != value and held[name] != default
        }
        if experiment.weight_decay == (0.004 if experiment.optimizer == "adamw" else 0):  # the optimizer's own
            reset.add("weight_decay")
        return handler(experiment.model_dump(exclude=reset)) if reset else experiment

    def derive(self, **changes: Any) -> Experiment:
        """A copy with some fields changed, by values or text as a user types it, and by current or former names.

        Raises:
            UsageError: A field does not exist, a value is outside its limits, or a changed field has no effect.

        Example:
            >>> DEFAULT.derive(units=64, dropout="0.2").changed()
            {'units': 64, 'dropout': 0.2}
        """
        changes = by_current_name(changes)
        try:
            experiment = type(self).model_validate(self.model_dump() | changes)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            raise UsageError(FIELDS[name].error_message(changes.get(name, getattr(self, name)))) from None
        for name in changes:
            field = FIELDS[name]
            if not field.applies_to(experiment) and field.requires is not None:
                other, value = field.requires
                raise UsageError(
                    f"{name} has no effect unless {other} is {format_value(value)}: set that too, or leave {name} out."
                )
        return experiment

    def unseeded(self) -> Experiment:
        """This experiment with the default seed, equal for all that differ only in the seed."""
        return _unseeded(_all_but_seed(self))

    def effective(self) -> dict[str, Any]:
        """The fields with an effect in this experiment, with their values."""
        return {name: getattr(self, name) for name, field in FIELDS.items() if field.applies_to(self)}

    def changed(self, base: Experiment | None = None) -> dict[str, Any]:
        """The fields that differ from another experiment, by default :data:`DEFAULT`, with their values here."""
        base = base or DEFAULT
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name) != getattr(base, name)}


@dataclass(frozen=True)
class ExperimentField:
    """Declaration of a field of :class:`Experiment`."""

    name: str
    info: FieldInfo

    @property
    def help(self) -> str:
        """One line of help, in lower case without a full stop."""
        return self.info.description or ""

    @property
    def group(self) -> Group:
        return self._extra["group"]  # type: ignore[no-any-return]

    @cached_property
    def requires(self) -> tuple[str, Any] | None:
        """Another field with the value it must have for this one to have an effect; None where it always has."""
        match self._extra["requires"]:
            case [str(name), value]:
                return name, value
        return None

    @property
    def default(self) -> Any:
        return self.info.default

    @property
    def _extra(self) -> dict[str, Any]:
        extra = self.info.json_schema_extra
        assert isinstance(extra, dict)
        return extra

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """Allowed values of an enumerated field; else empty."""
        if self.info.annotation is bool:
            return ("true", "false")
        return tuple(arg for arg in get_args(self.info.annotation) if isinstance(arg, str))

    @cached_property
    def kind(self) -> type:
        """Type of its values other than None: ``int``, ``float``, ``bool``, ``str`` or ``tuple``."""
        if self.choices and self.info.annotation is not bool:
            return str
        annotation = self.info.annotation
        plain = [arg for arg in get_args(annotation) if isinstance(arg, type) and arg is not type(None)]
        if isinstance(annotation, type):
            return annotation
        return tuple if str(annotation).startswith("tuple") else plain[0]

    @cached_property
    def limits(self) -> str:
        """Allowed values as text: ``a whole number from 1 to 4096``."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is tuple:
            return "1 to 3 whole numbers from 1 to 512, as in 32+64"
        if self.kind is str:
            return "64 hexadecimal digits"
        low = high = ""
        for bound in self.info.metadata:
            match bound:
                case Ge(ge=value):
                    low = f" from {value:g}" if self.kind is float else f" from {value}"
                case Gt(gt=value):
                    low = f" above {value:g}"
                case Le(le=value):
                    high = f"to {value:g}" if self.kind is float else f"to {value}"
                case Lt(lt=value):
                    high = f"to below {value:g}"
        noun = "a whole number" if self.kind is int else "a number"
        high = ", at most" + high.removeprefix("to") if low.startswith(" above") else " " + high
        return f"{noun}{low}{high}" + (", or none" if self.default is None else "")

    def applies_to(self, experiment: Experiment) -> bool:
        """Whether this field has an effect in an experiment."""
        return self.requires is None or getattr(experiment, self.requires[0]) == self.requires[1]

    def error_message(self, value: Any) -> str:
        """Error message for a value that this field does not allow."""
        near = difflib.get_close_matches(str(value).lower(), self.choices, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{self.name} takes {self.limits}; {format_value(value)!r} is not.{hint}"


FIELDS: dict[str, ExperimentField] = {
    name: ExperimentField(name, info) for name, info in Experiment.model_fields.items()
}
FORMER_NAMES: dict[str, str] = {
    str(former): name
    for name, info in Experiment.model_fields.items()
    if isinstance(info.validation_alias, AliasChoices)
    for former in info.validation_alias.choices
    if former != name
}
"""Names of fields in earlier versions, with their current names. They are accepted wherever a name is read."""
_CONDITIONAL = tuple(
    (name, field.default, field.requires) for name, field in FIELDS.items() if field.requires is not None
)
_resettable = itemgetter(*(name for name, _, _ in _CONDITIONAL), "weight_decay")
_RESET = (*(default for _, default, _ in _CONDITIONAL), None)
"""Values of the fields that may be reset, where none of them has to be."""
DEFAULT = Experiment()

_UNSEEDED = tuple(name for name in FIELDS if name != "seed")
_all_but_seed = attrgetter(*_UNSEEDED)


@lru_cache(maxsize=4096)
def _unseeded(values: tuple[Any, ...]) -> Experiment:
    return Experiment(**dict(zip(_UNSEEDED, values, strict=True)))


def field_named(name: str) -> ExperimentField:
    """The declaration of a field, by its current or a former name.

    Raises:
        UsageError: There is no field of that name.
    """
    name = FORMER_NAMES.get(name, name)
    if name in FIELDS:
        return FIELDS[name]
    near = difflib.get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UsageError(f"An experiment has no field {name!r}.{hint} The fields are {', '.join(FIELDS)}.")


def by_current_name(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with former names of fields replaced by current ones.

    Raises:
        UsageError: A field does not exist.
    """
    return {field_named(name).name: value for name, value in values.items()}


def format_value(value: Any) -> str:
    """A field's value as text, in the form in which it is typed: ``0.001``, ``true``, ``32+64``, ``none``."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case tuple() | list():
            return "+".join(str(item) for item in value)
        case _:
            return str(value)


def describe(values: Mapping[str, Any]) -> str:
    """Several fields with their values as one line: ``units=64 dropout=0.2``."""
    return " ".join(f"{name}={format_value(value)}" for name, value in values.items())
