"""Small files of bars, written where a test says."""

import pathlib
from collections.abc import Callable

import pytest


@pytest.fixture
def write(tmp_path: pathlib.Path) -> Callable[..., pathlib.Path]:
    """`write("a,b\\n1,2", "x.csv")` is the path of a file with that text."""

    def put(text: str | bytes, name: str = "bars.csv") -> pathlib.Path:
        path = tmp_path / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8")
        return path

    return put
