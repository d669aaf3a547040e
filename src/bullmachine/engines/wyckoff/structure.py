"""What the machine of one side remembers of its structure."""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.record import F8, I8, nested, record

__all__ = ["NEVER", "Machine", "Mark", "Pierce", "Preliminary", "Pull", "Tested"]

NEVER: Final = -(1 << 40)  #: the bar of what has not happened


@record
class Preliminary:
    """A bar that may turn out to be a preliminary support (`i` -1 none)."""

    i: I8 = -1
    ts: I8 = -1
    low: F8 = math.nan
    high: F8 = math.nan
    score: F8 = 0.0
    rv: F8 = 0.0
    sp: F8 = 0.0
    clv: F8 = 0.0
    fall: F8 = 0.0


@record
class Mark:
    """A low that waits to be left (`i` -1 none): its bar, volume (NaN unknown) and range."""

    i: I8 = -1
    ts: I8 = -1
    low: F8 = math.nan
    volume: F8 = math.nan
    spread: F8 = 0.0


@record
class Pull:
    """A pull-back (`i` -1 none): its low, that bar and its volume, and the top it began from."""

    i: I8 = -1
    ts: I8 = -1
    low: F8 = math.nan
    volume: F8 = math.nan
    top: F8 = math.nan


@record
class Pierce:
    """Bars under the support (0 none): the lowest and its bar, the largest volume, RV (NaN unknown) and range.

    Once it is a spring: its type, the close's place in the bar that took the support back, and that bar's event.
    """

    bars: I8 = 0
    low: F8 = math.inf
    i: I8 = -1
    ts: I8 = -1
    volume: F8 = math.nan
    rv: F8 = math.nan
    spread: F8 = 0.0
    type: I8 = 0
    clv: F8 = 0.0
    bars_b: I8 = 0


@record
class Tested:
    """The test of a spring that waits for its outcome (`i` -1 none)."""

    i: I8 = -1
    ts: I8 = -1
    high: F8 = math.nan
    score: F8 = 0.0
    id: I8 = -1


@record
class Machine:
    """One side's structure; prices as that side sees them.

    `said` is the event that made the phase, `base` the one that made the range, `jac_id` the jump. `a` is the
    ATR the structure began with, `v_ref` and `r_ref` the climax's volume (NaN unknown) and range, `support` and
    `creek` the edges (the climax's low alone in A1), `run` the high of the rally so far (`run_i` -1 none), `rv_sum`
    of `rv_n` bars the volume of it. `away` is 1 once price has left the test area, `near` while it touches the
    creek and 2 once that was told as an upthrust action, `tested` once a spring had its test. `built` is the quality as
    of the last bar that changed it, `fall` what the volume of the last two legs down adds to it, `changed_i` the last
    bar on which a test or touch was counted. `last_i` is the bar of its last event, `sprang` of its last spring.
    """

    phase: I8 = 0
    phase_i: I8 = NEVER
    last_i: I8 = NEVER
    sprang: I8 = NEVER
    said: I8 = -1
    base: I8 = -1
    jac_id: I8 = -1
    locked: I8 = 0
    undecided: I8 = 0
    worth: F8 = 1.0
    a: F8 = 0.0
    v_ref: F8 = math.nan
    r_ref: F8 = 0.0
    rv_ref: F8 = 0.0
    support: F8 = math.nan
    creek: F8 = math.nan
    drop: F8 = 0.0
    climax_i: I8 = -1
    low_i: I8 = -1
    run: F8 = math.nan
    run_i: I8 = -1
    run_ts: I8 = -1
    run_rv: F8 = math.nan
    rv_sum: F8 = 0.0
    rv_n: I8 = 0
    start_i: I8 = -1
    b_i: I8 = -1
    n_st: I8 = 0
    touches: I8 = 0
    near: I8 = 0
    away: I8 = 0
    lps_c: I8 = 0
    tested: I8 = 0
    v_sos: F8 = math.nan
    top: F8 = math.nan
    origin: F8 = math.nan
    jac_i: I8 = -1
    closes: I8 = 0
    fall: F8 = 0.0
    built: F8 = 0.0
    changed_i: I8 = NEVER
    preliminary: Preliminary = nested(Preliminary)
    revisit: Mark = nested(Mark)
    visited: Mark = nested(Mark)
    pierce: Pierce = nested(Pierce)
    spring: Pierce = nested(Pierce)
    test: Tested = nested(Tested)
    pull: Pull = nested(Pull)
