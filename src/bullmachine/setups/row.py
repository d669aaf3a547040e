"""A setup as people write it."""

from __future__ import annotations

from dataclasses import dataclass

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import param
from bullmachine.setups.language import Said, parse_condition
from bullmachine.setups.records import CONDITIONS, Form
from bullmachine.trading.exit_params import StopAt
from bullmachine.trading.params import EntryAt, Side

__all__ = ["Setup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A setup: conditions that must all hold at one close, written for the long side; how it enters and exits."""

    when: tuple[str, ...] = param(default=(), doc="conditions, all of which must hold; docs/method/setups.md")
    entry: EntryAt = param(  # noqa: RUF009  (it makes a field)
        default=EntryAt.MARKET,
        doc="market, or a limit at edge, ce (middle) of its own zone, or ote of the dealing range",
    )
    expiry: int = param(default=6, ge=1, le=10_000, doc="bars a limit entry rests")
    stop: StopAt = param(  # noqa: RUF009  (it makes a field)
        default=StopAt.ATR, doc="atr, or structure: beyond the level that would prove the idea wrong"
    )
    exits: str = param(default="", doc="named set of exits; empty: those of the run")
    sides: Side = param(default=Side.BOTH, doc="both, long or short")  # noqa: RUF009  (it makes a field)
    on: bool = param(default=True, doc="false: it does not count")

    def __post_init__(self) -> None:
        """There are conditions, and each can be understood and hold."""
        if not self.when:
            raise ConfigError(
                'when is missing: list its conditions, such as "event SPRING on base within 3"', key="when"
            )
        if len(self.when) > CONDITIONS:
            raise ConfigError(f"{len(self.when)} conditions are more than {CONDITIONS}", key="when")
        said = [self._read(n) for n in range(len(self.when))]
        for n, one in enumerate(said):
            for m, other in enumerate(said[:n]):
                if _apart(one, other):
                    raise ConfigError(f"conditions {m + 1} and {n + 1} of when can never hold together", key="when")
        if self.entry in (EntryAt.EDGE, EntryAt.CE) and self.zone < 0:
            raise ConfigError(
                f"entry = {self.entry.name.lower()} needs a zone to lie in: a condition that begins with zone or event",
                key="entry",
            )

    @property
    def said(self) -> tuple[Said, ...]:
        """What the conditions say."""
        return tuple(parse_condition(text) for text in self.when)

    @property
    def zone(self) -> int:
        """The condition whose zone it enters: the first about a zone, else the first about an event; -1 without."""
        forms = [said.form for said in self.said]
        return next((forms.index(form) for form in (Form.ZONE, Form.EVENT) if form in forms), -1)

    def _read(self, n: int) -> Said:
        try:
            return parse_condition(self.when[n])
        except ConfigError as error:
            raise ConfigError(f'condition {n + 1} of when, "{self.when[n]}": {error}', key="when") from None


def _apart(one: Said, other: Said) -> bool:
    """Whether no value of a state can satisfy both."""
    same = one.form is other.form and one.tf == other.tf and one.form not in (Form.EVENT, Form.ZONE)
    return same and max(one.low, other.low) > min(one.high, other.high)
