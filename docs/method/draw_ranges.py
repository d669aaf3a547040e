"""Draws sixteen stretches of ETH on 4h and 1d as the Wyckoff engine read them, to be judged by eye.

    bull backtest ETHUSDT_1h.parquet --out runs/eth
    python docs/method/draw_ranges.py runs/eth ranges.html

writes one page. A range is a box between its support and its creek from the close at which it is known; a label stands
at the bar an event is about, a thin line leads from there to the close at which it is known. The two strips are the
phases of accumulation and distribution. All of it is what the report's layers draw. The judgement is in wyckoff.md.
"""

from __future__ import annotations

import collections
import datetime as dt
import math
import pathlib
import sys
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import polars as pl

from bullmachine.report.glossary import KINDS
from bullmachine.report.layers.turns import marks
from bullmachine.report.phases import stretches
from bullmachine.report.ranges import Structure, structures
from bullmachine.report.read import Run, read_run

__all__ = ["STRETCHES", "Stretch", "draw"]

_LEFT, _TOP, _WIDTH, _HEIGHT, _LANE, _ROW = 56.0, 30.0, 1290.0, 520.0, 16.0, 11.0
_FAILS: Final = ("ACC_FAIL", "DIST_FAIL")  #: kinds told with their reason
_AGAINST: Final = (*_FAILS, "FAILED_SOS", "FAILED_SOW", "UA", "MSOW")  #: whose direction is against their side
_SIDES: Final = {1: "bull", -1: "bear"}
_STYLE: Final = """<meta charset="utf-8"><style>
body { font: 14px system-ui, sans-serif; margin: 24px; background: #fdfcfa; color: #23282e }
text { font: 10px system-ui, sans-serif; fill: #5d656e } .grid { stroke: #e7e5df }
.up { stroke: #8b949e; fill: #fdfcfa }
.down { stroke: #8b949e; fill: #8b949e }
.bull { fill: #2f67c0; stroke: #2f67c0 } .bear { fill: #b7652c; stroke: #b7652c }
.zone { fill-opacity: .07 } .late { stroke-width: .8 } .phase { fill-opacity: .25; stroke: none }
text.bull, text.bear { stroke: #fdfcfa; stroke-width: 2.5px; paint-order: stroke; font-weight: 600 }
</style>"""


@dataclass(frozen=True)
class Stretch:
    """What it is known for, its timeframe, its first day and the day after its last."""

    title: str
    tf: str
    first: str
    last: str

    @property
    def days(self) -> tuple[dt.datetime, dt.datetime]:
        """Both days at midnight UTC."""
        first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (self.first, self.last))
        return first, last


STRETCHES: Final = (
    Stretch("1. The top of summer 2019", "1d", "2019-05-01", "2019-10-15"),
    Stretch("2. The low of December 2019", "1d", "2019-09-15", "2020-03-10"),
    Stretch("3. The top of May 2021 and the summer after it", "1d", "2021-03-15", "2021-09-30"),
    Stretch("4. The top of November 2021", "1d", "2021-09-15", "2022-02-15"),
    Stretch("5. The low of June 2022", "1d", "2022-05-01", "2023-02-01"),
    Stretch("6. The ranges of 2023", "1d", "2023-03-01", "2023-12-31"),
    Stretch("7. The ranges of 2024", "1d", "2024-02-01", "2024-12-15"),
    Stretch("8. The top of December 2024 and the low of April 2025", "1d", "2024-12-01", "2025-06-14"),
    Stretch("9. December 2019, closer", "4h", "2019-11-15", "2020-01-20"),
    Stretch("10. May 2021, closer", "4h", "2021-05-05", "2021-07-01"),
    Stretch("11. November 2021, closer", "4h", "2021-10-15", "2021-12-15"),
    Stretch("12. June 2022, closer", "4h", "2022-06-05", "2022-07-31"),
    Stretch("13. November 2022", "4h", "2022-11-01", "2023-01-15"),
    Stretch("14. August 2023", "4h", "2023-08-10", "2023-10-05"),
    Stretch("15. August and September 2024", "4h", "2024-08-01", "2024-10-10"),
    Stretch("16. April 2025", "4h", "2025-03-15", "2025-05-20"),
)


class Plot:
    """Where times and prices are in the picture; prices on a logarithmic scale."""

    def __init__(self, bars: pl.DataFrame) -> None:
        self.opens: list[dt.datetime] = bars["time"].to_list()
        self.step = self.opens[1] - self.opens[0]
        self.low, self.high = bars["low"].min() * 0.97, bars["high"].max() * 1.03  # type: ignore[operator]

    def x(self, time: dt.datetime) -> float:
        """The place of a time, at most a bar outside."""
        n = (self.opens[-1] - self.opens[0]) / self.step + 1
        return _LEFT + _WIDTH * min(max((time - self.opens[0]) / self.step, -1.0), n + 1) / n

    def y(self, price: float) -> float:
        """The height of a price."""
        return _TOP + _HEIGHT * math.log(self.high / price) / math.log(self.high / self.low)

    def shows(self, first: dt.datetime, last: dt.datetime) -> bool:
        """Whether any of it is in the picture."""
        return last > self.opens[0] and first < self.opens[-1]


def _line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def _rect(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    wide, tall = max(x2 - x1, 0.5), max(y2 - y1, 0.5)
    return f'<rect x="{x1:.1f}" y="{y1:.1f}" width="{wide:.1f}" height="{tall:.1f}" class="{css}"/>'


def _text(x: float, y: float, words: str, css: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="middle">{escape(words)}</text>'


def _axes(plot: Plot) -> list[str]:
    """A price seven times; every month of days, every week of fewer hours."""
    made = []
    for k in range(7):
        price = plot.low * (plot.high / plot.low) ** (k / 6)
        made += [_line(_LEFT, plot.y(price), _LEFT + _WIDTH, plot.y(price), "grid")]
        made += [_text(28, plot.y(price) + 4, f"{price:,.0f}")]
    daily = plot.step >= dt.timedelta(days=1)
    for time in plot.opens[1:]:
        if time.hour == 0 and (time.day == 1 if daily else time.weekday() == 0):
            made += [_line(plot.x(time), _TOP, plot.x(time), _TOP + _HEIGHT, "grid")]
            made += [_text(plot.x(time), _TOP + _HEIGHT + 13, f"{time:%d %b %y}")]
    return made


def _candles(plot: Plot, bars: pl.DataFrame) -> list[str]:
    made = []
    for time, open_, high, low, close in bars.select("time", "open", "high", "low", "close").iter_rows():
        left, right = plot.x(time), plot.x(time + plot.step)
        css, middle, room = "down" if close < open_ else "up", (left + right) / 2, (right - left) / 5
        made += [_line(middle, plot.y(high), middle, plot.y(low), css)]
        made += [_rect(left + room, plot.y(max(open_, close)), right - room, plot.y(min(open_, close)), css)]
    return made


def _box(plot: Plot, s: Structure, css: str) -> list[str]:
    """From edges to edges, until the end."""
    last = s.end or plot.opens[-1] + plot.step
    ends = [time for time, _, _ in s.edges[1:]] + [last]
    return [
        _rect(plot.x(time), plot.y(hi), plot.x(end), plot.y(lo), f"zone {css}")
        for (time, lo, hi), end in zip(s.edges, ends, strict=True)
        if end > time and plot.shows(time, end)
    ]


def _labels(plot: Plot, rows: pl.DataFrame) -> list[str]:
    """Of a climax told again, and of a spring, the last one; stacked where several are on a bar."""
    made, stacks = [], collections.Counter[tuple[dt.datetime, int]]()
    for e in rows.filter(~pl.col("over").str.contains("newer"), pl.col("shape") < 2).iter_rows(named=True):  # noqa: PLR2004  (told again)
        if not plot.opens[0] <= e["t_ref"] <= plot.opens[-1]:
            continue
        stacks[e["t_ref"], e["side"]] += 1
        css, x = _SIDES[e["dir"] * (-1 if e["kind"] in _AGAINST else 1)], plot.x(e["t_ref"] + plot.step / 2)
        y = plot.y(e["edge"]) - e["side"] * (_ROW * stacks[e["t_ref"], e["side"]] - 4) + 3
        made += [
            _text(x, y, f"{KINDS[e['kind']].label} {e['reason'].replace('_', ' ') if e['kind'] in _FAILS else ''}", css)
        ]
        made += [_line(x, y - 3, plot.x(e["t_known"]), y - 3, f"late {css}")]
    return made


def _lanes(plot: Plot, rows: pl.DataFrame) -> list[str]:
    made = []
    for e in rows.iter_rows(named=True):
        if plot.shows(e["t_known"], e["end"]):
            y, a, b = _TOP + _HEIGHT + (22 if e["dir"] > 0 else 22 + _LANE), plot.x(e["t_known"]), plot.x(e["end"])
            made += [_rect(a, y, b, y + _LANE - 2, f"phase {_SIDES[e['dir']]}")]
            made += [_text((a + b) / 2, y + 10, e["phase"])] if b - a > _LANE else []
    return made


def draw(of: Stretch, run: Run) -> str:
    """The picture as SVG."""
    symbol, (first, last) = run.symbols[0], of.days
    bars = run.of("bars", symbol).filter(pl.col("tf") == of.tf, pl.col("time").is_between(first, last, "left"))
    plot, turns = Plot(bars), marks(run, symbol).filter(pl.col("tf") == of.tf)
    found = [s for s in structures(run.of("engine_events", symbol)) if s.tf == of.tf]
    parts = _axes(plot)
    parts += [shape for s in found for shape in _box(plot, s, _SIDES[s.way])]
    parts += _candles(plot, bars) + _labels(plot, turns)
    parts += _lanes(plot, stretches(run, symbol).filter(pl.col("tf") == of.tf))
    height = _TOP + _HEIGHT + 3 * _LANE + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 16:.0f} {height:.0f}">'
    return "\n".join([f"<h2>{escape(of.title)}, {of.tf}</h2>", head, *parts, "</svg>"])


def main(folder: str, page: str) -> None:
    """Draw them all."""
    run = read_run(folder)
    pathlib.Path(page).write_text("\n".join([_STYLE, *(draw(of, run) for of in STRETCHES)]), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
