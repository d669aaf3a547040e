"""Buckets: slower bars built from base bars, closed exactly when they can be known.

A bucket ends at its UTC-aligned boundary. It closes with the base bar that ends there, or, when that
bar is missing, at the first later bar, before that bar joins anything: it was not provable earlier.
Nothing is invented: `n_base` of `expected` base bars were seen, and that is all a consumer gets.
Volume is the sum of what was reported; if any part was missing the bucket's volume is missing.
"""

from __future__ import annotations

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.record import I8, nested, record
from bullmachine.core.time import bucket_start

__all__ = ["Bucket", "bucket_close", "bucket_end", "bucket_join"]


@record
class Bucket:
    """One forming bucket of a slower timeframe; `bar` is closed by `bucket_close`."""

    open: I8 = 0
    end: I8 = 0
    n: I8 = 0
    bar: Bar = nested(Bar)


@kernel
def bucket_end(b: Bucket) -> int:
    """End time of the forming bucket; far in the future when none is forming."""
    return b.end if b.open == 1 else 1 << 62


@kernel
def _start(b: Bucket, bar: Bar, tf: int) -> None:
    b.open = 1
    b.bar.ts = bucket_start(bar.ts, tf)
    b.bar.tf = tf
    b.end = b.bar.ts + tf
    b.bar.open = bar.open
    b.bar.high = bar.high
    b.bar.low = bar.low
    b.bar.volume = 0.0
    b.bar.novol = 0
    b.bar.n_base = 0
    b.bar.gap = bar.gap
    b.bar.rejected_before = 0


@inlined
def bucket_join(b: Bucket, bar: Bar, tf: int) -> None:
    """Add a closed base bar to its bucket of `tf` milliseconds, opening the bucket if needed."""
    if b.open == 0:
        _start(b, bar, tf)
    b.bar.high = max(b.bar.high, bar.high)
    b.bar.low = min(b.bar.low, bar.low)
    b.bar.close = bar.close
    b.bar.volume += bar.volume
    b.bar.novol |= bar.novol
    b.bar.n_base += 1
    b.bar.rejected_before += bar.rejected_before


@kernel
def bucket_close(b: Bucket, known: int, expected: int) -> None:
    """Finish the forming bucket: `b.bar` is then a closed bar, known at `known`."""
    b.open = 0
    b.bar.i = b.n
    b.bar.known = known
    b.bar.expected = expected
    if b.bar.novol == 1:
        b.bar.volume = 0.0
    b.n += 1
