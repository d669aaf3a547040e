"""Settings that can do nothing: a run under a named exit set whose levels nobody computes is another set's run."""

from __future__ import annotations

from collections.abc import Iterator

from bullmachine.trading.exit_params import Breakeven, ExitParams, StopAt, TargetAt, Trail, TrailFrom, VolumeSpike
from bullmachine.trading.params import DecideParams, EntryAt

__all__ = ["idle"]


def idle(p: DecideParams) -> Iterator[str]:
    """A sentence for each kind of setting that cannot act in any run with `p`.

    >>> from bullmachine.trading.params import DecideParams
    >>> list(idle(DecideParams()))
    []
    """
    blind = list(_structural(p))
    if blind:
        yield f"no engine gives levels of structure yet, so that these find none: {', '.join(blind)}"
    waiting = list(_waiting(p.exits))
    if waiting and not _leaves_rest(p.exits):
        yield f"no target leaves a rest of the position, so that these never begin: {', '.join(waiting)}"


def _structural(p: DecideParams) -> Iterator[str]:
    if p.trade.entry != EntryAt.MARKET:
        yield f"trade.entry = {p.trade.entry.name.lower()}"
    if p.exits.stop == StopAt.STRUCTURE:
        yield "exits.stop = structure"
    for n, t in enumerate((p.exits.target_1, p.exits.target_2, p.exits.target_3), start=1):
        if t.at in (TargetAt.LIQUIDITY, TargetAt.RANGE_EDGE):
            yield f"exits.target_{n}.at = {t.at.name.lower()}"


def _waiting(x: ExitParams) -> Iterator[str]:
    """Settings that wait for a first target."""
    if x.breakeven == Breakeven.TARGET_1:
        yield "exits.breakeven = target_1"
    if x.trail != Trail.NONE and x.trail_from == TrailFrom.TARGET_1:
        yield "exits.trail_from = target_1"
    if x.volume_spike == VolumeSpike.TARGET_1:
        yield "exits.volume_spike = target_1"


def _leaves_rest(x: ExitParams) -> bool:
    """Whether a target that can be reached closes only a part."""
    rungs = [t for t in (x.target_1, x.target_2, x.target_3) if t.at == TargetAt.R]
    return any(t.size < 1.0 for t in rungs)
