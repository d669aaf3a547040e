"""What a check found: how many comparisons it made, how many failed, and the first failure in words."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from bullmachine.core.engine import StepEngine

__all__ = ["CheckResult", "Tally", "first_difference"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The outcome of one check on one engine; `detail` is the first failure, else what was seen."""

    name: str
    engine: str
    tried: int
    failed: int
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether something was tried and nothing failed."""
        return self.tried > 0 and self.failed == 0

    def __str__(self) -> str:
        """One line: check, engine, numbers, detail."""
        tail = f": {self.detail}" if self.detail else ""
        return f"{self.name} of {self.engine}: {self.failed} of {self.tried} failed{tail}"


class Tally:
    """Counts comparisons while a check runs and keeps the words of the first failure."""

    def __init__(self, name: str, engine: type[StepEngine]) -> None:
        self._name, self._engine = name, engine.name
        self._tried = self._failed = 0
        self._first = ""

    def expect(self, ok: bool, what: str) -> None:  # noqa: FBT001  (an assertion's own form)
        """Count one comparison; `what` says what is wrong when it is not `ok`."""
        self._tried += 1
        if not ok:
            self._failed += 1
            self._first = self._first or what

    def same(self, expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any], where: str) -> None:
        """Two arrays of records must have the same bytes; a failure names the first differing item."""
        at = first_difference(expected, found)
        if at < 0:
            self.expect(ok=True, what=where)
        elif at < min(len(expected), len(found)):
            self.expect(ok=False, what=f"{where}, at {at}: {found[at]} instead of {expected[at]}")
        else:
            self.expect(ok=False, what=f"{where}: {len(found)} items instead of {len(expected)}")

    def result(self, seen: str = "") -> CheckResult:
        """The finished result."""
        return CheckResult(
            name=self._name, engine=self._engine, tried=self._tried, failed=self._failed, detail=self._first or seen
        )


def first_difference(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    """Index of the first item whose bytes differ (the shorter length when one is a prefix), -1 for none."""
    n = min(len(a), len(b))
    left, right = (np.frombuffer(x[:n].tobytes(), np.uint8).reshape(n, x.dtype.itemsize) for x in (a, b))
    differs = np.flatnonzero((left != right).any(axis=1))
    if len(differs):
        return int(differs[0])
    return -1 if len(a) == len(b) else n
