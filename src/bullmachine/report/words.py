"""What the events on the chart are called: a short label, and the field's own words; how they end."""

from __future__ import annotations

from typing import Final

__all__ = ["ENDS", "KINDS", "POOLS", "REASONS", "ended"]

#: kind of event: label on the chart, words in the tooltip
KINDS: Final[dict[str, tuple[str, str]]] = {
    "FVG": ("FVG", "fair value gap"),
    "IFVG": ("IFVG", "inverse fair value gap"),
    "OB": ("OB", "order block"),
    "BREAKER": ("BB", "breaker block"),
    "HOB": ("HOB", "hidden order block"),
    "PHOB": ("PHOB", "hidden order block, half hidden"),
    "BOS": ("BOS", "break of structure"),
    "CHOCH": ("CHoCH", "change of character"),
    "MSS": ("MSS", "market structure shift"),
    "DISPL": ("DISPL", "displacement"),
    "SMC4_BOS": ("BOS4", "break of structure of four swings"),
    "SMC4_CHOCH": ("CHoCH4", "change of character of four swings"),
    "POOL": ("", "liquidity pool"),
    "EQH": ("EQH", "equal highs"),
    "EQL": ("EQL", "equal lows"),
    "SWEEP": ("sweep", "liquidity sweep"),
    "POOL_RUN": ("run", "run on a liquidity pool"),
    "SMR": ("SMR", "smart-money reversal"),
    "HOB_REACTION": ("react", "reaction at a zone"),
    "WICK_ABSORB": ("wick", "absorption by a wick"),
    "VOL_SPIKE": ("vol", "volume spike"),
    "DIV_REG": ("div", "regular divergence"),
    "DIV_HID": ("hid", "hidden divergence"),
}

#: where a pool's level comes from, in the order of its number
POOLS: Final = (
    *("pivot", "previous day's high", "previous day's low", "previous week's high", "previous week's low"),
    *("Asia high", "Asia low", "London high", "London low", "New York high", "New York low"),
    *("trading range, top", "trading range, bottom"),
)

#: kind of the event that ends something
ENDS: Final[dict[str, str]] = {
    "IFVG_INVALID": "a close beyond it",
    "BREAKER_INVALID": "a close beyond it",
    "HOB_MITIGATED": "mitigated",
    "SWEEP": "swept",
    "POOL_RUN": "price ran on",
    "SMR_INVALID": "a close beyond its extreme",
    "REACTION_FAIL": "failed, a close beyond the zone",
}

#: why it ended
REASONS: Final[dict[str, str]] = {
    "none": "",
    "replaced": "a newer one took its place",
    "age": "too old",
    "capacity": "no room for more",
    "filled": "filled",
    "superseded": "joined with a newer one",
    "target": "target reached",
    "entered": "price entered it",
    "gap_closed": "the gap closed",
    "no_reclaim": "support was not taken back in time",
    "depth": "support was broken too deep",
    "timeout": "nothing came in time",
    "no_tr": "price left before there was a range",
    "below_spring": "a close beyond the spring",
    "novol": "volume is missing",
    "breakdown": "a close through support",
    "refuted": "the other side sprang",
    "decided": "the other side won the range",
    "below_mid": "a close back through the middle",
}


def ended(kind: str, reason: str) -> str:
    """How something ended, by the kind of the event that ended it and that event's reason.

    >>> ended("HOB_MITIGATED", "entered"), ended("SMC_END", "age"), ended("SWEEP", "none")
    ('mitigated: price entered it', 'too old', 'swept')
    """
    parts = [ENDS.get(kind, ""), REASONS.get(reason, reason.replace("_", " "))]
    return ": ".join(part for part in parts if part) or kind.replace("_", " ").lower()
