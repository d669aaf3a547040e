"""A settings file that explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import tomli_w

from bullmachine.config.leaf import Leaf, Value
from bullmachine.config.messages import allowed
from bullmachine.config.tree import leaf_of

__all__ = ["render"]


def render(name: str, settings: Iterable[tuple[str, Value]], bundled: Mapping[str, str]) -> str:
    """All `settings` by section, each with its meaning and what it allows.

    A setting that stands as a bundle sets it (`bundled`: its key and the bundle's) is a comment: written
    out it would win over the bundle, and the choice on the line above could be changed without effect.
    """
    sections: dict[str, list[str]] = {}
    for key, value in settings:
        *path, leaf = key.split(".")
        for depth in range(1, len(path) + 1):  # a section stands before its parts
            sections.setdefault(".".join(path[:depth]), [])
        line = f"{leaf} = {_value(value)}  # {_comment(key)}"
        sections[".".join(path)].append(f"# {line}; set by {bundled[key]}" if key in bundled else line)
    blocks = ["\n".join([f"[{section}]", *lines]) for section, lines in sections.items() if lines]
    return "\n\n".join([f"# Settings of {name}, all of them.", *blocks]) + "\n"


def _comment(key: str) -> str:
    leaf = _leaf(key)
    limits = allowed(leaf)
    return f"{leaf.doc} ({limits})" if limits else leaf.doc


def _leaf(key: str) -> Leaf:
    found = leaf_of(key)
    assert found is not None
    return found


def _value(value: Value) -> str:
    """One value on one line; the library would spread a list over several."""
    if isinstance(value, tuple):
        return f"[{', '.join(_value(v) for v in value)}]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")
