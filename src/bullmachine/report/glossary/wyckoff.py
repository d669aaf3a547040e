"""The words of Wyckoff: what its machines, bars and candle sweeps say, its structures and phases."""

from __future__ import annotations

from typing import Final

from bullmachine.report.glossary.term import Term

__all__ = ["PHASES", "SIDES", "TURNED", "WYCKOFF"]

#: what the engine says
WYCKOFF: Final[dict[str, Term]] = {
    "PS": Term("PS", "preliminary support", "Heavy buying meets a decline for the first time, before its climax."),
    "PSY": Term("PSY", "preliminary supply", "Heavy selling meets an advance for the first time, before its climax."),
    "SC": Term("SC", "selling climax", "A wide, heavy bar to new lows after a long fall: panic that someone buys."),
    "BC": Term(
        "BC", "buying climax", "A wide, heavy bar to new highs after a long rise: euphoria that someone sells into."
    ),
    "AR": Term("AR", "automatic rally", "The rebound once the selling is spent; its high is the creek of the range."),
    "ST": Term("ST", "secondary test", "Price is back at the climax on less volume and range: is there more of it?"),
    "UNDERCUT": Term("UC", "undercut", "The support is broken and taken back too early for a spring: it moves lower."),
    "UT": Term("UT", "upthrust", "The top is broken and given back too early for a UTAD: it moves higher."),
    "SPRING": Term("SPRING", "spring", "The support is broken and taken back within bars: a trap for sellers."),
    "UTAD": Term("UTAD", "upthrust after distribution", "The top is broken and given back within bars: a bull trap."),
    "TEST": Term("TEST", "test of the spring", "A quiet bar back at the support: supply has dried up."),
    "UTAD_TEST": Term("TEST", "test of the upthrust", "A quiet bar back at the top: demand has dried up."),
    "TEST_OK": Term("TEST OK", "test held", "Price closed beyond the test's bar: the test came true."),
    "TEST_FAIL": Term("TEST x", "test failed", "Price went beyond the extreme that was tested."),
    "SOS": Term("SOS", "sign of strength", "A wide, heavy advance that closes high: demand is in control."),
    "SOW": Term("SOW", "sign of weakness", "A wide, heavy decline that closes low: supply is in control."),
    "LPS": Term("LPS", "last point of support", "A pull-back after strength that turns early and on less volume."),
    "LPSY": Term("LPSY", "last point of supply", "A feeble rally after weakness that turns early on less volume."),
    "LPS_C": Term("LPS-C", "higher low inside the range", "A quieter, higher low before strength shows."),
    "LPSY_C": Term("LPSY-C", "lower high inside the range", "A quieter, lower high before weakness shows."),
    "BU": Term("BU", "back-up to the edge of the creek", "After the jump price comes back to the creek, and it holds."),
    "LPSY_ICE": Term(
        "BU ICE", "back-up to the ice", "After the fall price comes back to the ice from below, and turns."
    ),
    "JAC": Term("JAC", "jump across the creek", "The first close above the resistance of an accumulation."),
    "BREAK_ICE": Term("ICE", "fall through the ice", "The first close below the support of a distribution."),
    "MARKUP": Term("MARKUP", "markup", "The range is left upwards: the trend the accumulation was the cause of."),
    "MARKDOWN": Term("MARKDOWN", "markdown", "The range is left downwards: the trend that distribution was built for."),
    "UA": Term("UA", "upthrust action", "Above the creek of an accumulation and closed back: not yet."),
    "MSOW": Term("mSOW", "minor sign of weakness", "Below the ice of a distribution and closed back: a first crack."),
    "ACC_FAIL": Term("FAIL", "failed accumulation", "The range, or what looked like one, did not hold."),
    "DIST_FAIL": Term("FAIL", "failed distribution", "The range, or what looked like one, did not hold."),
    "FAILED_SOS": Term("SOS x", "failed sign of strength", "A close back below the middle takes the strength back."),
    "FAILED_SOW": Term("SOW x", "failed sign of weakness", "A close back above the middle takes the weakness back."),
    "RANGE": Term("TR", "trading range without a climax", "Price went nowhere between two edges it touched often."),
    "RANGE_END": Term("", "end of a range", "The range is over without having failed."),
    "CLIMAX_DOWN": Term("clx", "climax bar down", "One bar, wide and heavy, down to new lows; one decline has many."),
    "CLIMAX_UP": Term("clx", "climax bar up", "One bar, wide and heavy, up to new highs; one advance has many."),
    "STOPPING_VOLUME": Term("stop", "stopping volume", "Heavy volume at new lows that closes well off them."),
    "SUPPLY_SWAMP": Term("swamp", "supply swamps demand", "Heavy volume at new highs that closes well off them."),
    "NO_SUPPLY": Term("NS", "no supply", "A narrow bar down on less volume than the two before: nobody sells."),
    "NO_DEMAND": Term("ND", "no demand", "A narrow bar up on less volume than the two before: nobody buys."),
    "REV_UPTHRUST_BAR": Term("rUT", "reverse upthrust bar", "New lows rejected at once, on a wide bar with volume."),
    "UPTHRUST_BAR": Term("UTb", "upthrust bar", "New highs rejected at once, on a wide bar with volume."),
    "EFFORT_NO_RESULT": Term("ENR", "effort without result", "Heavy volume on a narrow bar: somebody is in the way."),
    "CRT": Term("CRT", "candle range sweep", "One end of an earlier candle is taken, and price closes back inside."),
    "CRT_CONFIRM": Term("CRT OK", "candle sweep confirmed", "A close beyond the far end of the bar that swept."),
    "CRT_INVALID": Term("CRT x", "candle sweep refuted", "A close beyond the extreme of the bar that swept."),
}

#: kinds that are told with another word where they point down
TURNED: Final[dict[str, Term]] = {
    "AR": Term("AR", "automatic reaction", "The fall once the buying is spent; its low is the ice of the range."),
}

#: whose structure it is
SIDES: Final[dict[str, Term]] = {
    "accumulation": Term(
        "accumulation", "accumulation", "A range in which a decline is stopped and stock changes to strong hands."
    ),
    "distribution": Term(
        "distribution", "distribution", "A range in which an advance is stopped and stock goes to weak hands."
    ),
}

#: phases of a structure
PHASES: Final[dict[str, Term]] = {
    "A1": Term("A", "phase A before the range", "The trend before may have stopped; there is no range yet."),
    "A2": Term("A", "phase A", "Both edges are known and wait for the first secondary test."),
    "B": Term("B", "phase B", "Price goes sideways while the cause of the next trend is built."),
    "C": Term("C", "phase C", "The last test of the edge before strength, or weakness, must show."),
    "D": Term("D", "phase D", "Strength, or weakness, dominates inside the range and leads out of it."),
    "E": Term("E", "phase E", "The range is left: markup or markdown."),
}
