"""Cases written by hand: a market as text, what structure and signals say, and what must come of it.

A case is written for a long; `check(case, "short")` holds the mirrored market (at 200 - price, sides swapped)
to the mirrored result. Prices of structure, signals and lower bars are mirrored with it.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import numpy as np
from tests.ledger import table as t

from bullmachine.core.record import to_array
from bullmachine.trading import guards
from bullmachine.trading.exit_params import ExitParams, TargetAt, TargetParams
from bullmachine.trading.records import Signal

Array = np.ndarray[Any, Any]

ASK: Final = "100 101 99 100 L"  # decided at this close, filled at the next open
IN: Final = f"{ASK} | 100 101 99 100 l"  # long from 100, stop 98 (1 R = 2)
ENTRY: Final = "1 entry 100"
SIDES: Final = ("long", "short")


def ladder(*rungs: tuple[float, float], **parts: Any) -> ExitParams:
    """Targets of (R, share), a stop at 2 ATR, and nothing else unless `parts` say so."""
    made = [TargetParams(at=TargetAt.R, r=r, size=size) for r, size in rungs]
    made += [TargetParams(at=TargetAt.OFF)] * (3 - len(made))
    return t.exits(**dict(zip(("target_1", "target_2", "target_3"), made, strict=True)), **parts)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """Bars and what is said about them; `fills`, `ended` and `stops` are checked where given.

    `reads` are arguments of `structure`, `signals` the fields of a signal by bar, `lower` the lower bars by
    bar, `atr` one value for each bar, `parts` the settings.
    """

    bars: str
    fills: str | None = None
    ended: str | None = None
    stops: str | None = None
    reads: dict[str, Any] = dataclasses.field(default_factory=dict)
    signals: dict[int, dict[str, float]] = dataclasses.field(default_factory=dict)
    lower: dict[int, str] = dataclasses.field(default_factory=dict)
    atr: float | list[float] = 1.0
    funding: list[float] | None = None
    min_notional: float = 0.0
    ends: bool = False
    parts: dict[str, Any] = dataclasses.field(default_factory=dict)


def play(case: Case, side: str = "long") -> t.Played:
    """The case, or its mirror, as the kernels play it."""
    short = side == "short"
    bars, readings = t.market(case.bars, mirror=short)
    readings["base"]["features"]["atr"] = case.atr
    structure(readings, short=short, **case.reads)
    return t.play(
        bars, readings, t.settings(**case.parts), ends=case.ends, min_notional=case.min_notional,
        signals=own_signals(len(bars), case.signals, short=short) if case.signals else None,
        funding=None if case.funding is None else np.array(case.funding),
        lower=lower_bars(len(bars), case.lower, short=short) if case.lower else None,
    )  # fmt: skip


def check(case: Case, side: str = "long") -> t.Played:
    """Hold the kernels to the case; what they made of it."""
    played, short = play(case, side), side == "short"
    if case.fills is not None:
        expected = t.mirrored_fills(case.fills) if short else case.fills
        assert played.fills == expected, f"{played.fills!r} is not {expected!r}"
    if case.ended is not None:
        assert played.ended == case.ended, f"{played.ended!r} is not {case.ended!r}"
    if case.stops is not None:
        expected = _mirrored_stops(case.stops) if short else case.stops
        assert played.stops == expected, f"{played.stops!r} is not {expected!r}"
    return played


def _mirrored_stops(stops: str) -> str:
    told = [step.split() for step in stops.split("|")]
    return " | ".join(f"{bar} {200.0 - float(price):g}" for bar, price in told)


def structure(
    readings: Array,
    *,
    short: bool = False,
    zone: tuple[float, float] | None = None,
    pools: tuple[float, ...] = (),
    invalidation: float | None = None,
    swing: dict[int, float] | None = None,
    edges: tuple[float, float] | None = None,
    volume_z: dict[int, float] | None = None,
    adx: float | None = None,
) -> None:
    """What structure says for a long, on every bar; `swing` and `volume_z` from a bar on and at a bar."""
    whole = readings["structure"]
    view = whole["short" if short else "long"]

    def at(price: float) -> float:
        return 200.0 - price if short else price

    if zone is not None:
        view["zone_lo"], view["zone_hi"] = sorted(at(price) for price in zone)
    if edges is not None:
        whole["range_low"], whole["range_high"] = sorted(at(price) for price in edges)
    if invalidation is not None:
        view["invalidation"] = at(invalidation)
    if adx is not None:
        readings["middle"]["momentum"]["adx"] = adx
    for n, price in enumerate(pools):
        view["pools"]["price"][:, n] = at(price)
    for bar, price in (swing or {}).items():
        view["opposite_swing"][bar:] = at(price)
    for bar, z in (volume_z or {}).items():
        readings["volume_z"][bar] = z


def own_signals(n: int, given: dict[int, dict[str, float]], *, short: bool = False) -> Array:
    """Signals of one's own by bar; silent elsewhere."""
    signals = np.repeat(to_array(Signal), n)
    for bar, fields in given.items():
        for name, value in fields.items():
            priced = name in ("limit", "stop", "target")
            signals[bar][name] = 200.0 - value if short and priced else (-value if short and name == "side" else value)
    return signals


def lower_bars(n: int, given: dict[int, str], *, short: bool = False) -> list[list[tuple[float, float, float, float]]]:
    """Lower bars by bar, each "open high low close", separated by `,`."""
    made: list[list[tuple[float, float, float, float]]] = [[] for _ in range(n)]
    for bar, text in given.items():
        for cell in text.split(","):
            o, h, lo, c = (float(price) for price in cell.split())
            made[bar].append((200 - o, 200 - lo, 200 - h, 200 - c) if short else (o, h, lo, c))
    return made


def blocked(played: t.Played) -> str:
    """Who blocked each order that was asked for, as "bar name+name", and "bar -" for one that was made."""
    told = []
    for k, row in enumerate(played.decisions):
        if row["asked"] != 0:
            told.append(f"{k} {'+'.join(guards.names(int(row['blocked']))) or '-'}")
    return " | ".join(told)
