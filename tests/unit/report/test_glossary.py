"""Every kind and every reason has its words, and there are no words for what does not exist."""

from __future__ import annotations

import pathlib

import pytest
from tests.unit.report.events import Said, into
from tests.unit.report.folders import write
from tests.unit.report.reading import write_and_read

from bullmachine.core.events import Reason
from bullmachine.engines.wyckoff import Phase
from bullmachine.machine.engines import ENGINES
from bullmachine.report.glossary import KINDS, PHASES, SIDES, TURNED
from bullmachine.report.words import ENDS, REASONS, ended

ALL = [kind.name for engine in ENGINES if engine.kinds for kind in engine.kinds]
TERMS = {**KINDS, **PHASES, **{f"{kind}-": term for kind, term in TURNED.items()}}
TERMS |= {f"side {way}": term for way, term in SIDES.items()}
#: kinds that are drawn as something without a text, or not at all
UNLABELLED = {"POOL", "SMC_END", "HOB_END", "RANGE_END"}


def test_the_glossary_holds_every_kind_of_every_engine_and_nothing_else() -> None:
    assert len(ALL) > 80
    assert sorted(KINDS) == sorted(ALL)
    assert set(TURNED) <= set(ALL)


def test_every_phase_but_none_at_all_has_its_words() -> None:
    assert list(PHASES) == [phase.name for phase in Phase if phase != Phase.N]


def test_every_reason_has_its_words_and_there_are_no_others() -> None:
    assert list(REASONS) == [reason.name.lower() for reason in Reason]
    assert [name for name, words in REASONS.items() if not words] == ["none"]


@pytest.mark.parametrize("name", sorted(TERMS))
def test_an_entry_is_a_short_label_the_words_of_the_field_and_one_sentence(name: str) -> None:
    term = TERMS[name]
    assert len(term.label) <= 12
    assert bool(term.label) == (name not in UNLABELLED)
    assert len(term.words) > 3
    assert "_" not in term.words
    assert term.says[:1].isupper()
    assert term.says.endswith((".", "?"))
    assert 20 < len(term.says) <= 90


def test_no_two_kinds_are_told_with_the_same_words() -> None:
    words = [term.words for term in TERMS.values()]
    assert len(set(words)) == len(words)


def test_the_words_are_those_of_the_field() -> None:
    told = {kind: KINDS[kind].words for kind in ("JAC", "BREAK_ICE", "LPS", "LPSY", "SPRING", "UTAD", "LPSY_ICE")}
    assert told == {
        "JAC": "jump across the creek",
        "BREAK_ICE": "fall through the ice",
        "LPS": "last point of support",
        "LPSY": "last point of supply",
        "SPRING": "spring",
        "UTAD": "upthrust after distribution",
        "LPSY_ICE": "back-up to the ice",
    }


def test_every_end_says_how_it_ended() -> None:
    assert set(ENDS) <= set(ALL)
    for kind in ALL:
        for reason in Reason:
            assert ended(kind, reason.name.lower()), (kind, reason)
    assert ended("REACTION_FAIL", "none") == "failed, a close beyond the zone"
    assert ended("ACC_FAIL", "no_tr") == "failed: it was no trading range"
    assert ended("HOB_END", "something_new") == "something new"
    assert ended("CRT", "none") == "crt"


def test_the_page_gets_label_words_and_sentence(tmp_path: pathlib.Path) -> None:
    said = Said()
    said("FVG", 30, ref=29)
    data = write_and_read(into(write(tmp_path / "run"), said)).data["symbols"][0]["layers"]["gaps"]
    assert data["kinds"] == [KINDS["FVG"]._asdict()]
    assert data["flipped"] == KINDS["IFVG"]._asdict()
