"""The machine has no favourite side: on the market upside down it trades upside down, to the bit."""

import dataclasses

import numpy as np
import pytest
from tests.parity.machine_trace import BUSY, MARKETS, OTHER, Array, Finder, compiled_only, follow, fresh, market

from bullmachine.fusion.score import STEPS
from bullmachine.machine.feed import Outside
from bullmachine.testing.markets import mirrored
from bullmachine.testing.trace import leaves
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import CostParams, DecideParams, Side, TradeParams

pytestmark = compiled_only

FREE = CostParams(taker_bps=0.0, maker_bps=0.0, entry_bps=0.0, stop_bps=0.0, funding_bps=0.0)

#: fields that change their sign; all others stay as they are
NEGATED = {
    "decisions": {"f", "trend", "reversal", *STEPS, "parts", "stance", "asked", "fast"},
    "marks": set(),
    "legs": {"side", "price"},
    "closed": {"side", "stance", "entry_price", "exit_price", "stop"},
    "notes": {"side", "price"},
}


def turned(part: str, records: Array) -> dict[str, Array]:
    """The columns the mirrored market must give."""
    columns = {".".join(path): column for path, column in leaves(records)}
    if part == "decisions":
        columns["guards_long"], columns["guards_short"] = columns["guards_short"], columns["guards_long"]
    return {k: -column if k.rpartition(".")[2] in NEGATED[part] else column for k, column in columns.items()}


def odd_columns(rows: Array, decide: DecideParams, other: DecideParams) -> list[str]:
    plain = [Outside()]  # macro speaks of sides: it is no law of the market
    seen, found = (
        follow(fresh(decide, outside=plain), rows).said,
        follow(fresh(other, outside=plain), mirrored(rows)).said,
    )
    assert len(seen["legs"]) > 20
    odd = [] if np.array_equal(-seen["holdings"], found["holdings"]) else ["holdings"]
    for part in NEGATED:
        answers = {".".join(path): column for path, column in leaves(found[part])}
        expected = turned(part, seen[part])
        odd += [f"{part}.{k}" for k in expected if not np.array_equal(expected[k], answers[k], equal_nan=True)]
    return odd


@pytest.mark.parametrize("name", MARKETS)
def test_without_costs_the_mirrored_market_is_traded_in_the_mirror(name: str, real_data: Finder) -> None:
    decide = dataclasses.replace(BUSY, costs=FREE)
    assert odd_columns(market(name, real_data), decide, decide) == []


def test_the_law_holds_with_other_exits(real_data: Finder) -> None:
    decide = dataclasses.replace(OTHER, costs=FREE, fusion=BUSY.fusion)
    assert odd_columns(market("Kraken", real_data, 4000), decide, decide) == []


def test_one_sided_trading_mirrors_to_the_other_side(real_data: Finder) -> None:
    longs, shorts = (
        dataclasses.replace(BUSY, costs=FREE, trade=TradeParams(side=side)) for side in (Side.LONG, Side.SHORT)
    )
    rows = market("ETH", real_data, 3000)
    assert odd_columns(rows, longs, shorts) == []
    assert set(follow(fresh(longs), rows).said["closed"]["side"].tolist()) == {1}
    blocked = follow(fresh(longs), rows).said["decisions"]["guards_short"]
    assert (blocked & 1 << Guard.SIDE != 0).all()
