"""Sources as an operator handles them, over a real catalogue and a real server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from index.addresses import Reach
from index.catalogue import Catalogue
from index.catalogue.following import Source, Sources
from index.dense import DenseIndex
from index.errors import AddressRefused, FetchError, InputError, SourceError, SourceNotFound
from index.fetching import Fetcher
from index.indexing import Indexer
from index.requesting import Requester
from qa.cli.sources import _seconds
from qa.operations.operation import UNWATCHED, Watch
from qa.operations.sources import (
    ADD_SOURCE,
    LIST_SOURCES,
    REFRESH_SOURCE,
    REMOVE_SOURCE,
    AddedSource,
    RefreshedSource,
    RemovedSource,
)
from qa.operations.upkeep import Nothing
from qa.operations.wire import decoded, encoded
from qa.printing import print_sources
from tests.fakes import FakeEmbedder, fake_vectors, invented_text
from tests.web import FakeClock, Page, Web, article_page, rss, web


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def site(server: Web) -> Web:
    server.pages = {f"/news/{number}": Page(article_page(number)) for number in range(3)}
    server.pages["/feed"] = rss(0, 1)
    server.pages["/map"] = Page(f"<urlset><url><loc>{server.url('/news/2')}</loc></url></urlset>", "text/xml")
    server.visited = []
    return server


class Collection:
    """As much of a Dateline as the operations on sources need."""

    def __init__(self, folder: Path) -> None:
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite3")
        self.sources = Sources(self.catalogue.database)
        self.dense = DenseIndex(self.catalogue, fake_vectors({}))
        self.dense.open()
        self.indexer = Indexer(self.catalogue, self.dense, FakeEmbedder(), self.new_fetcher())

    def new_fetcher(self) -> Fetcher:
        return Fetcher(Requester("Dateline", Reach.parse("127.0.0.1/32")), delay=0, clock=FakeClock())

    def add(self, location: str, kind: Any = None, seconds: int = 3600, *, prunes: bool = False) -> Source:
        dateline: Any = self
        source = ADD_SOURCE.run(dateline, AddedSource(location, kind, seconds, prunes), UNWATCHED)
        assert decoded(encoded(source), Source) == source
        return source

    def refresh(self, source: Source, watch: Watch = UNWATCHED) -> Any:
        dateline: Any = self
        return REFRESH_SOURCE.run(dateline, RefreshedSource(source.id), watch)

    def listed(self) -> tuple[Source, ...]:
        dateline: Any = self
        return LIST_SOURCES.run(dateline, Nothing(), UNWATCHED).sources

    def remove(self, named: str) -> Source:
        dateline: Any = self
        return REMOVE_SOURCE.run(dateline, RemovedSource(named), UNWATCHED)


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(tmp_path)
    yield opened
    opened.dense.close()
    opened.catalogue.close()


def test_a_look_at_an_address_tells_what_it_is(site: Web, collection: Collection, tmp_path: Path) -> None:
    assert collection.add(site.url("/feed")).kind == "feed"
    assert collection.add(site.url("/map")).kind == "sitemap"
    assert collection.add(str(tmp_path), prunes=True).kind == "folder"
    assert site.paths() == ["/feed", "/map"]
    assert collection.add("https://courier.example/later", "feed").kind == "feed"
    assert [source.kind for source in collection.listed()] == ["feed", "sitemap", "folder", "feed"]


def test_what_cannot_be_a_source_is_refused(site: Web, collection: Collection, tmp_path: Path) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    site.pages["/"] = Page(article_page(1, head=feed))
    with pytest.raises(FetchError, match=rf"page, not a feed or sitemap\. Its feed is {site.url('/feed')}"):
        collection.add(site.url("/"))
    with pytest.raises(AddressRefused):
        collection.add("file:///etc/passwd")
    with pytest.raises(AddressRefused):
        collection.add("http://127.0.0.2/feed")
    with pytest.raises(SourceError, match="no folder"):
        collection.add(str(tmp_path / "nowhere"))
    with pytest.raises(SourceError, match="no folder"):
        collection.add(".")
    with pytest.raises(InputError, match="not the address of a feed"):
        collection.add(str(tmp_path), "feed")
    with pytest.raises(InputError, match="Only a folder"):
        collection.add(site.url("/feed"), prunes=True)
    for seconds in (59, 31 * 86_400):
        with pytest.raises(InputError, match="Allowed are 60 seconds to 30 days"):
            collection.add(str(tmp_path), seconds=seconds)
    assert collection.listed() == ()


def test_a_look_indexes_what_is_new_and_is_noted(site: Web, collection: Collection) -> None:
    source = collection.add(site.url("/feed"))
    assert collection.refresh(source).added == 2
    [noted] = collection.listed()
    assert (noted.outcome, noted.failures) == ("2 added", 0)
    assert noted.checked_at is not None
    assert noted.due_at == noted.checked_at + timedelta(hours=1)
    site.pages["/feed"] = rss(0, 1, 2, 9)
    collection.refresh(source)
    assert collection.listed()[0].outcome == "1 added, 1 not indexed"
    collection.refresh(source)
    assert collection.listed()[0].outcome == "nothing new"


def test_a_source_that_fails_rests_longer(site: Web, collection: Collection) -> None:
    source = collection.add(site.url("/feed"))
    del site.pages["/feed"]
    for failures in (1, 2):
        collection.refresh(source)
        [noted] = collection.listed()
        assert (noted.failures, noted.outcome) == (failures, "There is no such page (status 404). Check the address.")
    assert noted.checked_at is not None
    assert noted.due_at == noted.checked_at + timedelta(hours=4)


def test_a_folder_is_pruned_only_when_asked(collection: Collection, tmp_path: Path) -> None:
    for name in ("kept", "pruned"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number}.txt").write_text(f"{name}. {invented_text(number)}")
        source = collection.add(str(tmp_path / name), prunes=name == "pruned")
        assert collection.refresh(source).added == 2
        (tmp_path / name / "1.txt").unlink()
        assert collection.refresh(source).removed == (1 if name == "pruned" else 0)
    assert [source.outcome for source in collection.listed()] == ["nothing new", "1 removed"]


def test_a_folder_that_is_gone_is_noted_and_nothing_removed(collection: Collection, tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "a.txt").write_text(invented_text(1))
    source = collection.add(str(folder), prunes=True)
    collection.refresh(source)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="no file or folder"):
        collection.refresh(source)
    [noted] = collection.listed()
    assert noted.failures == 1
    assert "no file or folder" in (noted.outcome or "")
    assert collection.catalogue.counts()[0] == 1


def test_a_look_that_is_cancelled_is_not_noted(site: Web, collection: Collection) -> None:
    source = collection.add(site.url("/feed"))
    assert collection.refresh(source, Watch(is_cancelled=lambda: True)).was_cancelled
    assert collection.listed() == (source,)


def test_a_source_is_removed_and_its_articles_stay(site: Web, collection: Collection) -> None:
    source = collection.add(site.url("/feed"))
    collection.refresh(source)
    assert collection.remove(site.url("/feed")).id == source.id
    with pytest.raises(SourceNotFound, match="dateline sources list"):
        collection.remove(source.id)
    with pytest.raises(SourceNotFound):
        collection.refresh(source)
    assert collection.catalogue.counts()[0] == 2


@pytest.mark.parametrize(("written", "seconds"), [("90s", 90), (" 15M", 900), ("2 h", 7200), ("1d", 86_400)])
def test_an_interval_is_written_with_its_unit(written: str, seconds: int) -> None:
    assert _seconds(written) == seconds
    for wrong in ("", "15", "h", "-1h", "1.5h", "1w"):
        with pytest.raises(InputError, match="15m"):
            _seconds(wrong)


def test_sources_are_printed_with_how_the_last_look_went(capsys: pytest.CaptureFixture[str]) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    print_sources(
        [
            Source("a1", "feed", "https://courier.example/feed", 5400, False, noon, noon),
            Source("b2", "folder", "/news", 86_400, True, noon, noon, noon, "2 added", 0),
            Source("c3", "sitemap", "https://a.example/m", 3600, False, noon, noon, noon, "It is gone.", 3),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "a1\tfeed\thttps://courier.example/feed\t90m\t2026-03-01 12:00\tnot yet",
        "b2\tfolder\t/news\t1d\t2026-03-01 12:00\t2026-03-01 12:00 2 added",
        "c3\tsitemap\thttps://a.example/m\t1h\t2026-03-01 12:00\t2026-03-01 12:00 failed 3 times in a row: It is gone.",
    ]
