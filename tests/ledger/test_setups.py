"""Trades of setups: their names, entries, stops and exits, on real bars and in the second pass."""

import pathlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests.modes import compiled_only

import bullmachine as bm
from bullmachine.config.bundles import exit_bundle
from bullmachine.runs.result import Result

pytestmark = compiled_only

Finder = Callable[[str], pathlib.Path]
FREE = {"guards.max_cost_r": 100.0, "guards.cooldown_bars": 0, "guards.losses": 0, "guards.max_drawdown": 1.0,
        "guards.max_daily_loss": 1.0, "exits.max_stop_atr": 100.0, "macro.set": "none"}  # fmt: skip


def run(find: Finder, out: pathlib.Path, setups: dict[str, Any] | None = None, **settings: Any) -> Result:
    chosen = {"fusion.setups": "none", "setups": setups} if setups else {}
    return bm.backtest(
        find("ohlcv/ETHUSDT_binance_1h.parquet"), start="2021-01-01", end="2021-06-30", warm_up=3000, out=out,
        overrides={"fusion.mode": "setups", **chosen, **FREE, **settings},
    )  # fmt: skip


@pytest.fixture(scope="module")
def shipped(real_data: Finder, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(real_data, tmp_path_factory.mktemp("setups") / "run")


def test_every_trade_carries_its_setups_name_and_the_summary_splits_by_it(shipped: Result) -> None:
    names = set(shipped.positions["source"])
    assert names == {
        "breaker_retest", "fvg_continuation", "hob_reaction", "ob_retest", "sos_backup", "spring", "sweep_reversal",
    }  # fmt: skip
    assert {name: by["positions"] for name, by in shipped.summary["by_source"].items()} == dict(
        shipped.positions["source"].value_counts().iter_rows()
    )
    asked = shipped.signals.join(
        shipped.events.select("id", "kind"), left_on=pl.col("evidence").list.first(), right_on="id"
    )
    assert set(asked.filter(pl.col("source") == "spring")["kind"]) == {"SPRING", "UTAD"}
    assert set(asked.filter(pl.col("source") == "fvg_continuation")["kind"]) == {"FVG"}


def test_each_setup_ends_as_its_own_set_of_exits_says(shipped: Result) -> None:
    targets = {name: {k for k in (1, 2, 3) if _aims(name, k)} for name in exit_bundle() if name != "custom"}
    sets = {"breaker_retest": "single_2r", "fvg_continuation": "trend", "sos_backup": "trend"}
    legs = shipped.legs.join(shipped.positions.select("id", "source"), left_on="position_id", right_on="id")
    for source, exits in sets.items():
        hit = set(legs.filter((pl.col("source") == source) & pl.col("reason").str.starts_with("target"))["reason"])
        assert hit == {f"target_{k}" for k in targets[exits]}, source
    reasons = {s: set(legs.filter(pl.col("source") == s)["reason"]) for s in (*sets, "hob_reaction")}
    assert "trail" in reasons["fvg_continuation"]
    assert "trail" not in reasons["breaker_retest"]
    assert "target_1" in reasons["hob_reaction"]
    whole = legs.filter((pl.col("source") == "breaker_retest") & (pl.col("reason") == "target_1"))
    sizes = whole.join(shipped.positions.select("id", size="qty"), left_on="position_id", right_on="id")
    assert (sizes["qty"] == sizes["size"]).all()


def _aims(name: str, k: int) -> bool:
    return exit_bundle()[name][f"exits.target_{k}.at"] != "off"


def test_limits_lie_in_the_setups_own_zone(shipped: Result) -> None:
    asked = shipped.signals.filter(pl.col("limit").is_not_null())
    assert set(asked["source"]) == {"breaker_retest", "fvg_continuation", "ob_retest"}
    zones = asked.join(shipped.events.select("id", "lo", "hi"), left_on=pl.col("evidence").list.first(), right_on="id")
    assert len(zones) > 50
    assert ((zones["limit"] - (zones["lo"] + zones["hi"]) / 2).abs() < 1e-9).all()
    market = shipped.signals.filter(pl.col("limit").is_null() & (pl.col("blocked_by").list.len() == 0))
    assert set(market["source"]) == {"hob_reaction", "sos_backup", "spring", "sweep_reversal"}


def test_the_stop_is_the_setups_own(real_data: Finder, tmp_path: pathlib.Path) -> None:
    sweep = {"when": ["event SWEEP on base within 0 score >= 0.5"]}
    made = {stop: run(real_data, tmp_path / stop, {"s": {**sweep, "stop": stop}}) for stop in ("atr", "structure")}
    atr, structure = (r.signals.filter(pl.col("distance") > 0) for r in made.values())
    both = atr.join(structure, on=["time", "side"], suffix="_structure")
    assert len(both) > 30
    assert (both["distance"] != both["distance_structure"]).sum() > 0.9 * len(both)
    own = run(real_data, tmp_path / "own", {"s": sweep}, **{"exits.stop": "structure"})
    assert own.signals["distance"].to_list() == made["atr"].signals["distance"].to_list()


def test_the_other_sides_setup_is_the_opposite_signal_and_the_state_lasts_as_long_as_the_position(
    shipped: Result,
) -> None:
    assert (shipped.positions["exit_reason"] == "opposite").sum() > 10
    rows = shipped.decisions.join(shipped.equity.select("time", "position"), on="time")
    left = rows.filter(pl.col("transition") == "leave")
    assert len(left) > 50
    assert (left["position"] == 0).all()
    taken = rows.filter(pl.col("transition").is_in(["enter", "flip"]))
    assert (taken["stance"] == taken["asked"]).all()
    held = rows.filter((pl.col("position") != 0) & (pl.col("transition") == "none") & (pl.col("asked") == "none"))
    sides = pl.when(pl.col("position") > 0).then(pl.lit("long")).otherwise(pl.lit("short"))
    assert len(held) > 500
    assert held.select((pl.col("stance") == sides).all()).item()


def test_the_second_pass_makes_the_same_positions_with_the_same_exits(shipped: Result) -> None:
    ambiguous = shipped.ambiguity
    assert len(ambiguous) >= 3
    assert (ambiguous["taken"] == ambiguous["pessimistic"]).all()
    flips, late = shipped.summary["coin_flip"], shipped.summary["delayed"]
    assert 0.3 * len(shipped.positions) < flips["positions"] < 3 * len(shipped.positions)
    assert 0.3 * len(shipped.positions) < late["positions"] < 3 * len(shipped.positions)
