"""What stands above a result's tables, whatever its summary holds."""

from __future__ import annotations

import dataclasses
import io
import pathlib
from typing import Any, Final

import pytest
import rich.console
from tests.cli.conftest import Bull
from tests.modes import compiled_only

from bullmachine.cli import headline, show

FULL: Final[dict[str, Any]] = {
    "symbol": "ETHUSDT", "from": "2025-02-28T01:00:00+00:00", "to": "2025-06-15T00:00:00+00:00",
    "positions": 12, "win_rate": 0.5, "bars_mean": 9.4, "r_gross": 5.0, "r_cost": 1.75, "r_net": 3.25,
    "r_net_mean": 0.271, "r_net_interval": [-0.1, 0.6], "break_even_bps": 9.0, "cost_bps": 7.0,
    "coin_flip": {"runs": 200, "r_net_mean": [-0.2, 0.01, 0.22], "return": [-0.1, 0.0, 0.1], "positions": 11.5},
    "delayed": {"positions": 11, "r_net": 2.0, "r_net_mean": 0.182, "return": 0.02},
    "equity_start": 10_000.0, "equity_end": 10_310.0, "return": 0.031,
    "interval": {"equity_low": 10_250.0, "equity_high": 10_400.0, "positions": 2, "bars": 2, "branches": 5},
    "max_drawdown": -0.02, "max_drawdown_days": 9.2, "recovery_days": 3.6,
    "fees": 100.0, "slippage": 50.0, "funding": -4.0, "sharpe": 1.25, "sortino": 2.5, "probabilistic_sharpe": 0.8,
    "exposure": 0.2, "exposure_mean": 0.3, "buy_and_hold": 0.1, "buy_and_hold_matched": 0.03,
    "small_sample": True, "by_exit": {},
}  # fmt: skip

TOLD: Final = {
    "positions": "12  (win rate 50%, 9 bars on average)",
    "gross R - cost R = net R": "+5.00 - 1.75 = +3.25",
    "net R per position": "+0.271  (90 % interval -0.100 .. +0.600)",
    "  of coin flips": "-0.200 .. +0.220, median +0.010  (5-95 % of 200 random runs)",
    "  entered a bar later": "+0.182  (11 positions, net R +2.00)",
    "break-even cost per fill": "9.0 bps  (paid: 7.0)",
    "equity": "10,000.00 -> 10,310.00  (+3.10%)",
    "  if bars went otherwise": "10,250.00 .. 10,400.00  (2 ambiguous positions)",
    "worst drawdown": "-2.00%  (9 days, 4 to recover)",
    "fees, slippage, funding": "100.00, 50.00, -4.00",
    "Sharpe, Sortino": "1.25, 2.50  (above 0 with probability 80%)",
    "time in the market": "20%",
    "buy and hold": "+10.00%  (+3.00% with the run's mean exposure, +30%)",
}


def test_every_number_is_told() -> None:
    assert dict(headline.rows(FULL)) == TOLD


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("key", sorted(FULL))
def test_a_number_that_is_absent_or_null_takes_only_its_own_row_away(key: str, gone: bool) -> None:  # noqa: FBT001
    s = {name: value for name, value in FULL.items() if name != key} if gone else {**FULL, key: None}
    told = dict(headline.rows(s))
    assert set(told) <= set(TOLD)
    assert sum(told.get(name) != text for name, text in TOLD.items()) <= 1
    assert "None" not in str(told)


@pytest.mark.parametrize("key", ["coin_flip", "delayed", "interval"])
def test_a_belief_without_numbers_has_no_row(key: str) -> None:
    told = dict(headline.rows({**FULL, key: {"positions": 0, "r_net_mean": None}}))
    assert len(told) == len(TOLD) - 1


@dataclasses.dataclass
class _Folder:
    """As much of a result as is shown."""

    summary: dict[str, Any]
    manifest: dict[str, Any] = dataclasses.field(default_factory=lambda: {"funnel": {"signals": 3, "orders": 1}})
    path: pathlib.Path = pathlib.Path("runs/x")


def test_a_folder_of_an_older_version_is_shown_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(show, "Console", lambda: rich.console.Console(file=printed, width=100))
    old: Any = _Folder({"from": FULL["from"], "to": FULL["to"], "symbol": "OLD", "max_drawdown": -0.1})
    show.show_result(old, as_json=False, by=["source", "month"])
    told = printed.getvalue()
    assert "OLD" in told
    assert "funnel: signals 3 -> orders 1" in told
    assert "not an edge" in told


@compiled_only
def test_the_splits_asked_for_are_printed_each_once(bull: Bull, file: pathlib.Path) -> None:
    some = ("backtest", file, "--from", "2022-02-01", "--set", "fusion.on=0.7", "--set", "fusion.off=.3")
    usual, asked = bull(*some).out, bull(*some, "--by", "month", "--by", "weekday", "--by", "month").out
    assert _splits(usual) == {"exit", "side"}
    assert _splits(asked) == {"month", "weekday"}
    months = [line for line in asked.splitlines() if line.startswith("│ month ")]
    assert [line.split("│")[2].strip() for line in months] == ["2022-02", "2022-03"]


def _splits(out: str) -> set[str]:
    first = {line.split("│")[1].strip() for line in out.splitlines() if line.count("│") == 8}
    return first - {"by"}
