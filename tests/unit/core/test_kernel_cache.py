"""Kernels of the package are cached wherever the package is imported from."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

import bullmachine

CODE = """
from bullmachine.core import kernel
from bullmachine.indicators import atr
file = getattr(atr.atr_step, "py_func", atr.atr_step).__code__.co_filename
print(file.startswith(str(kernel._PACKAGE)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_behind_a_link_too(tmp_path: pathlib.Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(pathlib.Path(bullmachine.__file__).resolve().parents[1], target_is_directory=True)
    env = {**os.environ, "PYTHONPATH": str(link)}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
