"""The tree of all settings: which Params stand where, as one model, one list and one schema."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Field

from bullmachine.config.bundles import DEFAULT_EXITS, exit_bundle, macro_bundle, setup_bundle
from bullmachine.config.leaf import Leaf
from bullmachine.config.models import fields_of, listed, model_of, section
from bullmachine.config.params import Calibration, RunParams
from bullmachine.config.rows import ANY, ROWS, row_leaf
from bullmachine.config.sources import presets
from bullmachine.core.time import timeframe_name
from bullmachine.fusion.params import FusionParams
from bullmachine.machine.records import SenseParams
from bullmachine.macro.shipped import DEFAULT_SET
from bullmachine.market.venues import DEFAULT_VENUE, venues
from bullmachine.setups.book import DEFAULT_SETUPS
from bullmachine.trading.exit_params import ExitParams
from bullmachine.trading.params import AccountParams, DecideParams, MacroParams

__all__ = ["RUNGS", "describe", "describe_rows", "json_schema", "leaf_of", "leaves", "settings_model"]

RUNGS: Final = ("base", "middle", "slow")  #: the fields of `SenseParams` that `data.timeframes` fills
_OF_DATA: Final = ("calendar", "max_gap")  # its other fields under `data`; all that remain are the engines'
_TIMEFRAMES_DOC: Final = "base, middle and slow timeframe, each a multiple of the one before"
_VENUE_DOC: Final = "where it is traded: sets market, fees, funding and calendar"
_SET_DOC: Final = "named set of exits these settings start from; custom: none"
_RULES_DOC: Final = "named table of rules; choosing one takes the rows of another away"
_SETUPS_DOC: Final = "named set of setups, read by mode = setups; choosing one takes the rows of another away"
_SHOWN_DOC: Final = "series without a rule whose value is kept beside the rules'"


@functools.cache
def settings_model() -> type[BaseModel]:
    """The model of the whole tree."""
    sense = fields_of(SenseParams, "Engines")
    rungs = tuple(timeframe_name(sense.pop(rung)[1].default) for rung in RUNGS)
    timeframes = (Annotated[tuple[str, str, str], BeforeValidator(listed)], Field(rungs, description=_TIMEFRAMES_DOC))
    data = {"timeframes": timeframes, **{name: sense.pop(name) for name in _OF_DATA}}
    parts = {
        "data": section("Data", data, "Timeframes and the calendar of the market."),
        "engines": section("Engines", sense, "Parameters of the engines."),
    }
    ends = {"timing": model_of(RunParams, "Timing"), "calibration": model_of(Calibration)}
    fields: dict[str, Any] = {name: (part, Field(default_factory=part)) for name, part in parts.items()}
    fields |= fields_of(DecideParams, "")
    for name, part in (("account", _account()), ("fusion", _fusion()), ("exits", _exits()), ("macro", _macro())):
        fields[name] = (part, Field(default_factory=part))
    fields["setups"] = _rows("setups")
    fields |= {name: (part, Field(default_factory=part)) for name, part in ends.items()}
    return section("Settings", fields, "All settings of Bull Machine.")


@functools.cache
def leaves() -> dict[str, Leaf]:
    """Every setting by its dotted key."""
    return {leaf.key: leaf for leaf in _walk(settings_model(), "")}


@functools.cache
def leaf_of(key: str, place: str = "") -> Leaf | None:
    """The setting `key`, be it a row's; None if there is none.

    Raises:
        ConfigError: it is a row's, and the row's name is no name.

    >>> leaf_of("macro.rules.my_rule.weight").key
    'macro.rules.my_rule.weight'
    """
    return leaves().get(key) or row_leaf(key, leaves(), place)


def describe() -> list[Leaf]:
    """Every setting but those of rows, in the order of the tree.

    >>> describe()[0].key, describe()[0].default
    ('data.timeframes', ('1h', '4h', '1d'))
    """
    return [leaf for leaf in leaves().values() if f".{ANY}." not in leaf.key]


def describe_rows() -> list[Leaf]:
    """Every setting of a row; `*` stands for the row's name.

    >>> describe_rows()[0].key
    'macro.rules.*.series'
    """
    return [leaf for leaf in leaves().values() if f".{ANY}." in leaf.key]


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


def _macro() -> type[BaseModel]:
    """The macro limits' model with the named table before them, and the rows of rules and series behind."""
    chosen = (Literal[tuple(macro_bundle())], Field(DEFAULT_SET, description=_RULES_DOC))
    shown = (
        Annotated[tuple[str, ...], BeforeValidator(listed)],
        Field(macro_bundle()[DEFAULT_SET]["macro.shown"], description=_SHOWN_DOC),
    )
    fields = {"set": chosen, **fields_of(MacroParams, "Macro"), "shown": shown}
    return section(
        "Macro",
        fields | {key.partition(".")[2]: _rows(key) for key in ROWS if key.startswith("macro.")},
        MacroParams.__doc__,
    )


def _fusion() -> type[BaseModel]:
    """The score's model with the named set of setups behind it."""
    chosen = (Literal[tuple(setup_bundle())], Field(DEFAULT_SETUPS, description=_SETUPS_DOC))
    return section("Fusion", {**fields_of(FusionParams, "Fusion"), "setups": chosen}, FusionParams.__doc__)


def _rows(key: str) -> Any:
    """A field of rows by name."""
    item = ROWS[key]
    return (dict[str, model_of(item)], Field(default_factory=dict, description=item.__doc__))  # type: ignore[misc]  # made here


def _walk(model: type[BaseModel], path: str) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if get_origin(kind) is dict:
            yield from _walk(get_args(kind)[1], f"{path}{name}.{ANY}.")
        elif _is_section(kind):
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
