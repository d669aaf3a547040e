"""Plans: everything a backtest needs, read and checked before anything runs."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bullmachine.config import Config, changed, load_config
from bullmachine.core.errors import ConfigError, DataError
from bullmachine.core.record import dtype_of, to_array
from bullmachine.core.time import shown
from bullmachine.macro.table import MacroTable
from bullmachine.market.align import Stamp, align
from bullmachine.market.funding import read_funding
from bullmachine.market.read import Policy
from bullmachine.market.signal_set import Signals
from bullmachine.market.signals import read_signals
from bullmachine.market.symbols import guess_symbol, split_symbol
from bullmachine.runs.base import read_base
from bullmachine.runs.idle import idle
from bullmachine.runs.lower import read_lower
from bullmachine.runs.macro import Brought, bring_macro
from bullmachine.runs.needs import warm_up_bars
from bullmachine.runs.symbols import Traded, by_symbol, instrument_for, names_of
from bullmachine.runs.window import Moment, cut
from bullmachine.trading.params import Intrabar, Market, Side, Source
from bullmachine.trading.records import Signal

__all__ = ["Plan", "plan"]


@dataclass(slots=True)
class Plan:
    """A backtest ready to run, and what the user should hear before it does."""

    config: Config
    traded: list[Traded]
    trade_from: int
    signals: Signals | None = None
    macro: Brought = field(default_factory=lambda: Brought(MacroTable()))
    baseline: bool = True
    notes: list[str] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        """The symbols' names, in the order of decisions."""
        return [t.symbol for t in self.traded]

    @property
    def rows(self) -> int:
        """Bars to read, of all symbols."""
        return sum(len(t.window.rows) for t in self.traded)


def plan(
    source: Any,
    *,
    config: str | pathlib.Path | Config | None = None,
    start: Moment = None,
    end: Moment = None,
    overrides: Mapping[str, object] | Sequence[str] = (),
    warm_up: int | None = None,
    policy: Policy = "refuse",
    tz: str | None = None,
    signals: Any = None,
    signals_stamp: Stamp | None = None,
    intrabar: Any = None,
    funding: Any = None,
    macro: Any = None,
    baseline: bool = True,
) -> Plan:
    """Read and check everything a backtest needs, without running it. Arguments as of `backtest`."""
    settings = _settings(config, overrides, signals=signals is not None)
    if signals is None and signals_stamp is not None:
        raise ConfigError("--signals-stamp without signals: add --signals FILE, or leave it out", key="--signals-stamp")
    given, sources = _listed(source)
    files = [read_base(one, settings, policy=policy, tz=tz) for one in sources]
    settings = _with_lower(settings, given=intrabar is not None or any(bars.finer for bars in files))
    names = names_of(files, given)
    notes = [str(bars.finer) for bars in files if bars.finer]
    traded = []
    for name, bars in zip(names, files, strict=True):
        instrument, note = instrument_for(settings, name)
        notes.append(note)
        window = cut(bars.rows, settings.sense.base, start, end, warm_up, bars.dropped)
        traded.append(Traded(name, bars, window, instrument))
    made = Plan(settings, traded, min(t.window.trade_from for t in traded), baseline=baseline)
    notes += _bring(made, names, intrabar=intrabar, funding=funding, tz=tz)
    notes += _bring_macro(made, macro, tz)
    if signals is not None:
        notes += _bring_signals(made, signals, signals_stamp, tz)
    made.notes += [note for note in [*notes, *_notes(made)] if note]
    return made


def _listed(source: Any) -> tuple[list[str], list[Any]]:
    """The sources one by one, and the symbols' names where they are given (`{name: source}`)."""
    if isinstance(source, Mapping):
        return [str(name) for name in source], list(source.values())
    return [], list(source) if isinstance(source, list | tuple) else [source]


def _settings(
    config: str | pathlib.Path | Config | None, overrides: Mapping[str, object] | Sequence[str], *, signals: bool
) -> Config:
    """The configuration; signals that are handed in are used."""
    found = changed(config, overrides) if isinstance(config, Config) else load_config(config, overrides)
    if signals:
        found = changed(found, {"trade.source": "signals"})
    if found.decide.trade.source == Source.SIGNALS and not signals:
        raise ConfigError("trade.source = signals, but none are given: add --signals FILE", key="trade.source")
    if found.decide.account.market == Market.SPOT and found.decide.trade.side == Side.SHORT:
        raise ConfigError("trade.side = short, but a spot market is long only: choose a perp venue", key="trade.side")
    return found


def _with_lower(config: Config, *, given: bool) -> Config:
    """The configuration; lower bars that are `given` are used."""
    mode = config.decide.fills.intrabar
    if given and mode == Intrabar.PESSIMISTIC:
        return changed(config, {"fills.intrabar": "data"})
    if mode == Intrabar.DATA and not given:
        raise ConfigError(
            "fills.intrabar = data, but no lower bars are given: add --intrabar FILE", key="fills.intrabar"
        )
    return config


def _bring(p: Plan, names: list[str], *, intrabar: Any, funding: Any, tz: str | None) -> list[str]:
    """Read what comes from outside besides signals; what the user should hear of it."""
    tf = p.config.sense.base
    notes: list[str] = []
    lower, paid = by_symbol(intrabar, names, "--intrabar"), by_symbol(funding, names, "--funding")
    perp = p.config.decide.account.market == Market.PERP
    if paid and not perp:
        raise ConfigError("a funding table for a spot market: nothing is paid there; leave it out", key="--funding")
    for t in p.traded:
        rows, table = None, None
        finer = lower.get(t.symbol, t.bars.finer)  # a file of their own wins
        if finer is not None:
            found, length, note = read_lower(finer, t.window.rows[t.window.warm_up :], tf, tz=tz)
            rows, notes = (found, length), [*notes, note]
        if t.symbol in paid:
            table = read_funding(
                paid[t.symbol], hours=p.config.decide.costs.funding_hours or 8, start=int(t.opens[0]),
                end=int(t.opens[-1]), tz=tz,
            )  # fmt: skip
            notes.append(_of_another(table.name, t.symbol))
        elif perp and p.config.decide.costs.funding_bps and p.config.decide.costs.funding_hours:
            notes.append(f"funding of {t.symbol} is assumed: {p.config.decide.costs.funding_bps:g} bps per 8 hours")
        t.outside.funding, t.outside.lower = table, rows
    return notes


def _bring_macro(p: Plan, source: Any, tz: str | None) -> list[str]:
    """Give each symbol its macro timeline; what the user should hear of rules that cannot speak."""
    p.macro = bring_macro(p.config.macro, source, tz)
    silent: dict[str, list[str]] = {}
    for t in p.traded:
        t.outside.macro = p.macro.timeline(t.symbol, t.outside.funding, p.config.decide.costs.funding_hours or 8)
        for rule, why in p.macro.silent(t.symbol, funding=t.outside.funding is not None):
            silent.setdefault(f"{rule} ({why})", []).append(t.symbol)
    if source is None and all(t.outside.macro is None for t in p.traded):
        return ["no macro table: no macro rule speaks (--macro FILE gives one)"] if p.config.macro.rules else []
    told = [
        rule if len(symbols) == len(p.traded) else f"{rule} for {', '.join(symbols)}"
        for rule, symbols in silent.items()
    ]
    notes = [f"macro rules that cannot speak: {'; '.join(told)}"] if told else []
    return notes + ([f"{p.macro.name}: no rule reads {', '.join(p.macro.unread)}"] if p.macro.unread else [])


def _of_another(file: str, symbol: str) -> str:
    """A note on a funding table whose name speaks of another pair ("": it does not)."""
    (theirs, quote), ours = split_symbol(guess_symbol(pathlib.PurePath(file).stem)), split_symbol(symbol)[0]
    if not quote or theirs == ours:
        return ""
    return f"the funding of {symbol} is read from {file}, whose name speaks of {theirs}{quote}"


def _bring_signals(p: Plan, source: Any, stamps: Stamp | None, tz: str | None) -> list[str]:
    """Read signals of one's own and give each symbol its part."""
    tf = p.config.sense.base
    alone = p.traded[0].bars if len(p.traded) == 1 else None
    p.signals = source if isinstance(source, Signals) else read_signals(source, tz=tz, symbol=p.symbols, bars=alone)
    notes, outside = [*p.signals.notes], 0
    for k, t in enumerate(p.traded):
        own = p.signals.of(k)
        placed = align(own, t.bars.rows["ts"] + tf, tf, stamps)
        known = t.bars.rows["ts"][placed.bar] + tf
        if len(p.traded) > 1:
            _check_stamped(own, known, tf if stamps == "open" else 0, t.symbol)
        inside = (known > t.window.trade_from) & (known <= int(t.window.rows["ts"][-1]) + tf)
        outside += int((~inside).sum())
        notes += placed.notes
        t.outside.signals = (known[inside], _rows(own)[inside])
    if outside:
        notes.append(f"{outside:,} signals lie outside the window and are left out")
    return notes


def _check_stamped(s: Signals, known: np.ndarray[Any, Any], later: int, symbol: str) -> None:
    """Refuse stamps in holes beside other symbols: decided at the close before, they would act before they are known.

    With one symbol nothing happens between that close and the stamp.
    """
    odd = np.flatnonzero(s.time + later != known)
    if len(odd):
        k = int(odd[0])
        raise DataError(
            f"{s.name}, row {int(s.row[k])}: {shown(int(s.time[k]))} lies in a hole of {symbol}'s bars; with "
            "several symbols a signal must be stamped with a close of its own",
            path=s.name,
            row=int(s.row[k]),
        )


def _rows(s: Signals) -> np.ndarray[Any, Any]:
    """Signals as kernels read them."""
    rows = np.repeat(to_array(Signal), len(s)).astype(dtype_of(Signal), copy=False)
    rows["side"], rows["flat"] = s.side, s.side == 0
    for name in ("limit", "stop", "target", "size"):
        rows[name] = getattr(s, name)
    rows["expiry"], rows["tag"] = np.maximum(s.expiry, 0), s.tag + 1
    return rows


def _notes(p: Plan) -> list[str]:
    notes = [] if p.config.asking is not None else list(idle(p.config.decide))  # setups have exits of their own
    needed = warm_up_bars(p.config)
    for t in p.traded:
        if t.window.warm_up < needed:
            notes.append(
                f"too little history of {t.symbol}: {needed} bars of warm-up are needed, {t.window.warm_up} are there; "
                "the guard `warmup` blocks until they are seen"
            )
        calendar = p.config.get("data.calendar")
        if t.bars.report.calendar != calendar:
            notes.append(
                f"the bars look like {t.bars.report.calendar}, the setting data.calendar is {calendar}: "
                f"--set data.calendar={t.bars.report.calendar}"
            )
    if max(int(t.opens[0]) for t in p.traded) > min(int(t.opens[-1]) for t in p.traded):
        notes.append("the symbols' bars do not overlap: one account trades them one after the other")
    return notes
