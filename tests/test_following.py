from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.catalogue import Catalogue
from index.catalogue.following import Source, Sources
from index.errors import SourceNotFound
from tests.postgres import PostgresServer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = "https://courier.example/feed"


@pytest.fixture(params=["sqlite", "postgresql"])
def sources(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sources]:
    is_file = request.param == "sqlite"
    opened = Catalogue.open(tmp_path / "catalogue.sqlite3") if is_file else Catalogue.connect(new_url(request))
    with closing(opened) as catalogue:
        yield Sources(catalogue.database)


def new_url(request: pytest.FixtureRequest) -> str:
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()


def test_a_source_is_kept_and_due_at_once(sources: Sources) -> None:
    added = sources.add_source("feed", FEED, 3600, NOON)
    assert added == Source(added.id, "feed", FEED, 3600, False, NOON, NOON)
    assert sources.sources() == sources.due_sources(NOON) == [added]
    assert sources.due_sources(NOON - HOUR) == []


def test_the_longest_waiting_comes_first(sources: Sources) -> None:
    folder = sources.add_source("folder", "/news", 600, NOON, prunes=True)
    feed = sources.add_source("feed", FEED, 3600, NOON + HOUR)
    sources.note_look(folder.id, NOON + HOUR, "1 added", has_failed=False)
    assert [source.id for source in sources.due_sources(NOON + 2 * HOUR)] == [feed.id, folder.id]
    assert [source.location for source in sources.sources()] == ["/news", FEED]


def test_a_look_is_recorded_and_failures_put_off_the_next(sources: Sources) -> None:
    id = sources.add_source("feed", FEED, 3600, NOON).id
    sources.note_look(id, NOON, "2 added", has_failed=False)
    [source] = sources.sources()
    assert (source.checked_at, source.outcome, source.failures, source.due_at) == (NOON, "2 added", 0, NOON + HOUR)
    rests = []
    for _ in range(7):
        sources.note_look(id, NOON, "out of reach", has_failed=True)
        [source] = sources.sources()
        rests.append((source.due_at - NOON) / HOUR)
    assert rests == [2, 4, 8, 16, 24, 24, 24]
    assert source.failures == 7
    sources.note_look(id, NOON, "0 added", has_failed=False)
    [source] = sources.sources()
    assert (source.failures, source.due_at) == (0, NOON + HOUR)


def test_a_long_interval_is_not_cut_short_by_failures(sources: Sources) -> None:
    id = sources.add_source("sitemap", FEED, 7 * 24 * 3600, NOON).id
    sources.note_look(id, NOON, "out of reach", has_failed=True)
    assert sources.sources()[0].due_at == NOON + 7 * 24 * HOUR


def test_a_source_that_is_added_again_is_changed_and_keeps_its_history(sources: Sources) -> None:
    first = sources.add_source("feed", FEED, 3600, NOON)
    sources.note_look(first.id, NOON, "2 added", has_failed=False)
    again = sources.add_source("sitemap", FEED, 60, NOON + HOUR, prunes=True)
    assert again == Source(first.id, "sitemap", FEED, 60, True, NOON, NOON + HOUR, NOON, "2 added", 0)
    assert sources.sources() == [again]


def test_a_source_is_removed_by_id_or_location_and_a_late_look_is_let_go(sources: Sources) -> None:
    first = sources.add_source("feed", FEED, 3600, NOON)
    sources.add_source("folder", "/news", 3600, NOON)
    assert sources.source(first.id) == sources.source(FEED) == first
    assert sources.remove_source(first.id) == first
    assert sources.remove_source("/news").kind == "folder"
    for gone in ("/news", first.id):
        with pytest.raises(SourceNotFound):
            sources.remove_source(gone)
    sources.note_look(first.id, NOON, "2 added", has_failed=False)
    assert sources.sources() == []


def test_a_source_that_is_put_off_is_not_due(sources: Sources) -> None:
    id = sources.add_source("feed", FEED, 3600, NOON).id
    sources.put_off(id, NOON + HOUR)
    assert sources.due_sources(NOON) == []
    assert [source.id for source in sources.due_sources(NOON + HOUR)] == [id]
