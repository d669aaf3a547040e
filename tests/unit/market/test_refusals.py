"""Every bad input: one sentence with the file, the row, the column, the value and what to do."""

import pathlib
import re
from collections.abc import Callable

import pytest

from bullmachine.core.errors import ConfigError, DataError
from bullmachine.market.read import read_bars

Write = Callable[..., pathlib.Path]

HEADER = "time,open,high,low,close,volume"
START = 1_700_006_400  # 2023-11-15 00:00 UTC, in seconds


def table(*changes: tuple[int, str], header: str = HEADER, n: int = 8) -> str:
    """`n` good bars under a header, with some rows (1-based) replaced."""
    lines = [f"{START + 3600 * k},10,12,9,11,5" for k in range(n)]
    for row, line in changes:
        lines[row - 1] = line
    return "\n".join([header, *lines])


BAD_ROWS = [
    ("high below low", f"{START + 7200},10,9,12,10,5", "column high: high 9.0 is below low 12.0", "high", 9.0),
    ("high below open", f"{START + 7200},10,9.5,9,9,5", "column high: high 9.5 is below open 10.0", "high", 9.5),
    ("high below close", f"{START + 7200},9,9.5,9,10,5", "column high: high 9.5 is below close 10.0", "high", 9.5),
    ("low above open", f"{START + 7200},8,12,9,11,5", "column low: low 9.0 is above open 8.0", "low", 9.0),
    ("low above close", f"{START + 7200},10,12,9,8,5", "column low: low 9.0 is above close 8.0", "low", 9.0),
    ("infinite", f"{START + 7200},10,inf,9,11,5", "column high: high is inf", "high", float("inf")),
    ("empty price", f"{START + 7200},10,12,,11,5", "column low: low is missing or NaN", "low", None),
    ("quoted nothing", f'{START + 7200},10,12,"",11,5', "column low: low is missing or NaN", "low", None),
    ("blank price", f"{START + 7200},10,12,  ,11,5", "column low: low is missing or NaN", "low", None),
    ("two texts", f"{START + 7200},10,x,9,y,5", "column high: 'x' is no number", "high", "x"),
    ("nan price", f"{START + 7200},10,12,9,NaN,5", "column close: close is missing or NaN", "close", None),
    ("cut short", f"{START + 7200},10,12", "column low: low is missing or NaN", "low", None),
    ("text", f"{START + 7200},10,12,9,abc,5", "column close: 'abc' is no number", "close", "abc"),
    ("decimal comma", f'{START + 7200},"10,5",12,9,11,5', "column open: '10,5' is no number", "open", "10,5"),
    ("text volume", f"{START + 7200},10,12,9,11,5k", "column volume: '5k' is no number", "volume", "5k"),
    (
        "off grid",
        f"{START + 7201},10,12,9,11,5",
        "column time: 2023-11-15 02:00:01.000 is off the 1h grid",
        "time",
        ...,
    ),
    (
        "duplicate",
        f"{START + 3600},10,12,9,11.5,5",
        "a second, different bar for 2023-11-15 01:00 .*row 2",
        "time",
        ...,
    ),
    ("unsorted", f"{START - 7200},10,12,9,11,5", "2023-11-14 22:00 comes after 2023-11-15 01:00 of row 2", "time", ...),
    ("unreadable time", "yesterday,10,12,9,11,5", "column time: time yesterday cannot be read", "time", "yesterday"),
    ("no time", ",10,12,9,11,5", "column time: time None cannot be read", "time", "None"),
]


@pytest.mark.parametrize(
    ("line", "sentence", "column", "value"), [b[1:] for b in BAD_ROWS], ids=[b[0] for b in BAD_ROWS]
)
def test_a_bad_row_is_refused_with_its_place(
    write: Write, line: str, sentence: str, column: str, value: object
) -> None:
    with pytest.raises(DataError, match=rf"^bars\.csv row 3, .*{sentence}.*; correct it, or leave bad rows out") as got:
        read_bars(write(table((3, line))))
    facts = got.value.facts
    assert (facts["path"], facts["row"], facts["column"]) == ("bars.csv", 3, column)
    if value is not None and value is not ...:
        assert facts["value"] == value
    assert "\n" not in str(got.value)


@pytest.mark.parametrize("line", [b[1] for b in BAD_ROWS], ids=[b[0] for b in BAD_ROWS])
def test_the_same_row_is_dropped_and_counted_on_request(write: Write, line: str) -> None:
    bars = read_bars(write(table((3, line))), policy="drop")
    assert bars.rows["ts"].tolist() == [(START + 3600 * k) * 1000 for k in range(8) if k != 2]
    assert sum(bars.report.rejected.values()) == 1
    assert [place.row for place in bars.report.places] == [3]
    assert (bars.report.n_source, bars.report.n_rows, bars.report.missing_bars) == (8, 7, 1)


def test_dropped_rows_are_counted_by_reason_and_the_first_are_listed(write: Write) -> None:
    bad = [(k, f"{START + 3600 * (k - 1)},10,9,12,10,5") for k in range(2, 9)]
    report = read_bars(write(table(*bad, (12, "?,1,1,1,1,1"), (13, f"{START},x,1,1,1,1"), n=20)), policy="drop").report
    assert report.rejected == {"unreadable_time": 1, "text_in_number": 1, "impossible": 7}
    assert [str(p).split(",")[0] for p in report.places] == ["row 2", "row 3", "row 4", "row 5", "row 6"]
    assert report.impossible == 7
    assert not report.clean


def test_an_identical_repetition_is_dropped_and_counted_under_both_policies(write: Write) -> None:
    path = write(table((4, f"{START + 7200},10,12,9,11,5")))
    for policy in ("refuse", "drop"):
        report = read_bars(path, policy=policy).report
        assert (report.n_rows, report.duplicates, report.rejected) == (7, 1, {})


def test_a_repeated_block_is_not_newest_first(write: Write) -> None:
    text = "\n".join([HEADER, *reversed(table().split("\n")[1:]), f"{START + 3600},10,12,9,11,5"])
    with pytest.raises(
        DataError, match=r"bars\.csv row 2, column time: .* comes after .* of row 1; bars must be sorted"
    ):
        read_bars(write(text))


def test_all_rows_bad_is_refused_even_when_dropping(write: Write) -> None:
    rows = [(k + 1, f"{START + 3600 * k},10,9,12,10,5") for k in range(8)]
    with pytest.raises(DataError, match=r"bars\.csv: no row can be used \(8 impossible\)"):
        read_bars(write(table(*rows)), policy="drop")


WHOLE_FILES = [
    ("empty", "", "bars.csv is empty"),
    ("blank", "\n \n", "bars.csv is empty"),
    ("header only", HEADER, "bars.csv has a header but no bars"),
    (
        "no prices",
        "time,open,close\n1700006400,1,1",
        r"bars.csv has no column for high, low \(found: time, open, close\)",
    ),
    ("no line that fits a header", "x" * 200_000, "bars.csv does not begin with a header line of columns"),
    ("no time", "open,high,low,close\n1,1,1,1", "bars.csv has no column for time"),
    ("twice", "time,open,high,low,close,Close\n1,1,1,1,1,1", "several columns for close: 'close' and 'Close'"),
    ("no header", "1700006400,1,1,1,1,1\n", "bars.csv has no header line .*begins with 1700006400"),
    ("ragged", table((5, f"{START},1,1,1,1,1,1")), "bars.csv row 5 has 7 fields where 6 are expected"),
    ("open quote", table((8, f'"{START},1,1,1,1,1')), "bars.csv cannot be read as CSV: unbalanced quotes"),
    ("one bar", table(n=1), "bars.csv: one bar does not tell its timeframe; .*timeframe: 1h"),
    ("no rhythm", table((2, f"{START + 60},1,1,1,1,1"), (3, f"{START + 4000},1,1,1,1,1"), n=3), "no clear timeframe"),
    ("naive", HEADER + "\n2023-11-15 00:00:00,1,1,1,1,1", r"bars.csv: the times name no zone; .*tz: UTC"),
    (
        "naive and aware",
        HEADER + "\n2023-11-15 00:00Z,1,1,1,1,1\n2023-11-15 01:00,1,1,1,1,1",
        "bars.csv row 2: the time lacks a zone, unlike row 1; export all rows in UTC",
    ),
    (
        "mixed zones",
        HEADER + "\n2023-11-15 00:00Z,1,1,1,1,1\n2023-11-15 01:00Z,1,1,1,1,1\n2023-11-15 02:00-05:00,1,1,1,1,1",
        r"bars.csv row 3: time 2023-11-15 02:00-05:00 is in another zone than row 1 \(2023-11-15 00:00Z\)",
    ),
    (
        "mixed units",
        table((5, f"{START}000,1,1,1,1,1")),
        "bars.csv row 5: time 1700006400000 is in milliseconds, row 1 in seconds; use one unit",
    ),
    ("a number as date", HEADER + "\n20231115,1,1,1,1,1", "bars.csv row 1: time 20231115 is no count of seconds"),
    (
        "day first",
        HEADER + "\n15/11/2023,1,1,1,1,1",
        "bars.csv row 1: time '15/11/2023' cannot be read; write times as",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), [w[1:] for w in WHOLE_FILES], ids=[w[0] for w in WHOLE_FILES])
@pytest.mark.parametrize("policy", ["refuse", "drop"])
def test_a_file_that_is_no_file_of_bars_is_refused_under_every_policy(
    write: Write, text: str, sentence: str, policy: str
) -> None:
    with pytest.raises(DataError, match=sentence) as got:
        read_bars(write(text), policy=policy)  # type: ignore[arg-type]
    assert "\n" not in str(got.value)


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"PK\x03\x04zip", "bars.csv", "bars.csv is a zip archive: unpack it first"),
        (b"\x1f\x8bgzip", "bars.csv", "bars.csv is a gzip archive: unpack it first"),
        (b"\xff\xfet\x00i\x00", "bars.csv", "bars.csv is no UTF-8 text"),
        (HEADER.encode() + b"\n1,1,1,1,1,\xff", "bars.csv", "bars.csv cannot be read as CSV"),
        (b"no parquet at all", "bars.parquet", "bars.parquet cannot be read as parquet: truncated or damaged"),
        (b"PAR1 and then nothing", "bars.parquet", "bars.parquet cannot be read as parquet: truncated or damaged"),
        (b"ARROW1\x00\x00 and then nothing", "bars.feather", "bars.feather cannot be read as arrow: truncated"),
        (b"FEA1 and then more", "bars.feather", "bars.feather is a version 1 Feather file"),
        (b"", "bars.parquet", "bars.parquet is empty"),
    ],
)
def test_bytes_that_are_no_bars_are_refused(write: Write, data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(DataError, match=re.escape(sentence)):
        read_bars(write(data, name))


def test_a_path_that_leads_nowhere_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv does not exist; check the path"):
        read_bars(tmp_path / "nowhere.csv")
    with pytest.raises(DataError, match="cannot be read: "):
        read_bars(str(tmp_path))


def test_an_hour_that_happens_twice_or_never_is_refused(write: Write) -> None:
    twice = [f"2023-11-05 {k:02d}:00,1,1,1,1,1" for k in (0, 1, 2, 3)]
    with pytest.raises(
        DataError, match=r"row 2, column time: time 2023-11-05 01:00 cannot be read \(naive, read as Am"
    ):
        read_bars(write("\n".join([HEADER, *twice])), tz="America/New_York")
    never = [f"2023-03-12 {k:02d}:00,1,1,1,1,1" for k in (0, 1, 2, 3)]
    with pytest.raises(DataError, match="row 3, column time: time 2023-03-12 02:00 cannot be read"):
        read_bars(write("\n".join([HEADER, *never])), tz="America/New_York")


def test_bars_that_all_lie_beside_the_grid_are_refused_for_the_grid(write: Write) -> None:
    rows = "\n".join(f"{START + 1800 + 3600 * k},10,12,9,11,5" for k in range(8))
    with pytest.raises(DataError, match="row 1, column time: 2023-11-15 00:30 is off the 1h grid"):
        read_bars(write(HEADER + "\n" + rows))


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"policy": "repair"}, "policy = 'repair' is neither"),
        ({"calendar": "lunar"}, "calendar = 'lunar' is none of 24x7, 24x5, us_equities"),
        ({"timeframe": "hourly"}, "timeframe 'hourly' is not like"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused(write: Write, setting: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        read_bars(write(table()), **setting)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "", "../UTC"])
@pytest.mark.parametrize("stamp", ["2023-11-15 00:00", "2023-11-15 00:00Z"])
def test_a_zone_that_does_not_exist_is_refused_also_where_none_is_needed(write: Write, zone: str, stamp: str) -> None:
    with pytest.raises(ConfigError, match=f"tz = '{re.escape(zone)}' is no time zone"):
        read_bars(write(f"{HEADER}\n{stamp},1,1,1,1,1"), tz=zone)


def test_a_time_that_no_calendar_reaches_is_refused_or_dropped(write: Write) -> None:
    rows = [f"2023-11-15T0{k}:00:00Z,10,12,9,11,5" for k in range(8)]
    path = write("\n".join([HEADER, *rows, "9999-12-31T23:00:00Z,10,12,9,11,5"]))
    with pytest.raises(DataError, match=r"row 9, column time: time 9999-12-31T23:00:00Z cannot be read"):
        read_bars(path)
    report = read_bars(path, policy="drop").report
    assert (report.n_rows, report.rejected) == (8, {"unreadable_time": 1})


def test_lines_may_end_as_they_did_on_old_macs(write: Write) -> None:
    assert len(read_bars(write(table().replace("\n", "\r").encode())).rows) == len(read_bars(write(table())).rows)
