"""An engine added tomorrow is found without a line."""

import pathlib
import sys

import pytest

from bullmachine.testing import discover

ENGINE = """
from bullmachine.core.engine import StepEngine
from bullmachine.indicators.atr import Atr

class Tomorrow(StepEngine):
    name = "tomorrow"

class _Base(StepEngine):
    pass
"""


def _package(folder: pathlib.Path, source: str) -> None:
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "engine.py").write_text(source)


def test_a_new_folder_is_found_and_what_it_only_imports_is_not(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "discovered_room").mkdir()
    (tmp_path / "discovered_room" / "__init__.py").touch()
    _package(tmp_path / "discovered_room" / "tomorrow", ENGINE)
    monkeypatch.syspath_prepend(tmp_path)
    assert [engine.__name__ for engine in discover("discovered_room")] == ["Tomorrow"]
    for name in [n for n in sys.modules if n.startswith("discovered_room")]:
        del sys.modules[name]


def test_a_package_that_cannot_be_imported_is_an_error(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _package(tmp_path / "broken_room", "import no_such_module_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="no_such_module_at_all"):
        discover("broken_room")
