"""The HOB score: signed contributions, each weight x activation x direction, all in the reversal book."""

from __future__ import annotations

import math

from bullmachine.core.bars import Bar
from bullmachine.core.board import side_of
from bullmachine.core.kernel import inlined, kernel
from bullmachine.core.slots import slots_net
from bullmachine.engines.hob.params import HobParams
from bullmachine.engines.hob.records import (
    ABSORB_SLOT,
    EVIDENCE_LIFE,
    REACTION_LIFE,
    REACTION_SLOT,
    SLOTS_USED,
    SPIKE_SLOT,
    HobOut,
    HobState,
)

__all__ = ["score_step"]


@inlined
def _nearest(s: HobState, d: int, bar: Bar, atr: float) -> tuple[float, int]:
    """Activation and event of the nearest zone that defends `d` within an ATR; of equals the better, then older."""
    line = s.hidden.board.lines[side_of(d)]
    close, best, found, away = d * bar.close, 0.0, -1, atr
    j = line.n - 1
    while j >= 0:
        s.work += 1
        z, gap = s.hidden.bodies[line.place[j]], max(0.0, close - line.key[j])
        j -= 1
        if gap >= atr or (found >= 0 and gap > away):
            break
        if z.dir == d and z.passed < 0 and (found < 0 or z.score > best or (z.score == best and z.id < found)):
            best, found, away = z.score, z.id, gap
    return best * (1.0 - away / atr), found


@inlined
def _zone(s: HobState, bar: Bar, atr: float, o: HobOut) -> float:
    bull, bull_id = _nearest(s, 1, bar, atr)
    bear, bear_id = _nearest(s, -1, bar, atr)
    o.zone_id = -1
    if bull != bear:
        o.zone_id = bull_id if bull > bear else bear_id
    return bull - bear


@kernel
def _silent(o: HobOut) -> None:
    """No contribution while the yardstick is cold or 0."""
    o.zone_part = 0.0
    o.absorb_part = 0.0
    o.spike_part = 0.0
    o.reaction_part = 0.0
    o.reversal = 0.0
    o.zone_id = -1
    o.absorb_id = -1
    o.spike_id = -1
    o.reaction_id = -1


@inlined
def score_step(p: HobParams, s: HobState, bar: Bar, atr: float, o: HobOut) -> None:
    """Fill the contributions."""
    o.ready = 0 if math.isnan(atr) else 1
    if not atr > 0.0:
        _silent(o)
        return
    w = p.weights
    absorb, o.absorb_id = slots_net(s.slots, ABSORB_SLOT, SPIKE_SLOT, EVIDENCE_LIFE, bar.i)
    spike, o.spike_id = slots_net(s.slots, SPIKE_SLOT, REACTION_SLOT, EVIDENCE_LIFE, bar.i)
    reaction, o.reaction_id = slots_net(s.slots, REACTION_SLOT, SLOTS_USED, REACTION_LIFE, bar.i)
    o.zone_part = w.zone * _zone(s, bar, atr, o)
    o.absorb_part = w.absorb * absorb
    o.spike_part = w.spike * spike
    o.reaction_part = w.reaction * reaction
    o.reversal = o.zone_part + o.absorb_part + o.spike_part + o.reaction_part
