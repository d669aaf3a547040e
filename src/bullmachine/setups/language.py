"""The language of conditions: one line of text into what it says, or a sentence about what is wrong with it.

    event KIND[|KIND...] on TF within N [score >= X] [after KIND[|KIND...] within M [score >= Y]]
    zone KIND on TF touched within N
    state trend TF >= X           state align TF <= X
    state phase TF = C            state location TF discount

Words may be written in any case. What can never hold is refused here as well.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bullmachine.core.errors import ConfigError
from bullmachine.setups.kinds import KIND_OF, TIMEFRAMES, UNSCORED, ZONE_KINDS, long_of
from bullmachine.setups.records import ALTERNATIVES, Form

__all__ = ["Happening", "Said", "parse_condition"]

_MOST_BARS: Final = 1000
_EVENT: Final = "event KIND on base|middle|slow within BARS [score >= X] [after KIND within BARS [score >= X]]"
_ZONE: Final = "zone KIND on base|middle touched within BARS"
_STATE: Final = "state trend|phase|location|align TIMEFRAME >= X"
#: per state: the words it takes as a value, or its least and greatest value
_PHASES: Final = {"A": (1.0, 2.0), "B": (3.0, 3.0), "C": (4.0, 4.0), "D": (5.0, 5.0), "E": (6.0, 6.0)}
_HALVES: Final = {"discount": (-math.inf, 0.5), "premium": (0.5, math.inf)}
_RANGES: Final = {"trend": (-100.0, 100.0), "location": (0.0, 1.0), "align": (-1.0, 1.0)}
_FORMS: Final = {"trend": Form.TREND, "phase": Form.PHASE, "location": Form.LOCATION, "align": Form.ALIGN}
#: the slowest timeframe of a state that has not all of them
_SLOWEST: Final = {"location": 1, "align": 1}
_SCORE: Final = r"(?: score >= (\S+))?"
_EVENT_FORM: Final = re.compile(
    rf"event (\S+) on (\S+) within (\S+){_SCORE}(?: after (\S+) within (\S+){_SCORE})?", re.IGNORECASE
)
_ZONE_FORM: Final = re.compile(r"zone (\S+) on (\S+) touched within (\S+)", re.IGNORECASE)
_STATE_FORM: Final = re.compile(r"state (\S+) (\S+) (?:(>=|<=|=) )?(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Happening:
    """One of several kinds of event, at most `age` bars ago, with at least `score`."""

    kinds: tuple[int, ...] = ()
    age: int = 0
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a condition says: an event (and one before it), a kind of zone, or a value from `low` to `high`."""

    form: Form
    tf: int
    event: Happening = Happening()
    before: Happening = Happening()
    zone: int = -1
    low: float = -math.inf
    high: float = math.inf


def parse_condition(text: str) -> Said:
    """What one condition says.

    Raises:
        ConfigError: nothing that can be understood, or what can never hold; the sentence says how it is written.

    >>> said = parse_condition("event CHOCH on base within 2 after SWEEP within 12")
    >>> said.form.name, said.event.age, said.before.age
    ('EVENT', 2, 12)
    >>> parse_condition("state phase slow >= C").low
    4.0
    """
    words = " ".join(re.sub(r"\s*\|\s*", "|", re.sub(r"([<>]?=)", r" \1 ", text)).split())
    first = words.partition(" ")[0].lower()
    if first == "event":
        return _event(words)
    if first == "zone":
        return _zone(words)
    if first == "state":
        return _state(words)
    raise ConfigError(f"a condition begins with event, zone or state: {_EVENT}; {_ZONE}; {_STATE}")


def _event(words: str) -> Said:
    found = _EVENT_FORM.fullmatch(words)
    if found is None:
        raise ConfigError(f"an event is written {_EVENT}")
    kinds, tf, age, score, earlier, earlier_age, earlier_score = found.groups()
    before = Happening() if earlier is None else _happening(earlier, earlier_age, earlier_score)
    event = _happening(kinds, age, score)
    twice = set(event.kinds) & set(before.kinds)
    if twice:
        name = next(name for name, kind in KIND_OF.items() if kind in twice)
        raise ConfigError(f"{name} cannot come after itself: only the last of each kind is remembered")
    return Said(Form.EVENT, _timeframe(tf, 2), event=event, before=before)


def _happening(kinds: str, age: str, score: str | None) -> Happening:
    found = tuple(dict.fromkeys(_kind(name) for name in kinds.split("|")))
    if len(found) > ALTERNATIVES:
        raise ConfigError(f"{len(found)} kinds in one condition are more than {ALTERNATIVES}")
    least = 0.0 if score is None else _number(score, 0.0, 1.0, "a score")
    if least > 0.0 and all(kind in UNSCORED for kind in found):
        raise ConfigError(f"{kinds.upper()} has no score")
    return Happening(found, _bars(age), least)


def _kind(name: str) -> int:
    kind = KIND_OF.get(name.upper())
    if kind is None:
        raise ConfigError(f"there is no event {name.upper()}; {_near(name, list(KIND_OF), 'docs/method lists them')}")
    instead = long_of(kind)
    if instead is not None:
        other = next(known for known, number in KIND_OF.items() if number == instead)
        raise ConfigError(
            f"{name.upper()} never speaks for longs; conditions are written for the long side and mirrored: "
            f"write {other}"
        )
    return kind


def _zone(words: str) -> Said:
    found = _ZONE_FORM.fullmatch(words)
    if found is None:
        raise ConfigError(f"a zone is written {_ZONE}")
    kind, tf, age = found.groups()
    if kind.upper() in ("HOB", "PHOB"):
        raise ConfigError(
            f"a {kind.upper()} ends where price touches it; write event HOB_MITIGATED or event HOB_REACTION"
        )
    if kind.upper() not in ZONE_KINDS:
        raise ConfigError(f"there is no zone {kind.upper()}; {_near(kind, ZONE_KINDS, ', '.join(ZONE_KINDS))}")
    return Said(Form.ZONE, _timeframe(tf, 1), zone=ZONE_KINDS.index(kind.upper()), event=Happening(age=_bars(age)))


def _state(words: str) -> Said:
    found = _STATE_FORM.fullmatch(words)
    if found is None:
        raise ConfigError(f"a state is written {_STATE}, state phase TIMEFRAME = C, state location TIMEFRAME discount")
    name, tf, op, value = (found[1].lower(), found[2], found[3] or "", found[4])
    if name not in _FORMS:
        raise ConfigError(f"there is no state {name}; {_near(name, list(_FORMS), ', '.join(_FORMS))}")
    low, high = _interval(name, op, value)
    return Said(_FORMS[name], _timeframe(tf, _SLOWEST.get(name, 2), name), low=low, high=high)


def _interval(name: str, op: str, value: str) -> tuple[float, float]:
    """The values a state may have."""
    if name == "location" and not op:
        if value.lower() not in _HALVES:
            raise ConfigError(f"a location is discount, premium, or >= or <= a number from 0 to 1, not {value}")
        return _HALVES[value.lower()]
    if name == "phase":
        if value.upper() not in _PHASES or not op:
            raise ConfigError("a phase is =, >= or <= one of A, B, C, D, E")
        low, high = _PHASES[value.upper()]
        return (1.0 if op == "<=" else low, 6.0 if op == ">=" else high)
    if op not in (">=", "<="):
        raise ConfigError(f"a {name} is compared with >= or <=")
    x = _number(value, *_RANGES[name], "an alignment" if name == "align" else f"a {name}")
    return (x, math.inf) if op == ">=" else (-math.inf, x)


def _timeframe(name: str, slowest: int, what: str = "") -> int:
    if name.lower() not in TIMEFRAMES:
        raise ConfigError(f"there is no timeframe {name}; write base, middle or slow")
    tf = TIMEFRAMES.index(name.lower())
    if tf > slowest:
        why = "nothing is slower" if what == "align" else "the slow timeframe has levels and Wyckoff alone"
        raise ConfigError(f"{what or 'a zone'} on slow can never hold: {why}")
    return tf


def _bars(text: str) -> int:
    if not re.fullmatch(r"\d+", text) or int(text) > _MOST_BARS:
        raise ConfigError(f"within takes bars, a whole number from 0 to {_MOST_BARS}, not {text}")
    return int(text)


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ConfigError(f"{what} is a number, not {text}") from None
    if not low <= value <= high:
        raise ConfigError(f"{what} lies in {low:g} to {high:g}: {text} can never hold")
    return value


def _near(name: str, known: Sequence[str], otherwise: str) -> str:
    near = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1)
    return f"did you mean {next(k for k in known if k.lower() == near[0])}?" if near else otherwise
