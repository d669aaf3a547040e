"""The account at each close: marking, and the pauses that guards read.

Stepped once per base close, after all fills and before any decision. A pause holds until a time that is
fixed when it begins; a drawdown pause forgets the old peak when it ends, or it would begin again at once.
"""

from __future__ import annotations

from typing import Final

from bullmachine.core.kernel import kernel
from bullmachine.core.time import DAY, HOUR
from bullmachine.trading.guards import Guard
from bullmachine.trading.params import GuardParams
from bullmachine.trading.records import PEAK_DAYS, Account
from bullmachine.trading.rows import Mark

__all__ = ["PAUSES", "mark", "pauses", "step_account"]

#: the guards that pause a whole account
PAUSES: Final = (Guard.LOSS_STREAK, Guard.MAX_DAILY_LOSS, Guard.MAX_DRAWDOWN)


@kernel
def mark(account: Account, held: float, time: int, o: Mark) -> None:
    """Mark the account; `held` is what is held, at the last closes."""
    account.held = held
    account.equity = account.cash + held
    account.peak_before = account.peak
    account.peak = max(account.peak, account.equity)
    o.time = time
    o.cash = account.cash
    o.equity = account.equity
    o.drawdown = account.equity / account.peak - 1.0 if account.peak > 0.0 else 0.0


@kernel
def _turn_day(p: GuardParams, account: Account, time: int, equity_before: float) -> None:
    """A new UTC day begins with the equity of the last mark; the days before keep their highs."""
    if account.day_end > 0:
        account.highs[account.n_highs % PEAK_DAYS] = account.day_high
        account.n_highs += 1
    account.past_high = equity_before
    for n in range(min(account.n_highs, p.drawdown_days - 1)):
        account.past_high = max(account.past_high, account.highs[(account.n_highs - 1 - n) % PEAK_DAYS])
    account.day_end = ((time - 1) // DAY + 1) * DAY  # a close at midnight ends its day
    account.day_equity = equity_before
    account.day_high = equity_before
    account.day_paused = 0


@kernel
def _watch_peak(p: GuardParams, account: Account, time: int) -> None:
    """Begin a drawdown pause; end it with a fresh peak."""
    if account.drawdown_until > 0 and time >= account.drawdown_until:
        account.drawdown_until = 0
        account.n_highs = 0
        account.past_high = account.equity
        account.day_high = account.equity
    account.day_high = max(account.day_high, account.equity)
    peak = max(account.day_high, account.past_high)
    if account.drawdown_until == 0 and account.equity <= peak * (1.0 - p.max_drawdown):
        account.drawdown_until = time + int(p.drawdown_pause_days * DAY)


@kernel
def _watch_losses(p: GuardParams, account: Account, time: int) -> None:
    """Begin a pause when the last so many losses lie close together; losses before a pause begin no other."""
    if p.losses < 1 or account.n_losses < p.losses:
        return
    slots = len(account.losses)
    first = account.losses[(account.n_losses - p.losses) % slots]
    if first > time - p.losses_hours * HOUR:
        account.losses_until = time + int(p.losses_pause_hours * HOUR)
        account.n_losses = 0


@kernel
def step_account(p: GuardParams, account: Account, equity_before: float, time: int) -> None:
    """Note the day, the peak and the losses at a close; `equity_before` is that of the mark before."""
    if time > account.day_end:
        _turn_day(p, account, time, equity_before)
    if account.equity <= account.day_equity * (1.0 - p.max_daily_loss):
        account.day_paused = 1
    _watch_peak(p, account, time)
    _watch_losses(p, account, time)


@kernel
def pauses(account: Account, time: int) -> int:
    """The mask of account guards that pause entries of every symbol at this close."""
    mask = 0
    if time < account.losses_until:
        mask |= 1 << Guard.LOSS_STREAK
    if account.day_paused == 1 and time < account.day_end:  # what midnight decides is filled in the new day
        mask |= 1 << Guard.MAX_DAILY_LOSS
    if time < account.drawdown_until:
        mask |= 1 << Guard.MAX_DRAWDOWN
    return mask
