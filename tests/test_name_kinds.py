"""The kind of a name is told by its own words or by the words around it in the passages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.name_kinds import NameKinds, names_told

NEWS = """GRAUBEN, Varnholt, June 16 - Varnholt will send 350 soldiers, Chancellor Marlies Achterberg said.

Istrane’s officers waited in Lethmar. Calvessan ports in Calvessa stayed shut, said the manager, Petra Colvin, 44.

The trawler Good Intent and the Tolley lifeboat searched. Kirrow Wanderers, from Kirrow, lost to the Rural Union.

Boxes are piling up. Ardesh says no, and so Ardesh stays away."""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Varnholt", "country"),
        ("Istrane", "country"),
        ("the United Kingdom", "country"),
        ("Marlies Achterberg", "person"),
        ("Achterberg", "person"),
        ("Petra Colvin", "person"),
        ("Lethmar", "place"),
        ("Good Intent", "vessel"),
        ("Tolley", "vessel"),
        ("Rural Union", "organisation"),
        ("Kirrow Wanderers", "organisation"),
        ("Calvessan", "people"),
        ("European", "people"),
        ("Friday", "day"),
        ("Ardesh", None),
        ("Nowhere", None),
    ],
)
def test_kinds(name: str, kind: str | None) -> None:
    assert NameKinds([NEWS]).of(name) == kind


def test_a_word_that_only_opens_a_sentence_is_no_name() -> None:
    kinds = NameKinds([NEWS])
    assert not kinds.is_name("Boxes")
    assert all(map(kinds.is_name, ("Ardesh", "Varnholt", "Good Intent", "OWS")))


def test_names_of_a_sentence_without_what_is_capital_as_it_comes_first() -> None:
    sentence = "In June the Tolley lifeboat met Mr Hask of Kirrow, and Varnholt’s army left."
    assert [span.of(sentence) for span in names_told(sentence)] == [
        "June",
        "Tolley",
        "Mr Hask",
        "Kirrow",
        "Varnholt",
    ]


@given(st.text(st.sampled_from("Aa b.,’'\n“The In é"), max_size=60))
def test_any_text_can_be_looked_at(text: str) -> None:
    kinds = NameKinds([text])
    found = names_told(text)
    for name in found:
        assert 0 <= name.start < name.end <= len(text)
        kinds.of(name.of(text))
    assert all(one.end <= other.start for one, other in pairwise(found))
