"""What structure tells who trades, at every bar of nasty markets, against a look at everything that is live."""

import dataclasses
import math
from collections import Counter
from typing import Any

import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import fresh, made
from tests.unit.engines import structure_view as naive

from bullmachine.core.time import timeframe_name
from bullmachine.engines.levels import Kind as Levels
from bullmachine.engines.smc import Kind, SmcParams
from bullmachine.machine.records import SenseParams
from bullmachine.machine.zones import LiveZone, live_zones
from bullmachine.testing.markets import random_market

pytestmark = compiled_only

BARS = 700
ROOM = 0.35  #: low, so that something stands in the way often
SENSE = made(SenseParams, smc=made(SmcParams, room_quality=ROOM))
BASE = timeframe_name(SENSE.base)


@dataclasses.dataclass(frozen=True)
class Close:
    """One close: what the machine read, and all there is to recompute it from."""

    bar: Any
    bars: list[Any]
    readings: Any
    zones: list[LiveZone]
    told: naive.Told

    def of(self, *, base: bool) -> list[LiveZone]:
        return [z for z in self.zones if (z.timeframe == BASE) == base]

    @property
    def atr(self) -> float:
        return float(self.readings.base.features.atr_prev)


def walk(seed: int) -> Any:
    machine, told, bars = fresh(sense=SENSE), naive.Told(), []
    rows = random_market(seed, BARS)
    for k in range(BARS):
        (chunk,) = machine.advance(rows[k : k + 1])
        piece = chunk.pieces[0]
        bars.append(piece.bars[0].copy())
        told.hear(piece.events, SENSE.base, bars[-1])
        stage = machine.senses[0]
        now = Close(bars[-1], bars, piece.readings[0], live_zones(stage.params, stage.state), told)
        if not math.isnan(now.atr):
            told.pierce([z for z in now.of(base=True) if z.kind == "POOL"], now.bar, SENSE.smc.pools.eq_tol * now.atr)
        yield now


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def check_side(now: Close, d: int, view: Any, seen: Counter[str]) -> None:
    close, told, base = float(now.bar.close), now.told, now.of(base=True)
    ways = [naive.in_the_way(zones, told, d, ROOM) for zones in (base, now.of(base=False))]
    streams = (now.readings.base.wyckoff, now.readings.middle.wyckoff)
    ranges = [edge for w in streams for edge in naive.far_edge(w, d, close, ROOM)]
    edges = naive.edge(ways[0], ways[1], ranges, close)
    found = (float(view.edge.distance), float(view.edge.quality), int(view.edge.id))
    assert (found in edges) if edges else math.isnan(found[0])
    assert edges or found[1:] == (0.0, -1)
    held = naive.best(base, told, d, now.bars, now.atr)
    zone = (float(view.zone_lo), float(view.zone_hi))
    assert (zone in {(h.zone.lo, h.zone.hi) for h in held}) if held else all(map(math.isnan, zone))
    mine = next((h for h in held if (h.zone.lo, h.zone.hi) == zone), None)
    pools = naive.pools(base, told, d, close)
    assert [(float(p.price), int(p.id)) for p in view.pools[: len(pools)]] == pools
    assert all(math.isnan(p.price) and p.id == -1 for p in view.pools[len(pools) :])
    level, kind = naive.wrong(told, d, close, mine)
    assert same(float(view.invalidation), level)
    assert int(view.invalidation_kind) == kind
    assert same(float(view.opposite_swing), told.price(Levels.SWING, -d))
    assert int(view.smr_age) == told.age(Kind.SMR, d, now.bar.i)
    assert int(view.choch_age) == told.age(Kind.CHOCH, d, now.bar.i)
    count(now, found, mine, len(pools), kind, seen)


def count(now: Close, edge: tuple[float, float, int], held: Any, pools: int, kind: int, seen: Counter[str]) -> None:
    """What happened, so that a test cannot pass on a market where nothing does."""
    base, middle = ({z.id for z in now.of(base=one)} for one in (True, False))
    if math.isnan(edge[0]):
        seen["no edge"] += 1
    else:
        known = "base stream" if edge[2] in base else "middle stream" if edge[2] in middle else "range"
        seen[f"edge of the {known}"] += 1
    seen["inside the edge"] += edge[0] == 0.0
    seen["no zone" if held is None else "touched zone" if held.lately else "zone near"] += 1
    seen[f"{pools} pools"] += 1
    seen[f"invalidation {kind}"] += 1


EXPECTED = {
    "no edge", "edge of the base stream", "edge of the middle stream", "edge of the range", "inside the edge",
    "no zone", "touched zone", "zone near", *(f"{n} pools" for n in range(5)),
    *(f"invalidation {kind}" for kind in (-1, 0, 1, 2)), "range", "no range", "smr", "choch",
}  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_the_view_of_both_sides_is_that_of_a_look_at_everything_live(seed: int) -> None:
    seen: Counter[str] = Counter()
    for now in walk(seed):
        view, told = now.readings.structure, now.told
        low, high = told.price(Levels.SWING, -1), told.price(Levels.SWING, 1)
        expected = (low, high) if high > low else (math.nan, math.nan)
        assert same(float(view.range_low), expected[0])
        assert same(float(view.range_high), expected[1])
        seen["range" if high > low else "no range"] += 1
        for d, side in ((1, view.long), (-1, view.short)):
            check_side(now, d, side, seen)
            seen["smr"] += side.smr_age > 0
            seen["choch"] += side.choch_age > 0
    assert {what for what, n in seen.items() if n} == EXPECTED
