"""Every number an event carries has a name, and every kind of every engine has its names."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from tests.modes import compiled_only
from tests.parity.machine_trace import made

from bullmachine.core.engine import StepEngine
from bullmachine.core.events import EV_LEN
from bullmachine.engines.smc import Smc, SmcParams
from bullmachine.engines.smc.params import Smc4
from bullmachine.machine.engines import ENGINES
from bullmachine.machine.evidence import EVIDENCE, evidence
from bullmachine.market.sample import sample_rows
from bullmachine.testing import discover
from bullmachine.testing.markets import pressure_markets, random_market

KINDS = {int(kind): kind.name for engine in discover("bullmachine.engines") for kind in engine.kinds or ()}


def test_every_kind_of_every_engine_has_names_and_no_other_number_has() -> None:
    assert set(EVIDENCE) == set(KINDS)
    assert {int(kind) for engine in ENGINES for kind in engine.kinds or ()} == set(KINDS)


@pytest.mark.parametrize("kind", sorted(EVIDENCE), ids=KINDS.get)
def test_the_names_of_a_kind_are_unique_and_fit(kind: int) -> None:
    names = EVIDENCE[kind]
    assert len(set(names)) == len(names) <= EV_LEN
    assert all(name.isidentifier() and name == name.lower() for name in names)


def test_numbers_get_their_names_in_order() -> None:
    numbers = [float(k) for k in range(1, EV_LEN + 1)]
    assert list(evidence(int(Smc.kinds["OB"]), numbers).items()) == [
        ("n", 1.0), ("leg_atr", 2.0), ("rv", 3.0), ("displacement", 4.0), ("gap", 5.0), ("swept", 6.0)
    ]  # fmt: skip


def _events(engine: StepEngine) -> np.ndarray[Any, Any]:
    """What the engine says on nasty markets, on ones that fill it up, and on the sample."""
    said = []
    for rows in (
        *(random_market(seed, 3000) for seed in (1, 2)),
        *(m for _, m in pressure_markets(600)),
        sample_rows(),
    ):
        engine.reset()
        engine.run(rows)
        said.append(engine.event_array())
    return np.concatenate(said)


@compiled_only
def test_no_engine_writes_a_number_that_has_no_name_and_every_name_is_written() -> None:
    written: dict[int, set[int]] = defaultdict(set)
    told: set[int] = set()
    four = Smc(made(SmcParams, smc4=Smc4.ON))
    for engine in (*(cls() for cls in ENGINES), four):
        events = _events(engine)
        for kind in np.unique(events["kind"]).tolist():
            numbers = events["ev"][events["kind"] == kind]
            told.add(kind)
            written[kind] |= set(np.flatnonzero((numbers != 0.0).any(axis=0)).tolist())
    beyond = {KINDS[kind] for kind, columns in written.items() if max(columns, default=-1) >= len(EVIDENCE[kind])}
    assert beyond == set()
    silent = {(KINDS[kind], name) for kind in told for k, name in enumerate(EVIDENCE[kind]) if k not in written[kind]}
    # a CHOCH breaks against a trend, so there was one; the others are rare: tests/oracle draws them
    rare = {("UTAD", "terminal"), ("UNDERCUT", "terminal"), ("SOS", "leg")}
    assert silent == {("CHOCH", "initial"), *rare}
    assert {KINDS[kind] for kind in set(KINDS) - told} == set()
