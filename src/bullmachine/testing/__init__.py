"""The public contract: checks that test any engine class, and the markets they use.

>>> from bullmachine.indicators.atr import Atr
>>> from bullmachine.testing import check_name, yield_checks
>>> check, *others = yield_checks(Atr)
>>> check_name(check), len(others), check(Atr).failed
('stream_equals_batch', 14, 0)
"""

from bullmachine.testing.checks_border import check_bad_bars, check_exact_warm_up, check_finite_numbers
from bullmachine.testing.checks_events import check_capacity_limits, check_event_sanity
from bullmachine.testing.checks_state import check_constant_memory, check_independence, check_snapshot_restore
from bullmachine.testing.checks_stream import (
    check_any_chunking,
    check_future_poison,
    check_prefix_invariance,
    check_stream_equals_batch,
)
from bullmachine.testing.discover import discover
from bullmachine.testing.laws import check_mirror_law, check_price_scale, check_volume_scale
from bullmachine.testing.markets import random_market
from bullmachine.testing.results import CheckResult
from bullmachine.testing.suite import CHECKS, check_engine, check_name, yield_checks

__all__ = [
    "CHECKS",
    "CheckResult",
    "check_any_chunking",
    "check_bad_bars",
    "check_capacity_limits",
    "check_constant_memory",
    "check_engine",
    "check_event_sanity",
    "check_exact_warm_up",
    "check_finite_numbers",
    "check_future_poison",
    "check_independence",
    "check_mirror_law",
    "check_name",
    "check_prefix_invariance",
    "check_price_scale",
    "check_snapshot_restore",
    "check_stream_equals_batch",
    "check_volume_scale",
    "discover",
    "random_market",
    "yield_checks",
]
