"""The other two modes can fail: a write past the end is silent in compiled code and an error in both."""

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import numba
import pytest
from tests.contracts.broken import WritesPastItsRing
from tests.contracts.specimens import Break

import bullmachine
from bullmachine.testing import check_stream_equals_batch
from bullmachine.testing.modes import check_bounds, check_twins

compiled_only = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT or numba.config.BOUNDSCHECK),
    reason="the bad write is silent in plain compiled code only",
)

BAD_WRITE = """
from bullmachine.core.kernel import kernel
from bullmachine.core.record import F8, array, record, to_array

@record
class Small:
    values: list = array(F8, 2)
    neighbour: F8 = 0.0

@kernel
def write(records, k):
    records[0].values[k] = 7.0

small = to_array(Small)
write(small, 2)
print(small[0].neighbour)
"""


@compiled_only
def test_the_compiled_kernel_hits_its_neighbour_in_silence() -> None:
    assert check_stream_equals_batch(WritesPastItsRing).passed


@compiled_only
@pytest.mark.parametrize("check", [check_bounds, check_twins])
def test_a_write_past_the_end_stops_the_other_modes(check: Any) -> None:
    clean, bad = check([Break, WritesPastItsRing])
    assert clean.passed, str(clean)
    assert "IndexError" in bad.detail


def test_a_cached_kernel_does_not_slip_through_the_bounds_checked_run(tmp_path: pathlib.Path) -> None:
    """Numba's own cache key lacks NUMBA_BOUNDSCHECK: only the folder's name keeps the two apart."""
    package = tmp_path / "bullmachine"
    shutil.copytree(pathlib.Path(bullmachine.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "core" / "bad_write.py").write_text(BAD_WRITE)

    def run(**switches: str) -> subprocess.CompletedProcess[str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
        env = {**plain, "PYTHONPATH": str(tmp_path), "BULLMACHINE_CACHE": str(tmp_path / "cache"), **switches}
        command = [sys.executable, "-c", "import bullmachine.core.bad_write"]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    silent, checked = run(), run(NUMBA_BOUNDSCHECK="1")
    assert silent.stdout.split() == ["7.0"], silent.stderr
    assert "IndexError" in checked.stderr
    assert len(list((tmp_path / "cache" / "kernels").iterdir())) == 2
