"""A story that several outlets have is one witness, and the answer names them all: within the bounds, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.articles import Article, make_article
from qa.answering import Answerer
from qa.answers import Citation
from qa.sentences import SentenceReader
from tests.fakes import invented_article
from tests.small import SmallCollection, question

LEDE = "The old lighthouse on Skerry was repainted by Ida Marlow in eleven days, the harbour board said on Tuesday."
MIDDLE = "She used 140 litres of white paint and one long ladder. Nobody in the village had asked her to do it."
FURTHER = (
    "The tower is 41 metres high and has 212 steps. Ships have not steered by it since the radar came, but the island's"
    " children count its windows on the way to school. A painter from Tarn had asked for four months and 9,000 crowns,"
    " and the council has looked for the money ever since. On Sunday the band will play at its foot, if it is dry,"
    " and the baker has promised a cake of the same height, which the mayor doubts."
)
TAIL = "The board will send her a bill for the scaffold all the same, because it was not hers to use."
WHO = "Who repainted the old lighthouse on Skerry?"


def told(id: str, source: str | None, on: str, *paragraphs: str) -> Article:
    return make_article(id=id, title="Paint", text="\n\n".join(paragraphs), source=source, published_at=on)


STORY = [
    told("wire", "Meridian Wire", "2026-01-01T06:00:00Z", LEDE, MIDDLE, FURTHER, TAIL),
    told("post", "Harbour Post", "2026-01-01T09:00:00Z", LEDE, MIDDLE, FURTHER, TAIL),
    told("lamp", "The Lamp", "2026-01-02", f"TARN - {LEDE}", MIDDLE, FURTHER, TAIL),
    told("late", "Tarn Valley News", "2026-01-05", LEDE, MIDDLE, FURTHER),
    told("again", "Meridian Wire", "2026-01-06", LEDE, MIDDLE, FURTHER, TAIL),
    told("nobody", None, "2026-01-01", LEDE, MIDDLE, FURTHER, TAIL),
    told("other", "Gull", "2026-01-03", LEDE.replace("eleven", "twelve"), MIDDLE, FURTHER, TAIL),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path_factory.mktemp("shelf"))
    collection.store(*STORY, *map(invented_article, range(4)))
    yield collection
    collection.close()


def citations(shelf: SmallCollection, asked: str = WHO, **bounds: Any) -> tuple[Citation, ...]:
    reader = SentenceReader(shelf.embedder)
    answerer = Answerer(shelf.catalogue, shelf.retriever, reader, passages=10, threshold=0.01)
    return answerer.answer(question(asked, **bounds)).citations


def outlets(citation: Citation) -> list[str | None]:
    return [article.source for article in citation.also_in]


def test_one_article_of_a_story_is_a_passage_and_of_equals_the_earliest(shelf: SmallCollection) -> None:
    found = shelf.find(WHO, 10)
    of_story = [passage.article.id for passage in found.passages if not passage.article.id.startswith("story")]
    assert set(of_story) == {"nobody", "other"}
    assert [passage.rank for passage in found.passages] == list(range(1, len(found.passages) + 1))
    dated = shelf.find(WHO, 10, sources=("Meridian Wire", "Harbour Post"))
    assert {passage.article.id for passage in dated.passages} == {"wire"}


def test_an_answer_names_every_other_outlet_once(shelf: SmallCollection) -> None:
    [cited] = citations(shelf, article_ids=("nobody", "wire", "post", "lamp", "late", "again"))
    assert cited.article.id == "nobody"
    assert outlets(cited) == ["Meridian Wire", "Harbour Post", "The Lamp", "Tarn Valley News"]
    assert [(other.id, other.version) for other in cited.also_in] == [
        (id, 1) for id in ("wire", "post", "lamp", "late")
    ]


def test_a_story_told_with_another_number_is_a_witness_of_its_own(shelf: SmallCollection) -> None:
    [gull] = [each for each in citations(shelf) if each.article.source == "Gull"]
    assert gull.also_in == ()


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"as_of": "2026-01-01"}, {"Meridian Wire", "Harbour Post"}),
        ({"as_of": "2026-01-02"}, {"Meridian Wire", "Harbour Post", "The Lamp"}),
        ({"sources": ("Meridian Wire", "The Lamp")}, {"The Lamp"}),
        ({"article_ids": ("wire", "late")}, {"Tarn Valley News"}),
        ({"article_ids": ("wire",)}, set()),
    ],
)
def test_bounds_hold_for_the_outlets_that_are_named(
    shelf: SmallCollection, bounds: dict[str, Any], expected: set[str]
) -> None:
    assert {outlet for each in citations(shelf, **bounds) for outlet in outlets(each)} == expected


def test_what_a_copy_was_cut_before_is_not_said_to_stand_in_it(shelf: SmallCollection) -> None:
    asked = "For what will the board send her a bill?"
    [bill] = [
        each
        for each in citations(shelf, asked, sources=("Meridian Wire", "Harbour Post", "Tarn Valley News"))
        if "scaffold" in each.quote
    ]
    assert outlets(bill) == ["Harbour Post"]


def test_what_only_the_longer_copy_tells_is_found_beside_the_shorter(tmp_path: Path) -> None:
    collection = SmallCollection(tmp_path)
    more = "Her goats ate the brush that she had left on the lowest step. They have been seen with white beards since."
    collection.store(
        told("short", "A", "2026-01-01", LEDE, MIDDLE, FURTHER, TAIL),
        told("long", "B", "2026-01-02", LEDE, MIDDLE, FURTHER, TAIL, FURTHER[::-1], more),
    )
    assert len(collection.catalogue.stories(["short", "long"])) == 2
    goats = collection.find("What did her goats eat?", 1).passages
    assert "ate the brush" in goats[0].text
    collection.close()


def test_copies_that_come_and_go_are_seen_at_once(tmp_path: Path) -> None:
    collection = SmallCollection(tmp_path)
    collection.store(*STORY[:2])
    [cited] = citations(collection)
    assert outlets(cited) == ["Harbour Post"]
    collection.indexer.remove_articles(["post"])
    [cited] = citations(collection)
    assert outlets(cited) == []
    collection.close()
