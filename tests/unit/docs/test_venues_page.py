"""The page of venues says what the packaged file and the code say."""

from typing import Any

import polars as pl
from tests.unit.docs import pages

from bullmachine.market.funding import read_funding
from bullmachine.market.instruments import find_instrument
from bullmachine.market.venues import Venue, venues

PAGE = pages.text("docs/method/venues.md")


def cells(venue: Venue) -> list[str]:
    hours = None if venue.funding_hours is None else f"{venue.funding_hours} h" if venue.funding_hours else "never"
    numbers = (venue.taker_bps, venue.maker_bps)
    shown = ["" if n is None else f"{n:g}" for n in numbers]
    kept = "" if venue.maintenance is None else f"{venue.maintenance:g}"
    return [f"`{venue.name}`", venue.market or "", *shown, hours or "", kept, venue.calendar or "", venue.dated]


def test_the_table_of_venues_is_the_packaged_one() -> None:
    told = list(pages.rows(pages.section(PAGE, "## Venues")))[2:]
    assert told == [cells(venue) for venue in venues()]


def test_the_steps_of_unlisted_symbols_are_those_the_page_names() -> None:
    steps = {venue.name: find_instrument(venue.name, "ZZZ") for venue in venues()}
    share = steps.pop("us_equity")
    assert "| is a US share | tick 0.01, lot 1 |" in PAGE
    assert (share.tick, share.lot, share.assumed) == (0.01, 1.0, False)
    assert "tick 1e-8, lot 0.001 (1e-8 on Kraken), assumed" in PAGE
    assert {found.tick for found in steps.values()} == {1e-8}
    assert {name: found.lot for name, found in steps.items() if found.lot != 0.001} == {"kraken_spot": 1e-8}


def test_every_column_name_the_page_lists_is_recognised_and_an_earlier_one_is_trusted_more() -> None:
    parts = list(pages.rows(pages.section(PAGE, "## Funding")))[2:]
    times, rates = (pages.names(row[1]) for row in parts)
    stamp, late = 1_704_067_200_000, 1_704_096_000_000
    for known, other, good, bad in ((times, "rate", stamp, late), (rates, "time", 1e-4, 5e-4)):
        for k, name in enumerate(known):
            columns: dict[str, Any] = {other: [1e-4 if other == "rate" else stamp]}
            columns |= {later: [bad] for later in known[k + 1 :]} | {name: [good]}
            found = read_funding(pl.DataFrame(columns))
            assert (found.ts.tolist(), found.rate.tolist()) == ([stamp], [1e-4]), name
