"""Two answers may name one thing in different words."""

from __future__ import annotations

import pytest

from qa.sameness import names_the_same, overlap
from qa.wordforms import plain, plain_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brenmark", "BRENMARK"),
        ("the Agrarian Front", "Agrarian Front"),
        ("Calvessa’s", "Calvessa"),
        ("Skølland", "Skolland"),
        ("Türkiye", "Turkey"),
        ("U.S.", "the United States"),
        ("US", "U.S."),
        ("the UK", "Britain"),
        ("Hask", "Bertil Hask"),
        ("Ms Krämer-Voss", "Governor Ottilie Krämer-Voss"),
        ("the International Red Cross (IRC)", "IRC"),
        ("the International Red Cross (IRC)", "International Red Cross"),
        ("IRC", "International Red Cross"),
        ("Good Intent", "the trawler Good Intent"),
        ("a mild fever", "mild fever"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert names_the_same(one, other)
    assert names_the_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brenmark", "Lorvania"),
        ("Sudan", "South Sudan"),
        ("Guinea", "Papua New Guinea"),
        ("Kirrow", "the Mayor of Kirrow"),
        ("Kirrow", "Kirrow Rowing Club"),
        ("2 ships", "6 ships"),
        ("ships", "6 ships"),
        ("the bank", "the Bank of Brenmark"),
        ("the council", "Garrow Council"),
        ("Arne Lund", "Birgitte Lund"),
        ("", "Brenmark"),
        ("…", "!"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert not names_the_same(one, other)
    assert not names_the_same(other, one)


def test_overlap_is_the_share_of_the_shorter() -> None:
    assert overlap("A ferry sinks", "The ferry is sinking fast in Garrow") == 1.0
    assert overlap("A ferry sinks", "The weir stands") == 0.0
    assert overlap("", "ferry") == 0.0


def test_plain_forms() -> None:
    assert plain("L’État’s Łódź, the U.S.’s") == "l’etat lodz, the us"
    assert plain_words("1,200 of Brenmark’s 3.5%") == ["1200", "of", "brenmark", "3.5"]
