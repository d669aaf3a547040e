"""The rules of trading, written down a second time: slow, plain, and without a line of the package.

One symbol, asked by F. Settings come as a dict of their last names, choices as their names; a bar and all
that is read at its close as a `View`. Quantities are lots times the lot.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tests.ledger.twin_account import Watch
from tests.ledger.twin_bar import fraction_of_targets
from tests.ledger.twin_guards import Asked, Said, blocking, shifted


class Bar(NamedTuple):
    """Prices of one bar."""

    open: float
    high: float
    low: float
    close: float


class View(NamedTuple):
    """A bar's number, times and prices, its lower bars, and what is read at its close.

    `sides` holds for 1 and -1 the zone (lo, hi), pools, invalidation and last opposite swing.
    """

    k: int
    opened: int
    known: int
    bar: Bar
    lower: list[Bar]
    f: float
    atr: float
    adx: float
    z: float
    said: Said
    edges: tuple[float, float]
    sides: dict[int, dict[str, Any]]


class Fill(NamedTuple):
    """A fill on bar number `bar`, at its open or inside."""

    bar: int
    at_open: bool
    reason: str
    side: int
    qty: float
    price: float
    fee: float


class Position:
    """An open position: what is held, its levels, and what its life has shown."""

    def __init__(self, side: int, lots: int, price: float, stop: float) -> None:
        self.side, self.lots, self.size, self.price = side, lots, lots, price
        self.stop, self.why, self.r = stop, "stop", abs(price - stop)
        self.liquidation: float | None = None
        self.rungs: list[tuple[float, int]] = []
        self.done = 0
        self.best = price
        self.bars = 0
        self.net = 0.0
        self.inside = False


class Twin:
    """Trades bar by bar; `fills`, `funding` and `equity` grow."""

    def __init__(self, p: dict[str, Any]) -> None:
        self.p, self.cash, self.stance = p, p["equity"], 0
        self.spot = p["market"] == "spot"
        self.leverage = 1.0 if self.spot else p["leverage"]
        self.need = p["tick"] if p["limit_fill"] == "through" else 0.0
        self.position: Position | None = None
        self.order: dict[str, Any] | None = None
        self.leaving = ""
        self.close = math.nan
        self.watch = Watch(p)
        self.fills: list[Fill] = []
        self.funding: list[float] = []
        self.equity: list[float] = []

    def step(self, v: View, rate: float) -> None:
        """Take one bar; `rate` is the funding due at its open."""
        if self.position and rate and not self.spot:
            paid = self.position.side * self.position.lots * self.p["lot"] * abs(self.close) * rate
            self.cash -= paid
            self.position.net -= paid
            self.funding.append(paid)
        self._open(v)
        self._limit(v)
        if self.position:
            self._rest(v, self.position)
        self.close = v.bar.close
        self.equity.append(self._worth(v.bar.close))
        self.watch.close(v.known, self.equity[-1])
        self._decide(v)

    def end(self, v: View) -> None:
        """The data end after this bar."""
        if self.position:
            self._market(v, v.bar.close, "end_of_data", at_open=False)
        self.equity[-1] = self.cash

    def _worth(self, price: float) -> float:
        held = self.position.side * self.position.lots * self.p["lot"] if self.position else 0.0
        return float(self.cash + held * price)

    # --- fills ---------------------------------------------------------------------------------------------------

    def _slip(self, raw: float, bps: float, bar: Bar) -> float:
        if self.p["slippage"] == "range":
            return float(self.p["range_share"] * (bar.high - bar.low))
        return float(abs(raw) * bps / 10_000)

    def _book(self, v: View, reason: str, side: int, lots: int, price: float, bps: float, *, at_open: bool) -> None:
        qty = lots * self.p["lot"]
        fee = qty * abs(price) * bps / 10_000
        self.cash -= side * qty * price + fee
        self.fills.append(Fill(v.k, at_open, reason, side, qty, price, fee))
        pos = self.position
        assert pos
        pos.net -= fee
        if reason == "entry":
            return
        pos.net += qty * pos.side * (price - pos.price)
        pos.lots -= lots
        pos.best = max(pos.best * pos.side, price * pos.side) * pos.side
        if pos.lots == 0:
            self.watch.exit(v.opened if at_open else v.known, pos.net)
            self.position, self.leaving = None, ""

    def _market(self, v: View, raw: float, reason: str, *, at_open: bool) -> None:
        assert self.position
        side = -self.position.side
        price = raw + side * self._slip(raw, self.p["entry_bps"], v.bar)
        self._book(v, reason, side, self.position.lots, price, self.p["taker_bps"], at_open=at_open)

    def _open(self, v: View) -> None:
        if self.leaving and self.position:
            self._market(v, v.bar.open, self.leaving, at_open=True)
        self.leaving = ""
        if not self.order:
            return
        first, o = v.bar.open, self.order
        if o["limit"] is None:
            self._enter(v, first, self._slip(first, self.p["entry_bps"], v.bar), self.p["taker_bps"], at_open=True)
        elif o["side"] * (o["limit"] - first) > 0 or (self.need == 0 and o["limit"] == first):
            self._enter(v, first, 0.0, self.p["maker_bps"], at_open=True)

    def _limit(self, v: View) -> None:
        o = self.order
        if not o or o["limit"] is None:
            return
        side, limit = o["side"], o["limit"]
        if v.bar.low <= limit - self.need if side > 0 else v.bar.high >= limit + self.need:
            self._enter(v, limit, 0.0, self.p["maker_bps"], at_open=False)
            return
        o["left"] -= 1
        stop = limit - side * o["distance"] if o["stop"] is None else o["stop"]
        ahead = [t for t, _ in self._rungs(side, limit, abs(limit - stop), o["levels"], 1)]
        first = min(ahead, key=lambda t: side * t, default=math.nan)
        traded = side * first > side * o["close"] and self._through(side, first, v.bar.low, v.bar.high)
        if traded or side * (v.bar.close - stop) < 0 or o["left"] <= 0:
            self.order = None

    def _through(self, side: int, target: float, low: float, high: float) -> bool:
        return high >= target + self.need if side > 0 else low <= target - self.need

    def _rungs(self, side: int, price: float, r: float, levels: list[float], lots: int) -> list[tuple[float, int]]:
        """Prices and lots of the rungs there are, nearest first; those of structure count when they lie ahead."""
        made, planned = [], 0.0
        for n, level in enumerate(levels):
            rung = self.p[f"target_{n + 1}"]
            if rung["at"] == "off":
                continue
            planned += rung["size"]
            at = price + side * rung["r"] * r if rung["at"] == "r" else level
            if side * (at - price) > 0 or rung["at"] == "r":
                made.append((at, math.floor(rung["size"] * lots + 1e-9)))
        made.sort(key=lambda rung: side * rung[0])
        wanted = sum(self.p[f"target_{n + 1}"]["at"] != "off" for n in range(3))
        if made and len(made) == wanted and planned > 1 - 1e-9:
            made[-1] = (made[-1][0], lots - sum(some for _, some in made[:-1]))
        return made

    def _enter(self, v: View, raw: float, slip: float, bps: float, *, at_open: bool) -> None:
        o, self.order = self.order, None
        assert o
        side, distance = o["side"], o["distance"]
        if o["stop"] is not None and side * (raw - o["stop"]) < distance / 4:
            return
        price = raw + side * slip
        lots = self._lots(o["risk"], self._worth(self.close), raw, distance) if o["flip"] else o["lots"]
        if self.spot and price > 0:
            lots = min(lots, math.floor(self.cash / (price * (1 + bps / 10_000)) / self.p["lot"] + 1e-9))
        if lots < 1:
            return
        pos = Position(side, lots, price, price - side * distance if o["stop"] is None else o["stop"])
        if o["stop"] is None:
            pos.r = distance
        pos.rungs = [rung for rung in self._rungs(side, price, pos.r, o["levels"], lots) if rung[1] > 0]
        if not self.spot:
            pos.liquidation = price - side * abs(price) * (1 / self.leverage - self.p["maintenance"])
        pos.inside = not at_open
        self.position = pos
        self._book(v, "entry", side, lots, price, bps, at_open=at_open)

    def _rest(self, v: View, pos: Position) -> None:
        """Liquidation, stop and targets on this bar."""
        pos.bars += 1
        side, bar = pos.side, v.bar
        level, why = pos.stop, pos.why
        if pos.liquidation is not None and side * pos.liquidation > side * level:
            level, why = pos.liquidation, "liquidation"
        if not pos.inside:
            if pos.liquidation is not None and side * bar.open <= side * pos.liquidation:
                return self._stopped(v, pos, bar.open, "liquidation")
            if side * bar.open <= side * level:
                return self._stopped(v, pos, bar.open, why)
            while pos.lots and pos.done < len(pos.rungs) and self._gapped(pos, bar.open):
                self._take(v, pos, bar.open)
        if not pos.lots:
            return None
        stopped, until = fraction_of_targets(self.p["intrabar"], pos, level, self.need, bar, v.lower)
        while pos.lots and pos.done < until:
            self._take(v, pos, pos.rungs[pos.done][0])
        if pos.lots and stopped:
            return self._stopped(v, pos, level, why)
        if pos.lots:
            ends = [bar.close, bar.low if side > 0 else bar.high] if pos.inside else [bar.high, bar.low]
            pos.best = side * max(side * x for x in (pos.best, *ends))
            pos.inside = False
        return None

    def _gapped(self, pos: Position, first: float) -> bool:
        target = pos.rungs[pos.done][0]
        return pos.side * first > pos.side * target or (self.need == 0 and first == target)

    def _take(self, v: View, pos: Position, price: float) -> None:
        lots = min(pos.rungs[pos.done][1], pos.lots)
        pos.done += 1
        self._book(v, f"target_{pos.done}", -pos.side, lots, price, self.p["maker_bps"], at_open=False)

    def _stopped(self, v: View, pos: Position, raw: float, why: str) -> None:
        slip = self._slip(raw, self.p["stop_bps"], v.bar)
        price = raw - pos.side * slip
        if why == "liquidation":  # no worse than where the margin is gone
            ruin = pos.price - pos.side * abs(pos.price) / self.leverage
            price = pos.side * max(pos.side * price, pos.side * ruin)
        self._book(v, why, -pos.side, pos.lots, price, self.p["taker_bps"], at_open=False)

    # --- decisions -----------------------------------------------------------------------------------------------

    def _decide(self, v: View) -> None:
        p, pos = self.p, self.position
        if pos:
            self._levels(v, pos)
        side = 1 if v.f >= p["on"] else (-1 if v.f <= -p["on"] else 0)
        asked = side if side != self.stance else 0
        basis, distance = self._plan(v, asked)
        free = bool(asked) and self._free(v, asked, basis, distance)
        left = bool(not (asked and free) and self.stance and (self._ended(v) or self.stance * v.f < p["off"]))
        if asked and self.order and self.order["side"] == -asked:
            self.order = None
        if asked and pos and pos.side == -asked and p["on_opposite"] != "ignore":
            self.leaving = self.leaving or "opposite"
        flipped = asked and free and self.stance
        if (left or flipped) and pos and pos.side == self.stance:
            self._signal_off(v, pos)
        if pos:
            moved = pos.side * (pos.best - pos.price) / pos.r
            if 0 < p["max_bars"] <= pos.bars:
                self.leaving = self.leaving or "time_out"
            elif 0 < p["stale_bars"] <= pos.bars and moved < p["stale_r"]:
                self.leaving = self.leaving or "stale"
        if asked and free:
            self.stance = asked
            self._ask(v, asked, basis, distance)
        elif left:
            self.stance = 0
        self.watch.since += 1

    def _nothing_lost(self, pos: Position, atr: float) -> float:
        """The stop whose fill pays for itself and for the entry, found by bisection."""

        def lost(stop: float) -> float:
            fill = stop - pos.side * self._slip(stop, self.p["stop_bps"], Bar(0.0, atr, 0.0, 0.0))
            return float(pos.side * (pos.price - fill) + (abs(pos.price) + abs(fill)) * self.p["taker_bps"] / 10_000)

        low, high = float(pos.price), float(pos.price + pos.side * (abs(pos.price) + atr))
        for _ in range(200):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if lost(middle) > 0.0 else (low, middle)
        return high

    def _levels(self, v: View, pos: Position) -> None:
        p, side, bar = self.p, pos.side, v.bar
        won = side * (pos.best - pos.price) / pos.r

        def begun(when: str, r: float) -> bool:
            return when == "entry" or (when == "target_1" and pos.done > 0) or (when == "r" and won >= r)

        wishes = []
        if begun(p["breakeven"], p["breakeven_r"]):
            wishes.append((self._nothing_lost(pos, v.atr), "breakeven"))
        if begun(p["trail_from"], p["trail_from_r"]):
            trails = {
                "atr": bar.close - side * p["trail_atr"] * v.atr,
                "chandelier": pos.best - side * p["trail_atr"] * v.atr,
                "percent": pos.best - side * p["trail_pct"] * abs(pos.best),
                "swing": v.sides[side]["swing"] - side * 0.25 * v.atr,
            }
            wishes.append((trails.get(p["trail"], math.nan), "trail"))
        against = side * (bar.close - bar.open) < 0 and v.z > p["spike_z"]
        if against and begun(p["volume_spike"], math.inf):
            wishes.append((bar.close - side * p["spike_atr"] * v.atr, "volume_spike"))
        for level, why in wishes:
            if side * level > side * pos.stop:
                pos.stop, pos.why = level, why

    def _signal_off(self, v: View, pos: Position) -> None:
        if self.p["on_signal_off"] == "close":
            self.leaving = self.leaving or "signal_off"
        level = v.bar.close - pos.side * v.atr
        if self.p["on_signal_off"] == "tighten" and pos.side * level > pos.side * pos.stop:
            pos.stop, pos.why = level, "tightened"

    def _plan(self, v: View, side: int) -> tuple[float, float]:
        """Where an entry would stand, and how far its stop."""
        if not side:
            return math.nan, math.nan
        p, view = self.p, v.sides[side]
        (lo, hi), (bottom, top) = view["zone"], v.edges
        basis = {
            "market": v.bar.close,
            "edge": hi if side > 0 else lo,
            "ce": (lo + hi) / 2,
            "ote": top - 0.705 * (top - bottom) if side > 0 else bottom + 0.705 * (top - bottom),
        }[p["entry"]]
        factor = (0.75 if v.adx < 20 else 1.25 if v.adx > 25 else 1.0) if p["stop_factor"] == "v18" else 1.0
        if p["stop"] == "atr":
            return basis, factor * p["stop_atr"] * v.atr
        away = side * (basis - view["invalidation"])
        return basis, factor * max(away + 0.25 * v.atr, v.atr) if away > 0 else math.nan

    def _free(self, v: View, side: int, basis: float, distance: float) -> bool:
        fees = 2 * self.p["taker_bps"] * abs(basis) / 10_000
        slips = sum(self._slip(basis, self.p[name], Bar(0.0, v.atr, 0.0, 0.0)) for name in ("entry_bps", "stop_bps"))
        asked = Asked(side, basis, distance, v.bar.close, self.watch.in_session(v.known), fees + slips)
        return not blocking(self.p, v.said, asked)

    def _ended(self, v: View) -> bool:
        """Whether the state ends whatever F says."""
        bad = v.said.quiet[0] < self.p["rejected_bars"] or v.said.quiet[1] < self.p["gap_bars"]
        return bad or shifted(self.p, v.said, self.stance)

    def _lots(self, risk: float, equity: float, price: float, distance: float) -> int:
        if equity <= 0:
            return 0
        most = equity * self.leverage * self.p["max_margin_use"]
        if self.spot:
            most = min(most, self.cash)
        qty = min(equity * risk / distance, most / abs(price))
        return math.floor(qty / self.p["lot"] + 1e-9) if qty > 0 else 0

    def _ask(self, v: View, side: int, basis: float, distance: float) -> None:
        p, equity = self.p, self.equity[-1]
        flip = bool(self.position and self.position.side == -side and p["on_opposite"] == "flip")
        if (self.position and not flip) or self.watch.paused(v.known, cooling=not flip):
            return
        risk = p["per_trade"]
        if p["by"] == "strength":
            share = (abs(v.f) - p["off"]) / (1 - p["off"]) if p["off"] < 1 else 1.0
            risk = p["least"] + min(1.0, max(0.0, share)) * (p["most"] - p["least"])
        lots = self._lots(risk, equity, basis, distance)
        qty = lots * p["lot"]
        if lots < 1 or qty * distance / equity > p["max_open_risk"] + 1e-9 or qty * abs(basis) / self.leverage > equity:
            return
        self.order = {
            "side": side, "close": v.bar.close,
            "lots": lots, "distance": distance, "flip": flip, "risk": risk, "left": p["expiry"],
            "limit": None if p["entry"] == "market" else basis,
            "stop": basis - side * distance if p["stop"] == "structure" else None,
            "levels": [self._level(v, side, p[f"target_{n}"]["at"], basis, distance) for n in (1, 2, 3)],
        }  # fmt: skip

    def _level(self, v: View, side: int, at: str, basis: float, distance: float) -> float:
        if at == "liquidity":
            far = [x for x in v.sides[side]["pools"] if side * (x - basis) > 1.5 * distance]
            return min(far, key=lambda x: side * x) if far else math.nan
        return (v.edges[1] if side > 0 else v.edges[0]) if at == "range_edge" else math.nan
