"""Other parameters are found from a class's own bounds, and only those it accepts."""

import enum

import pytest

from bullmachine.core.errors import ConfigError
from bullmachine.core.record import F8, I8, param, params
from bullmachine.testing.variants import largest, variants


class Mode(enum.IntEnum):
    ONE = 1
    TWO = 2


@params
class Wide:
    fast: I8 = param(default=4, ge=2, le=9, doc="bars")
    share: F8 = param(default=0.5, ge=0.0, le=1.0, doc="part")
    mode: Mode = Mode.ONE


@params
class Ordered:
    low: I8 = param(default=2, ge=1, le=9, doc="below `high`")
    high: I8 = param(default=5, ge=1, le=9, doc="above `low`")


def _ordered(self: Ordered) -> None:
    if self.low >= self.high:
        raise ConfigError("low is not below high")


def test_variants_move_one_field_within_its_bounds() -> None:
    assert [v.fast for v in variants(Wide())] == [5, 2, 9, 4, 4, 4, 4, 4]
    assert [v.share for v in variants(Wide())][3:7] == [0.75, 0.25, 0.0, 1.0]
    assert [v.mode for v in variants(Wide())][-1] is Mode.TWO


def test_a_refused_combination_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(list(variants(Ordered()))) == 7
    monkeypatch.setattr(Ordered, "__post_init__", _ordered)
    assert [(v.low, v.high) for v in variants(Ordered())] == [(3, 5), (1, 5), (2, 6), (2, 9)]


def test_largest_is_as_large_as_the_class_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert largest(Wide()) == Wide(fast=9, share=1.0)
    monkeypatch.setattr(Ordered, "__post_init__", _ordered)
    assert largest(Ordered()) == Ordered(low=2, high=9)
