"""The catalogue knows which articles are copies of one story, whatever is stored, changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Article, ArticleFilter, make_article
from index.catalogue import Catalogue
from tests.fakes import embedded, invented_article, invented_text

ALL = ArticleFilter()


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite3")
    yield opened
    opened.close()


def copy_of(number: int, id: str, *, by: str = "The Lamp", on: str | None = "2026-01-05", more: str = "") -> Article:
    return make_article(id=id, title=f"By {by}", text=invented_text(number) + more, source=by, published_at=on)


def store(catalogue: Catalogue, *articles: Article) -> None:
    catalogue.store([embedded(article) for article in articles])


def others(catalogue: Catalogue, id: str, wanted: ArticleFilter = ALL) -> list[str]:
    return [copy.id for copy in catalogue.copies([id], wanted).get(id, [])]


def test_copies_are_linked_as_they_come_the_earliest_first(catalogue: Catalogue) -> None:
    store(catalogue, copy_of(1, "a", on="2026-01-07"), copy_of(2, "z"))
    assert catalogue.stories(["a", "z"]) == {}
    store(catalogue, copy_of(1, "b", on=None), copy_of(1, "c", on="2026-01-06", more=" The bus was late."))
    assert others(catalogue, "a") == ["c", "b"]
    assert others(catalogue, "b") == ["c", "a"]
    assert others(catalogue, "z") == []
    assert len(set(catalogue.stories(["a", "b", "c", "z"]).values())) == 1


def test_copies_in_one_batch_are_linked(catalogue: Catalogue) -> None:
    store(catalogue, *(copy_of(number % 3, f"s{number}") for number in range(9)))
    assert others(catalogue, "s1") == ["s4", "s7"]
    assert len(set(catalogue.stories(f"s{number}" for number in range(9)).values())) == 3


def test_an_article_that_was_rewritten_is_a_copy_no_more(catalogue: Catalogue) -> None:
    store(catalogue, copy_of(1, "a"), copy_of(1, "b"))
    store(catalogue, copy_of(2, "b"))
    assert (others(catalogue, "a"), catalogue.stories(["a", "b"])) == ([], {})
    store(catalogue, copy_of(1, "b", more=" It rained."))
    assert [(copy.id, copy.version) for copy in catalogue.copies(["a"], ALL)["a"]] == [("b", 3)]


def test_an_article_that_was_removed_is_a_copy_no_more(catalogue: Catalogue) -> None:
    store(catalogue, *(copy_of(1, id) for id in "abc"))
    catalogue.remove(["a"])
    assert others(catalogue, "b") == ["c"]
    catalogue.remove(["c"])
    assert catalogue.stories("abc") == {}
    store(catalogue, copy_of(1, "d"))
    assert others(catalogue, "d") == ["b"]


def test_what_joins_two_stories_makes_them_one(catalogue: Catalogue) -> None:
    """Neither half is a copy of the other; the whole is one of both."""
    first, second = (copy_of(1, "a"), copy_of(2, "c"))
    store(catalogue, first, replace(first, id="b"), second, replace(second, id="d"))
    store(catalogue, replace(first, id="e", text=f"{first.text}\n\n{second.text}"))
    assert others(catalogue, "a") == ["b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ArticleFilter(published_to="2026-01-06"), ["early"]),
        (ArticleFilter(published_from="2026-01-07"), ["late"]),
        (ArticleFilter(sources=("Late Post",)), ["late"]),
        (ArticleFilter(article_ids=("a",)), []),
    ],
)
def test_filters_hold_for_copies(catalogue: Catalogue, wanted: ArticleFilter, expected: list[str]) -> None:
    store(catalogue, copy_of(1, "a"), copy_of(1, "early", on="2026-01-05T08:00:00Z"))
    store(catalogue, copy_of(1, "late", by="Late Post", on="2026-01-07"), copy_of(1, "undated", on=None))
    assert others(catalogue, "a", wanted) == expected


def test_very_many_copies_are_one_story_and_the_first_of_them_are_told(catalogue: Catalogue) -> None:
    store(catalogue, *(copy_of(1, f"copy-{number:03}", on=f"2026-01-05T{number:06}") for number in range(60)))
    assert others(catalogue, "copy-059") == [f"copy-{number:03}" for number in range(50)]


def test_what_was_stored_before_there_were_stories_is_linked_on_request(catalogue: Catalogue) -> None:
    store(catalogue, copy_of(1, "a"), copy_of(1, "b"), invented_article(3), make_article(id="short", text="Rain."))
    catalogue.remove(["story-3"])
    assert catalogue.unlinked() == []
    with catalogue.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM stories")
        connection.exec_driver_sql("DELETE FROM story_bands")
    assert catalogue.unlinked() == ["a", "b", "short"]
    catalogue.link(catalogue.unlinked())
    assert others(catalogue, "b") == ["a"]
    assert catalogue.unlinked() == []
