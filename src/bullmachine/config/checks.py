"""Rules between settings: the ladder of timeframes, sums of weights, and the two thresholds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bullmachine.config.messages import number, set_in, shown
from bullmachine.core.errors import ConfigError
from bullmachine.core.time import DAY, WEEK, parse_timeframe, timeframe_name
from bullmachine.machine.records import SenseParams

__all__ = ["check_modes", "check_rows", "check_sums", "check_thresholds", "ladder"]

_SUM_TOLERANCE: Final = 1e-9
_KEY: Final = "data.timeframes"


def ladder(names: tuple[str, ...], origins: Mapping[str, str]) -> tuple[int, ...]:
    """The rungs in milliseconds.

    >>> [rung // 3_600_000 for rung in ladder(("1h", "4h", "1d"), {})]
    [1, 4, 24]
    """
    place = set_in([_KEY], origins)
    try:
        rungs = tuple(parse_timeframe(name) for name in names)
    except ConfigError as error:
        raise ConfigError(f"{_KEY}: {error}{place}", key=_KEY, value=names) from None
    problem = next(_ladder_problems(rungs), None)
    if problem is not None:
        raise ConfigError(f"{_KEY} = {shown(names)}: {problem}{place}", key=_KEY, value=names)
    return rungs


def _ladder_problems(rungs: tuple[int, ...]) -> Iterator[str]:
    """What is wrong with the rungs; a bucket of each must begin and end on the rung below."""
    for name, length in zip(("base", "middle", "slow"), rungs, strict=True):
        low, high = _bounds(name)
        if not low <= length <= high:
            yield f"the {name} timeframe must be {timeframe_name(low)} to {timeframe_name(high)}"
    for fine, coarse in itertools.pairwise(rungs):
        if coarse <= fine or coarse % fine != 0:
            yield f"{timeframe_name(coarse)} is not a multiple of {timeframe_name(fine)}"
        if coarse == WEEK and DAY % fine != 0:
            yield f"weeks begin on Monday, which {timeframe_name(fine)} bars do not meet: take one that divides a day"


def _bounds(rung: str) -> tuple[int, int]:
    metadata = SenseParams.__dataclass_fields__[rung].metadata
    return metadata["ge"], metadata["le"]


def check_thresholds(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse a state that would end above where it begins."""
    on, off = values["fusion.on"], values["fusion.off"]
    if off > on:
        place = set_in(["fusion.off", "fusion.on"], origins)
        raise ConfigError(f"fusion.off = {off} is above fusion.on = {on}{place}", key="fusion.off", value=off)


def check_modes(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse a fast signal beside setups: both would ask."""
    mode = values["execution.mode"]
    if values["fusion.mode"] == "setups" and mode != "fusion_only":
        raise ConfigError(
            f"execution.mode = {shown(mode)} waits for the score, but with fusion.mode = setups a setup asks; take "
            f"fusion_only{set_in(['execution.mode', 'fusion.mode'], origins)}",
            key="execution.mode",
            value=mode,
        )


def check_sums(values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse weights that do not sum to 1: mixes, an engine's weights, and the engines of a book."""
    for keys in _sums(values):
        total = math.fsum(values[key] for key in keys)
        if abs(total - 1.0) > _SUM_TOLERANCE:
            raise ConfigError(
                f"{' + '.join(keys)} must be 1, not {number(total)}{set_in(keys, origins)}", key=keys[0], value=total
            )


def check_rows(check: Callable[..., None], origins: Mapping[str, str], *known: Any) -> None:
    """Refuse rows that cannot be read together, as `check(*known)` says, with the place where they were set."""
    try:
        check(*known)
    except ConfigError as error:
        key = str(error.facts["key"])
        own = [k for k in origins if k == key or k.startswith(f"{key}.")]
        raise ConfigError(f"{error}{set_in(own, origins)}", **error.facts) from None


def _sums(values: Mapping[str, Any]) -> list[list[str]]:
    """Groups of keys that sum to 1: `fusion.*.mix_*`, `engines.*.weights.*`, and `fusion.*.w_<book>` by book."""
    groups: dict[str, list[str]] = {}
    for key in values:
        section, _, name = key.rpartition(".")
        if section.endswith(".weights"):
            groups.setdefault(section, []).append(key)
        elif section.startswith("fusion.") and name.startswith("mix_"):
            groups.setdefault(f"{section}.mix", []).append(key)
        elif section.startswith("fusion.") and name.startswith("w_"):
            groups.setdefault(name, []).append(key)
    return list(groups.values())
