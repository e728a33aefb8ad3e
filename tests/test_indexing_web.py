"""Indexing what a real server on this machine serves, into a real catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.addresses import Reach
from index.catalogue import Catalogue
from index.catalogue.visiting import Visits
from index.dense import DenseIndex
from index.errors import AddressRefused
from index.fetching import Fetcher
from index.indexing import Indexer, Indexing
from index.requesting import Requester
from index.sources import Locations
from index.visits import Memory, Validators, Visit
from tests.fakes import FakeEmbedder, embedded, fake_vectors, invented_article
from tests.postgres import PostgresServer
from tests.web import FakeClock, FakeMemory, Page, Web, article_page, rss, web


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def site(server: Web) -> Web:
    server.pages = {
        f"/news/{number}": Page(article_page(number), headers={"ETag": f'"{number}"'}) for number in range(6)
    }
    server.pages["/feed"] = rss(*range(6))
    server.visited = []
    return server


class Collection:
    def __init__(self, folder: Path) -> None:
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite3")
        self.dense = DenseIndex(self.catalogue, fake_vectors({}))
        self.dense.open()
        fetcher = Fetcher(Requester("Dateline", Reach.parse("127.0.0.0/8")), delay=0, clock=FakeClock())
        self.indexer = Indexer(self.catalogue, self.dense, FakeEmbedder(), fetcher)

    def index(self, *urls: str, **options: object) -> Indexing:
        return self.indexer.index(Locations(urls=urls), **options)  # type: ignore[arg-type]

    def titles(self) -> set[str]:
        return {article.title for article in self.catalogue.articles(limit=100).articles}


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(tmp_path)
    yield opened
    opened.dense.close()
    opened.catalogue.close()


def counts(indexing: Indexing) -> tuple[int, int, int, int]:
    return indexing.added, indexing.changed, indexing.unchanged, len(indexing.problems)


def test_a_feeds_articles_are_indexed_and_changes_followed(site: Web, collection: Collection) -> None:
    steps: list[tuple[int, int]] = []
    first = collection.index(site.url("/feed"), progress=lambda step: steps.append((step.done, step.total)))
    assert counts(first) == (6, 0, 0, 0)
    assert steps == [(number, 6) for number in range(1, 7)]
    assert collection.titles() == {f"Story {number} of the canal" for number in range(6)}
    site.pages["/news/1"] = Page(article_page(1).replace("Monday", "Tuesday"), headers={"ETag": '"1b"'})
    site.pages["/feed"] = rss(*range(6), note="again")
    site.paths()
    assert counts(collection.index(site.url("/feed"))) == (0, 1, 5, 0)
    assert counts(collection.index(site.url("/news/1"), site.url("/news/2"))) == (0, 0, 2, 0)


def test_a_file_and_an_address_may_be_given_together(site: Web, collection: Collection, tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text(invented_article(1).text)
    locations = Locations(paths=(file,), urls=(site.url("/news/1"), site.url("/news/none")))
    done = collection.indexer.index(locations, prune=True)
    assert counts(done) == (2, 0, 0, 1)
    assert done.problems[0].origin == site.url("/news/none")


def test_an_address_that_may_not_be_fetched_is_told_before_anything_begins(collection: Collection, site: Web) -> None:
    with pytest.raises(AddressRefused):
        collection.index(site.url("/news/1"), "file:///etc/passwd")
    assert site.visited == []


def test_a_run_that_is_cancelled_keeps_what_it_fetched_and_the_next_goes_on(site: Web, collection: Collection) -> None:
    first = collection.index(site.url("/feed"), is_cancelled=lambda: len(site.visited) > 4)
    assert first.was_cancelled
    assert counts(first)[0] >= 2
    asked = site.paths()
    rest = collection.index(site.url("/feed"))
    assert (rest.added + first.added, rest.problems) == (6, ())
    # What is stored is not fetched again; the page in hand when it was cancelled may be.
    assert len([path for path in site.paths() if path in asked and path != "/feed"]) <= 1
    assert counts(collection.index(site.url("/feed"))) == (0, 0, 0, 0)


def test_a_run_that_is_broken_off_keeps_whole_batches(site: Web, collection: Collection) -> None:
    site.pages |= {f"/news/{number}": Page(article_page(number, length=40)) for number in range(6)}

    def stop(step: object) -> None:
        if len(site.visited) > 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.index(site.url("/feed"), progress=stop)
    stored = collection.titles()
    assert stored
    asked = len(site.paths())
    assert counts(collection.index(site.url("/feed")))[:2] == (6 - len(stored), 0)
    assert len(site.paths()) == 1 + 6 - len(stored) < asked + 3


def test_an_article_that_was_removed_is_fetched_again(site: Web, collection: Collection) -> None:
    collection.index(site.url("/feed"))
    [version] = [one for one in collection.catalogue.articles(limit=100).articles if one.title.startswith("Story 3")]
    collection.indexer.remove_articles([version.id])
    site.pages["/feed"] = rss(*range(6), note="again")
    assert counts(collection.index(site.url("/feed"))) == (1, 0, 5, 0)


@pytest.fixture(params=["sqlite", "postgresql", "fake"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Remembered]:
    if request.param == "fake":
        yield Remembered(FakeMemory(), None)
        return
    if request.param == "sqlite":
        opened = Catalogue.open(tmp_path / "catalogue.sqlite3")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        opened = Catalogue.connect(server.new_url())
    with closing(opened) as catalogue:
        yield Remembered(Visits(catalogue.database), catalogue)


@dataclass(frozen=True)
class Remembered:
    """A Memory, and the catalogue in which its articles are, where it has one."""

    visits: Memory
    catalogue: Catalogue | None

    def store(self, url: str) -> str:
        article = invented_article(1)
        if self.catalogue is not None:
            self.catalogue.claim_model(FakeEmbedder.name, FakeEmbedder.dimension)
            self.catalogue.store([embedded(article, url)])
        return article.id

    def remove(self, article_id: str, url: str) -> None:
        if self.catalogue is not None:
            self.catalogue.remove([article_id])
        else:
            assert isinstance(self.visits, FakeMemory)
            self.visits.removed.add(url)


def test_visits_are_kept(memory: Remembered) -> None:
    visits = memory.visits
    refused = Visit("https://a.example/wall", Validators('"1"', "Sun, 01 Mar 2026 12:00:00 GMT"), "s", "A wall.")
    listed = Visit("https://a.example/feed", Validators(), is_list=True)
    assert visits.visit(refused.url) is None
    visits.note_visits([])
    visits.note_visits([listed, Visit(refused.url, Validators(), refusal="Another."), refused])
    assert visits.visit(refused.url) == refused
    assert visits.visit(listed.url) == listed


def test_a_visit_counts_only_as_long_as_its_article_is_there(memory: Remembered) -> None:
    url = "https://a.example/1"
    article_id = memory.store(url)
    memory.visits.note_visits([visit := Visit(url, Validators('"1"'))])
    assert memory.visits.visit(url) == visit
    memory.remove(article_id, url)
    assert memory.visits.visit(url) is None
