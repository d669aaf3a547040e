"""Which of the suite's three modes a test belongs to: compiled, plain Python, bounds-checked."""

from __future__ import annotations

from typing import Final

import numba
import pytest

#: whole backtests: thousands of bars take seconds each as plain Python, and the kernels are compared elsewhere
compiled_only: Final = pytest.mark.skipif(
    bool(numba.config.DISABLE_JIT), reason="whole backtests run compiled; as plain Python they take minutes"
)
