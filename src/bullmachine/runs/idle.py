"""Settings that can do nothing: what waits for a target that leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bullmachine.trading.exit_params import Breakeven, ExitParams, TargetAt, Trail, TrailFrom, VolumeSpike
from bullmachine.trading.params import DecideParams

__all__ = ["idle"]


def idle(p: DecideParams) -> Iterator[str]:
    """A sentence on the settings that cannot act in any run with `p`.

    >>> from bullmachine.trading.params import DecideParams
    >>> list(idle(DecideParams()))
    []
    """
    waiting = list(_waiting(p.exits))
    if waiting and not _leaves_rest(p.exits):
        yield f"no target leaves a rest of the position, so that these never begin: {', '.join(waiting)}"


def _waiting(x: ExitParams) -> Iterator[str]:
    """Settings that wait for a first target."""
    if x.breakeven == Breakeven.TARGET_1:
        yield "exits.breakeven = target_1"
    if x.trail != Trail.NONE and x.trail_from == TrailFrom.TARGET_1:
        yield "exits.trail_from = target_1"
    if x.volume_spike == VolumeSpike.TARGET_1:
        yield "exits.volume_spike = target_1"


def _leaves_rest(x: ExitParams) -> bool:
    """Whether a target closes only a part."""
    rungs = [t for t in (x.target_1, x.target_2, x.target_3) if t.at != TargetAt.OFF]
    return any(t.size < 1.0 for t in rungs)
