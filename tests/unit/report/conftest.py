"""A browser, where there is one."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
from collections.abc import Callable

import pytest
from tests.unit.report.reading import Page

Browse = Callable[..., Page]

#: draws at once: a browser that has no screen, and whose clock is not real, may never ask for the next frame
AT_ONCE = "<script>window.requestAnimationFrame = (act) => { act(0); return 0; };</script>"
#: not by a timer: the browser's clock may run out while the page still unpacks
READY = (
    "new MutationObserver(() => {{ {} }}).observe(document.documentElement, "
    '{{ attributes: true, attributeFilter: ["data-ready"] }});'
)


@pytest.fixture
def browse(tmp_path: pathlib.Path) -> Browse:
    """`browse(path, script)`: the page, drawing at once, as it stands when the script has run after it was ready."""
    found = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium to draw the page with")

    def drawn(path: pathlib.Path, script: str = "") -> Page:
        asked, answer = tmp_path / "asked.html", tmp_path / "drawn.html"
        text = path.read_text("utf-8").replace("<head>", f"<head>{AT_ONCE}", 1)
        asked.write_text(text.replace("</body>", f"<script>{READY.format(script)}</script></body>"), "utf-8")
        command = [found, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        command += ["--no-first-run", f"--user-data-dir={tmp_path / 'user'}", "--virtual-time-budget=8000"]
        command += ["--window-size=1280,900", "--dump-dom", asked.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        answer.write_text(done.stdout, encoding="utf-8")
        return Page(answer)

    return drawn
