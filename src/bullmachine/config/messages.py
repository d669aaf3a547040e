"""Sentences about settings: one error, one sentence that names key, value, place and what is allowed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from bullmachine.core.errors import ConfigError

if TYPE_CHECKING:
    from bullmachine.config.leaf import Leaf

__all__ = ["allowed", "invalid", "nearest", "number", "set_in", "shown", "unknown"]

_CLOSE: Final = (
    0.82  #: likeness from which a key is worth suggesting; at 0.8 fusion.mode, which did not exist yet, meant fusion.on
)
_TIE: Final = 0.02  #: keys within so much of the likest are suggested beside it
_ELSEWHERE: Final = 0.05  #: what a like name in another section is worth less than a like key
_MOST: Final = 3
_SIDES: Final = {"greater_than_equal": "below {low}", "less_than_equal": "above {high}"}


def unknown(key: str, place: str, known: Iterable[str]) -> ConfigError:
    """The error about a `key` that is no setting; `place` is "" or like " in my.toml"."""
    known = list(known)
    inside = next((k for k in known if k.startswith(f"{key}.")), None)
    if inside is not None:
        return ConfigError(f'"{key}"{place} is a section, not a setting; set a key in it, such as {inside}', key=key)
    found = nearest(key, known)
    hint = f"did you mean {' or '.join(found)}?" if found else "`bull config schema` lists them all"
    return ConfigError(f'unknown setting "{key}"{place}; {hint}', key=key)


def nearest(key: str, known: Iterable[str]) -> list[str]:
    """Up to three keys that `key` may have meant: a lost section, a slip, or a wrong section.

    >>> nearest("fusion.onn", ["fusion.on", "fusion.off", "risk.per_trade"])
    ['fusion.on']
    >>> nearest("costs.per_trade", ["fusion.on", "fusion.off", "risk.per_trade"])
    ['risk.per_trade']
    """
    given, leaf = key.lower(), _leaf(key.lower())
    score = {k: max(_likeness(given, k), _likeness(leaf, _leaf(k)) - _ELSEWHERE) for k in known}
    ends = [k for k in score if k.endswith(f".{given}")]
    floor = max(_CLOSE, max(score.values()) - _TIE)
    return sorted(ends or [k for k in score if score[k] >= floor], key=lambda k: -score[k])[:_MOST]


def invalid(leaf: Leaf, value: object, place: str, problem: str) -> ConfigError:
    """The error about a `value` that `leaf` does not take; `problem` is pydantic's name of it."""
    if problem in _SIDES:
        what = "is " + _SIDES[problem].format(low=number(leaf.low), high=number(leaf.high))
    else:
        what = "is not finite" if problem == "finite_number" else f"is not {_kind(leaf)}"
    limits = f"; allowed: {allowed(leaf)}" if allowed(leaf) else ""
    return ConfigError(f"{leaf.key} = {shown(value)}{place} {what}{limits}", key=leaf.key, value=value)


def allowed(leaf: Leaf) -> str:
    """The range or the names a setting takes; "" for text and flags."""
    if leaf.choices:
        return ", ".join(leaf.choices)
    if leaf.low is None and leaf.high is None:
        return ""
    return f"{number(leaf.low)} to {number(leaf.high)}"


def set_in(keys: Iterable[str], origins: Mapping[str, str]) -> str:
    """Where `keys` were set, to end a sentence with; "" when all are defaults."""
    places = dict.fromkeys(origins[key] for key in keys if key in origins)
    return f" (set in {' and '.join(places)})" if places else ""


def shown(value: object) -> str:
    """A value as TOML writes it.

    >>> shown(True), shown("long"), shown(0.5)
    ('true', '"long"', '0.5')
    """
    if isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(v) for v in value)}]"
    return str(value)


def number(value: float | None) -> str:
    """A bound without noise.

    >>> number(604_800_000), number(0.0001)
    ('604800000', '0.0001')
    """
    return "any" if value is None else f"{value:.12g}"


def _kind(leaf: Leaf) -> str:
    kinds: dict[type[Any], str] = {
        bool: "true or false", int: "a whole number", float: "a number", tuple: f"like {shown(leaf.default)}",
    }  # fmt: skip
    return "a known name" if leaf.choices else kinds.get(type(leaf.default), "text")


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
