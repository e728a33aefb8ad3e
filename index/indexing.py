"""The table of contents of indexing: read → extract → chunk → embed → commit → follow."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from index.addresses import parse_address
from index.articles import Article
from index.catalogue import Catalogue, EmbeddedArticle
from index.catalogue.visiting import Visits
from index.dense import DenseIndex
from index.embedding import Embedder
from index.errors import InputError, SourceError
from index.extraction import extract
from index.fetching import Fetcher
from index.gathering import Gathered, Gatherer, Unchanged
from index.preparing import Batch, Preparer, prepared_ahead
from index.requesting import Requester
from index.sources import Locations, Unreadable, count_documents, find_files, read_collection, read_file

__all__ = ["Indexer", "Indexing", "Outcome", "Problem", "Progress"]

# About a second of embedding on two cores; an interruption costs two of them at most.
_BATCH_CHUNKS = 128
# Pages come slowly: fewer of them wait to be stored.
_WEB_BATCH_CHUNKS = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one article."""

    article_id: str
    version: int
    change: Literal["added", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that gave no article, and why."""

    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an indexing run is, in documents; `total` grows by what feeds and sitemaps turn out to list."""

    done: int
    total: int
    origin: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """What an indexing run did; one that was cancelled kept what it had stored until then."""

    added: int
    changed: int
    unchanged: int
    removed: int
    problems: tuple[Problem, ...]
    was_cancelled: bool


@dataclass(slots=True)
class _Run:
    """What one run has seen and done so far."""

    progress: Callable[[Progress], None]
    is_cancelled: Callable[[], bool]
    changes: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    done: int = 0
    was_cancelled: bool = False

    def is_over(self) -> bool:
        self.was_cancelled = self.was_cancelled or self.is_cancelled()
        return self.was_cancelled

    def advance(self, origin: str, total: int) -> None:
        self.done += 1
        self.progress(Progress(self.done, max(total, self.done), origin))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Current versions and content hashes by article as they were, and what was new or changed then, embedded."""

    current: dict[str, tuple[int, str]]
    embedded: list[EmbeddedArticle]


class Indexer:
    """Stores articles so that they can be found; threads that share it wait for each other only to store.

    With `keep_versions`, a version is dropped when it was replaced more than so many days before something is stored.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        dense: DenseIndex,
        embedder: Embedder,
        fetcher: Fetcher | None = None,
        *,
        keep_versions: int | None = None,
    ) -> None:
        self._keep_versions = keep_versions
        self._catalogue = catalogue
        self._dense = dense
        self._embedder = embedder
        self._preparer = Preparer(embedder)
        self._storing = threading.Lock()
        self._fetcher = fetcher or Fetcher(Requester("Dateline"))

    def index_articles(self, articles: Sequence[Article]) -> list[Outcome]:
        """Store the articles that are new or changed; return what became of each, in order.

        Once this returns, they are durable. Raises StorageFull, or ModelMismatch when the collection was embedded
        by another model; then none of them is stored.
        """
        batch = [(self._at_its_url(article), None) for article in articles]
        return self._stored(batch, self._prepared(batch))

    def remove_articles(self, article_ids: Sequence[str]) -> list[str]:
        """Remove articles; return the ids of those that were there."""
        removed = self._catalogue.remove(article_ids)
        self._dense.follow()
        return removed

    def index(
        self,
        locations: Locations,
        *,
        prune: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Indexing:
        """Index all that is found at the locations; with `prune`, remove what came from there and is there no more.

        While a batch is stored, the next is embedded; what is stored is durable, so that an interrupted run goes on
        where it was. Between batches `is_cancelled` is asked whether to go on. Raises SourceError on what cannot be
        indexed at all.
        """
        for address in locations.addresses:
            parse_address(address)
        files = find_files(locations.paths)
        for folder in filter(Path.is_dir, locations.paths):
            self._record_collection(folder)
        run = _Run(progress, is_cancelled)
        with closing(prepared_ahead(_batches(self._read(files, run), _BATCH_CHUNKS), self._prepared)) as batches:
            for batch, prepared in batches:
                self._store_batch(batch, prepared, run)
                if run.is_over():
                    break
        if locations.addresses and not run.was_cancelled:
            self._gather(locations, run)
        removed = self._pruned(locations.paths, run.seen, run.problems) if prune and not run.was_cancelled else []
        return Indexing(
            added=run.changes["added"],
            changed=run.changes["changed"],
            unchanged=run.changes["unchanged"],
            removed=len(removed),
            problems=tuple(run.problems),
            was_cancelled=run.was_cancelled,
        )

    def _store_batch(self, batch: Batch, prepared: _Prepared, run: _Run) -> None:
        outcomes = self._stored(batch, prepared)
        pairs = [(origin, outcome.article_id) for (_, origin), outcome in zip(batch, outcomes, strict=True) if origin]
        self._catalogue.note_origins(pairs)
        run.changes.update(outcome.change for outcome in outcomes)
        run.seen.update(pairs)

    def _gather(self, locations: Locations, run: _Run) -> None:
        """Index what the web has; each batch is settled when it is durable, so that it is not fetched again."""
        gatherer = Gatherer(self._fetcher, Visits(self._catalogue.database), locations.since, is_cancelled=run.is_over)
        for batch in _batches(self._gathered(gatherer, locations, run), _WEB_BATCH_CHUNKS):
            self._store_batch(batch, self._prepared(batch), run)
            gatherer.settle(origin for _, origin in batch if origin)
        if not run.was_cancelled:
            gatherer.finish()

    def _gathered(self, gatherer: Gatherer, locations: Locations, run: _Run) -> Iterator[tuple[Article, str]]:
        before = run.done
        for found in gatherer.gather(locations.urls, locations.feeds, locations.sitemaps):
            if run.is_over():
                return
            match found:
                case Gathered():
                    yield self._at_its_url(found.article), found.origin
                case Unchanged():
                    run.changes["unchanged"] += 1
                case Unreadable():
                    run.problems.append(Problem(found.origin, found.reason))
            run.advance(found.origin, before + gatherer.expected)

    def _record_collection(self, folder: Path) -> None:
        collection = read_collection(folder)
        if collection is not None:
            self._catalogue.record_collection(collection)

    def _read(self, files: Sequence[Path], run: _Run) -> Iterator[tuple[Article, str]]:
        total = sum(map(count_documents, files))
        for file in files:
            for document in read_file(file):
                if isinstance(document, Unreadable):
                    run.problems.append(Problem(document.origin, document.reason))
                else:
                    try:
                        yield self._identified(extract(document), document.origin), document.origin
                    except InputError as error:
                        run.problems.append(Problem(document.origin, str(error)))
                run.advance(document.origin, total)

    def _identified(self, article: Article, origin: str) -> Article:
        """Give an edited file the id that it had, when nothing in the file itself gives one."""
        article = self._at_its_url(article)
        if "#" in origin or not article.has_derived_id or self._catalogue.current_versions([article.id]):
            return article
        earlier = self._catalogue.article_from(origin)
        return article if earlier is None else replace(article, id=earlier)

    def _at_its_url(self, article: Article) -> Article:
        """Give an article without an id of its own the one under which its URL is stored already."""
        if not article.has_id_of_url or article.url is None or self._catalogue.current_versions([article.id]):
            return article
        return replace(article, id=self._catalogue.article_at(article.url) or article.id)

    def _prepared(self, batch: Batch) -> _Prepared:
        """Embed what is new or changed; of an article given twice, the last."""
        current = self._catalogue.current_versions(article.id for article, _ in batch)
        fresh: dict[str, tuple[Article, str | None]] = {}
        for article, origin in batch:
            _, known_hash = current.get(article.id, (0, ""))
            if article.content_hash != known_hash:
                fresh[article.id] = (article, origin)
            else:
                fresh.pop(article.id, None)
        if fresh:
            self._catalogue.claim_model(self._embedder.name, self._embedder.dimension)
        return _Prepared(current, self._preparer.prepared(fresh.values()) if fresh else [])

    def _stored(self, batch: Batch, prepared: _Prepared) -> list[Outcome]:
        # Embedding takes long, so that others may store meanwhile: what is there by now is not stored twice.
        with self._storing:
            current = prepared.current | self._catalogue.current_versions(article.id for article, _ in batch)
            known = {id: content_hash for id, (_, content_hash) in current.items()}
            news = [each for each in prepared.embedded if known.get(each.article.id) != each.article.content_hash]
            numbers = {version.article.id: version.number for version in self._catalogue.store(news)} if news else {}
        if prepared.embedded:
            self._dense.follow()
            self._drop_old_versions()
        outcomes = []
        for article, _ in batch:
            if article.id not in numbers:
                outcomes.append(Outcome(article.id, current[article.id][0], "unchanged"))
            else:
                change: Literal["added", "changed"] = "changed" if article.id in current else "added"
                outcomes.append(Outcome(article.id, numbers[article.id], change))
        return outcomes

    def _drop_old_versions(self) -> None:
        if self._keep_versions is not None:
            self._catalogue.prune_versions(datetime.now(UTC) - timedelta(days=self._keep_versions))

    def _pruned(self, paths: Sequence[Path], seen: set[tuple[str, str]], problems: Sequence[Problem]) -> list[str]:
        """Forget what was not seen again, except what could not be read: that may be there still.

        Raises SourceError, and forgets nothing, when any path gave no article: its disk may not be there.
        """
        unread = [problem.origin.partition("#")[0] for problem in problems]
        vanished: list[tuple[str, str]] = []
        for path in paths:
            place = Path(os.path.normpath(path.absolute())).as_uri()
            if not any(_is_within(place, origin) for origin, _ in seen):
                raise SourceError(
                    f"No article could be read in {path}, so nothing was removed. To remove what came from there,"
                    " name its articles to 'dateline articles remove'."
                )
            for origin, article_id in self._catalogue.origins_under(place):
                is_unread = any(_is_within(other, origin) for other in unread)
                if _is_within(place, origin) and not is_unread and (origin, article_id) not in seen:
                    vanished.append((origin, article_id))
        removed = self._catalogue.forget_origins(vanished)
        self._dense.follow()
        return removed


def _is_within(place: str, origin: str) -> bool:
    """Say whether an origin is a file or folder, a record of that file, or lies in that folder."""
    return origin == place or origin.startswith((f"{place}#", f"{place.rstrip('/')}/"))


def _batches(articles: Iterable[tuple[Article, str]], chunks: int) -> Iterator[list[tuple[Article, str | None]]]:
    """Group articles by about how many chunks there are to embed, and never two versions of one article together."""
    batch: list[tuple[Article, str | None]] = []
    characters = 0
    for article, origin in articles:
        if any(article.id == other.id for other, _ in batch):
            yield batch
            batch, characters = [], 0
        batch.append((article, origin))
        characters += len(article.text)
        # About 700 characters make a chunk.
        if characters > chunks * 700:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
