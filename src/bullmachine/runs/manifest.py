"""The manifest: what was run on what, by which code, so that the run can be made again and told from another."""

from __future__ import annotations

import datetime as dt
import hashlib
import platform
from typing import Any, Final

from bullmachine.core.kernel import digest
from bullmachine.core.time import from_ms
from bullmachine.core.version import __version__
from bullmachine.machine.engines import engine_versions
from bullmachine.machine.feed import Outside
from bullmachine.machine.machine import Machine
from bullmachine.market.signal_set import Signals
from bullmachine.runs.chance import SEED
from bullmachine.runs.journal import Journal
from bullmachine.runs.plan import Plan
from bullmachine.runs.symbols import Traded

__all__ = ["SCHEMA", "manifest_of"]

SCHEMA: Final = 4  #: version of the run folder's layout


def manifest_of(p: Plan, machine: Machine, journal: Journal, timing: dict[str, float], status: str) -> dict[str, Any]:
    """The manifest of a run; `timing` adds to what the machine measured."""
    ends = [int(t.window.rows["ts"][-1]) + p.config.sense.base for t in p.traded]
    return {
        "schema": SCHEMA,
        "version": __version__,
        "status": status,
        "made_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "kernels": digest(),
        "engines": engine_versions(),
        "seed": SEED,
        "config": {"name": p.config.name, "sha256": p.config.sha256, "resolved": p.config.to_dict()},
        "data": [_data(t) for t in p.traded],
        "signals": None if p.signals is None else _signals(p.signals),
        "window": {
            "from": from_ms(p.trade_from).isoformat(),
            "to": from_ms(max(ends)).isoformat(),
            "warm_up_bars": sum(t.window.warm_up for t in p.traded),
            "decided_bars": sum(t.window.decided for t in p.traded),
        },
        "fingerprints": journal.fingerprints,
        "funnel": {
            **journal.log.funnel.result(),
            "fills": journal.counts["entries"],
            "positions": journal.counts["positions"],
        },
        "counts": journal.counts,
        "notes": p.notes,
        "timing": {
            **timing,
            "sense_ns_per_bar": machine.timing.sense_ns / max(machine.timing.bars, 1),
            "decide_ns_per_bar": machine.timing.decide_ns / max(machine.timing.decided, 1),
        },
        "machine": {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version()},
    }


def _data(t: Traded) -> dict[str, Any]:
    report, inst = t.bars.report, t.instrument
    return {
        "symbol": t.symbol,
        "name": report.name,
        "format": report.format,
        "sha256": report.sha256,
        "rows": report.n_rows,
        "first": from_ms(report.first).isoformat(),
        "last": from_ms(report.last).isoformat(),
        "holes": report.holes,
        "missing_bars": report.missing_bars,
        "rejected": {**report.rejected, "duplicates": report.duplicates},
        "instrument": {"tick": inst.tick, "lot": inst.lot, "min_notional": inst.min_notional},
        "outside": _outside(t.outside),
    }


def _outside(o: Outside) -> dict[str, Any]:
    """What the symbol was given besides bars, by the hash of what was used."""
    lower = None if o.lower is None else hashlib.sha256(o.lower[0].tobytes()).hexdigest()
    funding = None
    if o.funding is not None:
        funding = hashlib.sha256(o.funding.ts.tobytes() + o.funding.rate.tobytes()).hexdigest()
    macro = None
    if o.macro is not None:
        macro = hashlib.sha256(o.macro.times.tobytes() + o.macro.contexts.tobytes()).hexdigest()
    return {"funding": funding, "lower_bars": lower, "macro": macro}


def _signals(s: Signals) -> dict[str, Any]:
    return {"name": s.name, "sha256": s.sha256, "format": s.format, "rows": len(s), "stamps": s.stamps}
