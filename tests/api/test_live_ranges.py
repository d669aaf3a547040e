"""The live trading ranges of a machine fed by hand, against what its events and its readings say."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

import polars as pl
from tests.modes import compiled_only

import bullmachine as bm
from bullmachine.engines.wyckoff import Phase
from bullmachine.market.sample import sample_rows

pytestmark = compiled_only

STREAMS: Final = {"1h": "base", "4h": "middle", "1d": "slow"}
SIDES: Final = {"ACCUMULATION": (1, "long"), "DISTRIBUTION": (-1, "short")}
OVER: Final = {1: ("ACC_FAIL", "RANGE_END"), -1: ("DIST_FAIL", "RANGE_END")}
Box = dict[str, Any]


class Log:
    """Ranges by timeframe and direction as the events alone tell of them."""

    def __init__(self) -> None:
        self.live: dict[tuple[str, int], Box] = {}

    def hear(self, e: dict[str, Any]) -> None:
        for way in (1, -1):
            mine = way == e["dir"] if e["kind"] in {"AR", "ST", "RANGE_END"} else True
            if mine:
                self._hear(e, (e["timeframe"], way), way)

    def _hear(self, e: dict[str, Any], key: tuple[str, int], way: int) -> None:
        box = self.live.get(key)
        if e["kind"] in {"AR", "RANGE"}:
            self.live[key] = {"lo": e["lo"], "hi": e["hi"], "id": e["id"]}
        elif box is not None and e["kind"] in OVER[way]:
            del self.live[key]
        elif box is not None and e["kind"] in {"ST", ("UNDERCUT", "UT")[way < 0]}:
            edge, pick = ("lo", min) if way > 0 else ("hi", max)
            box[edge] = pick(box[edge], e["price"])


def test_the_live_ranges_are_what_the_log_says_in_the_phase_the_readings_say() -> None:
    rows, machine, log, seen = sample_rows(3_000), bm.Machine(), Log(), Counter[str]()
    for row in rows:
        machine.update(row.item())
        for e in machine.events():
            log.hear(e)
        if row["ts"] // 3_600_000 % 10:
            continue
        readings = machine._machine.senses[0].readings[0]
        table = machine.zones().filter(pl.col("phase") != "")
        found = {(r["timeframe"], r["dir"]): r for r in table.iter_rows(named=True)}
        assert {key: {name: r[name] for name in ("lo", "hi", "id")} for key, r in found.items()} == log.live
        for (tf, way), r in found.items():
            side = SIDES[r["kind"]]
            said = readings[STREAMS[tf]]["wyckoff"]
            assert side[0] == way
            assert r["phase"] == Phase(int(said[f"phase_{side[1]}"])).name
            assert r["age"] == int(said[f"age_{side[1]}"])
            assert r["ref"] is None
            seen[f"{tf} {r['phase']}"] += 1
    assert set(seen) >= {f"1h {phase}" for phase in ("A2", "B", "C", "D", "E")}
    assert {key.split()[0] for key in seen} == set(STREAMS)
