"""Fixed-capacity containers as kernels over arrays inside records.

A ring keeps the last `len(values)` numbers; `head` is the slot written next. A monotonic deque keeps
the candidates for the extreme of a sliding window, so that a maximum costs amortised O(1).
The capacity is part of a definition: what does not fit is evicted oldest first, never silently grown.
"""

from __future__ import annotations

from typing import Any, Final

from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, record

__all__ = ["DEQUE_CAP", "Deque", "deque_front", "deque_push", "next_slot", "ring_at"]

DEQUE_CAP: Final = 128  #: longest window a `Deque` can serve


@kernel
def next_slot(head: int, length: int) -> int:
    """The slot after `head` in a ring of `length` slots (a compare costs less than a modulo)."""
    head += 1
    return 0 if head >= length else head


@kernel
def ring_at(values: Any, head: int, back: int, length: int) -> float:
    """The value pushed `back` pushes ago (0 = the last) into a ring whose next slot is `head`."""
    k = head - 1 - back
    found: float = values[k + length if k < 0 else k]
    return found


@record
class Deque:
    """Window maximum of pushed values: indices and values, largest (and on ties oldest) in front."""

    head: I8 = 0
    n: I8 = 0
    index: list[int] = array(I8, DEQUE_CAP)
    value: list[float] = array(F8, DEQUE_CAP)


@kernel
def deque_push(d: Deque, i: int, value: float, window: int) -> None:
    """Push `value` at index `i` and drop what left the window of the last `window` indices.

    Ties keep the earlier entry in front. A window minimum is the maximum of negated values.
    """
    while d.n > 0 and d.index[d.head] <= i - window:
        d.head = next_slot(d.head, DEQUE_CAP)
        d.n -= 1
    tail = d.head + d.n
    if tail >= DEQUE_CAP:
        tail -= DEQUE_CAP
    while d.n > 0:
        last = tail - 1 if tail > 0 else DEQUE_CAP - 1
        if d.value[last] >= value:
            break
        tail = last
        d.n -= 1
    d.index[tail] = i
    d.value[tail] = value
    d.n += 1


@kernel
def deque_front(d: Deque) -> float:
    """The window's maximum."""
    return d.value[d.head]
