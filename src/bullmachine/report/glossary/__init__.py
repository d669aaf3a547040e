"""The glossary: what everything on the chart is called, and one sentence on what it is.

Every event kind of every engine has its entry, also those that only touch, change or end something.
"""

from __future__ import annotations

from typing import Final

from bullmachine.report.glossary.structure import HOB, LEVELS, MOMENTUM, SMC
from bullmachine.report.glossary.term import Term
from bullmachine.report.glossary.wyckoff import PHASES, SIDES, TURNED, WYCKOFF

__all__ = ["KINDS", "PHASES", "SIDES", "TURNED", "Term"]

#: every event kind by its name
KINDS: Final[dict[str, Term]] = {**LEVELS, **SMC, **WYCKOFF, **HOB, **MOMENTUM}
