"""Every command does what it says."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable

import polars as pl
import pytest
from tests.cli.conftest import Bull
from tests.modes import compiled_only

import bullmachine as bm

pytestmark = compiled_only

COMMANDS = ("demo", "backtest", "calibrate", "warmup", "data", "macro", "config")


def _fresh(code: str) -> str:
    """What `code` prints in a new interpreter."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("arguments", [["--help"], ["backtest", "--help"], ["data", "check", "-h"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['bull', *{arguments!r}]\n"
        "from bullmachine.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'numba', 'polars', 'pyarrow', 'numpy', 'pandas'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))\n"
    )
    assert _fresh(code).splitlines()[-1] == "heavy: []"


def test_help_names_every_command(bull: Bull) -> None:
    done = bull("--help")
    assert done.code == 0
    assert all(re.search(rf"\b{name}\b", done.out) for name in COMMANDS)


def test_without_arguments_there_is_help(bull: Bull) -> None:
    done = bull()
    assert "Usage: " in done.out
    assert all(re.search(rf"\b{name}\b", done.out) for name in COMMANDS)


def test_the_version_is_the_package_s(bull: Bull) -> None:
    assert bull("--version").out == f"bull {bm.__version__}\n"


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bullmachine", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"bull {bm.__version__}\n"


def test_the_demo_says_that_its_data_are_synthetic(bull: Bull, tmp_path: pathlib.Path) -> None:
    done = bull("demo", "--out", "demo")
    assert done.code == 0
    assert "SYNTHETIC DATA" in done.out
    assert "not an edge" in done.out
    assert "run folder: demo" in done.out
    assert (tmp_path / "demo" / "manifest.json").exists()


def test_a_backtest_goes_into_a_default_folder_beside_the_others(
    bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for _ in range(2):
        assert bull("backtest", file, "--from", "2022-03-01", "--to", "2022-03-02").code == 0
    stem = rf"\d{{4}}-\d\d-\d\d-eth_1h-{bm.load_config().sha256[:6]}"
    names = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert names[2] == "last"
    assert re.fullmatch(stem, names[0])
    assert re.fullmatch(stem + "-2", names[1])
    assert (tmp_path / "runs" / "last").read_text() == names[1] + "\n"


def test_a_backtest_prints_where_its_r_comes_from(bull: Bull, file: pathlib.Path) -> None:
    done = bull("backtest", file, "--from", "2022-02-01", "--set", "fusion.on=0.7", "--set", "fusion.off=.3")
    assert done.code == 0
    for words in ("gross R - cost R = net R", "worst drawdown", "break-even cost per fill", "funnel: signals"):
        assert words in done.out
    assert "SYNTHETIC" not in done.out


def test_a_small_sample_is_called_one(bull: Bull, file: pathlib.Path) -> None:
    words = "small sample: fewer than 30 positions say next to nothing"
    assert words in bull("backtest", file, "--from", "2022-03-20").out
    assert words not in bull("demo").out


def test_names_in_brackets_are_shown_as_they_are(bull: Bull, market: pl.DataFrame) -> None:
    market.write_csv("2022 [red].csv")
    done = bull("backtest", "2022 [red].csv", "--from", "2022-03-20", "--out", "run[bold]")
    assert "2022 [red].csv" in done.out
    assert "run folder: run[bold]" in done.out


def test_json_is_the_summary_and_nothing_else(bull: Bull, file: pathlib.Path) -> None:
    done = bull("backtest", file, "--from", "2022-03-01", "--out", "run", "--json")
    told = json.loads(done.out)
    assert told.pop("path") == "run"
    assert told == json.loads((file.parent / "run" / "summary.json").read_text("utf-8"))


def test_settings_of_the_command_reach_the_run(bull: Bull, file: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "my.toml").write_text('preset = "eth_1h"\n[risk]\nper_trade = 0.02\n')
    bull(
        "backtest",
        file,
        "--from",
        "2022-03-01",
        "-c",
        "my.toml",
        "-s",
        "trade.side=short",
        "--warmup",
        "500",
        "-o",
        "r",
    )
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text("utf-8"))
    assert manifest["config"]["name"] == "my"
    assert manifest["config"]["resolved"]["risk"]["per_trade"] == 0.02
    assert manifest["config"]["resolved"]["trade"]["side"] == "short"
    assert manifest["window"]["warm_up_bars"] == 500


def test_config_show_prints_a_file_that_gives_the_same_settings(bull: Bull, tmp_path: pathlib.Path) -> None:
    text = bull("config", "show", "--set", "risk.per_trade=0.02").out
    (tmp_path / "again.toml").write_text(text)
    assert bm.load_config(tmp_path / "again.toml").get("risk.per_trade") == 0.02
    as_json = json.loads(bull("config", "show", "--json").out)
    assert as_json == bm.load_config().to_dict()


def test_config_init_and_check_go_together(bull: Bull, tmp_path: pathlib.Path) -> None:
    assert bull("config", "init").code == 0
    assert bull("config", "check", "bull.toml").out == f"bull.toml is good: {bm.load_config().sha256[:12]}\n"
    assert tomllib.loads((tmp_path / "bull.toml").read_text("utf-8"))["risk"]["per_trade"] == 0.01
    (tmp_path / "bull.toml").write_text("[risk]\nper_trade = 0.02\n")
    assert "risk.per_trade = 0.02  (preset eth_1h: 0.01)" in bull("config", "check", "bull.toml").out
    again = bull("config", "init")
    assert (again.code, again.err) == (2, "error: bull.toml exists: choose another name, or --force to replace it\n")
    assert bull("config", "init", "--force").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["bull.toml"]


def test_config_schema_is_json_that_knows_the_presets(bull: Bull) -> None:
    schema = json.loads(bull("config", "schema").out)
    assert schema["properties"]["preset"]["enum"] == ["eth_15m", "eth_1h"]
    assert schema["additionalProperties"] is False


def test_calibrate_takes_finer_bars_and_says_what_was_made_of_them(bull: Bull, tmp_path: pathlib.Path) -> None:
    rows = bm.sample().rows[:12_000].copy()
    rows["ts"] = rows["ts"][0] + (rows["ts"] - rows["ts"][0]) // 4
    pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()}).write_parquet(tmp_path / "quarters.parquet")
    done = bull("calibrate", "quarters.parquet", "--until", "2022-12-31")
    assert done.code == 0, done.err
    assert "note: quarters.parquet holds 15m bars: resampled to 1h\n" in done.err
    assert 'slice = "QUARTERS to 2022-12-31"' in (tmp_path / "calibrated.toml").read_text("utf-8")


def test_calibrate_writes_a_file_that_a_backtest_takes(bull: Bull, tmp_path: pathlib.Path) -> None:
    rows = bm.sample().rows
    frame = pl.DataFrame({name: rows[name] for name in rows.dtype.names or ()})
    frame.with_columns(pl.from_epoch("ts", time_unit="ms").dt.replace_time_zone("UTC")).write_parquet("sample.parquet")
    done = bull("calibrate", "sample.parquet", "--until", "2022-12-31", "--set", "engines.momentum.rsi.length=21")
    assert done.code == 0
    assert "|S trend smc|" in done.out
    assert "fusion.hob.s_reversal" in done.out
    assert re.search(
        r"^on is the 97.00% quantile of \|F\| \(90 % interval 0\.\d+ \.\. [01]\.\d+\)$", done.out, re.MULTILINE
    )
    assert re.search(r"^F asks \d+\.\d times a year \(90 % interval ", done.out, re.MULTILINE)
    assert re.search(
        r"^after 2022-12-31 \d+\.\d times a year, before \d+\.\d; those bars are in this line only",
        done.out,
        re.MULTILINE,
    )
    assert "wrote calibrated.toml; use it with --config calibrated.toml" in done.out
    config = bm.load_config(tmp_path / "calibrated.toml")
    assert config.get("engines.momentum.rsi.length") == 21
    assert config.get("calibration.slice") == " to 2022-12-31" or "2022-12-31" in str(config.get("calibration.slice"))
    run = bull("backtest", "sample.parquet", "--from", "2023-01-01", "--to", "2023-02-28", "-c", "calibrated.toml")
    assert run.code == 0
    again = bull("calibrate", "sample.parquet", "--until", "2022-12-31")
    assert (again.code, "calibrated.toml exists" in again.err) == (2, True)
    often = ("calibrate", "sample.parquet", "--until", "2022-12-31", "--trades-per-year", "60", "-o", "often.toml")
    done = bull(*often)
    assert (done.code, ", chosen for 60 entries a year" in done.out) == (0, True)
    assert bm.load_config(tmp_path / "often.toml").calibration.trades_per_year == 60.0
    both = bull(*often, "--quantile", "0.9", "--force")
    assert (both.code, "both choose fusion.on: give one of them" in both.err) == (2, True)


def test_warmup_lists_what_it_compiled_and_where_it_is_kept(bull: Bull) -> None:
    done = bull("warmup")
    assert done.code == 0
    lines = done.out.splitlines()
    assert [line[:10].strip() for line in lines[:-1]] == ["admit", "sense", "decide", "close out", "macro", "setups"]
    assert all(re.search(r"\d+\.\d\d s CPU$", line) for line in lines[:-1])
    folder = pathlib.Path(lines[-1].removeprefix("kernels are cached in "))
    assert (folder / "warm").exists()


def test_data_check_tells_what_a_file_holds(bull: Bull, market: pl.DataFrame) -> None:
    market.write_csv("BINANCE_ETHUSDT, 60.csv")
    done = bull("data", "check", "BINANCE_ETHUSDT, 60.csv")
    assert done.code == 0
    told = {line[:15].strip(): line[15:] for line in done.out.splitlines()}
    assert told.pop("file").startswith("BINANCE_ETHUSDT, 60.csv  (csv (tradingview), sha256 ")
    assert told == {
        "symbol": "ETHUSDT",
        "times": "text with a zone",
        "rows": "2,000 of 2,000 can be used",
        "range": "2022-01-01 00:00 .. 2022-03-25 07:00 UTC (open times)",
        "timeframe": "1h",
        "calendar": "24x7",
        "holes": "none",
        "duplicates": "none",
        "zero volume": "none",
        "missing volume": "none",
        "impossible": "none",
        "unusable rows": "none",
    }


def test_data_check_finds_everything_that_is_wrong_and_exits_with_1(bull: Bull, market: pl.DataFrame) -> None:
    number = pl.int_range(pl.len())
    spoiled = market.with_columns(
        high=pl.when(number.is_in([20, 21, 22, 23, 24, 25])).then(1.0).otherwise("high"),
        close=pl.when(number == 40).then(float("nan")).otherwise("close"),
        volume=pl.when(number < 3).then(0.0).when(number == 5).then(None).otherwise("volume"),
    )
    spoiled = pl.concat([spoiled.head(100), spoiled.slice(99, 1), spoiled.slice(100, 10), spoiled.slice(113)])
    spoiled.write_csv("x.csv")
    done = bull("data", "check", "x.csv")
    assert done.code == 1
    for line in (
        "rows           1,990 of 1,998 can be used",
        "duplicates     1 identical repetitions",
        "zero volume    3 bars",
        "missing volume 1 bars",
        "impossible     6 bars",
        "unusable rows  1 not_finite, 6 impossible",
        "               row 21, column high: high 1.0 is below low",
        "               and 2 more",
    ):
        assert line in done.out
    assert re.search(r"holes +3 with 10 missing bars; the largest: 6 bars missing after 2022-01-01 19:00 UTC", done.out)
    assert done.err == ""


def test_data_check_takes_repetitions_for_granted_and_bad_rows_not(bull: Bull, market: pl.DataFrame) -> None:
    pl.concat([market.head(9), market.slice(8)]).write_csv("twice.csv")
    market.with_columns(high=pl.when(pl.int_range(pl.len()) == 7).then(1.0).otherwise("high")).write_csv("bad.csv")
    assert (bull("data", "check", "twice.csv").code, bull("data", "check", "bad.csv").code) == (0, 1)


def test_data_check_of_a_file_without_volume_says_so_once(bull: Bull, market: pl.DataFrame) -> None:
    market.drop("volume").write_csv("x.csv")
    told = bull("data", "check", "x.csv").out
    assert "volume         no bar has any" in told
    assert told.count("volume") == 1


def test_data_check_takes_a_timeframe_that_the_file_does_not_tell(bull: Bull, market: pl.DataFrame) -> None:
    market.head(1).write_csv("x.csv")
    assert "one bar does not tell its timeframe; say which it is (timeframe: 1h)" in bull("data", "check", "x.csv").err
    done = bull("data", "check", "x.csv", "--timeframe", "1h")
    assert (done.code, "rows           1 of 1 can be used" in done.out) == (0, True)


def test_data_check_speaks_json(bull: Bull, file: pathlib.Path) -> None:
    told = json.loads(bull("data", "check", file, "--json").out)
    assert (told["n_rows"], told["timeframe"], told["places"]) == (2_000, "1h", [])


Find = Callable[[str], pathlib.Path]


def test_data_check_reads_a_real_file(bull: Bull, real_data: Find) -> None:
    done = bull("data", "check", real_data("ohlcv/ETHUSDT_binance_1h.parquet"))
    assert done.code == 0
    assert "19 with 54 missing bars; the largest: 10 bars missing after 2019-05-15 02:00 UTC" in done.out


def test_a_backtest_of_the_reference_window_runs(bull: Bull, real_data: Find) -> None:
    eth = real_data("ohlcv/ETHUSDT_binance_1h.parquet")
    done = bull("backtest", eth, "--from", "2025-02-28", "--to", "2025-06-14", "--json")
    told = json.loads(done.out)
    assert (done.code, told["symbol"], told["decided_bars"]) == (0, "ETHUSDT", 107 * 24)
    assert told["positions"] >= 5


def test_a_reader_that_leaves_early_ends_the_command_without_a_traceback() -> None:
    command = f"{sys.executable} -m bullmachine config show | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)  # noqa: S607
    assert done.stdout == "# Settings of eth_1h, all of them.\n"
    assert "Traceback" not in done.stderr


def test_macro_check_says_what_a_table_holds_and_when_its_rules_speak(bull: Bull, tmp_path: pathlib.Path) -> None:
    days = pl.date_range(pl.date(2022, 1, 1), pl.date(2022, 12, 31), eager=True)
    calm = pl.DataFrame({"date": days, "vix": [20.0] * 200 + [40.0] * 5 + [20.0] * 160, "cpi": [3.0] * 365})
    path = tmp_path / "macro.csv"
    calm.write_csv(path)
    done = bull("macro", "check", str(path))
    assert done.code == 0, done.err
    assert "365 observations 2022-01-01 .. 2022-12-31, 0% missing" in done.out
    assert "released +0 days 22:00: 2022-12-31 known Sat 2022-12-31 22:00" in done.out
    assert "move_jump           +0.30 against long, cannot speak: lacks move" in done.out
    assert "no rule reads cpi" in done.out
    report = json.loads(bull("macro", "check", str(path), "--json").out)
    years = {rule["name"]: rule["years"] for rule in report["rules"]}
    assert set(years["vix_jump"]) == {"2022", "2023"}
    assert 0.01 < years["vix_jump"]["2022"] < 0.02
    aged = bull(
        "macro", "check", str(path), "--set", "macro.rules.vix_jump.on=0.99", "--set", "macro.rules.vix_jump.off=0.5"
    )
    assert aged.code == 1
    assert "vix_jump speaks on more than a quarter of a year: its levels no longer mark what is unusual" in aged.out
    spoiled = tmp_path / "fraction.csv"
    calm.with_columns(vix=pl.col("vix") / 100).write_csv(spoiled)
    refused = bull("macro", "check", str(spoiled))
    assert refused.code == 2
    assert "vix of 2022-01-01 00:00:00+00:00 is 0.2, outside 3 to 200 (points); convert its unit" in refused.err
