"""The head of the page: what came out, what it cost, and how much of it can be believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bullmachine.report.markup import Html, count, money, percent, r, rows, signed, tag, time_tag, tone
from bullmachine.report.read import Run

__all__ = ["belief", "head", "result"]

_EDGE = "These engines are deterministic feature extraction, not an edge."


def head(run: Run) -> Html:
    """Names, window, warnings."""
    s = run.summary
    badges = []
    if s["synthetic"]:
        badges.append(
            tag(
                "p",
                tag("b", "SYNTHETIC DATA"),
                " an invented market: it says nothing of a real one",
                class_="badge alarm",
            )
        )
    if s["small_sample"]:
        badges.append(
            tag(
                "p",
                tag("b", "Small sample"),
                f" {count(s['positions'], 'position')}: fewer than 30 say next to nothing",
                class_="badge",
            )
        )
    name = ", ".join(run.symbols)
    window = tag(
        "p",
        f"{run.base} bars, ",
        time_tag(s["from"]),
        " to ",
        time_tag(s["to"]),
        f", settings {run.manifest['config']['name']}",
        class_="sub",
    )
    return Html(tag("h1", name) + window + Html("".join(badges)) + tag("p", _EDGE, class_="sub"))


def _card(title: str, value: str, note: str = "") -> Html:
    return tag("div", tag("dt", title), tag("dd", value, class_=tone(value)), tag("p", note), class_="card")


def result(run: Run) -> Html:
    """Gross R - cost R = net R, and the cards of money."""
    s = run.summary
    parts = [
        _term(r(s["r_gross"]), "gross"),
        tag("span", "\N{MINUS SIGN}", class_="op"),
        _term(f"{s['r_cost']:,.2f} R", "cost"),
        tag("span", "=", class_="op"),
        _term(r(s["r_net"]), "net"),
    ]
    per = "a fill may cost this much before net R is nothing"
    held = "evenly over the symbols, bought at the first close" if len(run.symbols) > 1 else "bought at the first close"
    cards = [
        _card("Return", percent(s["return"]), f"{money(s['equity_start'])} to {money(s['equity_end'])}"),
        _card("Buy and hold", percent(s["buy_and_hold"]), held),
        _card("Worst drawdown", percent(s["max_drawdown"]), "of the peak, at closes"),
        _card("Positions", f"{s['positions']:,}", f"{s['win_rate']:.0%} won, {s['bars_mean']:.0f} bars on average"),
        _card("Break-even cost", f"{money(s['break_even_bps'])} bps", per),
        _card("Costs", money(s["fees"] + s["slippage"] + s["funding"]), _costs(s)),
        _card("In the market", f"{s['exposure']:.0%}", "of the closes"),
    ]
    return Html(tag("div", *parts, class_="equation") + tag("dl", *cards, class_="cards"))


def _costs(s: dict[str, Any]) -> str:
    return f"fees {money(s['fees'])}, slippage {money(s['slippage'])}, funding {money(s['funding'])}"


def _term(value: str, name: str) -> Html:
    return tag(
        "span", tag("b", value, class_=None if name == "cost" else tone(value)), tag("small", name), class_="term"
    )


def belief(run: Run) -> Html:
    """Intervals and baselines beside the result they judge."""
    lines = [
        _ambiguity(run.summary),
        _mean(run.summary),
        _flips(run.summary),
        _delayed(run.summary),
        *_reruns(run.summary),
    ]
    return tag("div", *(line for line in lines if line), class_="belief")


def _line(title: str, drawn: Html, words: str) -> Html:
    return tag("div", tag("h3", title), drawn, tag("p", words), class_="line")


def _scale(low: float, high: float, at: float, write: Callable[[float], str], middle: float = 0.0) -> Html:
    """A band from `low` to `high`, a mark where this run stands, and a tick at `middle`; `write` spells a number."""
    a, b = min(low, at, middle), max(high, at, middle)
    span = (b - a) or 1.0
    place = [6 + 88 * (x - a) / span for x in (low, high, at, middle)]
    band = tag("i", class_="band", style=f"left:{place[0]:.2f}%;width:{place[1] - place[0]:.2f}%")
    marks = [tag("i", class_=name, style=f"left:{x:.2f}%") for name, x in (("tick", place[3]), ("mark", place[2]))]
    track = tag("div", band, *marks, class_="track", aria_hidden="true")
    ends = tag("div", tag("span", f"{write(low)} to {write(high)}"), tag("b", f"this run {write(at)}"), class_="ends")
    return Html(track + ends)


def _none(why: str) -> Html:
    return tag("p", why, class_="none")


def _ambiguity(s: dict[str, Any]) -> Html:
    i = s["interval"]
    if not i["positions"]:
        drawn = _none("no bar held both a stop and a target")
        return _line("Order inside the bar", drawn, "Nothing here depends on the unknown order of prices inside a bar.")
    end = s["equity_end"]
    words = (
        f"{count(i['bars'], 'bar')} of {count(i['positions'], 'position')} held both a stop and a target, and "
        "which came first is unknown. Between these two the final equity may lie."
    )
    return _line("Order inside the bar", _scale(i["equity_low"], i["equity_high"], end, money, end), words)


def _mean(s: dict[str, Any]) -> Html:
    interval, title = s["r_net_interval"], "Net R a position"
    if interval is None:
        return _line(title, _none(r(s["r_net_mean"], 3)), "Too few positions for an interval.")
    low, high = interval
    says = "It holds 0: chance alone can give such a result." if low <= 0 <= high else "It does not hold 0."
    words = f"90 % interval of the mean (block bootstrap). {says}"
    return _line(title, _scale(low, high, s["r_net_mean"], lambda x: r(x, 3)), words)


def _flips(s: dict[str, Any]) -> Html:
    flips = s["coin_flip"]
    if flips is None:
        return _line("Coin flip", _none("not run"), "Random entries were switched off for this run (--no-baseline).")
    low, middle, high = flips["return"]
    drawn = _scale(low, high, s["return"], percent, middle)
    where = "inside" if low <= s["return"] <= high else "above" if s["return"] > high else "below"
    words = (
        f"{count(flips['runs'], 'run')} with random entries and the same exits, costs and guards returned between "
        f"these two (5 to 95 %, median {percent(middle)}). This run is {where} the band."
    )
    return _line("Coin flip", drawn, words)


def _delayed(s: dict[str, Any]) -> Html | None:
    d = s["delayed"]
    if d is None:
        return None
    drawn = tag("p", r(d["r_net"]), " instead of ", r(s["r_net"]), class_="big")
    words = f"The same entries one bar later: {count(d['positions'], 'position')}, return {percent(d['return'])}."
    return _line("One bar later", drawn, words)


def _reruns(s: dict[str, Any]) -> list[Html]:
    if not s["reruns"]:
        return []
    table = [
        (mode.replace("_", " "), g["positions"], signed(g["r_net"]), percent(g["return"]))
        for mode, g in s["reruns"].items()
    ]
    drawn = rows(table, ("", "Positions", "Net R", "Return"))
    return [
        _line(
            "Other rules inside the bar",
            drawn,
            "The same run with other assumptions on the order of prices inside a bar.",
        )
    ]
