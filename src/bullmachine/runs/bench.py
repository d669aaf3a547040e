"""The benchmark: CPU in the fused kernels, latency of one live update, start-up, memory.

Measured on the SYNTHETIC sample market, on the machine it runs on, never compared with a limit by a
test. Kernel figures are CPU time, the median of several passes; starts are whole processes, the first
one with an empty kernel cache.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any, Final

import numpy as np
import psutil

from bullmachine.config import load_config
from bullmachine.machine.machine import Machine as Stages
from bullmachine.market.sample import sample_rows
from bullmachine.runs.backtest import backtest
from bullmachine.runs.live import Machine
from bullmachine.runs.sample import sample

__all__ = ["PIPELINE_BARS", "bench", "peak_mb"]

PIPELINE_BARS: Final = (2_500, 17_500, 70_000)
_PASSES: Final = 7
_LIVE_BARS: Final = (2_000, 3_000)  # warm-up, then measured


def bench(*, starts: bool = True) -> dict[str, Any]:
    """All figures; without `starts` the two that start processes are left out (they take a minute)."""
    found: dict[str, Any] = {"pipeline": [_pipeline(n) for n in PIPELINE_BARS], **_live()}
    return {**found, **(_starts() if starts else {})}


def _pipeline(bars: int) -> dict[str, float]:
    """CPU of both stages over `bars` bars, all decided."""
    config, rows = load_config(), sample_rows(bars)
    sense, decide, total = [], [], []
    for _ in range(_PASSES):
        machine = Stages(config.sense, config.decide)
        at = time.process_time()
        for _chunk in machine.advance(rows):
            pass
        total.append(time.process_time() - at)
        sense.append(machine.timing.sense_ns / bars)
        decide.append(machine.timing.decide_ns / bars)
    return {
        "bars": bars,
        "sense_ns": round(statistics.median(sense), 1),
        "decide_ns": round(statistics.median(decide), 1),
        "bars_per_cpu_s": round(bars / statistics.median(total)),
    }


def _live() -> dict[str, float]:
    """Microseconds of one `Machine.update`, wall clock."""
    warm, measured = _LIVE_BARS
    machine, took = Machine(), []
    for row in sample_rows(warm + measured).tolist():
        at = time.perf_counter_ns()
        machine.update(row)
        took.append((time.perf_counter_ns() - at) / 1e3)
    percentiles = statistics.quantiles(took[warm:], n=100)
    return {"live_us_p50": round(percentiles[49], 1), "live_us_p99": round(percentiles[98], 1)}


def _starts() -> dict[str, float]:
    """Wall seconds of `bull demo` with an empty and with a full kernel cache, and peak memory of a long run."""
    with tempfile.TemporaryDirectory(prefix="bullmachine-bench-") as scratch:
        env = {**os.environ, "BULLMACHINE_CACHE": str(pathlib.Path(scratch) / "cache")}
        first = _start(env, scratch, "first")
        warm = statistics.median(_start(env, scratch, f"warm{k}") for k in range(3))
        probe = f"from bullmachine.runs.bench import peak_mb; print(peak_mb({PIPELINE_BARS[-1]}))"
        peak = subprocess.run([sys.executable, "-c", probe], env=env, check=True, capture_output=True, text=True)  # noqa: S603  (our own interpreter)
    return {"first_start_s": round(first, 2), "warm_start_s": round(warm, 2), "peak_mb": float(peak.stdout)}


def _start(env: dict[str, str], scratch: str, name: str) -> float:
    command = [sys.executable, "-m", "bullmachine", "demo", "--json", "--out", str(pathlib.Path(scratch) / name)]
    at = time.perf_counter()
    subprocess.run(command, env=env, check=True, capture_output=True)  # noqa: S603  (our own interpreter)
    return time.perf_counter() - at


def peak_mb(bars: int) -> float:
    """Peak memory in MB of this process after a backtest over `bars` synthetic bars."""
    given = sample()
    backtest(dataclasses.replace(given, rows=sample_rows(bars), dropped=np.zeros(bars, np.int64)))
    if sys.platform == "win32":
        return round(psutil.Process().memory_info().peak_wset / 1e6, 1)
    import resource  # noqa: PLC0415  (not on Windows)

    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)
