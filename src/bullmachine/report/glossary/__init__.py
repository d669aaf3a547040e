"""The glossary: what everything on the chart is called, and one sentence on what it is.

Every event kind of every engine has its entry, also those that only touch, change or end something.
"""

from __future__ import annotations

from typing import Final

from bullmachine.report.glossary.structure import HOB, LEVELS, MOMENTUM, SMC
from bullmachine.report.glossary.term import Term
from bullmachine.report.glossary.wyckoff import PHASES, SIDES, TURNED, WYCKOFF

__all__ = ["KINDS", "PHASES", "SIDES", "TERMS", "TURNED", "Term"]

#: every event kind by its name
KINDS: Final[dict[str, Term]] = {**LEVELS, **SMC, **WYCKOFF, **HOB, **MOMENTUM}

#: all that is drawn, by name; a `-` behind it where the same is called otherwise when it points down
TERMS: Final[dict[str, Term]] = {
    **KINDS,
    **{f"{kind}-": term for kind, term in TURNED.items()},
    **SIDES,
    **{name: Term(t.label, f"accumulation, {t.words}", t.says) for name, t in PHASES.items()},
    **{f"{name}-": Term(t.label, f"distribution, {t.words}", t.says) for name, t in PHASES.items()},
}
