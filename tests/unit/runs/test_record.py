"""What a run leaves behind: manifest, tables, fingerprints; and that pieces of any size leave the same."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pathlib
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq
import pytest
from tests.modes import compiled_only
from tests.quiet import QUIET_SETTINGS
from tests.unit.runs.conftest import OFTEN, Backtest

import bullmachine as bm
from bullmachine.fusion.score import PART_NAMES, STEPS
from bullmachine.machine import machine
from bullmachine.market.sample import sample_rows
from bullmachine.runs import backtest as module
from bullmachine.runs import parts
from bullmachine.runs.result import Result
from bullmachine.trading import guards

pytestmark = compiled_only

COLUMNS: Final = {
    "positions": (
        "id, symbol, source, side, entry_time, entry_price, exit_time, exit_price, qty, stop, pnl, fee, funding, "
        "slippage, r_gross, r_cost, r_net, mfe_r, mae_r, bars, ambiguous, exit_reason"
    ),
    "legs": "position_id, symbol, time, order_time, side, qty, price, pnl, fee, slippage, funding, reason",
    "orders": "time, symbol, position_id, kind, state, side, qty, price",
    "ambiguity": "position_id, exit_time, taken, worst, best, pessimistic, data, branches",
    "equity": "time, cash, position, equity, drawdown, paused",
    "engine_events": (
        "symbol, kind, engine, tf, dir, t_ref, t_known, i_ref, i_known, price, lo, hi, score, state, reason, id, "
        "parent, ev"
    ),
    "signals": "symbol, time, source, side, f, lots, distance, limit, blocked_by, evidence",
    "decisions": (
        f"symbol, time, f, trend, reversal, book, {', '.join((*STEPS, 'align', *PART_NAMES))}, "
        "guards_long, guards_short, "
        "guards_account, stance, transition, asked, blocked, lots, distance, limit, fast, sentinels, "
        "fired_long, fired_short, risk_long, risk_short, regime, macro_rules, "
        "phase_long.base, phase_short.base, phase_long.middle, phase_short.middle, phase_long.slow, phase_short.slow"
    ),
    "context": "symbol, time, name, value, state",
    "bars": (
        "symbol, tf, time, known, open, high, low, close, volume, n_base, expected, gap, partial, volume_missing"
    ),
}  # fmt: skip

#: settings that trade often, with ambiguous bars
EAGER: Final = {
    "exits.target_1.r": 0.5, "exits.stop_atr": 0.5, "fusion.on": 0.5, "fusion.off": 0.3, "guards.max_cost_r": 10.0,
    "guards.losses": 0,
}  # fmt: skip
BARE: Final[dict[str, Any]] = {"baseline": False, "overrides": EAGER}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The quarter without random and delayed signals, and with ambiguous bars."""
    made = bm.backtest(
        bm.sample(), start="2022-04-01", end="2022-06-30", out=tmp_path_factory.mktemp("bare") / "run", **BARE
    )
    assert made.summary["interval"]["positions"] > 0
    return made


def test_a_run_leaves_these_files_and_no_other(quarter: Result) -> None:
    files = {*(f"{name}.parquet" for name in COLUMNS), "log.jsonl", "manifest.json", "summary.json"}
    assert {path.name for path in quarter.path.iterdir()} == files


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_its_columns(quarter: Result, table: str) -> None:
    assert ", ".join(pq.read_schema(quarter.path / f"{table}.parquet").names) == COLUMNS[table]


@pytest.mark.parametrize("table", COLUMNS)
def test_times_are_utc(quarter: Result, table: str) -> None:
    frame = pl.read_parquet(quarter.path / f"{table}.parquet")
    times = [name for name in frame.columns if "time" in name or name in ("known", "t_ref", "t_known")]
    assert times
    assert {frame.schema[name] for name in times} == {pl.Datetime("ms", "UTC")}


@pytest.mark.parametrize("table", COLUMNS)
def test_a_run_without_anything_has_the_same_columns(quarter: Result, backtest: Backtest, table: str) -> None:
    quiet = backtest(start="2022-01-01", end="2022-01-01")
    assert quiet.summary["positions"] == 0
    ours, theirs = (pq.read_schema(run.path / f"{table}.parquet") for run in (quiet, quarter))
    assert ours.equals(theirs)


def test_the_manifest_says_what_was_run_on_what(quarter: Result) -> None:
    manifest, config = quarter.manifest, bm.load_config(overrides=OFTEN)
    assert list(manifest) == [
        "schema", "version", "status", "made_at", "kernels", "engines", "seed", "config", "data", "signals",
        "window",
        "fingerprints", "funnel", "counts", "notes", "timing", "machine",
    ]  # fmt: skip
    assert (manifest["schema"], manifest["version"], manifest["status"]) == (4, bm.__version__, "finished")
    assert manifest["config"] == {"name": "eth_1h", "sha256": config.sha256, "resolved": config.to_dict()}
    assert bm.load_config(overrides=manifest["config"]["resolved"]).sha256 == config.sha256
    assert manifest["window"] == {
        "from": "2022-04-01T00:00:00+00:00",
        "to": "2022-07-01T00:00:00+00:00",
        "warm_up_bars": 90 * 24,
        "decided_bars": 91 * 24,
    }
    assert {"features", "momentum"} <= set(manifest["engines"])
    made = dt.datetime.fromisoformat(manifest["made_at"])
    assert abs(dt.datetime.now(dt.UTC) - made) < dt.timedelta(hours=1)


def test_the_manifest_names_the_file_by_its_bytes(tmp_path: pathlib.Path, backtest: Backtest) -> None:
    rows = sample_rows(3_000)
    file = tmp_path / "ETHUSDT_1h.csv"
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
    again = pl.concat([frame.head(10), frame.slice(9, 1), frame.slice(10, 90), frame.slice(103)])
    again.write_csv(file)
    data = backtest(source=file).manifest["data"]
    assert data == [
        {
            "symbol": "ETHUSDT",
            "name": "ETHUSDT_1h.csv",
            "format": "csv (plain)",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "timeframe": "1h",
            "rows": 2_997,
            "first": "2022-01-01T00:00:00+00:00",
            "last": "2022-05-05T23:00:00+00:00",
            "holes": 1,
            "missing_bars": 3,
            "rejected": {"duplicates": 1},
            "resampled": None,
            "instrument": {"tick": 0.01, "lot": 0.001, "min_notional": 20.0},
            "outside": {"funding": None, "lower_bars": None, "macro": None},
        }
    ]


def test_dropped_rows_are_in_the_manifest(backtest: Backtest) -> None:
    rows = sample_rows(3_000)
    rows["high"][2_900] = 1.0
    rows["close"][2_950] = float("nan")
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
    data = backtest(source=frame, policy="drop").manifest["data"][0]
    assert data["rejected"] == {"not_finite": 1, "impossible": 1, "duplicates": 0}
    assert data["rows"] == 2_998


def test_the_symbol_comes_from_the_file_s_name_and_stands_in_every_row(tmp_path: pathlib.Path) -> None:
    rows = sample_rows(4_000)
    file = tmp_path / "BINANCE_ETHUSDT, 60.parquet"
    pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()}).write_parquet(file)
    result = bm.backtest(file, start="2022-04-01")
    for frame in (result.signals, result.legs, result.positions):
        assert frame["symbol"].unique().to_list() == ["ETHUSDT"]
    assert (result.summary["symbol"], result.summary["synthetic"]) == ("ETHUSDT", False)


def test_the_sample_is_called_synthetic(quarter: Result) -> None:
    assert (quarter.summary["symbol"], quarter.summary["synthetic"]) == ("SYNTHETIC", True)


def test_two_runs_have_equal_fingerprints(quarter: Result, backtest: Backtest) -> None:
    assert backtest().manifest["fingerprints"] == quarter.manifest["fingerprints"]


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("fusion.off", 0.36, {"decisions"}),
        ("fusion.on", 0.9, {"decisions", "fills", "equity"}),
        ("costs.taker_bps", 6.0, {"decisions", "fills", "equity"}),
        ("exits.target_1.r", 0.3, {"decisions", "fills", "equity"}),
        ("timing.every_bars", 999, set()),
    ],
)
def test_another_setting_has_other_fingerprints(
    quarter: Result, backtest: Backtest, key: str, value: float, changed: set[str]
) -> None:
    ours = backtest(overrides={key: value}).manifest
    theirs = quarter.manifest["fingerprints"]
    assert {name for name, print_ in ours["fingerprints"].items() if print_ != theirs[name]} == changed
    assert ours["config"]["sha256"] != quarter.manifest["config"]["sha256"]


@pytest.mark.parametrize(("chunk", "held"), [(1, 20_000), (37, 7), (499, 100), (250, 1)])
def test_pieces_of_any_size_leave_the_same_run(
    monkeypatch: pytest.MonkeyPatch, bare: Result, backtest: Backtest, chunk: int, held: int
) -> None:
    monkeypatch.setattr(machine, "CHUNK", chunk)
    monkeypatch.setattr(module, "CHUNK", chunk)
    monkeypatch.setattr(parts, "ROWS_HELD", held)
    _assert_same_run(backtest(**BARE), bare)


def test_pieces_of_another_size_leave_the_same_beliefs(
    monkeypatch: pytest.MonkeyPatch, quarter: Result, backtest: Backtest
) -> None:
    monkeypatch.setattr(machine, "CHUNK", 137)
    monkeypatch.setattr(module, "CHUNK", 137)
    _assert_same_run(backtest(), quarter)


def _assert_same_run(result: Result, other: Result) -> None:
    assert result.manifest["fingerprints"] == other.manifest["fingerprints"]
    for name in ("funnel", "counts"):
        assert result.manifest[name] == other.manifest[name]
    for table in COLUMNS:
        assert _plain(result, table).equals(_plain(other, table)), table
    assert result.summary == other.summary
    assert _events(result) == _events(other)


def test_pieces_of_any_size_leave_the_same_run_of_two_symbols(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    sources = []
    for name, first in (("AAAUSDT", 0), ("BBBUSDT", 1_000)):
        rows = sample_rows(3_000)[first:].copy()
        pl.DataFrame({c: rows[c] for c in rows.dtype.names or ()}).write_parquet(tmp_path / f"{name}_1h.parquet")
        sources.append(tmp_path / f"{name}_1h.parquet")
    given: dict[str, Any] = {"start": "2022-02-01", "end": "2022-04-30", "overrides": EAGER}
    whole = bm.backtest(sources, **given)
    assert whole.summary["positions"] > 50
    monkeypatch.setattr(machine, "CHUNK", 91)
    monkeypatch.setattr(module, "CHUNK", 91)
    monkeypatch.setattr(parts, "ROWS_HELD", 50)
    _assert_same_run(bm.backtest(sources, **given), whole)


def test_pieces_of_any_size_count_and_log_blocked_signals_the_same(
    monkeypatch: pytest.MonkeyPatch, backtest: Backtest
) -> None:
    cold = {"start": None, "end": "2022-02-28", "overrides": {"trade.side": "long", "fusion.on": 0.6, **QUIET_SETTINGS}}
    whole = backtest(**cold)
    monkeypatch.setattr(machine, "CHUNK", 11)
    monkeypatch.setattr(module, "CHUNK", 11)
    pieces = backtest(**cold)
    assert pieces.manifest["funnel"] == whole.manifest["funnel"]
    assert whole.manifest["funnel"]["signals"] > whole.manifest["funnel"]["side"]
    assert _events(pieces) == _events(whole)
    told = whole.decisions.select(_lasting(name) for name in ("guards_long", "guards_short", "guards_account"))
    changes = 1 + int((told != told.shift(1)).select(pl.any_horizontal(pl.all())).sum().item())
    assert sum(entry["event"] == "guards" for entry in _events(whole)) == changes < len(told) / 5


def _lasting(masks: str) -> pl.Expr:
    """A column of guards without those that judge the market, which the log leaves out."""
    other = ~pl.element().is_in(guards.names(guards.OF_MARKET))
    return pl.col(masks).cast(pl.String).str.split("|").list.eval(pl.element().filter(other)).list.join("|")


def _plain(result: Result, table: str) -> pl.DataFrame:
    frame = pl.read_parquet(result.path / f"{table}.parquet").with_columns(pl.col(pl.Categorical).cast(pl.String))
    return frame.sort("known", "time", "tf") if table == "bars" else frame


def _events(result: Result) -> list[dict[str, Any]]:
    """The log without timing, which is measured at the ends of pieces."""
    lines = (result.path / "log.jsonl").read_text("utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry["event"] != "timing"]


def test_signals_list_what_was_asked_and_what_blocked_it(backtest: Backtest) -> None:
    result = backtest(overrides={"trade.side": "long", **QUIET_SETTINGS})
    signals = result.signals
    asked = result.decisions.filter(pl.col("asked").cast(pl.String) != "none")
    assert signals["time"].equals(asked["time"])
    assert signals["side"].cast(pl.String).equals(asked["asked"].cast(pl.String).alias("side"))
    shorts = signals.filter(pl.col("side").cast(pl.String) == "short")
    assert len(shorts) > 0
    assert set(shorts["blocked_by"].list.first().to_list()) == {"side"}
    account = {"position_open", "loss_streak", "cooldown", "max_daily_loss"}
    assert set(shorts["blocked_by"].explode().to_list()) <= {"side", *account}
    orders = signals.filter(pl.col("lots") > 0)
    assert orders["blocked_by"].list.len().sum() == 0
    assert set(signals["source"].cast(pl.String).to_list()) <= {"trend", "reversal"}


def test_a_signal_that_an_open_position_blocks_makes_no_order(backtest: Backtest) -> None:
    result = backtest(overrides={**QUIET_SETTINGS, "exits.on_opposite": "ignore", "exits.stop_atr": 8.0})
    blocked = result.signals.filter(pl.col("blocked_by").list.len() > 0)
    assert set(blocked["blocked_by"].list.join("+").to_list()) == {"position_open"}
    assert blocked["lots"].to_list() == [0] * len(blocked)
    assert result.manifest["funnel"]["side"] - result.manifest["funnel"]["position_open"] == len(blocked)


def test_events_are_those_known_inside_the_window(quarter: Result, backtest: Backtest) -> None:
    wide = backtest(start="2022-02-01", end="2022-08-31").events
    first, last = dt.datetime(2022, 4, 1, 1, tzinfo=dt.UTC), dt.datetime(2022, 7, 1, tzinfo=dt.UTC)
    inside = wide.filter(pl.col("t_known").is_between(first, last))
    assert len(inside) > 20
    assert quarter.events.with_columns(pl.col(pl.Categorical).cast(pl.String)).equals(
        inside.with_columns(pl.col(pl.Categorical).cast(pl.String))
    )


def test_an_event_belongs_to_the_bar_that_made_it_known(quarter: Result, backtest: Backtest) -> None:
    divergences = pl.col("engine").cast(pl.String) == "momentum"
    event = quarter.events.filter(divergences & (pl.col("tf").cast(pl.String) == "1h")).row(0, named=True)
    known = event["t_known"]
    inside = backtest(start=known - dt.timedelta(hours=1), end=known).events
    after = backtest(start=known, end=known + dt.timedelta(hours=1)).events
    assert event["t_ref"] < known - dt.timedelta(hours=1)
    assert event["id"] in inside["id"].to_list()
    assert event["id"] not in after["id"].to_list()


def test_a_slower_bar_with_a_hole_in_it_is_partial(backtest: Backtest) -> None:
    rows = sample_rows(4_000)
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
    bars = backtest(source=pl.concat([frame.head(3_001), frame.slice(3_003)])).bars
    partial = bars.filter(pl.col("partial"))
    told = [(row["tf"], row["n_base"], row["expected"]) for row in partial.iter_rows(named=True)]
    assert told == [("4h", 2, 4), ("1d", 22, 24)]
    assert bars.filter(pl.col("gap") > 0).select("tf", "gap").rows() == [("1h", 2)]


def test_slower_bars_are_those_that_closed_inside_the_window(quarter: Result) -> None:
    counts = dict(quarter.bars.group_by(pl.col("tf").cast(pl.String)).len().iter_rows())
    assert counts == {"1h": 91 * 24, "4h": 91 * 6, "1d": 91}
    day = quarter.bars.filter(pl.col("tf").cast(pl.String) == "1d").row(0, named=True)
    hours = quarter.bars.filter(pl.col("tf").cast(pl.String) == "1h").head(24)
    assert (day["open"], day["close"]) == (hours["open"][0], hours["close"][-1])
    assert (day["high"], day["low"], day["n_base"]) == (hours["high"].max(), hours["low"].min(), 24)


def test_a_signal_that_stays_held_back_is_logged_once(backtest: Backtest) -> None:
    result = backtest(overrides={"trade.side": "long"})
    held = [entry for entry in _events(result) if entry["event"] == "signal"]
    blocked = result.manifest["funnel"]["signals"] - result.manifest["funnel"]["orders"]
    rows = result.signals.filter(pl.col("blocked_by").list.len() > 0)
    assert blocked <= len(held) < len(rows)
