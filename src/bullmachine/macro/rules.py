"""Rules: a series, what of it is looked at, when that speaks, and against which side with what weight."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import param
from bullmachine.macro.transform import LEVEL, Transform, parse_transform

__all__ = ["Blocks", "Only", "Rule"]


class Blocks(enum.IntEnum):
    """The side a rule speaks against."""

    BOTH = 0
    LONG = 1
    SHORT = -1


class Only(enum.IntEnum):
    """The symbols a rule is about."""

    ALL = 0
    ALTS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: it speaks from beyond `on` until back beyond `off`; above if `on` > `off`, below if `on` < `off`."""

    series: str = param(default="", doc="name of a series, or two with a slash between for their quotient")
    transform: str = param(default=LEVEL, doc="level, over_sma_N (observations), change_Nd or change_Nh")
    on: float = param(default=1.0, ge=-1e15, le=1e15, doc="value beyond which it begins to speak")
    off: float = param(
        default=0.0, ge=-1e15, le=1e15, doc="value beyond which it falls silent; its side of on says which way"
    )
    blocks: Blocks = param(  # noqa: RUF009  (it makes a field)
        default=Blocks.BOTH, doc="long, short or both: the side it speaks against"
    )
    weight: float = param(
        default=0.0, ge=-1.0, le=1.0, doc="what it adds to that side's risk; below 0 it supports the side"
    )
    unit: str = param(default="", doc="unit of on and off where the transform is level; empty: not checked")
    quiet: float = param(
        default=0.0, ge=0.0, le=1.0, doc="speaks only while the price moved less in 24 hours; 0: always"
    )
    only: Only = param(  # noqa: RUF009  (it makes a field)
        default=Only.ALL, doc="all, or alts: every symbol but those of BTC"
    )
    closes: bool = param(default=False, doc="true: while it speaks, positions on that side are closed")

    def __post_init__(self) -> None:
        """The row says which series and which way."""
        if not self.series:
            raise ConfigError("series is missing: name the series it reads", key="series")
        parse_transform(self.transform)
        if self.on == self.off:
            raise ConfigError(
                f"on = off = {self.on:g} does not say which way: put off below on (speaks above) or above it", key="off"
            )

    @property
    def parts(self) -> tuple[str, ...]:
        """The one series, or the two whose quotient is taken."""
        return tuple(name.strip() for name in self.series.split("/", 1))

    @property
    def taken(self) -> Transform:
        """What is looked at."""
        return parse_transform(self.transform)
