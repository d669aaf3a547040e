"""The funnel: how many signals survive each guard, in the guards' order, and become orders.

F may ask for a side on many bars in a row while a guard blocks; that is one signal. It counts as an
order when it gets through, and otherwise as stopped by the first guard that blocked its last bar.
"""

from __future__ import annotations

from bullmachine.trading.guards import Guard

__all__ = ["Funnel"]


class Funnel:
    """Counts signals by where they end.

    >>> funnel = Funnel()
    >>> funnel.ask(bar=7, side=1, blocked=["warmup"])
    >>> funnel.ask(bar=8, side=1, blocked=[])
    >>> funnel.ask(bar=20, side=-1, blocked=["side"])
    >>> list(funnel.result().items())[:4]
    [('signals', 2), ('warmup', 2), ('bad_data', 2), ('side', 1)]
    >>> for bar in (30, 31):
    ...     funnel.ask(bar=bar, side=1, blocked=["side"], once=True)
    >>> funnel.result()["signals"]
    4
    """

    def __init__(self) -> None:
        self._stopped: dict[str, int] = {}
        self._orders = 0
        self._open: dict[int, tuple[int, int, str]] = {}

    def ask(self, *, bar: int, side: int, blocked: list[str], symbol: int = 0, once: bool = False) -> None:
        """`side` of a symbol is asked for at its decided bar number `bar`; `blocked` are the guards against it.

        Who asks `once` (a setup, the fast signal) goes on with nothing that was asked the bar before.
        """
        held = self._open.get(symbol)
        if held is not None and (once or held[0] != bar - 1 or held[1] != side):
            self._stop(symbol)
        self._open.pop(symbol, None)
        if blocked:
            self._open[symbol] = (bar, side, blocked[0])
        else:
            self._orders += 1

    def result(self) -> dict[str, int]:
        """Signals, then how many are left after each guard; what is left at the end are orders."""
        for symbol in list(self._open):
            self._stop(symbol)
        left = self._orders + sum(self._stopped.values())
        steps = {"signals": left}
        for guard in Guard:
            name = guard.name.lower()
            left -= self._stopped.get(name, 0)
            steps[name] = left
        return {**steps, "orders": left}

    def _stop(self, symbol: int) -> None:
        guard = self._open.pop(symbol)[2]
        self._stopped[guard] = self._stopped.get(guard, 0) + 1
