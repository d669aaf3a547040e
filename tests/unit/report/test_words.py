"""The words and figures around the chart."""

import pathlib
import re

import numpy as np
import polars as pl
import pytest
from tests.unit.report.folders import Market, write
from tests.unit.report.reading import write_and_read

from bullmachine.config import load_config
from bullmachine.report.markup import tag
from bullmachine.report.notes import changed
from bullmachine.report.read import read_run
from bullmachine.report.statistics import longest_run, numbers


def test_the_headline_is_gross_minus_cost_and_says_what_to_believe(tmp_path: pathlib.Path) -> None:
    text = write_and_read(
        write(tmp_path / "run", r_gross=3.294, r_cost=0.805, r_net=2.489, r_net_mean=0.156, break_even_bps=26.79)
    ).text
    told = re.sub(r"\s+", " ", text.replace("\N{MINUS SIGN}", "-"))
    assert "+3.29 Rgross-0.81 Rcost=+2.49 Rnet" in told or "+3.29 Rgross-0.80 Rcost=+2.49 Rnet" in told
    for words in (
        "26.79 bps",
        "1 bar of 1 position held both a stop and a target",
        "-0.200 R to +0.900 Rthis run +0.156 R",
        "It holds 0",
        "200 runs with random entries",
        "-2.00% to +3.00%",
        "+0.75 R instead of +2.49 R",
        "worst",
        "deterministic feature extraction, not an edge",
        "funding is assumed",
        "signals 9 \N{RIGHTWARDS ARROW} position open 4",
        "ab" * 32,
        "33" * 32,
    ):
        assert words in told, words


@pytest.mark.parametrize(("synthetic", "small"), [(True, False), (False, True)])
def test_warnings_stand_in_the_head_when_they_are_due(tmp_path: pathlib.Path, synthetic: bool, small: bool) -> None:  # noqa: FBT001
    page = write_and_read(write(tmp_path / "run", synthetic=synthetic, small_sample=small))
    assert ("SYNTHETIC DATA" in page.text) == synthetic
    assert ("<title>SYNTHETIC" in page.source) == synthetic
    assert ("fewer than 30" in page.text) == small


def test_all_is_long_and_short_together(tmp_path: pathlib.Path) -> None:
    table = read_run(write(tmp_path / "run")).tables["positions"]
    every, long, short = (numbers(t) for t in (table, *(table.filter(pl.col("side") == s) for s in ("long", "short"))))
    net = [p - 0.8 for p in table["pnl"]]
    assert every["positions"] == long["positions"] + short["positions"] == 4
    for key in ("net", "gain", "loss", "fee", "slippage", "funding", "r_net", "winners", "ambiguous"):
        assert every[key] == pytest.approx(long[key] + short[key]), key
    assert every["net"] == pytest.approx(sum(net))
    assert every["factor"] == pytest.approx(sum(x for x in net if x > 0) / -sum(x for x in net if x < 0))
    assert (every["largest_win"], every["largest_loss"]) == (pytest.approx(max(net)), pytest.approx(min(net)))
    assert every["mean_win"] == pytest.approx(np.mean([x for x in net if x > 0]))


def test_numbers_of_no_positions_are_nothing_and_not_zero_by_zero(tmp_path: pathlib.Path) -> None:
    none = numbers(read_run(write(tmp_path / "run", Market(entries=()))).tables["positions"])
    assert (none["positions"], none["net"], none["factor"], none["mean_r_net"]) == (0, 0.0, None, None)
    assert longest_run(np.array([False, True, True, False, True])) == 2
    assert longest_run(np.array([], bool)) == 0


def test_settings_that_differ_from_the_preset_are_listed(tmp_path: pathlib.Path) -> None:
    found = {key: (before, now) for key, before, now in changed(read_run(write(tmp_path / "run")))}
    assert found["exits.stop_atr"] == (str(load_config().get("exits.stop_atr")), "3.25")
    assert "data.calendar" not in found
    assert found["fusion.on"][1] == "\N{EN DASH}"  # the folder's settings do not hold it


def test_texts_are_escaped_unless_they_are_markup() -> None:
    assert tag("b", "<i>", tag("i", "&"), title='"') == '<b title="&quot;">&lt;i&gt;<i>&amp;</i></b>'
