"""The machine's records: no padding, nothing but 8-byte numbers, and a border small enough for the cache."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bullmachine.core.record import dtype_of, to_array, to_twin
from bullmachine.fusion.readings import READINGS_LIMIT, Readings
from bullmachine.fusion.score import PART_NAMES, PARTS, Score
from bullmachine.machine.machine import Machine
from bullmachine.machine.records import SenseParams
from bullmachine.machine.stages import CHUNK
from bullmachine.trading.params import DecideParams
from bullmachine.trading.records import Instrument

ROOMS = ("core", "indicators", "engines", "market", "macro", "fusion", "trading", "machine")


def records() -> dict[str, Any]:
    """Every record and Params class of the rooms that hold kernels, found by walking their modules."""
    found = {}
    for room in ROOMS:
        package = importlib.import_module(f"bullmachine.{room}")
        names = [package.__name__, *(m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))]
        for name in names:
            module = importlib.import_module(name)
            for key, value in vars(module).items():
                if isinstance(value, type) and isinstance(getattr(value, "dtype", None), np.dtype):
                    found[f"{value.__module__}.{key}"] = value
    return found


RECORDS = records()
MUTABLE = {name: cls for name, cls in RECORDS.items() if not cls.__dataclass_params__.frozen}  #: Params go one way


def leaves(dtype: Any) -> Iterator[tuple[Any, int]]:
    """Each scalar's dtype and how many of it there are."""
    base, n = dtype.base, int(np.prod(dtype.shape, dtype=int))
    if base.names is None:
        yield base, n
        return
    for name in base.names:
        for leaf, m in leaves(base.fields[name][0]):
            yield leaf, n * m


def test_the_walk_finds_the_records() -> None:
    names = {cls.__name__ for cls in RECORDS.values()}
    assert names >= {
        "Bar",
        "Readings",
        "SenseState",
        "SenseParams",
        "Decision",
        "Account",
        "Ledger",
        "EventLog",
        "Gate",
    }
    assert len(RECORDS) > 60


@pytest.mark.parametrize("cls", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_has_no_padding_and_only_eight_byte_numbers(cls: Any) -> None:
    dtype = dtype_of(cls)
    parts = list(leaves(dtype))
    assert sum(n for _, n in parts) * 8 == dtype.itemsize
    assert {str(leaf) for leaf, _ in parts} <= {"float64", "int64"}


@pytest.mark.parametrize("cls", MUTABLE.values(), ids=MUTABLE.keys())
def test_defaults_survive_the_way_into_a_kernel_and_back(cls: Any) -> None:
    row = to_array(cls)
    assert to_array(to_twin(cls, row[0])).tobytes() == row.tobytes()


def test_readings_stay_within_their_limit_and_a_piece_within_the_cache() -> None:
    assert dtype_of(Readings).itemsize <= READINGS_LIMIT
    assert CHUNK * dtype_of(Readings).itemsize <= 1_048_576


def test_readings_say_nothing_of_orders_positions_or_decisions() -> None:
    names = {".".join(path) for path in _paths(dtype_of(Readings))}
    told = ("position", "order", "lots", "stance", "equity", "cash", "stop", "side")
    assert [name for name in names if any(word in name.split(".") for word in told)] == []


def _paths(dtype: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name in dtype.base.names or ():
        yield (*path, name)
        yield from _paths(dtype.base.fields[name][0], (*path, name))


def test_every_contribution_has_a_name_of_its_own() -> None:
    assert len(PART_NAMES) == len(set(PART_NAMES)) == PARTS == dtype_of(Score)["parts"].shape[0]


def test_a_snapshot_holds_every_byte_the_machine_carries_from_bar_to_bar() -> None:
    """Parameters, buffers of one piece and timing are not state; everything else is in the parts."""
    machine = Machine(SenseParams(), DecideParams(), instruments=[Instrument(), Instrument()])
    carried = {id(part) for part in machine._parts()}
    params, buffers = {"params", "instruments"}, {"_bars", "_readings", "bars", "readings", "decisions"}
    drained = {"log", "_bar_log", "_ledger"}
    places = [machine, machine.decide, *machine.senses]
    arrays = [(name, value) for place in places for name, value in vars(place).items() if isinstance(value, np.ndarray)]
    assert {name for name, value in arrays if id(value) not in carried} == params | buffers | drained
    for sense in machine.senses:
        assert any(np.shares_memory(part, sense.log) for part in machine._parts())
