"""Draws the examples of smc.md, hob.md and wyckoff.md: mini charts of the test suite, run through the real engines.

    python docs/method/draw_structure.py

writes them beside the pages; a test draws them again and compares. Zones are boxes from the close at which they
are known, dotted before; broken and swept levels are lines; numbers stand at the bar at which an event is known.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np

from bullmachine.core.bars import rows_from_columns
from bullmachine.core.events import Event, State
from bullmachine.engines.hob import Hob
from bullmachine.engines.hob import Kind as HobKind
from bullmachine.engines.levels import LevelsParams, PivotParams
from bullmachine.engines.smc import FvgParams, SmcParams
from bullmachine.engines.smc import Kind as SmcKind
from bullmachine.engines.wyckoff import Kind as WyckoffKind
from bullmachine.engines.wyckoff import Wyckoff

__all__ = ["FIGURES", "HERE", "Figure", "draw"]

HERE: Final = pathlib.Path(__file__).parent
_CHARTS: Final = HERE.parents[1] / "tests" / "scenarios" / "scenarios.json"
_MINUTE: Final = 60_000  #: between bars: no session and no day ends on a chart
_NAMES: Final = {int(kind): kind.name for kinds in (SmcKind, HobKind, WyckoffKind) for kind in kinds}
_HIDDEN: Final = ("HOB", "PHOB")
_RANGES: Final = ("AR", "RANGE")
_MADE: Final = ("FVG", "OB", *_HIDDEN, *_RANGES)
_TURNED: Final = ("IFVG", "BREAKER")
_OVER: Final = ("MARKUP", "MARKDOWN", "ACC_FAIL", "DIST_FAIL", "RANGE_END")  #: a range
_BROKEN: Final = ("BOS", "CHOCH")
_TAKEN: Final = ("SWEEP", "POOL_RUN")
_SIDES: Final = ("POOL", "EQH", "EQL")  #: their direction is the side of a level and no expectation

_LEFT, _WIDTH, _HEIGHT = 48.0, 540.0, 270.0  # of the plot
_LIST, _PLACE, _CLOCKS, _PAGE = 612.0, 154.0, 246.0, 940  # the list of events, two of its columns, the page
_STEP: Final = 18.0  # between two numbers, and two rows of the list
_STYLE: Final = """<style>
text { font: 11px system-ui, sans-serif; fill: #23282e }
.page { fill: #fdfcfa; stroke: #dcd9d1 } .soft { fill: #5d656e } .title { font-weight: 600; font-size: 13px }
.grid { stroke: #e7e5df } .candle { stroke: #4b535c; fill: #fdfcfa } .down { fill: #4b535c }
.bull { fill: #2f67c0; stroke: #2f67c0 } .bear { fill: #b7652c; stroke: #b7652c }
.none { fill: #5d656e; stroke: #5d656e } .zone { fill-opacity: .16; stroke-width: 1 }
.level { fill: none; stroke-width: 1.5 } .taken { stroke-dasharray: 5 3 }
.unknown { fill: none; stroke-dasharray: 1.5 3 }
.halo { paint-order: stroke; stroke: #fdfcfa; stroke-width: 3px; font-weight: 600 }
.number { fill: #fff; font-weight: 600; font-size: 10px; text-anchor: middle }
@media (prefers-color-scheme: dark) {
text { fill: #d8dce1 } .page { fill: #1b1f25; stroke: #2d333b } .soft { fill: #9aa3ad } .grid { stroke: #2a3038 }
.candle { stroke: #a9b1ba; fill: #1b1f25 } .down { fill: #a9b1ba } .bull { fill: #7aa5e6; stroke: #7aa5e6 }
.bear { fill: #d99a5b; stroke: #d99a5b } .none { fill: #9aa3ad; stroke: #9aa3ad }
.number { fill: #14171b } .halo { stroke: #1b1f25 } }
</style>"""


@dataclasses.dataclass(frozen=True)
class Figure:
    """One drawing: its file, the mini chart, what it shows, and the kinds of event in it."""

    name: str
    chart: str
    title: str
    kinds: tuple[str, ...]


FIGURES: Final = (
    Figure(
        "smc-gap", "MC02", "A gap: made, touched, half filled, filled, turned, invalid",
        ("FVG", "FVG_TOUCH", "FVG_CE", "FVG_FILLED", "IFVG", "IFVG_INVALID"),
    ),
    Figure(
        "smc-block", "MC04", "Breaks of structure, and the life of their order blocks",
        ("BOS", "CHOCH", "OB", "OB_TOUCH", "OB_MITIGATED", "BREAKER", "BREAKER_INVALID"),
    ),
    Figure("smc-sweep", "MC05a", "Equal highs, swept by one bar", ("POOL", "EQH", "SWEEP", "POOL_RUN")),
    Figure(
        "smc-reversal", "MC07", "A sweep, then a change of character with displacement: a reversal",
        ("BOS", "CHOCH", "MSS", "DISPL", "SWEEP", "SMR"),
    ),
    Figure(
        "hob-block", "MC13a", "A body that price skips in a gap, and comes back to",
        tuple(kind.name for kind in HobKind),
    ),
    Figure(
        "wyckoff-accumulation", "MC08", "An accumulation with a spring, from preliminary support to markup",
        tuple(kind.name for kind in WyckoffKind if kind < WyckoffKind.CLIMAX_DOWN),
    ),
    Figure(
        "wyckoff-jump", "MC11", "An accumulation without a spring: strength straight through the creek",
        tuple(kind.name for kind in WyckoffKind if kind < WyckoffKind.CLIMAX_DOWN),
    ),
    Figure(
        "wyckoff-fail", "MC10a", "Not taken back within three bars: the accumulation has failed",
        tuple(kind.name for kind in WyckoffKind if kind < WyckoffKind.CLIMAX_DOWN),
    ),
    Figure("wyckoff-sweep", "MC06a", "A candle's low is swept, and confirmed", ("CRT", "CRT_CONFIRM")),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Told:
    """An event of the chart, bars counted from its first."""

    id: int
    kind: str
    dir: int
    ref: int
    known: int
    price: float
    lo: float
    hi: float
    ends: bool
    parent: int
    first: int  #: first number of evidence as a bar of the chart: of a break, the broken pivot's

    @property
    def side(self) -> str:
        """The class of its colour."""
        if self.dir == 0 or self.kind in _SIDES:
            return "none"
        return "bull" if self.dir > 0 else "bear"

    @property
    def below(self) -> bool:
        """Whether its number stands below the bar."""
        return self.dir < 0 if self.kind in _SIDES else self.dir > 0

    @property
    def words(self) -> str:
        """Its name and direction."""
        if self.kind in _SIDES:
            return f"{self.kind} of {'highs' if self.dir > 0 else 'lows'}" if self.kind == "POOL" else self.kind
        return self.kind + {1: " ▲", -1: " ▼", 0: ""}[self.dir]


@dataclasses.dataclass(frozen=True)
class Plot:
    """Where bars and prices are in the picture."""

    bars: list[list[float]]
    top: float

    def x(self, i: float) -> float:
        """The middle of bar `i`."""
        return _LEFT + _WIDTH * (i + 0.5) / len(self.bars)

    def y(self, price: float) -> float:
        """The height of a price."""
        low, high = min(bar[2] for bar in self.bars), max(bar[1] for bar in self.bars)
        return self.top + _HEIGHT * (high - price) / (high - low)

    @property
    def half(self) -> float:
        """Half of a candle's body, which is where a close is."""
        return 0.3 * _WIDTH / len(self.bars)

    def close(self, i: int) -> float:
        """The end of bar `i`."""
        return self.x(i) + self.half


def _chart(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(chart for chart in json.loads(_CHARTS.read_text("utf-8")) if chart["id"] == name)
    return found


def _events(chart: dict[str, Any]) -> list[Told]:
    """What the engines say on the chart."""
    warm = [run["bar"] for run in chart["warm"] for _ in range(run["repeat"])]
    bars = np.array(warm + chart["bars"], np.float64)
    engine = _engine(chart)
    engine.run(rows_from_columns(_MINUTE * np.arange(len(bars)), *bars.T))
    return [_told(e, len(warm)) for e in engine.events() if e.kind in _NAMES and e.i_known >= len(warm)]


def _engine(chart: dict[str, Any]) -> Any:
    """The charts of Wyckoff have its defaults; in those of structure gaps have no least size."""
    if chart["engine"] in ("crt", "wyckoff+1"):
        return Wyckoff(timeframe="1m")
    smc, fvg, levels = (cls for cls in (SmcParams, FvgParams, LevelsParams))  # type: tuple[Any, Any, Any]
    pivots = levels(pivot=PivotParams(k=chart["params"].get("k", 5)))
    return Hob(timeframe="1m", levels=pivots, smc=smc(fvg=fvg(min_size=0.0)))


def _told(e: Event, warm: int) -> Told:
    ends, first = e.state == State.END, int(e.ev[0]) - warm
    return Told(
        e.id, _NAMES[e.kind], e.dir, e.i_ref - warm, e.i_known - warm, e.price, e.lo, e.hi, ends, e.parent, first
    )


def _number(x: float) -> str:
    return f"{x:.2f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, words: str, css: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}">{escape(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def _rect(x: float, y: float, width: float, height: float, css: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" class="{css}"/>'


def _axes(plot: Plot, bottom: float) -> list[str]:
    """A price every few steps, a number under every bar."""
    low, high = min(bar[2] for bar in plot.bars), max(bar[1] for bar in plot.bars)
    every = next(step for step in (0.5, 1.0, 2.0, 5.0) if (high - low) / step <= 6)  # noqa: PLR2004  (lines)
    made = []
    for price in np.arange(np.ceil(low / every) * every, high, every):
        y = plot.y(float(price))
        made += [_line(_LEFT, y, _LEFT + _WIDTH, y, "grid"), _text(10, y + 4, _number(float(price)), "soft")]
    return made + [_text(plot.x(i) - 3, bottom, str(i), "soft") for i in range(len(plot.bars))]


def _candles(plot: Plot) -> list[str]:
    made = []
    for i, (open_, high, low, close, _) in enumerate(plot.bars):
        top, bottom = plot.y(max(open_, close)), plot.y(min(open_, close))
        made.append(_line(plot.x(i), plot.y(high), plot.x(i), plot.y(low), "candle"))
        css = "candle down" if close < open_ else "candle"
        made.append(_rect(plot.x(i) - plot.half, top, 2 * plot.half, max(bottom - top, 1.0), css))
    return made


def _zones(shown: list[Told], events: list[Told]) -> list[Told]:
    """Where zones begin: those shown, and the gaps that hide a block."""
    hidden = {e.known for e in shown if e.kind in _HIDDEN}
    gaps = [e for e in events if e.kind == "FVG" and e.known in hidden]
    made = [e for e in shown if e.kind in _MADE]
    return gaps + [e for e in made if e.parent not in {other.id for other in made}]


def _zone(plot: Plot, made: Told, events: list[Told]) -> list[str]:
    """Dotted from the bar it is about to the close at which it is known; then a box, in the colour of its side."""
    top, bottom = plot.y(made.hi), plot.y(made.lo)
    shapes = [_line(plot.x(made.ref), y, plot.close(made.known), y, f"unknown {made.side}") for y in (top, bottom)]
    for shown, end in _spells(made, events):
        left = plot.close(shown.known)
        right = _LEFT + _WIDTH if end is None else plot.close(end.known)
        shapes.append(_rect(left, top, right - left, bottom - top, f"zone {shown.side}"))
    return shapes


def _zone_names(plot: Plot, made: Told, events: list[Told]) -> list[str]:
    top = plot.y(made.hi)
    if plot.y(made.lo) - top < _STEP:
        return []
    return [_text(plot.close(e.known) + 3, top + 12, e.kind, f"halo {e.side}") for e, _ in _spells(made, events)]


def _spells(made: Told, events: list[Told]) -> list[tuple[Told, Told | None]]:
    """What a zone is, from which event to which; none where it lives on."""
    if made.kind in _RANGES:
        return [(made, next((e for e in events if e.kind in _OVER and e.known > made.known), None))]
    steps: list[Told] = [made]
    steps += [e for e in events if e.parent == made.id and (e.kind in _TURNED or e.ends)]
    ends = [*steps[1:], None]
    return [(e, end) for e, end in zip(steps, ends, strict=True) if not e.ends]


def _pool(plot: Plot, pool: Told, level: float, until: float, side: str) -> list[str]:
    """A pool's level: dotted until it is known."""
    y = plot.y(level)
    return [
        _line(plot.x(pool.ref), y, plot.close(pool.known), y, f"level unknown {side}"),
        _line(plot.close(pool.known), y, until, y, f"level taken {side}"),
    ]


def _level(plot: Plot, e: Told, events: list[Told]) -> list[str]:
    """A broken level from its pivot on; a pool's, and the way beyond it where it is taken."""
    y = plot.y(e.price)
    if e.kind in _BROKEN:
        return [_line(plot.x(e.first), y, plot.x(e.known), y, f"level {e.side}")]
    if e.kind in _TAKEN:
        pool = next(other for other in events if other.id == e.parent)
        beyond = plot.y(e.lo if e.dir > 0 else e.hi)
        way = _line(plot.x(e.ref), y, plot.x(e.ref), beyond, f"level {e.side}")
        return [*_pool(plot, pool, e.price, plot.close(e.known), e.side), way]
    lives = e.kind == "POOL" and all(other.parent != e.id for other in events if other.ends)
    return _pool(plot, e, e.price, _LEFT + _WIDTH, e.side) if lives else []


def _level_name(plot: Plot, e: Told) -> list[str]:
    if e.kind not in _BROKEN:
        return []
    return [_text(plot.x(e.first) + 3, plot.y(e.price) - 4, e.kind, f"halo {e.side}")]


def _places(plot: Plot, shown: list[Told]) -> list[tuple[float, float]]:
    """Where each event's number stands: at the bar at which it is known, the first nearest."""
    stacks: dict[tuple[int, bool], int] = {}
    made = []
    for e in shown:
        k = stacks[e.known, e.below] = stacks.get((e.known, e.below), 0) + 1
        edge = plot.y(plot.bars[e.known][2 if e.below else 1])
        made.append((plot.x(e.known), edge + (1 if e.below else -1) * (_STEP * k - 4)))
    return made


def _ball(x: float, y: float, n: int, side: str) -> list[str]:
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" class="{side}"/>'
    return [circle, _text(x, y + 3.5, str(n), "number")]


def _listed(shown: list[Told], top: float) -> list[str]:
    made = [_text(_LIST + _PLACE, top, "price", "soft"), _text(_LIST + _CLOCKS, top, "ref → known", "soft")]
    for n, e in enumerate(shown, 1):
        y = top + n * _STEP + 2
        place = _number(e.price) if e.lo == e.hi else f"{_number(e.lo)}..{_number(e.hi)}"
        made += [*_ball(_LIST + 8, y - 4, n, e.side), _text(_LIST + 24, y, e.words)]
        made += [_text(_LIST + _PLACE, y, place, "soft"), _text(_LIST + _CLOCKS, y, f"{e.ref} → {e.known}")]
    return made


def draw(figure: Figure) -> str:
    """The picture as SVG."""
    chart = _chart(figure.chart)
    events = _events(chart)
    shown = [e for e in events if e.kind in figure.kinds]
    heights = [y for _, y in _places(Plot(chart["bars"], 0.0), shown)]
    plot = Plot(chart["bars"], 46 + max(0.0, -min(heights)))
    bottom = plot.top + max(_HEIGHT, *heights) + 30
    height = max(bottom + 10, 46 + _STEP * (len(shown) + 1))
    zones = _zones(shown, events)
    parts = _axes(plot, bottom)
    parts += [shape for e in zones for shape in _zone(plot, e, shown)]
    parts += _candles(plot)
    parts += [shape for e in shown for shape in _level(plot, e, events)]
    parts += [name for e in zones for name in _zone_names(plot, e, shown)]
    parts += [name for e in shown for name in _level_name(plot, e)]
    for n, (e, (x, y)) in enumerate(zip(shown, _places(plot, shown), strict=True), 1):
        parts += _ball(x, y, n, e.side)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_PAGE} {height:.0f}" role="img">'
    page = f'<rect x=".5" y=".5" width="{_PAGE - 1}" height="{height - 1:.0f}" rx="6" class="page"/>'
    title = [f"<title>{escape(figure.title)}</title>", _STYLE, page, _text(12, 24, figure.title, "title")]
    return "\n".join([head, *title, *parts, *_listed(shown, 46), "</svg>", ""])


def main() -> None:
    """Write every figure."""
    for figure in FIGURES:
        (HERE / f"{figure.name}.svg").write_text(draw(figure), "utf-8")


if __name__ == "__main__":
    main()
