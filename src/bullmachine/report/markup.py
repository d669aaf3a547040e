"""Markup: elements whose texts are escaped unless they are markup already, and how numbers are written."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

__all__ = ["Html", "count", "money", "percent", "r", "rows", "signed", "tag", "time_tag", "tone"]


class Html(str):
    """Text that is markup; every other text is escaped where it is put."""

    __slots__ = ()


def tag(name: str, *content: Any, **attributes: Any) -> Html:
    """An element; a trailing underscore of an attribute is dropped, inner ones become hyphens, None omits it.

    >>> tag("td", "<b>", tag("i", 1), class_="num", data_key="a")
    '<td class="num" data-key="a">&lt;b&gt;<i>1</i></td>'
    """
    given = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items() if value is not None)
    text = "".join(f' {key}="{html.escape(str(value))}"' for key, value in given)
    inside = "".join(c if isinstance(c, Html) else html.escape(str(c)) for c in content)
    return Html(f"<{name}{text}>{inside}</{name}>")


def rows(table: Iterable[Iterable[Any]], head: Iterable[Any] = ()) -> Html:
    """A table whose first column names its rows."""
    top = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head)))
    lines = []
    for name, *cells in table:
        lines.append(tag("tr", tag("th", name, scope="row"), *(tag("td", cell, class_=tone(cell)) for cell in cells)))
    return tag("div", tag("table", top, tag("tbody", *lines)), class_="scroll")


def tone(cell: object) -> str | None:
    """`up` or `down` for a signed number, as `signed` and its kin write them."""
    text = str(cell)
    return "up" if text.startswith("+") else "down" if text.startswith("\N{MINUS SIGN}") else None


def signed(value: float | None, digits: int = 2, unit: str = "") -> str:
    r"""A number with its sign, or a dash where there is none.

    >>> signed(1234.5), signed(0.004), ascii(signed(-0.5))
    ('+1,234.50', '0.00', "'\\u22120.50'")
    """
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return "\N{EN DASH}"
    text = f"{value:+,.{digits}f}"
    return (text.replace("-", "\N{MINUS SIGN}") if text.strip("+-0.,") else text[1:]) + unit


def money(value: float | None) -> str:
    """An amount of quote units, without a plus."""
    return signed(value).removeprefix("+")


def percent(value: float | None, digits: int = 2) -> str:
    """A signed fraction as percent."""
    return signed(None if value is None else value * 100.0, digits, "%")


def r(value: float | None, digits: int = 2) -> str:
    """A multiple of what was risked.

    >>> r(1.5)
    '+1.50 R'
    """
    return signed(value, digits, " R")


def count(value: int, what: str) -> str:
    """A number of things.

    >>> count(1, "position"), count(1200, "bar")
    ('1 position', '1,200 bars')
    """
    return f"{value:,} {what}{'' if value == 1 else 's'}"


def time_tag(iso: str) -> Html:
    """A UTC time that the page's time switch rewrites."""
    return tag("time", iso[:16].replace("T", " "), datetime=iso)
