"""Events: what an engine says happened, when it happened (`ref`) and when it was known (`known`).

The log is append-only. A change of mind is a new event with a `parent`, never an edit. Kernels fill
the fixed slots of an `EventLog`; Python drains them between chunks. A kernel loop stops before a bar
when fewer than its `EVENTS_PER_BAR` slots are free, so `dropped` stays 0 unless that bound is wrong.
"""

from __future__ import annotations

import enum
import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, I8, array, nested, record

__all__ = [
    "ENGINE_SPAN",
    "EVENT_SLOTS",
    "EV_LEN",
    "Event",
    "EventLog",
    "LogHead",
    "Reason",
    "State",
    "emit",
    "free_slots",
]

ENGINE_SPAN: Final = 100  #: kinds of engine number e are e * 100 .. e * 100 + 99
EVENT_SLOTS: Final = 4096  #: events a log holds between two drains
EV_LEN: Final = 8  #: named evidence numbers an event can carry


class State(enum.IntEnum):
    """Whether an event opens, changes or ends the thing it is about."""

    NEW = 0
    UPDATE = 1
    END = 2


class Reason(enum.IntEnum):
    """Why an event ended or qualified something."""

    NONE = 0
    REPLACED = 1
    AGE = 2
    CAPACITY = 3
    FILLED = 4
    SUPERSEDED = 5
    TARGET = 6
    ENTERED = 7
    GAP_CLOSED = 8
    NO_RECLAIM = 9
    DEPTH = 10
    TIMEOUT = 11
    NO_TR = 12
    BELOW_SPRING = 13
    NOVOL = 14
    BREAKDOWN = 15
    REFUTED = 16
    DECIDED = 17
    BELOW_MID = 18


@record
class Event:
    """One entry of the log. Prices in quote units, times in UTC milliseconds, indices in own-timeframe bars."""

    id: I8 = -1
    kind: I8 = 0
    tf: I8 = 0
    dir: I8 = 0
    i_ref: I8 = 0
    t_ref: I8 = 0
    i_known: I8 = 0
    t_known: I8 = 0
    price: F8 = math.nan
    lo: F8 = math.nan
    hi: F8 = math.nan
    score: F8 = 0.0
    state: I8 = 0
    reason: I8 = 0
    parent: I8 = -1
    ev: list[float] = array(F8, EV_LEN)


@record
class LogHead:
    """The part of a log that survives a drain and belongs to a snapshot."""

    seq: I8 = 0
    dropped: I8 = 0


@record
class EventLog:
    """Slots for the events of one chunk; the last slot catches what does not fit."""

    head: LogHead = nested(LogHead)
    n: I8 = 0
    slots: list[Event] = array(Event, EVENT_SLOTS + 1)


@kernel
def free_slots(log: EventLog) -> int:
    """How many more events fit before the log must be drained."""
    return EVENT_SLOTS - log.n


@kernel
def emit(log: EventLog, bar: Bar, kind: int, dir_: int, price: float, score: float) -> int:
    """Append an event about `bar` known at `bar`; the slot's index, so that the caller can refine it.

    `ref` is this bar, the zone is the price, the state is NEW, the parent none.
    """
    k = log.n
    if k >= EVENT_SLOTS:
        log.head.dropped += 1
        k = EVENT_SLOTS
    else:
        log.n = k + 1
    e = log.slots[k]
    e.id = log.head.seq
    log.head.seq += 1
    e.kind = kind
    e.tf = bar.tf
    e.dir = dir_
    e.i_ref = bar.i
    e.t_ref = bar.ts
    e.i_known = bar.i
    e.t_known = bar.known
    e.price = price
    e.lo = price
    e.hi = price
    e.score = score
    e.state = 0
    e.reason = 0
    e.parent = -1
    for j in range(EV_LEN):
        e.ev[j] = 0.0
    return k
