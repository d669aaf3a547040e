"""The fusion state: FLAT, LONG or SHORT, about F only; it never looks at the account.

It enters a side on the first bar where F on that side reaches `on` and no stateless guard blocks, leaves
it when F on the side falls below `off` or the readings turn bad, and flips when F reaches `on` on the
other side. Orders are asked for on ENTER and FLIP only, never while the state merely holds.
"""

from __future__ import annotations

import enum
from typing import Any

from bullmachine.core.kernel import kernel
from bullmachine.fusion.params import FusionParams

__all__ = ["Stance", "Transition", "asks_run", "transition", "wanted"]


class Stance(enum.IntEnum):
    """The side the fusion state stands on."""

    SHORT = -1
    FLAT = 0
    LONG = 1


class Transition(enum.IntEnum):
    """What the state did at a bar."""

    NONE = 0
    ENTER = 1
    LEAVE = 2
    FLIP = 3


@kernel
def wanted(p: FusionParams, stance: int, f: float) -> int:
    """The side F asks for at this bar: it reaches `on` there and the state does not stand there; 0 for none."""
    side = 1 if f > 0.0 else -1
    return side if side * f >= p.on and stance != side else 0


@kernel
def transition(p: FusionParams, stance: int, f: float, blocked: int, bad: int) -> int:
    """The transition at this bar; `blocked` is the guards' mask for the wanted side, `bad` ends a stance."""
    if wanted(p, stance, f) != 0 and blocked == 0:
        return Transition.ENTER if stance == Stance.FLAT else Transition.FLIP
    ends = stance != Stance.FLAT and (stance * f < p.off or bad != 0)
    return Transition.LEAVE if ends else Transition.NONE


@kernel
def asks_run(p: Any, f: Any, asked: Any) -> None:
    """The side asked for at each bar of a run of F when nothing ever blocks; `p` is a (1,)-array of `FusionParams`."""
    stance = Stance.FLAT
    for i in range(len(f)):
        asked[i] = wanted(p[0], stance, f[i])
        move = transition(p[0], stance, f[i], 0, 0)
        if move == Transition.LEAVE:
            stance = Stance.FLAT
        elif move != Transition.NONE:
            stance = asked[i]
