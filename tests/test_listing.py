"""An enumeration is cut into its items, and found whole where only one of them was marked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Span
from qa.listing import is_name, items_in


def items(marked: str, *, is_grown: bool = True) -> list[str]:
    sentence = marked.replace("«", "").replace("»", "")
    span = Span(marked.index("«"), marked.index("»") - 1)
    return [item.of(sentence) for item in items_in(sentence, span, is_grown=is_grown).items]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("«Brenmark, Lorvania and Skølland» will go.", ["Brenmark", "Lorvania", "Skølland"]),
        ("«Brenmark, Lorvania, and Skølland» will go.", ["Brenmark", "Lorvania", "Skølland"]),
        ("It was «France and the UK».", ["France", "the UK"]),
        ("In «Kirrow, Hallbeck or Thorle» boil it.", ["Kirrow", "Hallbeck", "Thorle"]),
        ("It lent «two ships and $140 million over two years».", ["two ships", "$140 million over two years"]),
        ("It sent «2,400 soldiers and 6 ships».", ["2,400 soldiers", "6 ships"]),
        ("It went to «Trinidad and Tobago».", ["Trinidad and Tobago"]),
        (
            "It went to «Trinidad and Tobago, Bosnia and Herzegovina, and Serbia».",
            ["Trinidad and Tobago", "Bosnia and Herzegovina", "Serbia"],
        ),
        ("The «Food and Drug Administration» agreed.", ["Food and Drug Administration"]),
        ("The «Ministry of Food and Water» agreed.", ["Ministry of Food and Water"]),
        ("It is «Strand & Firth».", ["Strand & Firth"]),
        ("It is in «Aldhaven, Brenmark».", ["Aldhaven, Brenmark"]),
        ("«Anselm Groat, 74, who owns the mill, and Ruth Dalby» spoke.", ["Anselm Groat", "Ruth Dalby"]),
        ("«Jocasta Bell, the cleaner, and Carola Wynd» spoke.", ["Jocasta Bell", "Carola Wynd"]),
        (
            "They are «Sound Crossings, with nine ships; Strand & Firth, with five; and Garrow Line».",
            ["Sound Crossings", "Strand & Firth", "Garrow Line"],
        ),
        (
            "«Brenmark will pay $118 million, Lorvania $64 million and Pellmere $70 million».",
            ["Brenmark", "Lorvania", "Pellmere"],
        ),
        ("He was «tired».", ["tired"]),
        ("He was «,».", [","]),
    ],
)
def test_items(marked: str, expected: list[str]) -> None:
    assert items(marked, is_grown=False) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("Brenmark, «Lorvania» and Skølland will go.", ["Brenmark", "Lorvania", "Skølland"]),
        (
            "Against are the «Kirrow Rowing Club», who lost 1,400, the Weirside Association, and Anselm Groat, 74.",
            ["the Kirrow Rowing Club", "the Weirside Association", "Anselm Groat"],
        ),
        (
            "The signs are «watery diarrhoea», cramps, nausea and a mild fever, and they can last.",
            ["watery diarrhoea", "cramps", "nausea", "a mild fever"],
        ),
        (
            "They wanted «a withdrawal date» and a ban on night patrols; neither came.",
            ["a withdrawal date", "a ban on night patrols"],
        ),
        (
            "It will lend «two ships» and $140 million over two years, she said.",
            ["two ships", "$140 million over two years"],
        ),
        ("Only «medical cargo» and livestock are being handled.", ["medical cargo", "livestock"]),
        (
            "Three yards have bid: Aldhaven Shipbuilding, «Tesk Marine» and the firm Brattvik.",
            ["Aldhaven Shipbuilding", "Tesk Marine", "the firm Brattvik"],
        ),
        (
            "It makes three proposals: «a yearly test», a second sensor, and a head count.",
            ["a yearly test", "a second sensor", "a head count"],
        ),
        (
            "«Brenmark» will pay $118 million, Lorvania $64 million and Pellmere $70 million.",
            ["Brenmark", "Lorvania", "Pellmere"],
        ),
        ("The «Anglers’ Club» is in favour, and so is the Green Party.", ["Anglers’ Club", "the Green Party"]),
        (
            "It is the «astrolabe», made in 1571 and stolen on Jan. 30 along with a seal, a chess queen and a log.",
            ["astrolabe", "a seal", "a chess queen", "a log"],
        ),
        ("«Brenmark» will go, and Hartvig said so.", ["Brenmark"]),
        (
            "Both must then «pull back» their guns, which stand near, and hand over all prisoners, some 1,130.",
            ["pull back their guns", "hand over all prisoners"],
        ),
        (
            "The Tolley lifeboat, the trawler «Good Intent», the cutter Ellery Rose and two helicopters searched.",
            ["The Tolley lifeboat", "the trawler Good Intent", "the cutter Ellery Rose"],
        ),
        ("«Tamarre», which had offered troops, said that it will wait.", ["Tamarre"]),
        ("It was in «Aldhaven», the capital, on Monday.", ["Aldhaven"]),
    ],
)
def test_the_rest_of_the_enumeration_is_found(marked: str, expected: list[str]) -> None:
    assert items(marked) == expected


@pytest.mark.parametrize("name", ["Brenmark", "the UK", "Lars-Erik Thune", "the trawler Good Intent", "Strand & Firth"])
def test_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("words", ["troops", "the troops", "two ships", "Brenmark goes", "12", ""])
def test_no_names(words: str) -> None:
    assert not is_name(words)


LOOSE = st.lists(
    st.sampled_from(["Brenmark", "and", "or", ",", ";", ":", "a", "of", "which", "12", "1,200", "(", "”", "will"])
).map(" ".join)


@settings(deadline=None)
@given(LOOSE | st.text(max_size=60), st.data(), st.booleans())
def test_items_are_in_the_sentence_in_order_and_apart(sentence: str, data: st.DataObject, is_grown: bool) -> None:
    if not sentence:
        return
    start = data.draw(st.integers(0, len(sentence) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(sentence))))
    found = items_in(sentence, span, is_grown=is_grown)
    assert 0 <= found.whole.start <= span.start < span.end <= found.whole.end <= len(sentence)
    assert found.items
    for item in found.items:
        assert 0 <= item.start < item.end <= len(sentence)
    for one, other in zip(found.items, found.items[1:], strict=False):
        assert one.end <= other.start
