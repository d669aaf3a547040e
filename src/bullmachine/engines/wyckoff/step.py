"""One bar through the Wyckoff engine: readings, legs, bar events, sweeps, both machines, a range, score, in this order.

Everything is written for accumulation; distribution is the same code on prices turned upside down. SMC has taken the
bar before.
"""

from __future__ import annotations

import math
from typing import Final

from bullmachine.core.bars import Bar
from bullmachine.core.events import EventLog
from bullmachine.core.kernel import called, inlined, kernel
from bullmachine.core.slots import SlotTable
from bullmachine.engines.features import FeaturesOut
from bullmachine.engines.levels import LevelsOut
from bullmachine.engines.wyckoff.advance import advance_step
from bullmachine.engines.wyckoff.cause import cause_step, test_step
from bullmachine.engines.wyckoff.climax import climax_step, markup_step, rally_step
from bullmachine.engines.wyckoff.effort import coil_step, evr_step
from bullmachine.engines.wyckoff.kinds import Phase
from bullmachine.engines.wyckoff.legs import legs_step
from bullmachine.engines.wyckoff.lock import lock_step
from bullmachine.engines.wyckoff.machines import free, meet, touch
from bullmachine.engines.wyckoff.params import ClimaxParams, WyckoffParams
from bullmachine.engines.wyckoff.records import WyckoffOut, WyckoffState
from bullmachine.engines.wyckoff.score import fade, score_step
from bullmachine.engines.wyckoff.spring import spring_step
from bullmachine.engines.wyckoff.sweeps import sweep_step
from bullmachine.engines.wyckoff.vsa import vsa_step
from bullmachine.engines.wyckoff.window import pivots_take, turn, window_take

__all__ = ["EVENTS_PER_BAR", "wyckoff_step"]

#: climax, stop and quiet of one side, two thrusts, an effort; a sweep ends and one is made; the most a machine says
#: (B: a test, an LPS_C, strength and its jump) twice, and both may be ended by the other; a range and two before it
EVENTS_PER_BAR: Final = 6 + 2 + 2 * 4 + 2 + 3

_N: Final = int(Phase.N)
_A1: Final = int(Phase.A1)
_B: Final = int(Phase.B)
_C: Final = int(Phase.C)
_D: Final = int(Phase.D)
_E: Final = int(Phase.E)


@inlined
def _measure(p: ClimaxParams, s: WyckoffState, bar: Bar, f: FeaturesOut) -> None:
    """This bar's yardsticks."""
    s.atr = f.atr_prev
    s.sp = (bar.high - bar.low) / s.atr if s.atr > 0.0 else 0.0
    s.known = 0 if math.isnan(f.rv) else 1
    s.rv = f.rv if s.known == 1 else 0.0
    s.v = math.nan if bar.novol == 1 else bar.volume
    s.wide = 1 if (s.sp >= min(p.sp, p.ps_sp)) & (s.rv >= min(p.rv, p.ps_rv)) else 0


@called
def _pivot(p: WyckoffParams, s: WyckoffState, bar: Bar, lv: LevelsOut, log: EventLog) -> None:
    """A pivot was confirmed: look for a range, if both machines could take one and neither has moved on this bar."""
    pivots_take(s, lv)
    one, two = s.machines[0], s.machines[1]
    if bar.i >= 2 * p.lock.n and s.atr > 0.0 and free(one) and free(two) and bar.i not in (one.phase_i, two.phase_i):
        lock_step(p, s, bar, log)


@kernel
def wyckoff_step(  # noqa: PLR0912  (the phases, see below)
    p: WyckoffParams,
    s: WyckoffState,
    bar: Bar,
    f: FeaturesOut,
    lv: LevelsOut,
    smr: SlotTable,
    o: WyckoffOut,
    log: EventLog,
) -> None:
    """Take one closed bar, its features and levels and SMC's slots (for reversals); at most `EVENTS_PER_BAR` events.

    A machine takes a bar in the phase it is in and makes one transition: what fails a range is not also a climax.
    The phases are told apart here and not in kernels of their own: each level more is another 2 s of compilation.
    """
    _measure(p.climax, s, bar, f)
    turn(s, bar)
    coil_step(p.coil, s, bar, o)
    evr_step(s, o)
    if not math.isnan(s.atr):
        fade(s, bar)
        if s.atr > 0.0:
            legs_step(s.legs, s, bar, p.legs.retrace * s.atr)
        vsa_step(p.vsa, s, bar, log)
        sweep_step(p.crt, s, bar, log)
        for side in range(2):
            phase = s.machines[side].phase
            if phase == _N:
                if s.wide == 1:
                    climax_step(p, s, side, bar, log)
                continue
            if phase == _A1:
                rally_step(p, s, side, bar, log)
                continue
            if phase == _E:
                markup_step(p, s, side, bar, log)
                continue
            touch(s.machines[side], s.turned[side].high, bar.i)
            if phase == _B:
                cause_step(p, s, side, bar, log)
            elif phase == _C:
                spring_step(p, s, side, bar, log)
            elif phase == _D:
                advance_step(p, s, side, bar, log)
            else:
                test_step(p, s, side, bar, log)
        one, two = s.machines[0], s.machines[1]
        if bar.i in (one.phase_i, two.phase_i):
            meet(s, bar, log)
    if lv.pivot_first != 0:
        _pivot(p, s, bar, lv, log)
    score_step(p, s, bar, smr, o)
    window_take(s, bar)
