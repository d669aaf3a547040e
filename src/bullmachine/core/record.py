"""Records: one annotated class becomes a NumPy dtype and a plain Python twin.

1. `@record` makes a slotted dataclass; its scalars are `F8` or `I8`, its parts are made with
   `nested` (one record) or `array` (a fixed number of floats, integers or records).
2. `cls.dtype` is the layout a kernel sees. Every field takes 8 bytes, so a record has no padding
   and its bytes are its value: equality, snapshots and fingerprints are byte comparisons.
3. `to_array` makes the (1,)-array that crosses into a kernel; `to_twin` makes the dataclass that
   prints, compares and runs through the same kernel source with the JIT off.
4. `@params` is a frozen record whose bounds are checked when it is made (`param`); a rule between
   fields goes into its method `check`, called last.

Flags are `I8`: a NumPy bool would be one byte and bring padding back. An enumerated setting is an
`IntEnum` field: kernels compare integers, people write names.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing
from typing import Annotated, Any, TypeVar

import numpy as np

from bullmachine.core.errors import ConfigError

__all__ = [
    "F8",
    "I8",
    "array",
    "dtype_of",
    "nested",
    "out",
    "param",
    "params",
    "record",
    "row_dtype",
    "to_array",
    "to_twin",
]

F8 = Annotated[float, "f8"]
I8 = Annotated[int, "i8"]

_T = TypeVar("_T")


class _Row(np.record):  # type: ignore[misc]  # NumPy's stubs call it final, NumPy does not
    """A record row whose fields win over NumPy's methods of the same name.

    Compiled code only knows fields. On a plain `np.record`, `row.mean`, `row.flat` or `row.base` is
    NumPy's, so the same source gave other results with the JIT off.
    """

    def __getattribute__(self, name: str) -> Any:
        get = super().__getattribute__
        return self[name] if name in (get("dtype").fields or ()) else get(name)


def nested(item: type[_T], **values: Any) -> _T:
    """A field holding one record of type `item`, by default made with `values`."""
    field: Any = dataclasses.field(default_factory=functools.partial(item, **values), metadata={"item": item})
    return typing.cast("_T", field)


def array(item: Any, length: int, fill: float = 0) -> Any:
    """A field of `length` items: `F8`, `I8` or a record class."""
    if hasattr(item, "dtype"):

        def make() -> list[Any]:
            return [item() for _ in range(length)]
    else:

        def make() -> list[Any]:
            return [fill] * length

    return dataclasses.field(default_factory=make, hash=False, metadata={"item": item, "length": length})


def out(*, default: float, mirror: str) -> Any:
    """An output field and how it answers the mirrored market (see `testing.laws`).

    `mirror` is `same`, `negate`, `swap:<field>` (equal to the other field), `swap-negate:<field>`,
    or `exempt:<reason>`.
    """
    return dataclasses.field(default=default, metadata={"mirror": mirror})


def param(*, default: Any, ge: float | None = None, le: float | None = None, doc: str) -> Any:
    """A parameter with inclusive bounds and the sentence the configuration shows."""
    return dataclasses.field(default=default, metadata={"ge": ge, "le": le, "doc": doc})


@typing.dataclass_transform(kw_only_default=True)
def record(cls: type[_T]) -> type[_T]:
    """Turn an annotated class into a record (dtype and twin).

    >>> @record
    ... class Point:
    ...     x: F8 = 0.0
    ...     n: I8 = 0
    >>> dtype_of(Point).itemsize, Point(x=1.5)
    (16, Point(x=1.5, n=0))
    """
    cls.__repr__ = _repr  # type: ignore[method-assign]
    cls.__eq__ = _equal  # type: ignore[method-assign]
    made = dataclasses.dataclass(slots=True, kw_only=True, repr=False, eq=False, match_args=False)(cls)
    made.dtype = _dtype(made)  # type: ignore[attr-defined]
    return made


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def params(cls: type[_T]) -> type[_T]:
    """Turn an annotated class into frozen, validated parameters with a dtype for kernels.

    >>> @params
    ... class Length:
    ...     length: I8 = param(default=14, ge=1, le=100, doc="bars")
    >>> Length(length=0)
    Traceback (most recent call last):
        ...
    bullmachine.core.errors.ConfigError: length = 0 is below 1
    """
    cls.__post_init__ = _validate  # type: ignore[attr-defined]
    made = dataclasses.dataclass(slots=True, kw_only=True, frozen=True)(cls)
    made.dtype = _dtype(made)  # type: ignore[attr-defined]
    return made


def dtype_of(cls: Any) -> np.dtype[Any]:
    """The layout of a record class (or of one record)."""
    found: np.dtype[Any] = cls.dtype
    return found


def to_array(value: Any) -> np.ndarray[Any, Any]:
    """A (1,)-array holding `value` (a record, or a record class for its defaults).

    This is the only form that crosses into a kernel: whole records cost 1.5-8 us an argument as
    scalars and 0.15-0.5 us as length-1 arrays.
    """
    if isinstance(value, type):
        return _default_array(value).copy()
    made = np.zeros(1, dtype_of(value))
    _fill(made[0], value)
    return made


@functools.cache
def _default_array(cls: type[Any]) -> np.ndarray[Any, Any]:
    """A class's defaults, filled once: an event log takes 14 ms field by field and 10 us to copy."""
    return to_array(cls())


def to_twin(cls: type[_T], row: Any) -> _T:
    """The plain twin of one structured `row` (an `np.record` or a tuple of its values)."""
    values = row.item() if hasattr(row, "item") else row
    return cls(**{f.name: _twin_value(f, v) for f, v in zip(_fields(cls), values, strict=True)})


def row_dtype(layout: list[Any]) -> np.dtype[Any]:
    """The dtype of rows whose fields are read as attributes, from `(name, dtype[, shape])` tuples."""
    return np.dtype((_Row, layout))


def _twin_value(field: dataclasses.Field[Any], value: Any) -> Any:
    item = field.metadata.get("item")
    if item is None:
        return value
    if "length" not in field.metadata:
        return to_twin(item, value)
    if hasattr(item, "dtype"):
        return [to_twin(item, v) for v in value]
    values: list[Any] = value.tolist() if hasattr(value, "tolist") else list(value)
    return values


def _repr(self: Any) -> str:
    """The dataclass's own form; one function for all records saves 40 ms of code generation at import."""
    return f"{type(self).__qualname__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in _fields(self))})"


def _equal(self: Any, other: object) -> bool:
    same = type(other) is type(self)
    return same and all(getattr(self, f.name) == getattr(other, f.name) for f in _fields(self))


def _fields(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def _dtype(cls: Any) -> np.dtype[Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    layout: list[Any] = []
    for field in _fields(cls):
        item = field.metadata.get("item")
        code = _layout_of(item if item is not None else hints[field.name])
        length = field.metadata.get("length")
        layout.append((field.name, code) if length is None else (field.name, code, (length,)))
    return row_dtype(layout)


def _layout_of(hint: Any) -> Any:
    """The dtype of a record or the code of a scalar annotation; only 8-byte kinds exist."""
    if hasattr(hint, "dtype"):
        return hint.dtype
    if isinstance(hint, type) and issubclass(hint, enum.IntEnum):
        return "i8"
    return hint.__metadata__[0]


def _fill(row: Any, value: Any) -> None:
    for field in _fields(value):
        item, given = field.metadata.get("item"), getattr(value, field.name)
        if not hasattr(item, "dtype"):
            row[field.name] = given
        elif "length" in field.metadata:
            for place, part in zip(row[field.name], given, strict=True):
                _fill(place, part)
        else:
            _fill(row[field.name], given)


@functools.cache
def _hints(cls: type[object]) -> dict[str, Any]:
    """Resolving annotations on every construction was a third of a configuration's load time."""
    return typing.get_type_hints(cls)


def _validate(self: Any) -> None:
    """Check every bound; accept the name of an enumerated value."""
    hints = _hints(typing.cast("Any", type(self)))
    for field in _fields(self):
        value = getattr(self, field.name)
        kind = hints[field.name]
        if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
            object.__setattr__(self, field.name, _enum_value(kind, field.name, value))
        elif "doc" in field.metadata:
            _check_bounds(field, value, whole=kind is int)
    if hasattr(self, "check"):
        self.check()


def _enum_value(kind: type[enum.IntEnum], name: str, value: Any) -> enum.IntEnum:
    names = {member.name.lower(): member for member in kind}
    if isinstance(value, int) and value in names.values():
        return kind(value)
    if value not in names:
        raise ConfigError(f"{name} = {value!r} is none of {', '.join(names)}", key=name, value=value)
    return names[value]


def _check_bounds(field: dataclasses.Field[Any], value: Any, *, whole: bool) -> None:
    name, low, high = field.name, field.metadata["ge"], field.metadata["le"]
    if whole and int(value) != value:
        raise ConfigError(f"{name} = {value!r} is not a whole number", key=name, value=value)
    if value != value:  # NaN  # noqa: PLR0124
        raise ConfigError(f"{name} is not a number", key=name, value=value)
    if low is not None and value < low:
        raise ConfigError(f"{name} = {value} is below {low}", key=name, value=value)
    if high is not None and value > high:
        raise ConfigError(f"{name} = {value} is above {high}", key=name, value=value)
