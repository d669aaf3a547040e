"""The rows of a result's first table, from its summary. A row whose numbers are absent or null is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

__all__ = ["rows"]

Summary = Mapping[str, Any]


def rows(s: Summary) -> Iterator[tuple[str, str]]:
    """Name and text of every row that can be said."""
    for name, keys, text in _ROWS:
        if all(_at(s, key) is not None for key in keys):
            yield name, text(s)


def _at(s: Summary, path: str) -> Any:
    """The value at a dotted path; None where it ends before."""
    found: Any = s
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _positions(s: Summary) -> str:
    return f"{s['positions']}  (win rate {s['win_rate']:.0%}, {s['bars_mean']:.0f} bars on average)"


def _r(s: Summary) -> str:
    return f"{s['r_gross']:+.2f} - {s['r_cost']:.2f} = {s['r_net']:+.2f}"


def _mean(s: Summary) -> str:
    text, between = f"{s['r_net_mean']:+.3f}", s.get("r_net_interval")
    return f"{text}  (90 % interval {between[0]:+.3f} .. {between[1]:+.3f})" if between else text


def _coin(s: Summary) -> str:
    coin = s["coin_flip"]
    low, middle, high = coin["r_net_mean"]
    return f"{low:+.3f} .. {high:+.3f}, median {middle:+.3f}  (5-95 % of {coin['runs']} random runs)"


def _delayed(s: Summary) -> str:
    late = s["delayed"]
    return f"{late['r_net_mean']:+.3f}  ({late['positions']} positions, net R {late['r_net']:+.2f})"


def _equity(s: Summary) -> str:
    return f"{s['equity_start']:,.2f} -> {s['equity_end']:,.2f}  ({s['return']:+.2%})"


def _interval(s: Summary) -> str:
    between = s["interval"]
    return (
        f"{between['equity_low']:,.2f} .. {between['equity_high']:,.2f}  ({between['positions']} ambiguous positions)"
    )


def _by_data(s: Summary) -> str:
    found = s["interval"]
    wrong = f"the pessimistic guess was wrong for {found['pessimism_wrong']} of {found['resolved']}"
    return f"{found['equity_data']:,.2f}  ({wrong})"


def _drawdown(s: Summary) -> str:
    text, days, back = f"{s['max_drawdown']:.2%}", s.get("max_drawdown_days"), s.get("recovery_days")
    if not days:
        return text
    return f"{text}  ({days:.0f} days, {'not recovered' if back is None else f'{back:.0f} to recover'})"


def _costs(s: Summary) -> str:
    return ", ".join(f"{s[key]:,.2f}" for key in ("fees", "slippage", "funding"))


def _break_even(s: Summary) -> str:
    paid = s.get("cost_bps")
    return f"{s['break_even_bps']:.1f} bps" + ("" if paid is None else f"  (paid: {paid:.1f})")


def _ratios(s: Summary) -> str:
    text = f"{s['sharpe']:.2f}, {s['sortino']:.2f}"
    sure = s.get("probabilistic_sharpe")
    return text if sure is None else f"{text}  (above 0 with probability {sure:.0%})"


def _held(s: Summary) -> str:
    return f"{s['exposure']:.0%}"


def _hold(s: Summary) -> str:
    text, matched, mean = f"{s['buy_and_hold']:+.2%}", s.get("buy_and_hold_matched"), s.get("exposure_mean")
    if matched is None or mean is None:
        return text
    return f"{text}  ({matched:+.2%} with the run's mean exposure, {mean:+.0%})"


_ROWS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Summary], str]], ...]] = (
    ("positions", ("positions", "win_rate", "bars_mean"), _positions),
    ("gross R - cost R = net R", ("r_gross", "r_cost", "r_net"), _r),
    ("net R per position", ("r_net_mean",), _mean),
    ("  of coin flips", ("coin_flip.runs", "coin_flip.r_net_mean"), _coin),
    ("  entered a bar later", ("delayed.positions", "delayed.r_net", "delayed.r_net_mean"), _delayed),
    ("break-even cost per fill", ("break_even_bps",), _break_even),
    ("equity", ("equity_start", "equity_end", "return"), _equity),
    ("  if bars went otherwise", ("interval.equity_low", "interval.equity_high", "interval.positions"), _interval),
    ("  by lower bars", ("interval.equity_data", "interval.resolved", "interval.pessimism_wrong"), _by_data),
    ("worst drawdown", ("max_drawdown",), _drawdown),
    ("fees, slippage, funding", ("fees", "slippage", "funding"), _costs),
    ("Sharpe, Sortino", ("sharpe", "sortino"), _ratios),
    ("time in the market", ("exposure",), _held),
    ("buy and hold", ("buy_and_hold",), _hold),
)
