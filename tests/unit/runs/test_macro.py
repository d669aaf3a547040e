"""Macro tables in a run: what is read, said and written, and that nothing is known before its release."""

import datetime as dt
import json
import pathlib
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.parity.machine_trace import compiled_only

import bullmachine as bm
from bullmachine.core.errors import DataError
from bullmachine.core.time import HOUR
from bullmachine.market.sample import SAMPLE_NAME
from bullmachine.runs.macro import bring_macro
from bullmachine.runs.macro_check import check_macro
from bullmachine.runs.plan import plan

pytestmark = compiled_only

FROM, TO = "2022-06-01", "2022-09-30"
#: the sample's days
DAYS = [dt.date(2022, 1, 1) + dt.timedelta(days=k) for k in range(300)]


def table(jumps: tuple[dt.date, dt.date] = (dt.date(2022, 7, 1), dt.date(2022, 7, 20)), **more: Any) -> pl.DataFrame:
    """A calm VIX that doubles between two days."""
    vix = [40.0 if jumps[0] <= day < jumps[1] else 20.0 for day in DAYS]
    return pl.DataFrame({"date": DAYS, "vix": vix, **more})


def run(**options: Any) -> Any:
    return bm.backtest(bm.sample(), start=FROM, end=TO, baseline=False, **options)


def test_a_run_keeps_what_macro_said_and_which_rules_could_not_speak() -> None:
    result = run(macro=table(cpi=[3.0] * 300))
    decisions = result.decisions
    jumped = decisions.filter(pl.col("macro_rules") == "vix_jump")
    assert str(jumped["time"][0]) == "2022-07-01 22:00:00+00:00"
    assert jumped["risk_long"].unique().to_list() == [0.5]
    assert jumped["guards_long"].str.contains("macro_veto").all()
    assert not jumped["guards_short"].str.contains("macro_veto").any()
    assert set(jumped["regime"]) == {"risk_off"}
    told = result.summary["macro"][SAMPLE_NAME]
    assert told["vix_jump"]["spoke"] == pytest.approx(len(jumped) / len(decisions))
    assert (told["vix_jump"]["fresh"], told["move_jump"]["missing"]) == (1.0, 1.0)
    notes = result.manifest["notes"]
    assert "frame: no rule reads cpi" in " ".join(notes)
    assert any(note.startswith("macro rules that cannot speak: btc_leads (lacks btc_dominance)") for note in notes)
    context = result.context.filter(pl.col("name") == "vix_jump")
    assert context["time"].is_sorted()
    assert str(context.filter(pl.col("value") > 1.3)["time"][0]) == "2022-07-01 22:00:00+00:00"
    lines = [json.loads(line) for line in (result.path / "log.jsonl").read_text().splitlines()]
    regimes = [(line["time"], line["regime"], line["rules"]) for line in lines if line["event"] == "regime"]
    assert regimes == [
        ("2022-07-01T22:00:00+00:00", "risk_off", ["vix_jump"]),
        (str(jumped["time"][-1] + dt.timedelta(hours=1)).replace(" ", "T"), "neutral", []),
    ]


def test_without_a_table_no_rule_speaks_and_one_line_says_so() -> None:
    result = run()
    assert [n for n in result.manifest["notes"] if "macro" in n] == [
        "no macro table: no macro rule speaks (--macro FILE gives one)"
    ]
    assert result.summary["macro"] is None
    assert len(result.context) == 0
    silent = plan(bm.sample(), overrides={"macro.set": "none", "macro.shown": []}).notes
    assert not [n for n in silent if "macro" in n]


def test_what_is_released_after_the_window_changes_no_byte_of_it() -> None:
    one = run(macro=table())
    late = dt.date(2022, 9, 30)
    poisoned = table().with_columns(pl.when(pl.col("date") > late).then(150.0).otherwise(pl.col("vix")).alias("vix"))
    two = run(macro=poisoned)
    assert one.manifest["fingerprints"] == two.manifest["fingerprints"]
    three = run(macro=table((dt.date(2022, 7, 2), dt.date(2022, 7, 20))))
    assert one.manifest["fingerprints"]["decisions"] != three.manifest["fingerprints"]["decisions"]


def test_rules_step_in_the_warm_up_so_that_a_window_begins_with_what_already_speaks() -> None:
    """Between `off` and `on` at the window's start: only who saw the jump before knows that the rule still speaks."""
    days = [20.0] * 200 + [30.0] + [26.0] * 99
    macro = pl.DataFrame({"date": DAYS, "vix": days})
    start = DAYS[202].isoformat()
    result = bm.backtest(bm.sample(), start=start, end=start, macro=macro, baseline=False)
    assert result.decisions["macro_rules"][0] == "vix_jump"
    cold = bm.backtest(bm.sample(), start=start, end=start, macro=macro, baseline=False, warm_up=1)
    assert cold.decisions["macro_rules"][0] == ""


def test_funding_rules_read_the_symbols_own_settlements_per_eight_hours() -> None:
    stamps = [dt.datetime(2022, 5, 1, tzinfo=dt.UTC) + dt.timedelta(hours=8 * k) for k in range(500)]
    rates = [0.0006 if 200 <= k < 230 else 0.0001 for k in range(500)]
    funding = pl.DataFrame({"fundingTime": stamps, "fundingRate": rates})
    decisions = run(funding=funding).decisions
    spoke = decisions.filter(pl.col("macro_rules") == "funding_high")
    assert (spoke["time"][0], len(spoke)) == (stamps[200], 30 * 8)
    assert set(spoke["risk_long"]) == {0.3}
    with pytest.raises(DataError, match=r"has a column funding, and .* is given too: leave one of them out"):
        run(funding=funding, macro=pl.DataFrame({"time": stamps, "funding": rates}))


def test_a_rule_about_alts_does_not_speak_for_bitcoin() -> None:
    brought = bring_macro(bm.load_config().macro, pl.DataFrame({"date": DAYS, "btc_dominance": [0.5] * 300}))
    assert dict(brought.silent("BTCUSDT", funding=True))["btc_leads"] == "is about alts"
    assert "btc_leads" not in dict(brought.silent("ETHUSDT", funding=True))
    contexts = {symbol: brought.timeline(symbol, None, 8) for symbol in ("XBTUSD", "ETHUSDT")}
    slot = list(brought.table.slots).index("btc_leads")
    known = {symbol: set(line.contexts["slots"]["known"][:, slot]) for symbol, line in contexts.items() if line}
    assert known["XBTUSD"] == {0}
    assert 2 in known["ETHUSDT"]


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        (
            "stable_dominance",
            [4.5] * 300,
            "stable_dominance of 2022-01-01 00:00:00+00:00 is 4.5, outside 0 to 1 (fraction)",
        ),
        ("vix", [0.2] * 300, "vix of 2022-01-01 00:00:00+00:00 is 0.2, outside 3 to 200 (points)"),
        (
            "funding",
            [0.0003] * 300,
            "observations of funding are 1 days apart, but one is due every 8h (fraction per 8 h)",
        ),
    ],
)
def test_another_unit_is_told_from_its_values_and_its_steps(column: str, values: list[float], sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        plan(bm.sample(), macro=pl.DataFrame({"date": DAYS, column: values}))
    assert sentence in str(caught.value)


def test_a_live_machine_decides_as_the_backtest_and_takes_a_newer_table() -> None:
    macro, rows = table(), bm.sample().rows
    rows = rows[(rows["ts"] >= 1_656_500_000_000) & (rows["ts"] < 1_656_900_000_000)]
    known = table().filter(pl.col("date") < dt.date(2022, 7, 1))
    whole, told = bm.Machine(macro=macro), bm.Machine(macro=known)
    for row in rows.tolist():
        if row[0] + HOUR == 1_656_712_800_000:  # 2022-07-01 22:00: the day's value is out
            told.take_macro(macro)
        assert whole.update(row) == told.update(row)
    assert whole.snapshot() == told.snapshot()
    with pytest.raises(DataError):
        told.take_macro(pl.DataFrame({"date": DAYS, "vix": [0.0] * 300}))
    plain = bm.Machine()
    for row in rows.tolist():
        plain.update(row)
    assert plain.snapshot() != whole.snapshot()


def test_a_table_in_which_no_rule_finds_its_series_silences_them() -> None:
    rows = bm.sample().rows
    rows = rows[(rows["ts"] >= 1_656_500_000_000) & (rows["ts"] < 1_656_900_000_000)].tolist()
    machine, fresh = bm.Machine(macro=table()), bm.Machine(macro=table())
    for row in rows[:-2]:
        machine.update(row)
    machine.take_macro(pl.DataFrame({"date": DAYS, "cpi": [3.0] * 300}))
    fresh.take_macro(pl.DataFrame({"date": DAYS, "cpi": [3.0] * 300}))
    fresh.restore(machine.snapshot())
    for row in rows[-2:]:
        machine.update(row)
        fresh.update(row)
        told = [m._chunk.pieces[0].decisions["risk_long"][0] for m in (machine, fresh) if m._chunk is not None]
        assert told == [0.0, 0.0]
    assert machine.snapshot() == fresh.snapshot()


@pytest.mark.parametrize(
    "override",
    ["macro.rules.vix_jump.series=move", "macro.rules.vix_jump.transform=over_sma_50",
     "macro.series.vix.release=+3 days 22:00"],
)  # fmt: skip
def test_a_snapshot_does_not_go_on_with_another_series(override: str) -> None:
    blob = bm.Machine().snapshot()
    with pytest.raises(bm.SnapshotError):
        bm.Machine(overrides=[override]).restore(blob)


def test_no_shipped_rule_speaks_on_more_than_a_quarter_of_any_year(real_data: Any) -> None:
    report = check_macro(
        real_data("macro/macro_daily.parquet"), bm.load_config(), symbol="BTCUSDT",
        funding=real_data("funding/BTCUSDT_binanceperp_funding.parquet"),
    )  # fmt: skip
    years = {rule.name: rule.years for rule in report.rules if rule.years}
    assert set(years) == {"vix_jump", "funding_high", "funding_low"}
    assert all(0.0 < max(share.values()) <= 0.25 for share in years.values())
    assert report.too_often == []
    assert 0.05 < np.mean(list(years["vix_jump"].values())) < 0.12


def test_a_check_says_why_a_rule_whose_series_is_there_cannot_speak(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "m.csv"
    table().head(5).write_csv(path)
    silent = {rule.name: rule.silent for rule in check_macro(path, bm.load_config()).rules}
    assert silent["vix_jump"] == "too few observations: its value is never defined"
    assert silent["move_jump"] == "lacks move"


def test_a_check_names_rules_whose_levels_have_aged(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "m.csv"
    table().write_csv(path)
    overrides = {"macro.rules.fear": {"series": "vix", "on": 19.0, "off": 10.0, "weight": 0.5}}
    report = check_macro(path, bm.load_config(overrides=overrides))
    assert report.too_often == ["fear"]
    (vix,) = report.series
    assert (vix.observations, vix.first, vix.missing) == (300, "2022-01-01", 0.0)
    assert vix.example == "2022-10-27 known Thu 2022-10-27 22:00"
