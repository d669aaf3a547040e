"""Returns of the account from daily UTC closes, and what is said about them.

A mark is stamped with its bar's close, so the mark at 00:00 closes the day before. The first day's return
counts from the starting equity; days without a mark are no days; nothing follows a day that ended with
nothing left. Risk-free rate and target are 0.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from bullmachine.core.time import DAY
from bullmachine.metrics.numbers import finite, ratio

__all__ = ["CAGR_DAYS", "cagr", "daily_returns", "probabilistic_sharpe", "sharpe", "sortino", "volatility"]

CAGR_DAYS: Final = 180  #: a shorter time is not extrapolated to a year
_YEAR: Final = 365.0
_NOISE: Final = 1e-14  #: returns are quotients minus one: a spread below this is rounding

_Array = np.ndarray[Any, Any]


def daily_returns(times: _Array, equity: _Array, start: float) -> _Array:
    """Returns per UTC day, as fractions.

    Args:
        times: close times of the marks, UTC ms, ascending.
        equity: equity at each.
        start: equity before the first mark.

    >>> hour = 3_600_000
    >>> daily_returns(np.array([12, 24, 36, 48]) * hour, np.array([90.0, 110.0, 95.0, 121.0]), 100.0).round(3)
    array([0.1, 0.1])
    """
    days = (times - 1) // DAY
    last = np.append(days[1:] != days[:-1], True)[: len(days)]
    closes = np.concatenate([[start], equity[last]])
    ruin = np.flatnonzero(closes <= 0.0)[:1]
    kept = closes[: int(ruin[0]) + 1] if len(ruin) else closes
    made: _Array = kept[1:] / kept[:-1] - 1.0
    return made


def _deviation(returns: _Array) -> float:
    """Sample standard deviation (n - 1); 0 for fewer than two returns and where only rounding differs."""
    made = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
    return made if made > _NOISE else 0.0


def volatility(returns: _Array, days_per_year: float) -> float | None:
    """Sample standard deviation of daily returns times the root of the days in a year; None below two days.

    >>> round(volatility(np.array([0.01, -0.01]), 365), 4)
    0.2702
    """
    return _deviation(returns) * math.sqrt(days_per_year) if len(returns) > 1 else None


def sharpe(returns: _Array, days_per_year: float) -> float | None:
    """Mean over sample standard deviation of daily returns, annualised; None where nothing varies.

    Sharpe (1994), The Sharpe Ratio, Journal of Portfolio Management 21(1), with a risk-free rate of 0.

    >>> round(sharpe(np.array([0.02, 0.0, 0.01]), 365), 4)
    19.105
    """
    spread = _deviation(returns)
    return ratio(float(returns.mean()) * math.sqrt(days_per_year), spread) if spread else None


def sortino(returns: _Array, days_per_year: float) -> float | None:
    """Mean over downside deviation, annualised; None without a losing day.

    Downside deviation is the root of the mean, over *all* days, of the squared losses: Sortino and Price
    (1994), Performance Measurement in a Downside Risk Framework, Journal of Investing 3(3), with target 0.

    >>> round(sortino(np.array([0.02, -0.01]), 365), 4)
    13.5093
    """
    if len(returns) < 2:  # noqa: PLR2004  (one day is no distribution)
        return None
    downside = math.sqrt(float(np.square(np.minimum(returns, 0.0)).mean()))
    return ratio(float(returns.mean()) * math.sqrt(days_per_year), downside) if downside > _NOISE else None


def probabilistic_sharpe(returns: _Array) -> float | None:
    """Probability that the true Sharpe ratio is above 0, given length, skewness and kurtosis of the returns.

    Phi(SR sqrt(n - 1) / sqrt(1 - skewness SR + (kurtosis - 1) / 4 SR^2)) with SR per day: Bailey and Lopez de
    Prado (2012), The Sharpe Ratio Efficient Frontier, Journal of Risk 15(2). It takes days as independent and
    knows nothing of how many runs were tried before this one.

    >>> round(probabilistic_sharpe(np.array([0.02, -0.01, 0.01, 0.0])), 4)
    0.7463
    """
    spread = _deviation(returns)
    if not spread:
        return None
    each = float(returns.mean()) / spread
    scaled = (returns - returns.mean()) / returns.std()
    skewness, kurtosis = float((scaled**3).mean()), float((scaled**4).mean())
    variance = 1.0 - skewness * each + (kurtosis - 1.0) / 4.0 * each * each
    if variance <= 0.0:
        return None
    z = each * math.sqrt((len(returns) - 1) / variance)
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def cagr(start: float, end: float, span: int) -> float | None:
    """Compound growth per year of 365 days over `span` ms; None below `CAGR_DAYS`; -1 when nothing is left.

    >>> round(cagr(100.0, 121.0, 730 * DAY), 4), cagr(100.0, 121.0, 100 * DAY)
    (0.1, None)
    """
    if span < CAGR_DAYS * DAY:
        return None
    with np.errstate(over="ignore"):
        return finite(np.power(max(end / start, 0.0), _YEAR * DAY / span) - 1.0)
