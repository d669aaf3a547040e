"""Bad input beside the bars (signals, lower bars, funding, several files): one sentence, nothing left behind."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl
import pytest
from tests.cli.conftest import Bull
from tests.cli.test_bad_input import _refused

Change = Callable[[pl.DataFrame], pl.DataFrame]

FROM: Final = ("--from", "2022-03-01")
SIGNALS: Final = "time,side,size,symbol\n"


AT: Final = "2022-03-05T10:00:00Z"


def _signal(*cells: str) -> str:
    return f"{SIGNALS}{','.join(cells)}\n"


#: the file of signals, arguments after it, and what the sentence must name
WRONG_SIGNALS: Final[dict[str, tuple[str, list[str], tuple[str, ...]]]] = {
    "inside its bar": (
        _signal("2022-03-05T10:30:00Z", "long", "", "MARKET"),
        [],
        ("s.csv row 1", "2022-03-05 10:30", "bar"),
    ),
    "after the last bar": (
        _signal("2030-01-01T00:00:00Z", "long", "", "MARKET"),
        [],
        ("s.csv row 1", "2030-01-01", "last"),
    ),
    "before the first bar": (_signal("2021-01-01T00:00:00Z", "long", "", "MARKET"), [], ("s.csv row 1", "2021-01-01")),
    "a symbol of nobody": (
        _signal(AT, "long", "", "DOGEUSDT"),
        [],
        ("s.csv row 1", "DOGEUSDT", "MARKET"),
    ),
    "a negative size": (_signal(AT, "long", "-2", "MARKET"), [], ("s.csv row 1", "size", "-2")),
    "a size of words": (_signal(AT, "long", "much", "MARKET"), [], ("s.csv row 1", "size", "much")),
    "a side of no kind": (_signal(AT, "up", "", "MARKET"), [], ("s.csv row 1", "side", "up")),
    "no side at all": ("time,size\n2022-03-05T10:00:00Z,1\n", [], ("s.csv", "side")),
    "nothing": ("", [], ("s.csv is empty",)),
    "two at one time": (
        _signal(AT, "long", "", "MARKET") + "2022-03-05T10:00:00Z,short,,MARKET\n",
        [],
        ("s.csv row 2",),
    ),
    "stamped in no known way": (
        _signal(AT, "long", "", "MARKET"),
        ["--signals-stamp", "middle"],
        ("middle", "close", "open"),
    ),
}


@pytest.mark.parametrize("name", WRONG_SIGNALS)
def test_wrong_signals_are_one_sentence(name: str, bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    text, arguments, words = WRONG_SIGNALS[name]
    (tmp_path / "s.csv").write_text(text)
    done = bull("backtest", file, *FROM, "--signals", "s.csv", *arguments)
    _refused(done, words, tmp_path, [file.name, "s.csv"])


#: arguments and what the sentence must name
ARGUMENTS: Final[dict[str, tuple[list[str], tuple[str, ...]]]] = {
    "a venue that is none": (["--venue", "nyse"], ('account.venue = "nyse"', "binance_perp")),
    "no cash": (["--cash", "0"], ("account.equity = 0", "is below 1", "allowed: 1")),
    "a side that is none": (["--side", "up"], ('trade.side = "up"', "both, long, short")),
    "a split that is none": (["--by", "nonsense"], ("--by nonsense", "exit, side, source, symbol, month")),
    "signals that are not there": (["--signals", "no.csv"], ("no.csv does not exist; check the path",)),
    "lower bars that are not there": (["--intrabar", "no.csv"], ("no.csv does not exist; check the path",)),
    "funding that is not there": (["--funding", "no.csv"], ("no.csv does not exist; check the path",)),
    "lower bars of nobody": (["--intrabar", "ETHUSDT=market.csv"], ("--intrabar for 'ETHUSDT'", "MARKET")),
    "funding of nobody": (["--funding", "ETHUSDT=market.csv"], ("--funding for 'ETHUSDT'", "MARKET")),
    "lower bars as long as the bars": (
        ["--intrabar", "market.csv"],
        ("market.csv holds 1h bars, which do not divide 1h: give lower bars",),
    ),
    "lower bars twice for one symbol": (
        ["--intrabar", "MARKET=a.csv", "--intrabar", "MARKET=b.csv"],
        ("--intrabar for MARKET is given twice: give it once",),
    ),
    "lower bars of which symbol": (
        ["--intrabar", "MARKET=a.csv", "--intrabar", "b.csv"],
        ("--intrabar b.csv: say which symbol it is for",),
    ),
    "data without lower bars": (
        ["--set", "fills.intrabar=data"],
        ("fills.intrabar = data, but no lower bars are given", "--intrabar FILE"),
    ),
    "signals wanted and none given": (
        ["--set", "trade.source=signals"],
        ("trade.source = signals, but none are given", "--signals FILE"),
    ),
    "a short side on a spot market": (
        ["--venue", "binance_spot", "--side", "short"],
        ("trade.side = short", "spot"),
    ),
    "funding on a spot market": (
        ["--venue", "binance_spot", "--funding", "market.csv"],
        ("a funding table for a spot market", "leave it out"),
    ),
    "a table of bars as funding": (["--funding", "market.csv"], ("market.csv", "rate")),
    "targets of more than all": (
        ["--set", "exits.target_2.at=r", "--set", "exits.target_2.size=0.9"],
        ("the targets close 1.4 of the position",),
    ),
    "an exit set that is none": (["--set", "exits.set=ladder"], ('exits.set = "ladder"', "bank_and_run, one_two")),
    "a stop where it is liquidated": (
        ["--set", "account.leverage=125", "--set", "account.maintenance=0.02"],
        ("liquidates at the entry",),
    ),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_bad_argument_is_one_sentence(name: str, bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    arguments, words = ARGUMENTS[name]
    _refused(bull("backtest", file, *FROM, *arguments), words, tmp_path, [file.name])


def test_two_files_of_one_symbol_are_refused(bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    for name in ("ETHUSDT_1h.csv", "ETHUSDT_2022.csv"):
        market.write_csv(tmp_path / name)
    done = bull("backtest", "ETHUSDT_1h.csv", "ETHUSDT_2022.csv")
    _refused(
        done, ("two files are of ETHUSDT: give each symbol once",), tmp_path, ["ETHUSDT_1h.csv", "ETHUSDT_2022.csv"]
    )


def test_of_several_symbols_it_must_be_said_which_one(bull: Bull, market: pl.DataFrame, tmp_path: pathlib.Path) -> None:
    for name in ("ETHUSDT_1h.csv", "BTCUSDT_1h.csv"):
        market.write_csv(tmp_path / name)
    done = bull("backtest", "ETHUSDT_1h.csv", "BTCUSDT_1h.csv", "--intrabar", "low.csv")
    words = ("--intrabar: say which symbol it is for, as ETHUSDT=FILE",)
    _refused(done, words, tmp_path, ["BTCUSDT_1h.csv", "ETHUSDT_1h.csv"])


def _quarters(market: pl.DataFrame) -> pl.DataFrame:
    """Four equal quarters of every hour: the first makes its high, the second its low."""
    time = pl.col("time").str.to_datetime(time_zone="UTC")
    parts = []
    for k in range(4):
        first, last = pl.col("open") if k == 0 else pl.col("close"), pl.col("close")
        high = pl.col("high") if k == 0 else pl.max_horizontal(first, last)
        low = pl.col("low") if k == 0 else pl.min_horizontal(first, last)
        parts.append(
            market.select(
                (time + pl.duration(minutes=15 * k)).alias("time"),
                first.alias("open"),
                high.alias("high"),
                low.alias("low"),
                last.alias("close"),
                (pl.col("volume") / 4).alias("volume"),
            )
        )
    return pl.concat(parts).sort("time").with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _from(day: str) -> Change:
    return lambda frame: frame.filter(pl.col("time") >= day)


def _other_close(frame: pl.DataFrame) -> pl.DataFrame:
    here = pl.col("time") == "2022-03-10T07:45:00Z"
    return frame.with_columns(pl.when(here).then(pl.col("low")).otherwise(pl.col("close")).alias("close")).with_columns(
        pl.when(here).then(pl.col("close") * 0.99).otherwise("close").alias("close"),
        pl.when(here).then(pl.col("low") * 0.98).otherwise("low").alias("low"),
    )


LOWER: Final[Mapping[str, tuple[Change, tuple[str, ...]]]] = {
    "begins too late": (
        _from("2022-03-15"),
        ("low.csv", "2022-03-15", "42% of the run", "2022-03-01", "--from and --to"),
    ),
    "ends before the run": (
        lambda frame: frame.filter(pl.col("time") < "2022-02-01"),
        ("low.csv", "0% of the run", "--from and --to"),
    ),
    "of another market": (
        lambda frame: frame.with_columns(pl.col("open", "high", "low", "close") * 1.1),
        ("low.csv disagrees with the base bars at 2022-03-01 00:00", "open", "take both from one market"),
    ),
    "with one other bar": (_other_close, ("low.csv disagrees with the base bars at 2022-03-10 07:00", "1 such bar")),
}


@pytest.mark.parametrize("name", LOWER)
def test_lower_bars_that_cannot_settle_the_run_are_one_sentence(
    name: str, bull: Bull, market: pl.DataFrame, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    change, words = LOWER[name]
    change(_quarters(market)).write_csv(tmp_path / "low.csv")
    _refused(bull("backtest", file, *FROM, "--intrabar", "low.csv"), words, tmp_path, ["low.csv", file.name])


def _settlements(market: pl.DataFrame) -> pl.DataFrame:
    return market.gather_every(8).select("time", pl.lit(1e-4).alias("rate"))


FUNDING: Final[Mapping[str, tuple[Change, tuple[str, ...]]]] = {
    "a missing settlement": (
        lambda frame: frame.filter(pl.col("time") != "2022-03-10T08:00:00Z"),
        ("f.csv", "no settlement between 2022-03-10 00:00", "add the missing rows"),
    ),
    "in basis points": (
        lambda frame: frame.with_columns(pl.col("rate") * 1e4),
        ("f.csv", "looks like basis points; divide the rates by 10,000"),
    ),
    "in percent": (
        lambda frame: frame.with_columns(pl.col("rate") * 1e2),
        ("f.csv", "a typical rate of 0.01", "divide"),
    ),
    "that ends before the run": (lambda frame: frame.filter(pl.col("time") < "2022-03-05"), ("f.csv", "2022-03-0")),
    "that begins after it": (_from("2022-03-05"), ("f.csv", "2022-03-05")),
    "once a day": (lambda frame: frame.gather_every(3), ("f.csv",)),
    "twice": (lambda frame: pl.concat([frame.head(500), frame.tail(1)]).sort("time"), ("f.csv", "repeats")),
    "not a number": (lambda frame: frame.with_columns(pl.lit("high").alias("rate")), ("f.csv", "rate", "high")),
}


@pytest.mark.parametrize("name", FUNDING)
def test_funding_that_cannot_be_used_is_one_sentence(
    name: str, bull: Bull, market: pl.DataFrame, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    change, words = FUNDING[name]
    change(_settlements(market)).write_csv(tmp_path / "f.csv")
    _refused(bull("backtest", file, *FROM, "--funding", "f.csv"), words, tmp_path, ["f.csv", file.name])


def test_good_company_is_taken(bull: Bull, market: pl.DataFrame, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """What the sentences above ask for works."""
    _settlements(market).write_csv(tmp_path / "f.csv")
    _quarters(market).write_csv(tmp_path / "low.csv")
    (tmp_path / "s.csv").write_text(_signal(AT, "long", "2", "MARKET"))
    done = bull(
        "backtest",
        file,
        *FROM,
        "--funding",
        "f.csv",
        "--intrabar",
        "low.csv",
        "--signals",
        "s.csv",
        "--no-report",
        "--json",
    )
    assert (done.code, '"positions": 1' in done.out) == (0, True)
