"""The tree of all settings: which Params stand where, as one model, one list and one schema."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field

from bullmachine.config.bundles import DEFAULT_EXITS, exit_bundle
from bullmachine.config.leaf import Leaf
from bullmachine.config.models import fields_of, model_of, section
from bullmachine.config.params import Calibration, RunParams
from bullmachine.config.sources import presets
from bullmachine.core.time import timeframe_name
from bullmachine.machine.records import SenseParams
from bullmachine.market.venues import DEFAULT_VENUE, venues
from bullmachine.trading.exit_params import ExitParams
from bullmachine.trading.params import AccountParams, DecideParams

__all__ = ["RUNGS", "describe", "json_schema", "leaves", "settings_model"]

RUNGS: Final = ("base", "middle", "slow")  #: the fields of `SenseParams` that `data.timeframes` fills
_OF_DATA: Final = ("calendar", "max_gap")  # its other fields under `data`; all that remain are the engines'
_TIMEFRAMES_DOC: Final = "base, middle and slow timeframe, each a multiple of the one before"
_VENUE_DOC: Final = "where it is traded: sets market, fees, funding and calendar"
_SET_DOC: Final = "named set of exits these settings start from; custom: none"


@functools.cache
def settings_model() -> type[BaseModel]:
    """The model of the whole tree."""
    sense = fields_of(SenseParams, "Engines")
    rungs = tuple(timeframe_name(sense.pop(rung)[1].default) for rung in RUNGS)
    timeframes = (Annotated[tuple[str, str, str], BeforeValidator(_listed)], Field(rungs, description=_TIMEFRAMES_DOC))
    data = {"timeframes": timeframes, **{name: sense.pop(name) for name in _OF_DATA}}
    parts = {
        "data": section("Data", data, "Timeframes and the calendar of the market."),
        "engines": section("Engines", sense, "Parameters of the engines."),
    }
    ends = {"timing": model_of(RunParams, "Timing"), "calibration": model_of(Calibration)}
    fields: dict[str, Any] = {name: (part, Field(default_factory=part)) for name, part in parts.items()}
    fields |= fields_of(DecideParams, "")
    for name, part in (("account", _account()), ("exits", _exits())):
        fields[name] = (part, Field(default_factory=part))
    fields |= {name: (part, Field(default_factory=part)) for name, part in ends.items()}
    return section("Settings", fields, "All settings of Bull Machine.")


@functools.cache
def leaves() -> dict[str, Leaf]:
    """Every setting by its dotted key."""
    return {leaf.key: leaf for leaf in _walk(settings_model(), "")}


def describe() -> list[Leaf]:
    """Every setting, in the order of the tree.

    >>> describe()[0].key, describe()[0].default
    ('data.timeframes', ('1h', '4h', '1d'))
    """
    return list(leaves().values())


def json_schema() -> dict[str, Any]:
    """The JSON schema of a settings file, for editors."""
    schema = settings_model().model_json_schema()
    start = {"type": "string", "enum": presets(), "description": "the preset this file starts from"}
    schema["properties"] = {"preset": start, **schema["properties"]}
    return schema


def _account() -> type[BaseModel]:
    """The account's model with the venue before it: a name that no kernel reads, for numbers that kernels do."""
    names = tuple(venue.name for venue in venues())
    venue = (Literal[names], Field(DEFAULT_VENUE, description=_VENUE_DOC))
    return section("Account", {"venue": venue, **fields_of(AccountParams, "Account")}, AccountParams.__doc__)


def _listed(value: Any) -> Any:
    """A tuple of a list, or of `1h,4h,1d`: a shell takes the quotes of a list away."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.strip("[]").split(","))
    return tuple(value) if isinstance(value, list) else value


def _walk(model: type[BaseModel], path: str) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if _is_section(kind):
            yield from _walk(kind, f"{path}{name}.")  # type: ignore[arg-type]  # a model, says the line above
        else:
            low, high = (_bound(info.metadata, side) for side in ("ge", "le"))
            choices = get_args(kind) if isinstance(info.default, str) else ()
            yield Leaf(f"{path}{name}", info.default, low, high, choices, info.description or "")


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bound(metadata: list[Any], side: str) -> float | None:
    return next((getattr(m, side) for m in metadata if hasattr(m, side)), None)


def _exits() -> type[BaseModel]:
    """The exits' model with the named set before it."""
    chosen = (Literal[tuple(exit_bundle())], Field(DEFAULT_EXITS, description=_SET_DOC))
    return section("Exits", {"set": chosen, **fields_of(ExitParams, "Exits")}, ExitParams.__doc__)
