"""The numbers of a run's summary, worked out again from its tables in plain polars."""

from __future__ import annotations

import json
import math
import pathlib
from typing import Any, Final

import polars as pl
from tests.ledger import recompute

__all__ = ["metrics", "positions_of", "summary_of"]

DAYS: Final = {"24x7": 365, "24x5": 313, "us_equities": 252}
DAY_MS: Final = 86_400_000.0


def summary_of(folder: pathlib.Path) -> dict[str, Any]:
    """The summary as written."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return found


def positions_of(folder: pathlib.Path) -> pl.DataFrame:
    """Positions from legs and bars alone, in the order of their last fills, with R from the first stop order."""
    stops = recompute.read(folder, "orders").filter((pl.col("kind") == "stop") & (pl.col("state") == "placed"))
    made = recompute.positions(folder).join(
        stops.select("position_id", pl.col("price").alias("stop")), on="position_id", maintain_order="left"
    )
    last = recompute.read(folder, "legs").with_row_index("n").group_by("position_id").agg(pl.col("n").max())
    made = made.join(last, on="position_id").sort("n")
    costs = pl.col("fee") + pl.col("fee_out")
    slip = pl.col("slippage") + pl.col("slippage_out")
    made = made.with_columns(costs.alias("fees"), slip.alias("slip"), pl.col("funding_paid").alias("paid"))
    made = made.with_columns(
        (pl.col("profit") - pl.col("fees") - pl.col("paid")).alias("net"),
        ((pl.col("price") - pl.col("stop")).abs() * pl.col("qty")).alias("risked"),
        (pl.col("qty") * (pl.col("price").abs() + pl.col("price_out").abs())).alias("traded"),
        pl.when(pl.col("side") > 0).then(pl.lit("long")).otherwise(pl.lit("short")).alias("way"),
        ((pl.col("time_out") - pl.col("time")).dt.total_milliseconds() / 3.6e6).alias("hours"),
    )
    up, down = pl.col("high") - pl.col("price"), pl.col("low") - pl.col("price")
    r = pl.col("risked") / pl.col("qty")
    return made.with_columns(
        (pl.col("net") / pl.col("risked")).alias("r_net"),
        ((pl.col("profit") + pl.col("slip")) / pl.col("risked")).alias("r_gross"),
        (pl.when(pl.col("side") > 0).then(up).otherwise(-down) / r).alias("mfe"),
        (pl.when(pl.col("side") > 0).then(down).otherwise(-up) / r).alias("mae"),
    )


def trades(made: pl.DataFrame) -> dict[str, Any]:
    """The numbers of a set of positions; each group of a split has them too."""
    n = len(made)
    gains, losses = (float(made.filter(way)["net"].sum()) for way in (pl.col("net") > 0, pl.col("net") < 0))
    turnover = float(made["traded"].sum())
    before = float((made["profit"] + made["slip"] - made["paid"]).sum())
    streaks = made.select((pl.col("net") < 0).alias("lost"), (pl.col("net") < 0).rle_id().alias("run"))
    longest = streaks.filter("lost").group_by("run").len()["len"].max()
    return {
        "positions": n,
        "win_rate": int((made["r_net"] > 0).sum()) / max(n, 1),
        "r_gross": made["r_gross"].sum(),
        "r_cost": (made["r_gross"] - made["r_net"]).sum(),
        "r_net": made["r_net"].sum(),
        "r_net_mean": float(made["r_net"].sum()) / max(n, 1),
        "bars_mean": int(made["bars"].sum()) / max(n, 1),
        "net": made["net"].sum(),
        "expectancy": made["net"].mean(),
        "profit_factor": gains / -losses if losses else None,
        "worst_r": made["r_net"].min(),
        "losing_streak": longest or 0,
        "turnover": turnover,
        "break_even_bps": before / turnover * 1e4 if turnover else 0.0,
        **{f"{name}_{how}": getattr(made[column], how)() for name, column in
           (("mae_r", "mae"), ("mfe_r", "mfe"), ("hours", "hours")) for how in ("mean", "median")},
    }  # fmt: skip


def metrics(folder: pathlib.Path) -> dict[str, Any]:
    """The whole summary but for what needs random draws or a second run."""
    settings, made = recompute.settings_of(folder), positions_of(folder)
    start = settings["account"]["equity"]
    marks = recompute.account(folder, start)
    end, traded = marks["equity"][-1], float(made["traded"].sum())
    costs = float(made["fees"].sum()) + float(made["slip"].sum())
    month, hour = pl.col("time").dt.strftime("%Y-%m"), pl.col("time").dt.strftime("%H")
    keys = {"exit": pl.col("reason_out"), "side": pl.col("way"), "symbol": pl.col("symbol"), "month": month,
            "weekday": pl.col("time").dt.strftime("%A"), "hour": hour}  # fmt: skip
    splits = {
        f"by_{name}": {str(key): trades(group) for (key,), group in made.group_by(by)} for name, by in keys.items()
    }
    return {
        **trades(made),
        "equity_start": start,
        "equity_end": end,
        "return": end / start - 1.0,
        "fees": made["fees"].sum(),
        "slippage": made["slip"].sum(),
        "funding": made["paid"].sum(),
        "cost_bps": costs / traded * 1e4 if traded else 0.0,
        **_risk(marks, start, DAYS[settings["data"]["calendar"]]),
        **_market(folder, marks),
        "pauses": _pauses(folder),
        **splits,
    }


def _risk(marks: pl.DataFrame, start: float, year: int) -> dict[str, Any]:
    """Daily returns of UTC days, and the deepest fall."""
    day = (pl.col("time") - pl.duration(milliseconds=1)).dt.truncate("1d")
    daily = marks.group_by(day.alias("day"), maintain_order=True).agg(pl.col("equity").last())["equity"]
    returns = (daily / daily.shift(1, fill_value=start) - 1.0).rename("r")
    spread, mean = returns.std() or 0.0, returns.mean()
    assert isinstance(spread, float)
    assert isinstance(mean, float)
    down = math.sqrt((returns.clip(upper_bound=0.0) ** 2).mean())  # type: ignore[arg-type]  # there are days
    standard = (returns - mean) / returns.std(ddof=0)
    each = mean / spread
    skew, kurtosis = (standard**3).mean(), (standard**4).mean()
    variance = 1.0 - skew * each + (kurtosis - 1.0) / 4.0 * each**2  # type: ignore[operator]  # there are days
    z = each * math.sqrt((len(returns) - 1) / variance)
    times = marks["time"].dt.epoch("ms")
    step = int(times.diff().min())  # type: ignore[arg-type]  # there are marks
    span = int(times[-1] - times[0]) + step
    return {
        "days": len(returns),
        "volatility": spread * math.sqrt(year),
        "sharpe": mean / spread * math.sqrt(year),
        "sortino": mean / down * math.sqrt(year),
        "probabilistic_sharpe": 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))),
        "cagr": (marks["equity"][-1] / start) ** (365.0 * DAY_MS / span) - 1.0 if span >= 180 * DAY_MS else None,
        **_fall(marks, times, times[0] - step),
    }


def _fall(marks: pl.DataFrame, times: pl.Series, since: int) -> dict[str, Any]:
    deep = marks["drawdown"].arg_min()
    assert deep is not None
    rows = marks.select(pl.Series("at", times), (pl.col("equity") == pl.col("equity").cum_max()).alias("peak"))
    before, after = rows[:deep].filter("peak")["at"], rows[deep:].filter("peak")["at"]
    peak = before[-1] if len(before) else since
    return {
        "max_drawdown": marks["drawdown"][deep],
        "max_drawdown_days": ((after[0] if len(after) else times[-1]) - peak) / DAY_MS,
        "recovery_days": (after[0] - times[deep]) / DAY_MS if len(after) else None,
    }


def _pauses(folder: pathlib.Path) -> dict[str, int]:
    """How often each guard began to pause the account."""
    paused = recompute.pauses(folder)["paused"][:-1].str.split("|")
    found = {}
    for guard in ("loss_streak", "max_daily_loss", "max_drawdown"):
        on = paused.list.contains(guard)
        found[guard] = int((on & ~on.shift(1, fill_value=False)).sum())
    return found


def _market(folder: pathlib.Path, marks: pl.DataFrame) -> dict[str, Any]:
    """Exposure, and holding instead."""
    columns = recompute.held_columns(folder)
    held = pl.any_horizontal(pl.col(column).abs() > 1e-9 for column in columns.values())
    mean = marks[:-1].select(((pl.col("equity") - pl.col("cash")) / pl.col("equity")).mean()).item()
    closes = marks.select(f"close_{name}" for name in columns)
    closes = closes.select(pl.when(pl.all() == 0.0).then(None).otherwise(pl.all()).name.keep().backward_fill())
    each = closes.select(pl.all().last() / pl.all().first() - 1.0).row(0)
    moves = closes.select(pl.mean_horizontal(pl.all() / pl.all().shift(1) - 1.0).alias("m"))["m"][1:]
    return {
        "exposure": marks.select(held.mean()).item(),
        "exposure_mean": mean,
        "buy_and_hold": sum(each) / len(each),
        "buy_and_hold_matched": (1.0 + mean * moves).clip(lower_bound=0.0).product() - 1.0,
    }
