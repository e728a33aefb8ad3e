"""What a list question may be answered with besides the marked words, and what speaks for it."""

from __future__ import annotations

import pytest

from index.articles import Span
from qa.asking import asked_of
from qa.candidates import (
    agreement,
    figures_covered,
    is_for_how_long,
    kind_fit,
    names_asked_noun,
    names_covered,
    numbers_in,
    unmarked,
)
from qa.name_kinds import NameKinds

COUNTRIES = asked_of("Which countries will send troops to the Drelle?")
OPERATORS = asked_of("Which ferry operators must have their ramps checked?")
SIGNS = asked_of("What are the usual signs of the infection?")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Brenmark and Lorvania have said yes, but Ardesh will not.", ["Brenmark and Lorvania", "Ardesh"]),
        ("It is the fourth, after Brenmark, Lorvania and Skølland.", ["Brenmark, Lorvania and Skølland"]),
        (
            "The Tolley lifeboat, the trawler Good Intent, the cutter Rose and two helicopters searched.",
            ["The Tolley lifeboat, the trawler Good Intent, the cutter Rose"],
        ),
        ("Nobody has said a word.", []),
    ],
)
def test_names_and_enumerations_of_names(sentence: str, expected: list[str]) -> None:
    assert [span.of(sentence) for span in unmarked(sentence, COUNTRIES)] == expected


def test_where_no_names_are_asked_for_only_enumerations() -> None:
    sentence = "Dr. Feldberg names four: diarrhoea, cramps, nausea and fever."
    assert [span.of(sentence) for span in unmarked(sentence, SIGNS)] == ["diarrhoea, cramps, nausea and fever"]


def test_kind_fits() -> None:
    kinds = NameKinds(["Varnholt’s army is small, said Mr Hask of the Rural Union. Talks failed."])
    fits = {name: kind_fit(name, COUNTRIES, kinds) for name in ("Varnholt", "Hask", "Rural Union", "Ardesh", "Talks")}
    assert fits == {"Varnholt": 1, "Hask": -1, "Rural Union": -1, "Ardesh": 0, "Talks": -1}
    assert kind_fit("Varnholt", SIGNS, kinds) == 0


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [("Ardesh will send troops.", 1), ("Ardesh will not send troops.", -1), ("Ardesh lies on the coast.", 0)],
)
def test_agreement(sentence: str, sign: float) -> None:
    assert agreement(sentence, Span(0, 6), COUNTRIES) == sign


def test_what_is_asked_for_is_named() -> None:
    assert names_asked_noun("The order covers four operators.", OPERATORS) == 0.5
    assert names_asked_noun("It sank.", OPERATORS) == 0
    assert names_covered("It flows into the Drelle.", COUNTRIES) == 1
    assert names_covered("It flows.", COUNTRIES) == 0
    assert names_covered("It flows.", SIGNS) == 1


def test_figures_of_the_question_are_looked_for_whole() -> None:
    asked = asked_of("Who won the 2031 final before 12,000 people?")
    assert figures_covered("In 2031 it was seen by 12,000.", asked) == 1
    assert figures_covered("In 2025 it was seen by 12,000.", asked) == 0.5
    assert figures_covered("It was seen by 112.", asked) == 0
    assert figures_covered("Nobody came.", SIGNS) == 1


def test_numbers_that_may_count_something() -> None:
    sentence = "On Nov. 21, 2025 Twelve people died, 1,200 came at 5:40 a.m. and $3.5 million was given by 12 May."
    assert [span.of(sentence) for span in numbers_in(sentence)] == ["Twelve", "1,200", "$3.5"]


@pytest.mark.parametrize(
    ("marked", "is_so"),
    [
        ("For «178 years» it stood.", True),
        ("It lasted «two weeks».", True),
        ("It will come down within «two weeks».", False),
        ("It came down «two weeks ago».", False),
        ("It came down in «May».", False),
    ],
)
def test_how_long_is_not_when(marked: str, is_so: bool) -> None:
    text = marked.replace("«", "").replace("»", "")
    assert is_for_how_long(text, Span(marked.index("«"), marked.index("»") - 1)) == is_so
