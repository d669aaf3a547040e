"""Where levels come from, and how things end, in words; what they are called stands in the glossary."""

from __future__ import annotations

from typing import Final

__all__ = ["ENDS", "POOLS", "REASONS", "ended"]

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
    "TEST_OK": "it held",
    "TEST_FAIL": "failed, price beyond the extreme",
    "ACC_FAIL": "failed",
    "DIST_FAIL": "failed",
    "RANGE_END": "over",
    "CRT_CONFIRM": "confirmed",
    "CRT_INVALID": "a close beyond its extreme",
}

#: why it ended
REASONS: Final[dict[str, str]] = {
    "none": "",
    "replaced": "a newer one took its place",
    "age": "too old",
    "capacity": "no room for more",
    "filled": "filled",
    "superseded": "a newer one took over",
    "target": "target reached",
    "entered": "price entered it",
    "gap_closed": "the gap closed",
    "no_reclaim": "the edge was not taken back in time",
    "depth": "the edge was broken too deep",
    "timeout": "nothing came in time",
    "no_tr": "it was no trading range",
    "below_spring": "a close beyond the spring or upthrust",
    "novol": "volume is missing",
    "breakdown": "a close through the edge it rests on",
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
