"""Parameters of the Wyckoff engine.

No primary source gives a number: every default is this machine's own calibration ([CAL]). In the words of the
accumulation; the distribution uses the same numbers upside down.
"""

from __future__ import annotations

import enum

from bullmachine.core.record import F8, I8, nested, param, params

__all__ = [
    "ClimaxParams",
    "CoilParams",
    "CrtParams",
    "Inside",
    "LegParams",
    "LockParams",
    "LpsParams",
    "MarkupParams",
    "RallyParams",
    "RangeParams",
    "SosParams",
    "SpringParams",
    "StParams",
    "TestParams",
    "VsaParams",
    "Weights",
    "WyckoffParams",
]


class Inside(enum.IntEnum):
    """Within what a sweep's close must be back: the candle's whole range, or its body."""

    RANGE = 0
    BODY = 1


@params
class ClimaxParams:
    """Climax and preliminary support."""

    n_low: I8 = param(default=20, ge=10, le=50, doc="bars whose lows a climax undercuts")
    n_high: I8 = param(default=40, ge=20, le=120, doc="bars in which the fall before a climax began")
    sp: F8 = param(default=1.5, ge=1.2, le=2.5, doc="least range of a climax in ATR")
    rv: F8 = param(default=2.0, ge=1.5, le=4.0, doc="least relative volume of a climax")
    drop: F8 = param(default=5.0, ge=3.0, le=10.0, doc="least fall before a climax in ATR")
    ps_sp: F8 = param(default=1.2, ge=1.0, le=2.0, doc="least range of a preliminary support in ATR")
    ps_rv: F8 = param(default=1.5, ge=1.0, le=3.0, doc="least relative volume of a preliminary support")
    ps_drop: F8 = param(default=3.0, ge=1.0, le=6.0, doc="least fall before a preliminary support in ATR")
    again_sp: F8 = param(default=1.2, ge=1.0, le=2.0, doc="least range of a lower low that replaces the climax")
    again_rv: F8 = param(default=1.5, ge=1.0, le=3.0, doc="least relative volume of such a low")


@params
class RallyParams:
    """The automatic rally; distances in the structure's ATR."""

    least: F8 = param(default=2.0, ge=1.5, le=4.0, doc="least height of the rally, and of any range")
    pull: F8 = param(default=1.0, ge=0.5, le=1.5, doc="how far price comes back from its high to end it")
    max_bars: I8 = param(default=20, ge=10, le=40, doc="bars after the climax within which it must end")
    max_height: F8 = param(default=20.0, ge=8.0, le=40.0, doc="a higher one makes no range")


@params
class StParams:
    """Secondary tests."""

    area: F8 = param(default=0.35, ge=0.2, le=0.5, doc="lowest share of the range in which price tests the support")
    volume: F8 = param(default=0.7, ge=0.5, le=0.9, doc="most volume of a test as a share of the climax's")
    spread: F8 = param(default=0.8, ge=0.5, le=1.0, doc="most range of a test as a share of the climax's")
    confirm: F8 = param(default=1.0, ge=0.5, le=1.5, doc="how far price leaves the low of a test, in a")
    undercut: F8 = param(default=0.5, ge=0.25, le=1.0, doc="how far a test may undercut the support, in a")
    max_bars: I8 = param(default=60, ge=20, le=120, doc="bars after the rally within which the first test must come")


@params
class RangeParams:
    """When a range fails or is left."""

    fail: F8 = param(default=1.0, ge=0.5, le=2.0, doc="a close this far below the support ends phase A, in a")
    leave: F8 = param(default=0.5, ge=0.25, le=1.0, doc="a close this share of the height above the creek leaves it")
    max_bars: I8 = param(default=300, ge=100, le=1000, doc="bars phase B lasts")


@params
class SpringParams:
    """Springs."""

    min_b: I8 = param(default=8, ge=5, le=30, doc="least bars of phase B before a spring or a sign of strength")
    bars: I8 = param(default=3, ge=1, le=5, doc="bars within which the support is taken back")
    depth_atr: F8 = param(default=1.5, ge=1.0, le=2.5, doc="deepest spring in a, or by height if that allows more")
    depth_height: F8 = param(default=0.35, ge=0.2, le=0.5, doc="deepest spring as a share of the height")
    eps: F8 = param(default=0.02, ge=0.0, le=0.1, doc="price must be this far beyond an edge, in a")
    quiet_rv: F8 = param(default=0.8, ge=0.5, le=1.0, doc="most relative volume of a type 3 spring")
    heavy_rv: F8 = param(default=1.5, ge=1.1, le=3.0, doc="most relative volume of a type 2 spring")
    max_bars: I8 = param(default=40, ge=10, le=100, doc="bars after a spring within which strength must show")


@params
class TestParams:
    """The test of a spring."""

    volume: F8 = param(default=0.7, ge=0.5, le=0.9, doc="most volume as a share of the spring's")
    spread: F8 = param(default=0.8, ge=0.5, le=1.0, doc="most range as a share of the spring's")
    ok_bars: I8 = param(default=5, ge=1, le=10, doc="bars within which a close confirms the test")


@params
class SosParams:
    """Signs of strength."""

    sp: F8 = param(default=1.2, ge=1.0, le=2.0, doc="least range in ATR")
    rv: F8 = param(default=1.3, ge=1.1, le=2.0, doc="least relative volume")
    clv: F8 = param(default=0.6, ge=0.5, le=0.8, doc="least place of the close in the bar")
    jac: F8 = param(default=0.1, ge=0.0, le=0.5, doc="how far beyond the creek a close is a jump, in a")
    novol_sp: F8 = param(default=1.5, ge=1.2, le=2.5, doc="least range in ATR where volume is missing")
    leg: I8 = param(default=1, ge=0, le=1, doc="1: a whole leg can be a sign of strength too")
    leg_ratio: F8 = param(default=1.2, ge=1.0, le=2.0, doc="least range and volume of its bars by the leg before")


@params
class LpsParams:
    """Last points of support and back-ups."""

    confirm: F8 = param(default=0.75, ge=0.5, le=1.5, doc="how far a pull-back goes, and price leaves its low, in a")
    volume: F8 = param(default=0.8, ge=0.5, le=1.0, doc="most volume as a share of the sign of strength's")
    bu: F8 = param(default=1.0, ge=0.5, le=2.0, doc="how near the creek a back-up turns, in a")
    c_area: F8 = param(default=0.2, ge=0.0, le=0.5, doc="lowest share of the range in which no LPS_C turns")
    c_volume: F8 = param(default=0.7, ge=0.5, le=1.0, doc="most volume of its leg as a share of the one before")
    c_bonus: F8 = param(default=0.1, ge=0.0, le=0.2, doc="what an LPS_C adds to the score of the next SOS")


@params
class MarkupParams:
    """Markup."""

    closes: I8 = param(default=5, ge=3, le=10, doc="closes in a row beyond the creek that make a markup")
    e_max: I8 = param(default=200, ge=20, le=500, doc="bars it counts, fading")


@params
class LegParams:
    """The legs whose volume and range are compared."""

    retrace: F8 = param(default=2.0, ge=1.0, le=4.0, doc="how far price turns to end a leg, in ATR")


@params
class LockParams:
    """Ranges without a climax."""

    n: I8 = param(default=40, ge=20, le=120, doc="bars of such a range")
    max_height: F8 = param(default=8.0, ge=4.0, le=12.0, doc="greatest height in ATR")
    efficiency: F8 = param(default=0.25, ge=0.1, le=0.4, doc="most net way as a share of the way gone")
    touch: F8 = param(default=0.25, ge=0.1, le=0.4, doc="how near an edge a pivot touches it, as a share of the height")
    touches: I8 = param(default=2, ge=2, le=4, doc="least touches of each edge")
    drift: F8 = param(default=4.0, ge=0.0, le=10.0, doc="least way of price before the range, in ATR")
    worth: F8 = param(default=0.7, ge=0.3, le=1.0, doc="what scores in such a range are multiplied with")


@params
class VsaParams:
    """Bar events of volume and spread."""

    n: I8 = param(default=10, ge=10, le=20, doc="bars whose extreme is new")
    climax_rv: F8 = param(default=2.0, ge=1.0, le=4.0, doc="least relative volume of a climax bar")
    climax_sp: F8 = param(default=1.5, ge=0.75, le=3.0, doc="least range of a climax bar in ATR")
    stop_rv: F8 = param(default=1.8, ge=0.9, le=3.6, doc="least relative volume of stopping volume")
    stop_clv: F8 = param(default=0.5, ge=0.25, le=0.9, doc="how far off the low it closes, as a share of the bar")
    quiet_sp: F8 = param(default=0.7, ge=0.35, le=1.4, doc="most range of no supply or demand in ATR")
    thrust_rv: F8 = param(default=1.2, ge=0.6, le=2.4, doc="least relative volume of an upthrust bar")
    thrust_sp: F8 = param(default=1.0, ge=0.5, le=2.0, doc="least range of an upthrust bar in ATR")
    thrust_clv: F8 = param(default=0.3, ge=0.15, le=0.6, doc="how near its far end it closes, as a share of the bar")
    effort_rv: F8 = param(default=1.5, ge=0.75, le=3.0, doc="least relative volume of effort")
    effort_sp: F8 = param(default=0.7, ge=0.35, le=1.4, doc="most range that is no result, in ATR")


@params
class CrtParams:
    """Candle-range sweeps."""

    min_range: F8 = param(default=1.0, ge=0.5, le=2.0, doc="least range of the candle in ATR")
    inside: Inside = param(default=Inside.RANGE, doc="where the close must be back: range or body")
    confirm: I8 = param(default=3, ge=1, le=5, doc="bars within which a close confirms or refutes it")
    window: I8 = param(default=1, ge=1, le=5, doc="how many bars back the candle may be")


@params
class CoilParams:
    """Quiet before a move."""

    max: F8 = param(default=0.005, ge=0.001, le=0.05, doc="deviation of daily returns from which none is left")


@params
class Weights:
    """Fixed weights of the contributions; they sum to 1."""

    phase: F8 = param(default=0.30, ge=0.0, le=1.0, doc="weight of the phase")
    key_event: F8 = param(default=0.25, ge=0.0, le=1.0, doc="weight of springs, signs of strength, points of support")
    test: F8 = param(default=0.10, ge=0.0, le=1.0, doc="weight of tests")
    volume_law: F8 = param(default=0.10, ge=0.0, le=1.0, doc="weight of volume on up-legs against down-legs")
    vsa: F8 = param(default=0.15, ge=0.0, le=1.0, doc="weight of bar events")
    crt_smr: F8 = param(default=0.10, ge=0.0, le=1.0, doc="weight of candle sweeps and smart-money reversals")


@params
class WyckoffParams:
    """Parameters of the Wyckoff engine."""

    climax: ClimaxParams = nested(ClimaxParams)
    rally: RallyParams = nested(RallyParams)
    st: StParams = nested(StParams)
    range: RangeParams = nested(RangeParams)
    spring: SpringParams = nested(SpringParams)
    test: TestParams = nested(TestParams)
    sos: SosParams = nested(SosParams)
    lps: LpsParams = nested(LpsParams)
    markup: MarkupParams = nested(MarkupParams)
    legs: LegParams = nested(LegParams)
    lock: LockParams = nested(LockParams)
    vsa: VsaParams = nested(VsaParams)
    crt: CrtParams = nested(CrtParams)
    coil: CoilParams = nested(CoilParams)
    weights: Weights = nested(Weights)
