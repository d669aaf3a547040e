"""Snapshots: the bytes of state records behind a header that says whose they are.

Layout: 8 bytes magic, 4 bytes header length, the header (JSON), the records' bytes, 32 bytes SHA-256
of everything before. A blob that is truncated, flipped or foreign is refused with a reason.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from bullmachine.core.errors import SnapshotError
from bullmachine.core.kernel import digest

__all__ = ["layout_hash", "pack", "restore_into", "value_hash"]

_MAGIC: Final = b"BULLSNAP"
_SHA: Final = 32
_FRAME: Final = len(_MAGIC) + 4


def value_hash(*arrays: np.ndarray[Any, Any]) -> str:
    """16 hex digits of the arrays' bytes: the fingerprint of a parameter set."""
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:16]


def layout_hash(*arrays: np.ndarray[Any, Any]) -> str:
    """16 hex digits of the records' layout: it changes when a field is renamed, added or moved."""
    return hashlib.sha256(repr([a.dtype.descr for a in arrays]).encode()).hexdigest()[:16]


def pack(identity: Mapping[str, Any], parts: Sequence[np.ndarray[Any, Any]]) -> bytes:
    """One blob of `parts` under `identity` (what must be equal at `restore_into`)."""
    header = json.dumps({**identity, "layout": layout_hash(*parts), "kernels": digest()}, sort_keys=True).encode()
    body = _MAGIC + len(header).to_bytes(4, "little") + header + b"".join(p.tobytes() for p in parts)
    return body + hashlib.sha256(body).digest()


def restore_into(blob: bytes, identity: Mapping[str, Any], parts: Sequence[np.ndarray[Any, Any]]) -> None:
    """Copy a blob's records into `parts`, or raise `SnapshotError` and leave them as they were."""
    header, start = _open(blob)
    for key, value in {**identity, "layout": layout_hash(*parts)}.items():
        if header.get(key) != value:
            raise SnapshotError(f"the snapshot's {key} is {header.get(key)!r}, this one's is {value!r}", key=key)
    if len(blob) - _SHA - start != sum(p.nbytes for p in parts):
        raise SnapshotError("the snapshot's length does not fit its layout")
    for part in parts:
        part[:] = np.frombuffer(blob, part.dtype, len(part), start)
        start += part.nbytes


def _open(blob: bytes) -> tuple[dict[str, Any], int]:
    """The header and where the records begin, after the checks that need no context."""
    if blob[: len(_MAGIC)] != _MAGIC:
        raise SnapshotError("these bytes are no Bull Machine snapshot")
    if len(blob) < _FRAME + _SHA or hashlib.sha256(blob[:-_SHA]).digest() != blob[-_SHA:]:
        raise SnapshotError("the snapshot is truncated or damaged: its checksum does not match")
    end = _FRAME + int.from_bytes(blob[len(_MAGIC) : _FRAME], "little")
    header: dict[str, Any] = json.loads(blob[_FRAME:end])
    return header, end
