"""Plans refuse what contradicts itself and name what cannot act."""

from __future__ import annotations

import datetime as dt
import pathlib

import polars as pl
import pytest

from bullmachine.core.errors import ConfigError, InputError
from bullmachine.runs.idle import idle
from bullmachine.runs.plan import plan
from bullmachine.runs.sample import sample
from bullmachine.trading.exit_params import Breakeven, ExitParams, TargetAt, TargetParams, Trail
from bullmachine.trading.params import DecideParams


def _idle(**exits: object) -> list[str]:
    return list(idle(DecideParams(exits=ExitParams(**exits))))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"account.venue": "kraken_spot", "trade.side": "short"}, "a spot market is long only"),
        ({"guards.hour_from": 5, "guards.hour_to": 5}, "leaves no hour to trade"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(overrides: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        plan(sample(), overrides=overrides)


def test_a_stamp_for_signals_that_are_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="--signals-stamp without signals"):
        plan(sample(), signals_stamp="open")
    signals = pl.DataFrame({"time": ["2022-03-01T00:00:00Z"], "side": ["long"]})
    assert plan(sample(), signals=signals, signals_stamp="close").notes


def test_the_shipped_exits_are_never_idle() -> None:
    for name in ("bank_and_run", "one_two", "trend", "single_2r", "liquidity"):
        assert not [note for note in plan(sample(), overrides={"exits.set": name}).notes if "so that these" in note]


def test_what_waits_for_a_target_that_leaves_nothing_is_named() -> None:
    off, whole = TargetParams(at=TargetAt.OFF), TargetParams(at=TargetAt.R, size=1.0)
    for target in (off, whole):
        (note,) = _idle(target_1=target)
        assert note.endswith("never begin: exits.breakeven = target_1, exits.trail_from = target_1")
    assert _idle(target_1=off, breakeven=Breakeven.NEVER, trail=Trail.NONE) == []
    for at in (TargetAt.R, TargetAt.LIQUIDITY, TargetAt.RANGE_EDGE):
        assert _idle(target_1=off, target_2=TargetParams(at=at, size=0.5)) == []


def test_a_frame_is_given_its_symbol_and_several_frames_theirs() -> None:
    rows = sample().rows[:400]
    frame = pl.DataFrame({name: rows[name] for name in ("ts", "open", "high", "low", "close", "volume")})
    frame = frame.rename({"ts": "time"})
    made = plan({"ETHUSDT": frame, "BTCUSDT": frame})
    assert made.symbols == ["ETHUSDT", "BTCUSDT"]
    assert [t.instrument.tick for t in made.traded] == [0.01, 0.1]
    with pytest.raises(InputError, match="two files are of polars frame: give each symbol once"):
        plan([frame, frame])


def test_a_signal_in_a_hole_is_refused_beside_other_symbols_only() -> None:
    rows = sample().rows[:400]
    frame = pl.DataFrame({name: rows[name] for name in ("ts", "open", "high", "low", "close", "volume")})
    whole = frame.rename({"ts": "time"})
    holed = pl.concat([whole[:200], whole[210:]])
    at = dt.datetime.fromtimestamp(int(rows["ts"][205]) / 1000, dt.UTC)
    signals = pl.DataFrame({"time": [at], "side": ["long"], "symbol": ["A"]})
    assert len(plan({"A": holed}, signals=signals).traded[0].outside.signals[0]) == 1  # type: ignore[index]
    with pytest.raises(InputError, match=r"row 1: .* lies in a hole of A's bars"):
        plan({"A": holed, "B": whole}, signals=signals)


def test_symbols_that_share_no_bar_and_funding_of_another_pair_are_noted(tmp_path: pathlib.Path) -> None:
    rows = sample().rows[:400]
    frame = pl.DataFrame({name: rows[name] for name in ("ts", "open", "high", "low", "close", "volume")})
    frame = frame.rename({"ts": "time"})
    apart = plan({"ETHUSDT": frame[:100], "BTCUSDT": frame[200:]}).notes
    assert any("do not overlap" in note for note in apart)
    rates = tmp_path / "BTCUSDT_funding.csv"
    times = [int(t) for t in rows["ts"][:400] if t % 28_800_000 == 0]
    pl.DataFrame({"fundingTime": times, "fundingRate": [0.0001 + 1e-8 * k for k in range(len(times))]}).write_csv(rates)
    notes = {name: plan({name: frame[24:376]}, funding=rates).notes for name in ("ETHUSDT", "BTCUSDT")}
    assert any("whose name speaks of BTCUSDT" in note for note in notes["ETHUSDT"])
    assert not any("speaks of" in note or "do not overlap" in note for note in notes["BTCUSDT"])
