"""From a Params class to a pydantic model and back: bounds, defaults and sentences stand only in the Params.

A model holds people's forms (an enumerated setting by name), Params hold the kernels' (its integer).
Models are strict: text is no number, `true` is no number, NaN and infinity are refused. An integer may
stand for a float, and a float without a fraction for an integer.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from bullmachine.config.messages import set_in
from bullmachine.core.errors import ConfigError
from bullmachine.fusion.params import MODES, Mode
from bullmachine.market.calendars import CALENDARS, Calendar

__all__ = ["choices_of", "field", "fields_of", "listed", "model_of", "params_of", "section"]

_STRICT: Final = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

#: what people write where it is not the member's name
_WRITTEN: Final[Mapping[type[enum.IntEnum], Mapping[str, enum.IntEnum]]] = {Calendar: CALENDARS, Mode: MODES}

_hints = functools.cache(typing.get_type_hints)


def model_of(cls: Any, name: str = "", default: Any = None) -> type[BaseModel]:
    """A strict model of a Params class whose defaults are those of the instance `default`.

    >>> from bullmachine.config.params import RunParams
    >>> model_of(RunParams)().model_dump()
    {'every_bars': 500}
    """
    name = name or cls.__name__
    return section(name, fields_of(cls, name, default), cls.__doc__)


def section(name: str, fields: Mapping[str, Any], doc: str | None = None) -> type[BaseModel]:
    """A strict model of ready fields (see `field` and `fields_of`)."""
    made: type[BaseModel] = create_model(name, __config__=_STRICT, __doc__=doc, **fields)
    return made


def fields_of(cls: Any, name: str, default: Any = None) -> dict[str, Any]:
    """The fields of `model_of`: nested Params become nested models, called after their path."""
    hints = _hints(cls)
    fields: dict[str, Any] = {}
    for f in dataclasses.fields(cls):
        if "length" in f.metadata:  # made from other settings
            continue
        item, value = f.metadata.get("item"), _default(f) if default is None else getattr(default, f.name)
        if item is None:
            fields[f.name] = field(hints[f.name], value, **f.metadata)
        else:
            nested = model_of(item, name + f.name.title().replace("_", ""), value)
            fields[f.name] = (nested, Field(default_factory=nested))
    return fields


def _default(f: dataclasses.Field[Any]) -> Any:
    """What a field holds where nothing is said: without making its class, whose defaults alone may say too little."""
    return f.default if f.default_factory is dataclasses.MISSING else f.default_factory()


def field(kind: Any, default: Any, *, doc: str, ge: float | None = None, le: float | None = None) -> Any:
    """One setting of type `kind`: a number with bounds, a name out of a few, text, or a flag."""
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        names = choices_of(kind)
        default = next(name for name, member in names.items() if member is default)
        return (Literal[tuple(names)], Field(default, description=doc))
    if kind is float:
        default = float(default)
    read = listed if typing.get_origin(kind) is tuple else _whole if kind is int else _plain
    return (
        Annotated[kind, BeforeValidator(read)],
        Field(default, ge=ge, le=le, description=doc),
    )


def choices_of(kind: type[enum.IntEnum]) -> dict[str, enum.IntEnum]:
    """The names people write for the members of `kind`, in order.

    >>> list(choices_of(Calendar))
    ['24x7', '24x5', 'us_equities']
    """
    return dict(_WRITTEN.get(kind) or {member.name.lower(): member for member in kind})


def params_of(cls: Any, tree: Mapping[str, Any], path: str, origins: Mapping[str, str]) -> Any:
    """The Params of a resolved `tree`; a rule between fields that fails is told with its full path."""
    hints = _hints(cls)
    values = {}
    for f in dataclasses.fields(cls):
        if "length" in f.metadata:
            continue
        item, kind, value = f.metadata.get("item"), hints[f.name], tree[f.name]
        if item is not None:
            value = params_of(item, value, f"{path}.{f.name}".strip("."), origins)
        elif issubclass(kind, enum.IntEnum):
            value = choices_of(kind)[value]
        values[f.name] = value
    try:
        return cls(**values)
    except ConfigError as error:
        own = [key for key in origins if key.startswith(f"{path}.")]
        key = f"{path}.{error.facts.get('key', '')}".strip(".")
        raise ConfigError(f"{path}: {error}{set_in(own, origins)}", key=key, value=error.facts.get("value")) from None


def _plain(value: Any) -> Any:
    """Python's own number for a NumPy one, and one zero: -0.0 is the same setting as 0.0."""
    given = value.item() if isinstance(value, np.generic) else value
    return given + 0.0 if isinstance(given, float) else given


def listed(value: Any) -> Any:
    """A tuple of a list, or of `1h,4h,1d`: a shell takes the quotes of a list away."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.strip("[]").split(",") if name.strip())
    return tuple(value) if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    given = _plain(value)
    return int(given) if isinstance(given, float) and given.is_integer() else given
