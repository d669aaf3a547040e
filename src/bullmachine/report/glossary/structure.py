"""The words of price structure: levels, smart-money concepts, hidden order blocks, and momentum."""

from __future__ import annotations

from typing import Final

from bullmachine.report.glossary.term import Term

__all__ = ["HOB", "LEVELS", "MOMENTUM", "SMC"]

LEVELS: Final[dict[str, Term]] = {
    "PIVOT": Term("pivot", "pivot", "A high or low that no bar beside it went beyond."),
    "SWING": Term("swing", "swing point", "A pivot that turned the sequence of highs and lows."),
    "SWING_REPLACED": Term("swing", "swing point replaced", "A more extreme pivot took the last swing's place."),
    "SESSION_CLOSE": Term("session", "session closed", "A session's high and low are final."),
    "SESSION_BREAK": Term("session", "session level broken", "The first close beyond a session's high or low."),
    "PD_BREAK": Term("PD", "previous day's level broken", "The day's first close beyond the day before."),
    "PW_BREAK": Term("PW", "previous week's level broken", "The week's first close beyond the week before."),
    "ATR_BREAK": Term("ATR", "channel left", "A close outside the ATR channel around the average."),
    "SMA_CROSS": Term("cross", "moving averages crossed", "The fast average crossed the slow one."),
    "CLOSE_X_SMA20": Term("x20", "close crossed the fast average", "The close is on the fast average's other side."),
    "CLOSE_X_SMA50": Term("x50", "close crossed the slow average", "The close is on the slow average's other side."),
}

SMC: Final[dict[str, Term]] = {
    "BOS": Term("BOS", "break of structure", "A close beyond the last swing in the direction of the trend."),
    "CHOCH": Term("CHoCH", "change of character", "A close beyond the last swing against the trend, which turns."),
    "MSS": Term("MSS", "market structure shift", "A change of character by an impulsive bar."),
    "DISPL": Term("DISPL", "displacement", "A bar with a large body: somebody was in a hurry."),
    "SMC4_BOS": Term("BOS4", "break of structure of four swings", "The last four swings go on the way they went."),
    "SMC4_CHOCH": Term("CHoCH4", "change of character of four swings", "The last four swings turn the trend."),
    "FVG": Term("FVG", "fair value gap", "Three bars whose outer two leave prices between them untraded."),
    "FVG_TOUCH": Term("FVG", "fair value gap touched", "Price is back at the gap's edge."),
    "FVG_CE": Term("CE", "consequent encroachment", "Half of the fair value gap is filled."),
    "FVG_FILLED": Term("FVG", "fair value gap filled", "All of the gap is filled."),
    "IFVG": Term("IFVG", "inverse fair value gap", "A close through a gap turns it: it now defends the other side."),
    "IFVG_INVALID": Term("IFVG x", "inverse gap refuted", "A close back through the turned gap."),
    "OB": Term("OB", "order block", "The last opposite candle before a move that broke structure."),
    "OB_TOUCH": Term("OB", "order block touched", "Price is back at the block's edge."),
    "OB_MITIGATED": Term("OB", "order block mitigated", "Price reached the middle of the block."),
    "BREAKER": Term("BB", "breaker block", "An order block that price closed through: it defends the other side."),
    "BREAKER_INVALID": Term("BB x", "breaker refuted", "A close back through the breaker."),
    "POOL": Term("", "liquidity pool", "A level with stops beyond it: a pivot, or a high or low that everyone sees."),
    "EQH": Term("EQH", "equal highs", "Another high at the same level: more stops rest above it."),
    "EQL": Term("EQL", "equal lows", "Another low at the same level: more stops rest below it."),
    "SWEEP": Term("sweep", "liquidity sweep", "Price took the stops beyond a pool and closed back."),
    "POOL_RUN": Term("run", "run on a liquidity pool", "Price took the stops beyond a pool and stayed there."),
    "SMR": Term("SMR", "smart-money reversal", "A sweep, and then a change of character the other way."),
    "SMR_INVALID": Term("SMR x", "reversal refuted", "A close beyond the extreme of the sweep."),
    "SMC_END": Term("", "end of a zone", "A zone, pool or reversal is over without being refuted."),
}

HOB: Final[dict[str, Term]] = {
    "HOB": Term("HOB", "hidden order block", "A candle's body that price skipped as a whole in a gap."),
    "PHOB": Term("PHOB", "hidden order block, half hidden", "A candle whose body was skipped in its middle only."),
    "HOB_MITIGATED": Term("HOB", "hidden block mitigated", "Price entered the block, or the gap that hid it closed."),
    "WICK_ABSORB": Term("wick", "absorption by a wick", "A long wick: what was sold, or bought, there was absorbed."),
    "VOL_SPIKE": Term("vol", "volume spike", "Much more volume than usual, whichever way."),
    "HOB_REACTION": Term("react", "reaction at a zone", "Price met a zone that defends its side, and turned there."),
    "REACTION_FAIL": Term("react x", "reaction failed", "A close beyond the far edge of the zone."),
    "HOB_END": Term("", "end of a hidden block or reaction", "It is over without being refuted."),
}

MOMENTUM: Final[dict[str, Term]] = {
    "DIV_REG": Term("div", "regular divergence", "Price makes a new extreme and the oscillator does not: fading."),
    "DIV_HID": Term("hid", "hidden divergence", "The oscillator makes a new extreme and price does not: it goes on."),
}
