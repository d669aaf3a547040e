"""A report read back: its elements, its data, its numbers unpacked with code of its own."""

from __future__ import annotations

import base64
import html.parser
import json
import pathlib
import struct
import zlib
from typing import Any


class Page(html.parser.HTMLParser):
    """Elements with their attributes, the text of each script by its id, and all text a reader sees."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self._inside: str | None = None
        self.feed(self.source)
        self.data = json.loads(self.scripts["data"])
        self._block = zlib.decompress(base64.b64decode(self.scripts["block"]))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self._inside = dict(attrs).get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self.text += data
        else:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data

    def column(self, packed: dict[str, int]) -> list[float]:
        """The numbers of a packed column."""
        return unpack(self._block, packed)

    def times(self, packed: dict[str, int]) -> list[int]:
        """The same as whole milliseconds."""
        return [int(x) for x in self.column(packed)]


def unpack(block: bytes, packed: dict[str, int]) -> list[float]:
    """The numbers of a packed column of `block`."""
    n, at = packed["n"], packed["at"]
    width = 4 if "places" in packed else 8
    planes = [block[at + k * n : at + (k + 1) * n] for k in range(width)]
    cells = [bytes(plane[row] for plane in planes) for row in range(n)]
    if width == 8:
        return [struct.unpack("<d", cell)[0] for cell in cells]
    values: list[float] = []
    total = packed.get("first", 0)
    for cell in cells:
        total = struct.unpack("<i", cell)[0] + (0 if "alone" in packed else total)
        places = packed["places"]
        values.append(total / 10**places if places >= 0 else float(total * 10**-places))
    return values


def write_and_read(folder: pathlib.Path, **options: Any) -> Page:
    """The report of a run folder, read back."""
    from bullmachine.report import write_report  # noqa: PLC0415  (reading a page needs none of it)

    return Page(write_report(folder, **options))
