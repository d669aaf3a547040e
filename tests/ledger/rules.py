"""What must hold for the orders and fills of every run, read from its folder."""

from __future__ import annotations

import itertools
import pathlib
from typing import Any, Final

import numpy as np
import polars as pl
from tests.ledger import recompute
from tests.ledger.recompute import AT_OPEN, STOPS, TARGETS

__all__ = [
    "TOLERANCE",
    "check_entries",
    "check_fills",
    "check_funding",
    "check_levels",
    "check_steps",
    "check_untouched",
    "close",
]

TOLERANCE: Final = 1e-9
ENDED: Final = ("expired", "beyond_stop", "target_first", "gap", "too_small", "replaced", "end_of_data", "macro")


def close(a: Any, b: Any, scale: Any = 1.0) -> None:
    """Assert that two columns are equal but for rounding, measured against `scale` where that is above 1."""
    a, b, scale = (np.asarray(x, float) for x in (a, b, scale))
    worst = np.abs(a - b) / np.maximum(np.abs(scale), 1.0)
    assert worst.size == 0 or worst.max() <= TOLERANCE, f"off by {worst.max()} at {int(worst.argmax())}"


def _on_bars(folder: pathlib.Path) -> pl.DataFrame:
    bars = recompute.base_bars(folder).select("symbol", "bar", "open", "high", "low", pl.col("close").alias("shut"))
    return recompute.fills(folder).join(bars, on=["symbol", "bar"], how="left", maintain_order="left")


def check_fills(folder: pathlib.Path) -> None:
    """After their orders, at prices their bars had, with the fee and the slippage of their kind."""
    made, costs = _on_bars(folder), recompute.settings_of(folder)["costs"]
    assert made["bar"].null_count() == 0
    assert (made["order_time"] <= made["time"]).all()
    assert (made["slippage"] >= 0.0).all()
    traded = made.filter(pl.col("reason") != "funding")
    assert (traded["qty"] > 0.0).all()
    real = traded.filter(pl.col("reason") != "liquidation")
    slack = TOLERANCE * real["high"].abs()
    assert (real["raw"] >= real["low"] - slack).all()
    assert (real["raw"] <= real["high"] + slack).all()
    market = traded.filter((pl.col("reason") == "entry") & pl.col("limit").is_null())
    for some, price in ((market, "open"), (traded.filter(pl.col("reason").is_in(AT_OPEN)), "open"),
                        (traded.filter(pl.col("reason") == "end_of_data"), "shut")):  # fmt: skip
        close(some["raw"], some[price], some[price])
    rests = pl.col("reason").is_in(TARGETS) | ((pl.col("reason") == "entry") & pl.col("limit").is_not_null())
    rate = pl.when(rests).then(costs["maker_bps"]).otherwise(costs["taker_bps"]) * 1e-4
    value = traded.select((pl.col("qty") * pl.col("price").abs()).alias("value"), rate.alias("rate"))
    close(traded["fee"], value["value"] * value["rate"], value["value"])
    assert (traded.filter(rests)["slippage"] == 0.0).all()
    _check_slippage(traded.filter(~rests), costs)
    settled = made.filter(pl.col("reason") == "funding")
    assert (settled["qty"] == 0.0).all()
    assert (settled["pnl"].abs() + settled["fee"] + settled["slippage"] == 0.0).all()


def _check_slippage(traded: pl.DataFrame, costs: dict[str, Any]) -> None:
    """In bps of the price before it; a share of the bar's range where that is set. A liquidation may have less."""
    sure = traded.filter(pl.col("reason") != "liquidation")
    each = sure["slippage"] / sure["qty"]
    if costs["slippage"] == "range":
        ended = (sure["reason"] == "end_of_data").to_numpy()  # an act of the run, on no bar
        wide = (sure["high"] - sure["low"]).to_numpy() * ~ended
        close(each, costs["range_share"] * wide, sure["high"])
        return
    bps = sure.select(pl.when(pl.col("reason").is_in(STOPS)).then(costs["stop_bps"]).otherwise(costs["entry_bps"]))
    close(each, sure["raw"].abs() * bps.to_series() * 1e-4, sure["high"])


def check_entries(folder: pathlib.Path) -> None:
    """Every order is an entry leg, or ended without one, and none rests beside another of its symbol."""
    orders, made = recompute.read(folder, "orders"), _on_bars(folder)
    entries = made.filter(pl.col("reason") == "entry")
    own = orders.filter(pl.col("kind").is_in(["market", "limit"]))
    assert own["state"].is_in(["placed", *ENDED]).all()
    placed = own.filter(pl.col("state") == "placed")
    filled = placed.join(
        entries.select("symbol", pl.col("order_time").alias("time"), "position_id"), on=["symbol", "time"], how="left"
    )
    assert len(filled) == len(placed)
    assert filled["position_id_right"].drop_nulls().n_unique() == len(entries)
    assert len(own) - len(placed) == filled["position_id_right"].null_count()
    for _, rows in own.group_by("symbol", maintain_order=True):
        again = rows["state"].to_list()
        for before, after in itertools.pairwise(again):
            assert before == "placed" or after == "placed"  # an order ends once
    sizes = entries.join(placed, left_on=["symbol", "order_time"], right_on=["symbol", "time"], suffix="_asked")
    limits = sizes.filter(pl.col("limit").is_not_null())
    slack = TOLERANCE * limits["limit"].abs()
    assert (limits["side"] * (limits["limit"] - limits["price"]) >= -slack).all()
    late = limits.filter("inside")
    assert (late["price"] == late["limit"]).all()
    early = limits.filter(~pl.col("inside"))
    close(early["price"], early["open"], early["open"])
    if recompute.settings_of(folder)["fills"]["limit_fill"] == "through":
        beyond = late.select(pl.when(pl.col("side") > 0).then(pl.col("limit") - pl.col("low")).otherwise(
            pl.col("high") - pl.col("limit")))  # fmt: skip
        assert (beyond.to_series() > 0.0).all()


def check_steps(folder: pathlib.Path) -> None:
    """The stop is placed once, then only ever moves in its position's favour, while the position is open."""
    rows, orders = recompute.read(folder, "positions"), recompute.read(folder, "orders")
    steps = orders.filter(pl.col("kind") == "stop").join(
        rows.select(pl.col("id").alias("position_id"), pl.col("side").alias("way"), "entry_time", "exit_time", "stop"),
        on="position_id", how="left", maintain_order="left",
    )  # fmt: skip
    assert steps["way"].null_count() == 0
    assert steps["position_id"].n_unique() == len(rows)
    sign = pl.when(pl.col("way") == "long").then(1.0).otherwise(-1.0)
    steps = steps.with_columns(
        pl.int_range(pl.len()).over("position_id").alias("n"),
        (sign * pl.col("price").diff()).over("position_id").alias("gain"),
        pl.col("time").diff().dt.total_milliseconds().over("position_id").alias("later"),
    )
    assert ((steps["n"] == 0) == (steps["state"] == "placed")).all()
    assert steps["state"].is_in(["placed", "moved"]).all()
    first, moved = steps.filter(pl.col("n") == 0), steps.filter(pl.col("n") > 0)
    assert (first["price"] == first["stop"]).all()
    assert (first["time"] == first["entry_time"]).all()
    assert (moved["gain"] > 0.0).all()
    assert (moved["later"] >= 0).all()
    assert (steps["time"] <= steps["exit_time"]).all()
    assert ((steps["side"] == "sell") == (steps["way"] == "long")).all()
    exits = orders.filter(pl.col("kind") == "exit").join(
        recompute.read(folder, "legs"),
        left_on=["position_id", "time"],
        right_on=["position_id", "order_time"],
        how="left",
    )
    ended = rows.filter(pl.col("exit_reason") == "end_of_data")["id"]
    kept = exits.filter(~pl.col("position_id").is_in(ended.to_list()))
    assert kept["reason"].is_in(AT_OPEN).all()


def check_levels(folder: pathlib.Path) -> None:
    """A stop fills at the level in force or at a worse open, a target at its own or at a better open."""
    made, orders = _on_bars(folder), recompute.read(folder, "orders")
    exits = made.filter(pl.col("reason").is_in([*STOPS, *TARGETS]))
    bars = recompute.base_bars(folder).select("symbol", "bar", pl.col("time").alias("began"))
    exits = exits.join(bars, on=["symbol", "bar"], how="left", maintain_order="left")
    entry = made.filter(pl.col("reason") == "entry").select(
        "position_id", (-pl.col("side")).alias("out"), pl.col("bar").alias("entered"), pl.col("inside").alias("late")
    )
    exits = exits.join(entry, on="position_id", how="left", maintain_order="left")
    assert (exits["side"] == exits["out"]).all()
    levels = orders.filter(pl.col("kind").is_in(["stop", *TARGETS])).select(
        "position_id",
        "state",
        pl.col("kind").alias("of"),
        pl.col("time").alias("since"),
        pl.col("price").alias("level"),
    )
    kind = pl.when(pl.col("reason").is_in(TARGETS)).then("reason").otherwise(pl.lit("stop")).alias("of")
    found = exits.with_columns(kind).join(levels, on=["position_id", "of"], how="left", maintain_order="left")
    here = (pl.col("since") <= pl.col("began")) | (pl.col("state") == "placed")
    found = found.filter(here).group_by("leg", maintain_order=True).last()
    assert len(found) == len(exits)
    plain, first = found["reason"] == "stop", found["state"] == "placed"
    stops = found["of"] == "stop"
    assert (plain == first).filter(stops).all()
    fresh = pl.col("late") & (pl.col("bar") == pl.col("entered"))  # filled inside this bar: its open came before
    beyond = pl.col("side") * (pl.col("open") - pl.col("level")) >= 0.0  # such as a sell stop above the open
    worse = pl.when(beyond & ~fresh).then("open").otherwise("level")
    better = (
        pl.when((pl.col("side") * (pl.col("open") - pl.col("level")) < 0.0) & ~fresh).then("open").otherwise("level")
    )
    raw = found.select(pl.when(pl.col("of") == "stop").then(worse).otherwise(better)).to_series()
    close(found["raw"], raw, found["open"])


def check_untouched(folder: pathlib.Path) -> None:
    """No bar that a position outlived touched its stop, or went through a target that did not fill."""
    held, orders = recompute.whole_bars(folder).sort("began"), recompute.read(folder, "orders")
    tick = {str(one["symbol"]): one["instrument"]["tick"] for one in recompute.manifest_of(folder)["data"]}
    steps = orders.filter(pl.col("kind") == "stop").select("position_id", pl.col("time").alias("began"), "price")
    steps = steps.unique(["position_id", "began"], keep="last", maintain_order=True).sort("began")
    later = held.filter(~pl.col("fresh")).join_asof(steps, on="began", by="position_id", check_sortedness=False)
    assert later["price"].null_count() == 0
    sells = pl.col("side") > 0
    assert later.select(pl.when(sells).then(pl.col("low") > pl.col("price")).otherwise(pl.col("high") < pl.col("price"))
                        .all()).item()  # fmt: skip
    targets = orders.filter(pl.col("kind").is_in(TARGETS)).select("position_id", "kind", "price")
    filled = recompute.read(folder, "legs").select("position_id", pl.col("reason").alias("kind"))
    waiting = targets.join(filled, on=["position_id", "kind"], how="anti")
    seen = held.filter(~pl.col("fresh")).join(waiting, on="position_id")
    need = pl.col("symbol").replace_strict(tick, return_dtype=pl.Float64)
    through = pl.when(sells).then(pl.col("high") >= pl.col("price") + need).otherwise(
        pl.col("low") <= pl.col("price") - need)  # fmt: skip
    assert not seen.select(through.any()).item()


def check_funding(folder: pathlib.Path) -> None:
    """Settled at the previous close, on what was held, and without a table at the assumed rate on its grid."""
    settled = recompute.fills(folder).filter(pl.col("reason") == "funding")
    settings, data = recompute.settings_of(folder), recompute.manifest_of(folder)["data"]
    if settings["account"]["market"] == "spot":
        assert len(settled) == 0
    if len(settled) == 0:
        return
    before = recompute.base_bars(folder).select(
        "symbol", (pl.col("bar") + 1).alias("bar"), pl.col("close").alias("last")
    )
    settled = settled.join(before, on=["symbol", "bar"], how="left", maintain_order="left")
    assert (settled["price"] == settled["last"]).all()
    legs = recompute.read(folder, "legs").with_row_index("leg").filter(pl.col("reason") != "funding")
    sign = pl.when(pl.col("reason") == "entry").then(1.0).otherwise(-1.0)
    held = legs.select("position_id", "leg", (sign * pl.col("qty")).alias("change"))
    joined = settled.join(held, on="position_id", suffix="_of").filter(pl.col("leg_of") < pl.col("leg"))
    joined = joined.group_by("leg", maintain_order=True).agg(
        pl.col("change").sum(), pl.col("side", "price", "funding", "symbol").first()
    )
    assert len(joined) == len(settled)
    rate = joined["funding"] / (joined["side"] * joined["change"] * joined["price"].abs())
    given = [str(one["symbol"]) for one in data if one["outside"]["funding"] is not None]
    each = settings["costs"]["funding_bps"] * 1e-4 * settings["costs"]["funding_hours"] / 8.0
    assumed = rate.filter(~joined["symbol"].is_in(given)).to_numpy() / each
    close(assumed, np.rint(assumed))
    assert (np.rint(assumed) >= 1).all()
