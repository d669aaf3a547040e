"""Positions made again with entry and size fixed: what the modes, and every order of touched levels, can make of
them.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, Final

import numba
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.ledger import markets
from tests.ledger import table as t

from bullmachine.core.record import to_array
from bullmachine.trading.params import CostParams, DecideParams, EntryAt, FillParams, Intrabar, Source
from bullmachine.trading.records import Signal

N: Final = 150
EXAMPLES: Final = 3 if numba.config.DISABLE_JIT else 40
QUIET: Final = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CHEAP: Final = st.sampled_from([t.FREE, CostParams()])  # a maker's fee no higher than a taker's


def _params(entry: EntryAt | None) -> st.SearchStrategy[DecideParams]:
    def fix(p: DecideParams, costs: CostParams) -> DecideParams:
        trade = dataclasses.replace(p.trade, entry=p.trade.entry if entry is None else entry)
        return dataclasses.replace(p, costs=costs, trade=trade)

    sources = list(Source) if entry is None else [Source.FUSION]  # a signal may bring its own limit
    return st.builds(fix, markets.params(t.settings().fusion, *sources), CHEAP)


def _run(market: markets.Market, p: DecideParams, **replay: int) -> t.Stage:
    """The run, or one of its positions made again."""
    stage = t.Stage(p, market.bars, market.readings, market.signals, market.funding, market.lower)
    for name, value in replay.items():
        stage.symbols[0]["replay"][name] = value
    assert stage.run() == N
    stage.close_out()
    return stage


def _closed(stage: t.Stage) -> Any:
    return stage.ledger[0].closed[: stage.ledger[0].n_closed]


def _net(row: Any) -> float:
    return float(row["pnl"] - row["fee"] - row["funding"])


def _again(market: markets.Market, p: DecideParams, row: Any, mode: Intrabar, **script: int) -> Any:
    """One position made again in another mode, and its replay record."""
    changed = dataclasses.replace(p, fills=FillParams(intrabar=mode, limit_fill=p.fills.limit_fill))
    stage = _run(market, changed, at=int(row["decided_at"]), lots=int(row["lots"]), **script)
    (made,) = _closed(stage)
    return made, stage.symbols[0]["replay"]


@QUIET
@given(st.integers(0, 10_000), _params(None))
def test_a_position_made_again_is_the_same(seed: int, p: DecideParams) -> None:
    market = markets.market_of(seed, N)
    for row in _closed(_run(market, p))[:4]:
        made, _ = _again(market, p, row, p.fills.intrabar)
        for name in ("entry_time", "entry_price", "exit_time", "exit_price", "qty", "pnl", "fee", "funding", "reason"):
            assert made[name] == pytest.approx(row[name], rel=1e-12), name


@QUIET
@given(st.integers(0, 10_000), _params(EntryAt.MARKET))
def test_no_mode_pays_less_than_pessimistic_or_more_than_optimistic(seed: int, p: DecideParams) -> None:
    market = markets.market_of(seed, N)
    for row in _closed(_run(market, p))[:4]:
        worst, best = (_net(_again(market, p, row, mode)[0]) for mode in (Intrabar.PESSIMISTIC, Intrabar.OPTIMISTIC))
        slack = 1e-9 * abs(float(row["qty"] * row["entry_price"]))
        for mode in (Intrabar.OHLC, Intrabar.DATA):
            assert worst - slack <= _net(_again(market, p, row, mode)[0]) <= best + slack


def _every_answer(market: markets.Market, p: DecideParams, row: Any) -> list[float] | None:
    """The net of a position for every order of the touched levels on its ambiguous bars; None above 64 of them.

    A later question may depend on earlier answers: each answer of a bar is followed to the end on its own.
    """
    nets, open_ = [], [(0, 0)]
    while open_:
        script, settled = open_.pop()
        made, replay = _again(market, p, row, Intrabar.PESSIMISTIC, scripted=1, script=script)
        n, most = int(replay["n"]), int(replay["most"])
        nets.append(_net(made))
        if n > 16 or len(nets) > 64:
            return None
        for question, answer in itertools.product(range(settled, n), (1, 2, 3)):
            if answer <= most >> (2 * question) & 3:
                open_.append((script | answer << (2 * question), question + 1))
    return nets


@QUIET
@given(st.integers(0, 10_000), _params(None))
def test_every_mode_lies_within_what_all_orders_of_levels_give(seed: int, p: DecideParams) -> None:
    market = markets.market_of(seed, N)
    for row in _closed(_run(market, p))[:3]:
        nets = _every_answer(market, p, row)
        if nets is None:
            continue
        slack = 1e-9 * abs(float(row["qty"] * row["entry_price"]))
        for mode in Intrabar:
            assert min(nets) - slack <= _net(_again(market, p, row, mode)[0]) <= max(nets) + slack


def test_the_script_answers_bar_by_bar() -> None:
    """Target 1 (102, half) and target 2 (104, a quarter) with the stop at 98 in bar 2: 0, 1 or 2 of them first."""
    from_100 = t.exits(
        target_1=dataclasses.replace(t.exits().target_1, r=1.0, size=0.5),
        target_2=dataclasses.replace(t.exits().target_1, r=2.0, size=0.25),
    )
    bars, readings = t.market("100 101 99 100 L | 100 101 99 100 l | 100 104.25 97 100 l")
    market = markets.Market(bars, readings, np.zeros(3), [[], [], []], np.repeat(to_array(Signal), 3))
    nets = []
    for answer in (0, 1, 2, 3):
        stage = t.Stage(t.settings(exits=from_100), market.bars, market.readings)
        stage.symbols[0]["replay"]["at"], stage.symbols[0]["replay"]["lots"] = bars["known"][0], 50
        stage.symbols[0]["replay"]["scripted"], stage.symbols[0]["replay"]["script"] = 1, answer
        assert stage.run() == 3
        replay = stage.symbols[0]["replay"]
        assert (replay["n"], replay["most"]) == (1, 2)
        nets.append(_net(_closed(stage)[0]))
    assert nets == [-100.0, 25 * 2 - 25 * 2, 25 * 2 + 12 * 4 - 13 * 2, 25 * 2 + 12 * 4 - 13 * 2]
