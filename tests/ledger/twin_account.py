"""The twin's account: hours of trading, and the pauses after losses."""

from __future__ import annotations

import math
from typing import Any

HOUR = 3_600_000


class Watch:
    """Remembers marks, exits and losses; says whether entries are paused."""

    def __init__(self, p: dict[str, Any]) -> None:
        self.p = p
        self.equity = p["equity"]
        self.since = math.inf
        self.lost: list[int] = []
        self.until = {"losses": 0, "drawdown": 0}
        self.day, self.stopped_day = -1, -1
        self.began = p["equity"]
        self.days: list[list[float]] = []

    def exit(self, time: int, net: float) -> None:
        """A position ended."""
        self.since = 0
        if net < 0:
            self.lost.append(time)

    def close(self, time: int, equity: float) -> None:
        """Take a mark."""
        p, before = self.p, self.equity
        self.equity = equity
        day = math.ceil(time / (24 * HOUR)) - 1  # a close at midnight is the day's last
        if day != self.day:
            self.day, self.began = day, before
            self.days.append([before])
        if equity <= self.began * (1 - p["max_daily_loss"]):
            self.stopped_day = day
        if 0 < self.until["drawdown"] <= time:
            self.until["drawdown"] = 0
            self.days = [[]]
        self.days[-1].append(equity)
        self.peak(time, equity)
        n = p["losses"]
        if 0 < n <= len(self.lost) and time - self.lost[-n] < p["losses_hours"] * HOUR:
            self.until["losses"] = time + int(p["losses_pause_hours"] * HOUR)
            self.lost = []

    def peak(self, time: int, equity: float) -> None:
        """Pause when equity is too far below the highest mark of the last days."""
        highest = max(x for day in self.days[-self.p["drawdown_days"] :] for x in day)
        if not self.until["drawdown"] and equity <= highest * (1 - self.p["max_drawdown"]):
            self.until["drawdown"] = time + int(self.p["drawdown_pause_days"] * 24 * HOUR)

    def paused(self, time: int, *, cooling: bool) -> bool:
        """Whether no entry may be ordered at this close."""
        if cooling and self.since < self.p["cooldown_bars"]:
            return True
        midnight = time % (24 * HOUR) == 0
        return (self.stopped_day == self.day and not midnight) or any(time < until for until in self.until.values())

    def in_session(self, time: int) -> bool:
        """Whether entries may be decided at this hour of this weekday."""
        hour, weekday = time // HOUR % 24, (time // (24 * HOUR) + 3) % 7 + 1
        first, last = self.p["hour_from"], self.p["hour_to"]
        inside = first <= hour < last if first < last else not last <= hour < first
        return inside and str(weekday) in str(self.p["weekdays"])
