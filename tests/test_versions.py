"""Versions are listed and kept, those that were replaced long ago are dropped, and the current one never is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.articles import make_article
from index.catalogue import Catalogue
from index.errors import ArticleNotFound, VersionPruned
from tests.fakes import embedded

LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite3")
    for text in ("It rains.", "It pours, they say.", "It snows."):
        opened.store([embedded(make_article(id="sky", title=text, text=text, published_at="2026-01-02"))])
    opened.store([embedded(make_article(id="sea", text="It is calm."))])
    yield opened
    opened.close()


def test_versions_are_listed_the_newest_first(catalogue: Catalogue) -> None:
    page = catalogue.versions("sky")
    assert (page.article_id, page.total) == ("sky", 3)
    assert [version.number for version in page.versions] == [3, 2, 1]
    assert [version.title for version in page.versions] == ["It snows.", "It pours, they say.", "It rains."]
    assert [version.characters for version in page.versions] == [9, 19, 9]
    newest, middle, oldest = page.versions
    assert newest.replaced_at is None
    assert (middle.replaced_at, oldest.replaced_at) == (newest.stored_at, middle.stored_at)
    assert [version.number for version in catalogue.versions("sky", limit=1, offset=1).versions] == [2]


def test_versions_of_no_article_are_told_apart(catalogue: Catalogue) -> None:
    catalogue.remove(["sea"])
    for id in ("sea", "moon"):
        with pytest.raises(ArticleNotFound, match=id):
            catalogue.versions(id)


def test_what_was_replaced_before_is_dropped_and_the_current_version_never_is(catalogue: Catalogue) -> None:
    first_replaced = catalogue.article("sky", 2).stored_at
    assert catalogue.prune_versions(first_replaced) == 0
    assert catalogue.prune_versions(first_replaced + timedelta(microseconds=1)) == 1
    assert [version.number for version in catalogue.versions("sky").versions] == [3, 2]
    assert catalogue.prune_versions(LATER) == 1
    assert (catalogue.article("sky").number, catalogue.article("sea").number) == (3, 1)
    assert catalogue.counts() == (2, 2)
    catalogue.store([embedded(make_article(id="sky", text="It hails."))])
    assert catalogue.article("sky").number == 4


def test_a_dropped_version_is_told_from_one_that_never_was(catalogue: Catalogue) -> None:
    catalogue.prune_versions(LATER)
    with pytest.raises(
        VersionPruned, match=r"Version 1 of the article 'sky' is no longer kept; its current version is 3"
    ):
        catalogue.article("sky", 1)
    catalogue.remove(["sea"])
    for id, number in (("sky", 4), ("sky", -1), ("sea", 1), ("moon", 1)):
        with pytest.raises(ArticleNotFound) as raised:
            catalogue.article(id, number)
        assert type(raised.value) is ArticleNotFound
