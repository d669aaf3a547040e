"""The public contract: checks that test any engine class, and the markets they use.

>>> from bullmachine.indicators.atr import Atr
>>> from bullmachine.testing import check_name, yield_checks
>>> check, *others = yield_checks(Atr)
>>> check_name(check), len(others), check(Atr).failed
('stream_equals_batch', 13, 0)
"""

from bullmachine.testing.discover import discover
from bullmachine.testing.markets import random_market
from bullmachine.testing.results import CheckResult
from bullmachine.testing.suite import CHECKS, check_engine, check_name, yield_checks

__all__ = ["CHECKS", "CheckResult", "check_engine", "check_name", "discover", "random_market", "yield_checks"]
