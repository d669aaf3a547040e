"""Several symbols on one account: the laws of one hold for two, and symbols that share nothing but cash."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.parity.cases import CASES, Case, funding_of, signals_of, two_markets
from tests.parity.machine_trace import Array, Trace, compare, compiled_only, follow, follow_all, fresh
from tests.parity.machine_trace import names_of as parts
from tests.quiet import QUIET_SETTINGS

import bullmachine as bm
from bullmachine.core.errors import SnapshotError
from bullmachine.core.time import HOUR
from bullmachine.machine.feed import Outside
from bullmachine.market.sample import sample_rows
from bullmachine.testing.markets import poisoned, random_market

pytestmark = compiled_only

BARS = 1500
SENSED = ("bars", "readings", "events", "slow_bars")
START = 1_640_995_200_000  # 2022-01-01

#: settings of a signal's account on which no guard of the account ever binds
ALONE: dict[str, object] = {
    "guards.max_positions": 100, "guards.max_open_risk": 10.0, "guards.max_daily_loss": 1.0, "guards.max_drawdown": 1.0,
    "guards.losses": 0, "guards.max_cost_r": 100.0, "account.equity": 1e9, "exits.on_opposite": "close",
    **QUIET_SETTINGS,
}  # fmt: skip


def in_time(rows: list[Array], times: list[int]) -> list[list[Array]]:
    """The rows of each symbol in pieces that begin at `times`."""
    cuts = [[0, *(own["ts"].searchsorted(times)).tolist(), len(own)] for own in rows]
    return [[own[c[n] : c[n + 1]] for own, c in zip(rows, cuts, strict=True)] for n in range(len(times) + 1)]


def whole(case: Case, rows: list[Array]) -> Trace:
    return follow_all(case.machine(rows), [rows])


def cuts_of(rows: list[Array], seed: int, n: int) -> list[int]:
    every = np.unique(np.concatenate([own["ts"] for own in rows]))
    return sorted(np.random.default_rng(seed).choice(every, n, replace=False).tolist())


@pytest.mark.parametrize("name", CASES)
def test_any_cut_in_time_says_the_same_of_two_symbols(name: str) -> None:
    rows, case = two_markets(BARS), CASES[name]
    expected = whole(case, rows)
    assert min(len(expected.said[part]) for part in parts(2)) > 0
    assert (expected.said["holdings"] != 0.0).all(axis=1).any()  # both were held at once
    every = np.unique(np.concatenate([own["ts"] for own in rows])).tolist()
    for times in (every[1:], *(cuts_of(rows, seed, 9) for seed in range(3))):
        assert compare(expected, follow_all(case.machine(rows), in_time(rows, times))) == []


@pytest.mark.parametrize("name", CASES)
def test_two_symbols_go_on_from_a_snapshot_as_if_never_stopped(name: str) -> None:
    rows, case = two_markets(BARS), CASES[name]
    for at in cuts_of(rows, 7, 6):
        before, after = in_time(rows, [at])
        first, second = case.machine(rows), case.machine(rows)
        follow_all(first, [before])
        second.restore(first.snapshot())
        assert compare(follow_all(first, [after]), follow_all(second, [after])) == []


def test_a_snapshot_of_one_symbol_is_not_one_of_two() -> None:
    with pytest.raises(SnapshotError):
        fresh(symbols=2).restore(fresh().snapshot())


@pytest.mark.parametrize("way", ["noise", "huge", "nan"])
def test_later_bars_of_one_symbol_change_nothing_said_of_either_before(way: str) -> None:
    rows, case = two_markets(BARS), CASES["busy"]
    seen = whole(case, rows)
    for at in cuts_of(rows, 11, 4):
        k = int(rows[1]["ts"].searchsorted(at))
        if not 0 < k < len(rows[1]):
            continue
        found, known = whole(case, [rows[0], poisoned(rows[1], k - 1, way)]), int(rows[1]["ts"][k - 1]) + HOUR
        for part in parts(2):
            stamp = {"bars": "known", "slow_bars": "known", "events": "t_known", "decisions": "time"}.get(
                part.split(".")[0]
            )
            if stamp is not None:
                mine, theirs = (said[part][said[part][stamp] <= known] for said in (seen.said, found.said))
                assert mine.tobytes() == theirs.tobytes(), part
        for said in ("readings", "bars", "events", "slow_bars"):  # what one symbol's engines say is its own for ever
            assert seen.said[said].tobytes() == found.said[said].tobytes()
        marks = [trace.said["marks"][trace.said["marks"]["time"] <= known] for trace in (seen, found)]
        assert marks[0].tobytes() == marks[1].tobytes()


def test_what_is_read_of_a_symbol_does_not_depend_on_its_neighbours() -> None:
    rows = two_markets(BARS)
    both = whole(CASES["busy"], rows).said
    for k, own in enumerate(rows):
        alone = follow(fresh(), own).said
        for part in SENSED:
            assert both[f"{part}.{k}" if k else part].tobytes() == alone[part].tobytes(), part


def test_a_symbol_without_bars_leaves_the_other_as_if_alone() -> None:
    rows = random_market(41, BARS)
    both = follow_all(fresh(symbols=2), [[rows, rows[:0]]]).said
    alone = follow(fresh(), rows).said
    for part in ("marks", "legs", "closed", "notes", "decisions", *SENSED):
        assert both[part].tobytes() == alone[part].tobytes(), part
    assert both["holdings"][:, 0].tolist() == alone["holdings"][:, 0].tolist()
    assert not both["holdings"][:, 1].any()


def frame(rows: Array) -> pl.DataFrame:
    columns = {name: rows[name].copy() for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame({"timestamp": rows["ts"].copy(), **columns}).with_columns(
        pl.col("timestamp").cast(pl.Datetime("ms", "UTC"))
    )


def markets(n: int = 2500) -> dict[str, Array]:
    """Two invented markets of the same hours; the second lacks fifty hours and begins ten days later."""
    first, second = sample_rows(n), sample_rows(2 * n)[n:].copy()
    second["ts"] = first["ts"]
    return {"AAAUSDT": first, "BBBUSDT": np.delete(second[240:], slice(900, 950))}


def files(folder: pathlib.Path, rows: dict[str, Array]) -> list[pathlib.Path]:
    found = []
    for name, own in rows.items():
        frame(own).write_parquet(folder / f"{name}_1h.parquet")
        found.append(folder / f"{name}_1h.parquet")
    return found


def own_signals(rows: dict[str, Array], *, size: float = 1.0) -> pl.DataFrame:
    """Signals of fixed sizes for every symbol."""
    parts_ = []
    for k, (name, own) in enumerate(rows.items()):
        times, signals = signals_of(own, k, 0.05)
        sides = np.select([signals["side"] > 0, signals["side"] < 0], ["long", "short"], "flat")
        columns = {c: pl.Series(signals[c].copy()).fill_nan(None) for c in ("limit", "stop", "target")}
        sizes = pl.Series(np.where(signals["side"] != 0, size, np.nan)).fill_nan(None)
        made = pl.DataFrame({"time": times, "symbol": [name] * len(times), "side": sides, "size": sizes, **columns})
        parts_.append(made.with_columns(pl.col("time").cast(pl.Datetime("ms", "UTC"))))
    return pl.concat(parts_).sort("time", "symbol")


def test_a_list_of_one_gives_the_bytes_of_the_one(tmp_path: pathlib.Path) -> None:
    (file,) = files(tmp_path, {"AAAUSDT": sample_rows(3000)})
    alone, listed = (bm.backtest(source, out=tmp_path / name) for source, name in ((file, "alone"), ([file], "listed")))
    assert alone.manifest["fingerprints"] == listed.manifest["fingerprints"]
    for table in sorted(alone.path.glob("*.parquet")):
        assert table.read_bytes() == (listed.path / table.name).read_bytes(), table.name
    assert alone.summary == listed.summary
    assert (alone.path / "log.jsonl").exists()


def _trades(result: Any, symbol: str) -> list[tuple[Any, ...]]:
    names = ["side", "entry_time", "entry_price", "exit_time", "exit_price", "qty", "stop", "pnl", "fee", "funding",
             "slippage", "r_net", "bars", "exit_reason"]  # fmt: skip
    found: list[tuple[Any, ...]] = (
        result.positions.filter(pl.col("symbol") == symbol).sort("entry_time").select(names).rows()
    )
    return found


@pytest.mark.parametrize("account", ["one", "another order", "alone"])
def test_symbols_that_share_nothing_but_cash_trade_alike_in_any_company(account: str, tmp_path: pathlib.Path) -> None:
    rows = markets()
    a, b = files(tmp_path, rows)
    signals = own_signals(rows)
    together = bm.backtest([a, b], signals=signals, overrides=ALONE)
    assert together.positions.group_by("symbol").len()["len"].min() > 20  # type: ignore[operator]  # it has rows
    if account == "another order":
        other = bm.backtest([b, a], signals=signals, overrides=ALONE)
        for symbol in rows:
            assert _trades(together, symbol) == _trades(other, symbol)
    for file, symbol in ((a, "AAAUSDT"), (b, "BBBUSDT")) if account == "alone" else ():
        mine = bm.backtest(file, signals=signals.filter(pl.col("symbol") == symbol), overrides=ALONE)
        ended = {r for r in _trades(together, symbol) if r[-1] != "end_of_data"}
        assert ended == {r for r in _trades(mine, symbol) if r[-1] != "end_of_data"}
    if account == "one":
        again = bm.backtest([a, b], signals=signals.reverse(), overrides=ALONE)
        assert again.manifest["fingerprints"] == together.manifest["fingerprints"]


def test_a_symbol_with_holes_that_is_listed_later_is_carried_at_its_last_close(tmp_path: pathlib.Path) -> None:
    rows = markets()
    result = bm.backtest(files(tmp_path, rows), signals=own_signals(rows), overrides=ALONE)
    times = [own["ts"] + HOUR for own in rows.values()]
    assert result.equity["time"].dt.epoch("ms").to_list() == np.union1d(*times).tolist()
    missing = ~np.isin(times[0], times[1])
    held = result.equity["position_BBBUSDT"].to_numpy()
    assert missing.sum() == 240 + 50
    assert (held[missing][:240] == 0.0).all()
    assert (
        result.legs.filter(pl.col("symbol") == "BBBUSDT")["time"].dt.epoch("ms").is_in(times[1].tolist()).mean() == 1.0
    )


def test_the_number_of_positions_is_counted_over_all_symbols(tmp_path: pathlib.Path) -> None:
    rows = markets()
    overrides = {**ALONE, "guards.max_positions": 1}
    one = bm.backtest(files(tmp_path, rows), signals=own_signals(rows), overrides=overrides)
    held = one.equity.select(pl.col("^position_.*$") != 0.0).to_numpy().sum(axis=1)
    assert held.max() == 1
    assert one.signals["blocked_by"].explode().to_list().count("max_positions") > 10


def test_both_symbols_losses_pause_both(tmp_path: pathlib.Path) -> None:
    rows = markets()
    overrides = {**ALONE, "guards.losses": 1, "guards.losses_hours": 24.0, "guards.losses_pause_hours": 48.0}
    result = bm.backtest(files(tmp_path, rows), signals=own_signals(rows), overrides=overrides)
    paused = result.decisions.filter(pl.col("guards_account").str.contains("loss_streak"))
    assert set(paused["symbol"].to_list()) == set(rows)
    shared = paused.group_by("time").len().filter(pl.col("len") == 2)
    assert len(shared) > 0.8 * paused["time"].n_unique()


def test_funding_of_each_symbol_is_its_own(tmp_path: pathlib.Path) -> None:
    rows = markets()
    table = funding_of(rows["AAAUSDT"], 3)
    given = pl.DataFrame({"time": table.ts, "rate": np.abs(table.rate) % 1e-3}).with_columns(
        pl.col("time").cast(pl.Datetime("ms", "UTC"))
    )
    result = bm.backtest(
        files(tmp_path, rows), signals=own_signals(rows), overrides=ALONE, funding={"AAAUSDT": given}
    )  # fmt: skip
    settled = result.legs.filter(pl.col("reason") == "funding")
    assert set(settled["symbol"].to_list()) == set(rows)
    assert [one["outside"]["funding"] is None for one in result.manifest["data"]] == [False, True]


def test_what_comes_from_outside_goes_to_its_own_symbol() -> None:
    """Each symbol's signals and funding; swapped with its rows, everything is."""
    rows = two_markets(600)
    case = CASES["own signals with everything"]
    turned = dataclasses.replace(case, given=lambda own, k: case.given(own, 1 - k))
    seen, found = whole(case, rows).said, whole(turned, rows[::-1]).said
    for part in ("bars", "readings"):
        assert seen[part].tobytes() == found[f"{part}.1"].tobytes()
    asked = [np.asarray(said[f"decisions{suffix}"]["asked"]) for said, suffix in ((seen, ""), (found, ".1"))]
    assert asked[0].tolist() == asked[1].tolist()
    assert [len(o.signals[0]) > 0 for o in case.outside(rows) if o.signals is not None] == [True, True]
    assert isinstance(case.outside(rows)[0], Outside)
