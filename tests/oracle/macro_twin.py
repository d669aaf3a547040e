"""Macro a second time: slow and plain, with calendars from the standard library, and not a line of the package.

For one close it looks through all observations for what was released by then; the state of each rule is
found by going through all closes up to it.
"""

import datetime as dt
import math
from typing import Any

DAY = dt.timedelta(days=1)


def released(day: dt.datetime, rule: tuple[Any, ...]) -> dt.datetime:
    """`("days", n, hour)`, `("weekdays", n, hour)`, `("weeks", n, weekday, hour)` or `("stamp",)`."""
    kind: str = rule[0]
    n = int(rule[1]) if len(rule) > 1 else 0
    hour = dt.timedelta(hours=float(rule[-1])) if len(rule) > 1 else DAY
    if kind == "stamp":
        return day
    midnight = day.replace(hour=0, minute=0)
    if kind == "days":
        return midnight + n * DAY + hour
    if kind == "weeks":
        monday = midnight - midnight.weekday() * DAY
        return monday + (7 * n + int(rule[2])) * DAY + hour
    while midnight.weekday() > 4:
        midnight -= DAY
    for _ in range(n):
        midnight += DAY
        while midnight.weekday() > 4:
            midnight += DAY
    return midnight + hour


Observed = list[tuple[dt.datetime, dt.datetime, float]]  # when it was released, its day, its value


def observations(days: list[dt.datetime], values: list[float], rule: tuple[Any, ...]) -> Observed:
    return [(released(day, rule), day, value) for day, value in zip(days, values, strict=True)]


def looked_at(known: list[tuple[dt.datetime, float]], transform: str) -> float:
    """The transform of the newest observation; NaN where undefined."""
    day, value = known[-1]
    if transform == "level":
        return value
    kind, _, n = transform.rpartition("_")
    if kind == "over_sma":
        last = [v for _, v in known[-int(n) :]]
        return value / (sum(last) / int(n)) if len(last) == int(n) and sum(last) != 0.0 else math.nan
    span = dt.timedelta(days=int(n[:-1])) if n.endswith("d") else dt.timedelta(hours=int(n[:-1]))
    older = [(d, v) for d, v in known if d <= day - span]
    if not older or day - older[-1][0] > span + 8 * DAY or older[-1][1] == 0.0:
        return math.nan
    return (value - older[-1][1]) / abs(older[-1][1])


def read(observed: Observed, transform: str, max_age: float, now: dt.datetime) -> tuple[float, str]:
    """The value at `now`, and whether it is missing, stale or fresh."""
    known = [one for one in observed if one[0] <= now]
    if not known:
        return math.nan, "missing"
    value = looked_at([(day, value) for _, day, value in known], transform)
    if math.isnan(value):
        return math.nan, "missing"
    old = now - known[-1][0] > dt.timedelta(days=max_age)
    return value, "stale" if old else "fresh"


def speaks(value: float, known: str, on: float, off: float, *, before: bool) -> bool:
    if known != "fresh":
        return False
    if on > off:
        return value > on or (before and not value < off)
    return value < on or (before and not value > off)
