"""The public face: names, what a backtest takes, what a result gives, and what an import costs."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.modes import compiled_only

import bullmachine as bm
from bullmachine.core import errors
from bullmachine.fusion.score import PART_NAMES, STEPS, TREND_PARTS
from bullmachine.market.sample import sample_rows

pytestmark = compiled_only

NAMES: Final = [
    "BarRejectedError", "BullError", "Config", "ConfigError", "DataError", "Decision", "InputError", "Machine",
    "OutputError", "Result", "SnapshotError", "WindowError", "__version__", "backtest", "load_config", "open_run",
    "read_bars", "read_signals", "sample",
]  # fmt: skip
N: Final = 3_000


def _columns() -> dict[str, np.ndarray[Any, Any]]:
    rows = sample_rows(N)
    return {name: rows[name].copy() for name in ("open", "high", "low", "close", "volume")}


def _times() -> np.ndarray[Any, Any]:
    return sample_rows(N)["ts"].astype("datetime64[ms]")


def _pandas() -> pd.DataFrame:
    return pd.DataFrame(_columns(), index=pd.DatetimeIndex(_times(), tz="UTC", name="time"))


def _polars() -> pl.DataFrame:
    return pl.DataFrame({"time": _times(), **_columns()}).with_columns(pl.col("time").dt.replace_time_zone("UTC"))


def _pyarrow() -> pa.Table:
    return pa.table({"time": pa.array(_times()).cast(pa.timestamp("ms", tz="UTC")), **_columns()})


def _bars() -> Any:
    return bm.read_bars(_polars())


SOURCES: Final[dict[str, Callable[[], Any]]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "bars": _bars,
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bm.Result:
    """The same market from a Parquet file."""
    file = tmp_path_factory.mktemp("data") / "market.parquet"
    _polars().write_parquet(file)
    return bm.backtest(file, start="2022-04-01")


def test_the_public_names_are_these_and_all_exist() -> None:
    assert bm.__all__ == NAMES
    assert dir(bm) == NAMES
    assert all(getattr(bm, name) is not None for name in NAMES)


def test_a_name_that_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'bullmachine' has no attribute 'optimise'"):
        _ = bm.optimise


def test_every_error_of_the_package_is_a_bull_error() -> None:
    public = [getattr(bm, name) for name in NAMES if name.endswith("Error")]
    assert all(issubclass(error, bm.BullError) for error in public)
    assert all(issubclass(error, bm.InputError) for error in public if error is not bm.BullError)
    assert {e.__name__ for e in public} == set(errors.__all__) - {"KernelError"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_backtest_takes_frames_and_bars(name: str, reference: bm.Result) -> None:
    result = bm.backtest(SOURCES[name](), start="2022-04-01")
    assert result.manifest["fingerprints"] == reference.manifest["fingerprints"]


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_backtest_takes_paths(kind: type, tmp_path: pathlib.Path, reference: bm.Result) -> None:
    file = tmp_path / "market.csv"
    _pandas().to_csv(file)
    assert bm.backtest(kind(file), start="2022-04-01").manifest["fingerprints"] == reference.manifest["fingerprints"]


@pytest.mark.parametrize("source", [[1, 2, 3], {"open": [1.0]}, None, 7])
def test_what_is_no_source_of_bars_is_refused(source: object) -> None:
    with pytest.raises(bm.DataError, match="is no source of bars: hand in a path or an eager frame"):
        bm.backtest(source)


#: thresholds at which the sample trades on both sides
EAGER = {"fusion.on": 0.4, "fusion.off": 0.2}
TEXTS = [f"{key}={value}" for key, value in EAGER.items()]


@pytest.mark.parametrize(
    "overrides", [{"trade.side": "short", **EAGER}, {"trade": {"side": "short"}, **EAGER}, ["trade.side=short", *TEXTS]]
)
def test_overrides_are_mappings_or_texts(overrides: Any) -> None:
    result = bm.backtest(_polars(), start="2022-04-01", overrides=overrides)
    assert set(result.positions["side"].cast(pl.String)) == {"short"}


def test_a_settings_file_is_taken(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[trade]\nside = "long"\n')
    result = bm.backtest(_polars(), start="2022-04-01", config=file)
    assert result.manifest["config"]["name"] == "mine"
    assert result.manifest["config"]["resolved"]["trade"]["side"] == "long"


@pytest.mark.parametrize("name", ["positions", "legs", "signals", "decisions", "events", "equity", "bars"])
def test_a_result_has_its_tables_as_frames(name: str, reference: bm.Result) -> None:
    frame = getattr(reference, name)
    assert isinstance(frame, pl.DataFrame)
    assert len(frame) > 0
    assert getattr(reference, name) is frame
    assert isinstance(frame.to_pandas(), pd.DataFrame)


def test_a_result_has_its_numbers(reference: bm.Result) -> None:
    assert reference.summary["positions"] == len(reference.positions) == reference.manifest["counts"]["positions"]
    assert reference.path.is_dir()


def test_a_result_can_be_read_again_from_its_folder(tmp_path: pathlib.Path) -> None:
    made = bm.backtest(_polars(), start="2022-04-01", out=tmp_path / "run")
    again = bm.Result(tmp_path / "run")
    assert again.summary == made.summary
    assert again.positions.equals(made.positions)


def test_an_existing_run_is_kept_without_force(tmp_path: pathlib.Path) -> None:
    bm.backtest(_polars(), start="2022-04-01", end="2022-04-02", out=tmp_path / "run")
    with pytest.raises(bm.OutputError, match="run exists"):
        bm.backtest(_polars(), start="2022-04-01", end="2022-04-03", out=tmp_path / "run")
    assert len(bm.Result(tmp_path / "run").equity) == 48
    bm.backtest(_polars(), start="2022-04-01", end="2022-04-03", out=tmp_path / "run", force=True)
    assert len(bm.Result(tmp_path / "run").equity) == 72


def test_bars_fed_by_hand_decide_what_a_backtest_decides() -> None:
    bars = bm.read_bars(_polars())
    result = bm.backtest(bars)
    machine = bm.Machine()
    decisions = [machine.update(tuple(row.item())) for row in bars.rows]
    assert [d.f for d in decisions] == result.decisions["f"].to_list()
    assert [d.stance for d in decisions] == result.decisions["stance"].to_list()
    assert [d.lots for d in decisions] == result.decisions["lots"].to_list()
    assert machine.equity == pytest.approx(result.equity["equity"][-1], rel=0.01)
    for d in decisions[-50:]:
        of_book = PART_NAMES[TREND_PARTS:] if d.book == "reversal" else PART_NAMES[:TREND_PARTS]
        book = [d.contributions[name] for name in of_book]
        assert sum(book) + sum(getattr(d, name) for name in STEPS) == pytest.approx(d.f, abs=1e-12)


def test_a_machine_fed_by_hand_refuses_a_bad_bar_and_goes_on() -> None:
    machine = bm.Machine()
    hour = 3_600_000
    machine.update((0, 10.0, 11.0, 9.0, 10.5, 1.0))
    before = machine.snapshot()
    for bad, reason in (
        ((hour, 10.0, 9.0, 11.0, 10.0, 1.0), "the high is not the highest"),
        ((hour, float("nan"), 11.0, 9.0, 10.0, 1.0), "not a finite number"),
        ((hour + 1, 10.0, 11.0, 9.0, 10.0, 1.0), "off the timeframe's grid"),
        ((0, 10.0, 12.0, 9.0, 10.5, 1.0), "not after the last bar"),
    ):
        with pytest.raises(bm.BarRejectedError, match=reason):
            machine.update(bad)
    assert machine.update((hour, 10.5, 11.0, 10.0, 10.5, 1.0)).time == 2 * hour
    machine.restore(before)
    assert machine.update((hour, 10.5, 11.0, 10.0, 10.5, 1.0)).time == 2 * hour


def test_a_bar_may_be_a_list_as_exchange_libraries_hand_it_out() -> None:
    bar = (0, 10.0, 11.0, 9.0, 10.5, 1.0)
    assert bm.Machine().update(list(bar)) == bm.Machine().update(bar)


def test_a_restored_machine_does_not_show_the_bar_it_saw_before() -> None:
    machine = bm.Machine()
    blob = machine.snapshot()
    machine.update((0, 10.0, 11.0, 9.0, 10.5, 1.0))
    assert machine.equity > 0.0
    machine.restore(blob)
    with pytest.raises(bm.BarRejectedError, match="no bar was taken yet"):
        _ = machine.equity


def test_a_machine_that_saw_no_bar_has_no_fills_and_no_equity() -> None:
    for name in ("fills", "equity"):
        with pytest.raises(bm.BarRejectedError, match="no bar was taken yet"):
            getattr(bm.Machine(), name)


def test_the_import_is_light() -> None:
    code = (
        "import sys, bullmachine\n"
        "assert bullmachine.__version__ and 'backtest' in dir(bullmachine)\n"
        "heavy = {'numba', 'numpy', 'polars', 'pyarrow', 'pandas', 'pydantic', 'narwhals', 'rich', 'typer'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
