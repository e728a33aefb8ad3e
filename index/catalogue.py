"""The catalogue: every article, version, chunk, embedding and searchable word, in SQL. It is the truth.

One transaction stores all of an article or none of it; what it stores is acknowledged only after the
commit. The vector index follows the `changes` table and can always be rebuilt from the embeddings here.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from index.articles import Article, ArticleFilter, ArticleVersion, Chunk, Collection, Span
from index.embedding import Vectors
from index.errors import ArticleNotFound, DataFolderError, ModelMismatch, StorageFull

__all__ = [
    "ArticlePage",
    "ArticleSummary",
    "Catalogue",
    "Change",
    "EmbeddedArticle",
    "StoredChunk",
]

SCHEMA_VERSION = "1"
_IDS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class EmbeddedArticle:
    """An article ready to store: its chunks, and their embeddings as float32 (chunks, dimension)."""

    article: Article
    chunks: tuple[Chunk, ...]
    embeddings: Vectors
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a current version, with its version's metadata and its own text."""

    id: str
    article: Article
    version: int
    span: Span
    sentences: tuple[Span, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """A row of the library: an article's current version without its text."""

    id: str
    version: int
    title: str
    source: str | None
    url: str | None
    authors: tuple[str, ...]
    published_at: str | None
    stored_at: datetime
    characters: int


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """One page of the library and the number of articles on all pages."""

    articles: tuple[ArticleSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """A chunk that the vector index must add (with its embedding) or remove (None)."""

    sequence: int
    chunk_id: str
    embedding: Vectors | None


_metadata = sa.MetaData()
_facts = sa.Table(
    "facts", _metadata, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
# A removed article keeps its row, so that its version numbers are never used again for another text.
_articles = sa.Table(
    "articles",
    _metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("current_version", sa.Integer),
    sa.Column("last_version", sa.Integer, nullable=False),
)
_versions = sa.Table(
    "versions",
    _metadata,
    sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("published_at", sa.Text),
    sa.Column("language", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("stored_at", sa.Text, nullable=False),
    sa.Index("versions_by_date", "published_at"),
)
_chunks = sa.Table(
    "chunks",
    _metadata,
    sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("article_id", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
    sa.Column("embedding", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["article_id", "version"], ["versions.article_id", "versions.version"]),
    sa.Index("chunks_by_article", "article_id", "ordinal"),
    sqlite_autoincrement=True,
)
_origins = sa.Table(
    "origins",
    _metadata,
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Index("origins_by_article", "article_id"),
)
_changes = sa.Table(
    "changes",
    _metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("chunk_id", sa.Text, nullable=False),
    sa.Column("adds", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)
_current = sa.and_(_versions.c.article_id == _articles.c.id, _versions.c.version == _articles.c.current_version)


class Catalogue:
    """The SQL store; safe to share between threads, one writer at a time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._path = Path(engine.url.database or "")

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open the SQLite file, making it and its tables when new.

        Raises DataFolderError when it is unreadable or of another schema version.
        """
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _configure_sqlite)
        catalogue = cls(engine)
        try:
            with catalogue._writing() as connection:
                _make_tables(connection)
                _check_schema(connection, path)
        except BaseException:
            catalogue.close()
            raise
        return catalogue

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the file."""
        self._engine.dispose()

    # Facts about the whole collection

    def fact(self, name: str) -> str | None:
        """Return what was recorded under a name."""
        with self._reading() as connection:
            return connection.scalar(sa.select(_facts.c.value).where(_facts.c.name == name))

    def record_fact(self, name: str, value: str) -> None:
        """Record a value under a name, in place of an earlier one."""
        with self._writing() as connection:
            _put_fact(connection, name, value)

    def claim_model(self, name: str, dimension: int) -> None:
        """Record which model embeds this collection; raises ModelMismatch when it is another one."""
        claimed, recorded = f"{name} ({dimension} dimensions)", self.fact("embedding_model")
        if recorded is None:
            self.record_fact("embedding_model", claimed)
        elif recorded != claimed:
            raise ModelMismatch(
                f"This collection was embedded with {recorded}, but the setting asks for {claimed}."
                " Set DATELINE_EMBEDDING_MODEL back, or index the articles into a new data folder."
            )

    @property
    def id(self) -> str:
        """A name of this catalogue that no other has."""
        return self.fact("catalogue_id") or ""

    @property
    def generation(self) -> int:
        """A number that grows with every change of what can be found."""
        return int(self.fact("index_generation") or 0)

    def counts(self) -> tuple[int, int]:
        """Return the numbers of current articles and chunks."""
        with self._reading() as connection:
            articles = sa.select(sa.func.count()).select_from(_articles).where(_articles.c.current_version.is_not(None))
            chunks = sa.select(sa.func.count()).select_from(_chunks)
            return connection.scalar(articles) or 0, connection.scalar(chunks) or 0

    def sources(self) -> list[tuple[str, int]]:
        """Return every source's name and its number of articles, the largest first."""
        count = sa.func.count().label("articles")
        statement = (
            sa.select(_versions.c.source, count)
            .join(_articles, _current)
            .where(_versions.c.source.is_not(None))
            .group_by(_versions.c.source)
            .order_by(count.desc(), _versions.c.source)
        )
        with self._reading() as connection:
            return list(connection.execute(statement))

    def collection(self) -> Collection:
        """Return what the folder indexed last says of itself."""
        recorded = json.loads(self.fact("collection") or "{}")
        return Collection(recorded.get("name"), recorded.get("description"), tuple(recorded.get("questions", ())))

    def record_collection(self, collection: Collection) -> None:
        """Record what a folder says of itself."""
        self.record_fact("collection", json.dumps(asdict(collection), ensure_ascii=False))

    # Storing and removing

    def store(self, batch: Sequence[EmbeddedArticle]) -> list[ArticleVersion]:
        """Store each article as a new current version, all of them in one transaction.

        The version before keeps its text, so that its citations still resolve, but is no longer found.
        Raises StorageFull; then nothing of the batch is stored.
        """
        with self._writing() as connection:
            stored = [_store_version(connection, embedded) for embedded in batch]
            _advance_generation(connection)
        return stored

    def remove(self, article_ids: Sequence[str]) -> list[str]:
        """Remove articles with all their versions' texts; return the ids that were there."""
        with self._writing() as connection:
            there = [id for id in dict.fromkeys(article_ids) if _remove_article(connection, id)]
            if there:
                _advance_generation(connection)
        return there

    def current_versions(self, article_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Return the number and content hash of each given article's current version."""
        current: dict[str, tuple[int, str]] = {}
        with self._reading() as connection:
            for ids in _batched(article_ids):
                statement = (
                    sa.select(_articles.c.id, _versions.c.version, _versions.c.content_hash)
                    .join(_versions, _current)
                    .where(_articles.c.id.in_(ids))
                )
                current.update({id: (version, hash) for id, version, hash in connection.execute(statement)})
        return current

    # Origins: which file or record an article came from

    def article_from(self, origin: str) -> str | None:
        """Return the current article that came from this origin and no other."""
        others = _origins.alias()
        statement = (
            sa.select(_origins.c.article_id)
            .join(_articles, _articles.c.id == _origins.c.article_id)
            .where(_origins.c.origin == origin, _articles.c.current_version.is_not(None))
            .where(~sa.exists().where(others.c.article_id == _origins.c.article_id, others.c.origin != origin))
        )
        with self._reading() as connection:
            return connection.scalar(statement)

    def note_origins(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Record that articles, by id, were seen at origins.

        What an origin gave before is forgotten, unless it is all that is known of where that article came from.
        """
        rows = [{"origin": origin, "article_id": id} for origin, id in pairs]
        others = _origins.alias()
        superseded = sa.delete(_origins).where(
            _origins.c.origin == sa.bindparam("seen_at"),
            _origins.c.article_id != sa.bindparam("seen_id"),
            sa.exists().where(others.c.article_id == _origins.c.article_id, others.c.origin != _origins.c.origin),
        )
        if rows:
            with self._writing() as connection:
                connection.execute(sa.insert(_origins).prefix_with("OR IGNORE"), rows)
                connection.execute(
                    superseded, [{"seen_at": row["origin"], "seen_id": row["article_id"]} for row in rows]
                )

    def origins_under(self, prefix: str) -> list[tuple[str, str]]:
        """Return (origin, article id) of everything that came from under a folder's URI."""
        statement = sa.select(_origins.c.origin, _origins.c.article_id).where(
            sa.func.substr(_origins.c.origin, 1, len(prefix)) == prefix
        )
        with self._reading() as connection:
            return list(connection.execute(statement))

    def forget_origins(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Forget origins, and remove the articles that have none left; return those articles' ids."""
        with self._writing() as connection:
            for origin, id in pairs:
                connection.execute(sa.delete(_origins).where(_origins.c.origin == origin, _origins.c.article_id == id))
            left = {
                id
                for ids in _batched(id for _, id in pairs)
                for id in connection.scalars(sa.select(_origins.c.article_id).where(_origins.c.article_id.in_(ids)))
            }
            gone = [id for id in dict.fromkeys(id for _, id in pairs) if id not in left]
            removed = [id for id in gone if _remove_article(connection, id)]
            if removed:
                _advance_generation(connection)
        return removed

    # Reading articles

    def article(self, id: str, version: int | None = None) -> ArticleVersion:
        """Return an article's current version, or the one asked for; raises ArticleNotFound."""
        statement = (
            sa.select(_versions, _articles.c.current_version)
            .join(_articles, _articles.c.id == _versions.c.article_id)
            .where(_versions.c.article_id == id)
            .where(_versions.c.version == (_articles.c.current_version if version is None else version))
        )
        with self._reading() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            which = f"version {version} of the article {id[:150]!r}" if version is not None else f"article {id[:150]!r}"
            raise ArticleNotFound(f"The collection holds no {which}. List the articles to see what it holds.")
        return ArticleVersion(
            _article_of(row), row.version, datetime.fromisoformat(row.stored_at), row.version == row.current_version
        )

    def articles(
        self,
        *,
        words: Sequence[str] = (),
        wanted: ArticleFilter | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> ArticlePage:
        """Return one page of the library, newest first; with `words`, the articles that hold all of them."""
        statement = sa.select(_versions, sa.func.length(_versions.c.text).label("characters")).join(_articles, _current)
        for condition in _conditions(wanted or ArticleFilter()):
            statement = statement.where(condition)
        for place, word in enumerate(words):
            # Each word needs a name of its own: of two values under one name, SQLAlchemy takes the last for both.
            holding = sa.text(f"SELECT rowid FROM chunk_words WHERE chunk_words MATCH :word_{place}").bindparams(
                **{f"word_{place}": _match([word], prefix=True)}
            )
            found = sa.select(_chunks.c.article_id).where(_chunks.c.key.in_(holding.columns(sa.column("rowid"))))
            statement = statement.where(_versions.c.article_id.in_(found))
        newest_first = (_versions.c.published_at.desc().nulls_last(), _versions.c.stored_at.desc(), _articles.c.id)
        with self._reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0
            rows = connection.execute(statement.order_by(*newest_first).limit(limit).offset(offset)).all()
        return ArticlePage(tuple(_summary_of(row) for row in rows), total)

    # Finding chunks

    def lexical_ranking(self, words: Sequence[str], limit: int, wanted: ArticleFilter) -> list[tuple[str, float]]:
        """Return (chunk id, BM25) of the chunks that hold any of the words, the best first; BM25 is positive."""
        if not words:
            return []
        # Joining only the best rows to the chunks is far cheaper than ranking the join.
        matching = sa.text(
            "SELECT rowid AS key, -bm25(chunk_words, 1.0, 1.0) AS relevance FROM chunk_words"
            " WHERE chunk_words MATCH :words ORDER BY rank LIMIT :most"
        ).columns(sa.column("key", sa.Integer), sa.column("relevance", sa.Float))
        most = limit if wanted.is_open else -1
        ranked = matching.bindparams(words=_match(words), most=most).subquery()
        statement = sa.select(_chunks.c.id, ranked.c.relevance).join(ranked, ranked.c.key == _chunks.c.key)
        if not wanted.is_open:
            statement = statement.join(_versions, _chunk_version).where(*_conditions(wanted))
        statement = statement.order_by(ranked.c.relevance.desc(), _chunks.c.key).limit(limit)
        with self._reading() as connection:
            return list(connection.execute(statement))

    def candidate_ids(self, wanted: ArticleFilter, limit: int) -> list[str] | None:
        """Return the ids of all chunks that satisfy the filter, or None when there are more than `limit`."""
        statement = sa.select(_chunks.c.id).join(_versions, _chunk_version).where(*_conditions(wanted)).limit(limit + 1)
        with self._reading() as connection:
            ids = list(connection.scalars(statement))
        return ids if len(ids) <= limit else None

    def satisfying(self, chunk_ids: Sequence[str], wanted: ArticleFilter) -> set[str]:
        """Return those of the given chunks that exist and satisfy the filter."""
        selected = sa.select(_chunks.c.id).join(_versions, _chunk_version).where(*_conditions(wanted))
        with self._reading() as connection:
            return {
                id for ids in _batched(chunk_ids) for id in connection.scalars(selected.where(_chunks.c.id.in_(ids)))
            }

    def embeddings(self, chunk_ids: Sequence[str]) -> tuple[list[str], Vectors]:
        """Return the given chunks that exist, and their embeddings as float32 (n, dimension)."""
        rows: list[tuple[str, bytes]] = []
        with self._reading() as connection:
            for ids in _batched(chunk_ids):
                statement = sa.select(_chunks.c.id, _chunks.c.embedding).where(_chunks.c.id.in_(ids))
                rows.extend(connection.execute(statement))
        return [id for id, _ in rows], _from_bytes([embedding for _, embedding in rows])

    def all_embeddings(
        self, batch_size: int, wanted: ArticleFilter | None = None
    ) -> Iterator[tuple[list[str], Vectors]]:
        """Yield the ids and embeddings of every chunk that satisfies the filter, in batches."""
        selected = sa.select(_chunks.c.key, _chunks.c.id, _chunks.c.embedding).order_by(_chunks.c.key).limit(batch_size)
        if wanted is not None and not wanted.is_open:
            selected = selected.join(_versions, _chunk_version).where(*_conditions(wanted))
        last = 0
        while True:
            statement = selected.where(_chunks.c.key > last)
            with self._reading() as connection:
                rows = connection.execute(statement).all()
            if not rows:
                return
            last = rows[-1][0]
            yield [id for _, id, _ in rows], _from_bytes([embedding for _, _, embedding in rows])

    def chunks(self, chunk_ids: Iterable[str], wanted: ArticleFilter) -> dict[str, StoredChunk]:
        """Return the given chunks that exist and satisfy the filter, by id, as of one moment."""
        text = sa.func.substr(_versions.c.text, _chunks.c.start + 1, _chunks.c.end - _chunks.c.start).label("chunk")
        columns = [column for column in _versions.c if column.name != "text"]
        selected = sa.select(_chunks.c.id, _chunks.c.start, _chunks.c.end, _chunks.c.sentences, text, *columns)
        found: dict[str, StoredChunk] = {}
        with self._reading() as connection:
            for ids in _batched(chunk_ids):
                statement = selected.join(_versions, _chunk_version).where(_chunks.c.id.in_(ids), *_conditions(wanted))
                for row in connection.execute(statement):
                    found[row.id] = StoredChunk(
                        id=row.id,
                        article=_article_of(row, text=""),
                        version=row.version,
                        span=Span(row.start, row.end),
                        sentences=tuple(Span(start, end) for start, end in row.sentences),
                        text=row.chunk,
                    )
        return found

    # What the vector index still has to follow

    def pending_changes(self, limit: int) -> list[Change]:
        """Return the oldest changes that the vector index has not been told to hold yet."""
        statement = (
            sa.select(_changes.c.sequence, _changes.c.chunk_id, _changes.c.adds, _chunks.c.embedding)
            .outerjoin(_chunks, _chunks.c.id == _changes.c.chunk_id)
            .order_by(_changes.c.sequence)
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(statement).all()
        return [
            Change(sequence, id, _from_bytes([embedding])[0] if adds and embedding else None)
            for sequence, id, adds, embedding in rows
        ]

    def last_change(self) -> int:
        """Return the sequence number of the newest pending change, 0 when there is none."""
        with self._reading() as connection:
            return connection.scalar(sa.select(sa.func.max(_changes.c.sequence))) or 0

    def forget_changes(self, up_to: int | None = None) -> None:
        """Drop the changes that the vector index now holds: all of them, or those up to a sequence number."""
        statement = sa.delete(_changes)
        with self._writing() as connection:
            connection.execute(statement if up_to is None else statement.where(_changes.c.sequence <= up_to))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _told_plainly(self._path), self._engine.connect() as connection:
            # All that is then read in the transaction is of one moment.
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _told_plainly(self._path), self._engine.begin() as connection:
            # Taking the write lock first makes what is then read in the transaction current.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection


def _make_tables(connection: sa.Connection) -> None:
    _metadata.create_all(connection)
    connection.execute(
        sa.text(
            "CREATE VIRTUAL TABLE IF NOT EXISTS chunk_words"
            " USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )
    )


def _check_schema(connection: sa.Connection, path: Path) -> None:
    facts = dict(connection.execute(sa.select(_facts.c.name, _facts.c.value)).all())
    if not facts:
        _put_fact(connection, "schema_version", SCHEMA_VERSION)
        _put_fact(connection, "catalogue_id", uuid.uuid4().hex[:12])
        _put_fact(connection, "index_generation", "0")
    elif facts.get("schema_version") != SCHEMA_VERSION:
        raise DataFolderError(
            f"The catalogue {path} has schema version {facts.get('schema_version')}; this Dateline reads"
            f" version {SCHEMA_VERSION}. Use the Dateline that made it, or index into a new data folder."
        )


_chunk_version = sa.and_(_versions.c.article_id == _chunks.c.article_id, _versions.c.version == _chunks.c.version)


def _store_version(connection: sa.Connection, embedded: EmbeddedArticle) -> ArticleVersion:
    article, now = embedded.article, datetime.now(UTC)
    last = connection.scalar(sa.select(_articles.c.last_version).where(_articles.c.id == article.id))
    number = (last or 0) + 1
    if last is None:
        connection.execute(sa.insert(_articles).values(id=article.id, current_version=number, last_version=number))
    else:
        _remove_chunks(connection, article.id)
        connection.execute(
            sa.update(_articles).where(_articles.c.id == article.id).values(current_version=number, last_version=number)
        )
    connection.execute(
        sa.insert(_versions).values(
            article_id=article.id,
            version=number,
            content_hash=article.content_hash,
            title=article.title,
            source=article.source,
            url=article.url,
            authors=list(article.authors),
            published_at=article.published_at,
            language=article.language,
            text=article.text,
            stored_at=now.isoformat(),
        )
    )
    for chunk, embedding in zip(embedded.chunks, embedded.embeddings, strict=True):
        _store_chunk(connection, article, number, chunk, embedding)
    if embedded.origin:
        origin = {"origin": embedded.origin, "article_id": article.id}
        connection.execute(sa.insert(_origins).prefix_with("OR IGNORE").values(origin))
    return ArticleVersion(article, number, now, is_current=True)


def _store_chunk(connection: sa.Connection, article: Article, version: int, chunk: Chunk, embedding: Vectors) -> None:
    id = _chunk_id(article, version, chunk)
    key = connection.execute(
        sa.insert(_chunks).values(
            id=id,
            article_id=article.id,
            version=version,
            ordinal=chunk.ordinal,
            start=chunk.span.start,
            end=chunk.span.end,
            sentences=[[span.start, span.end] for span in chunk.sentences],
            embedding=embedding.astype(np.float16).tobytes(),
        )
    ).lastrowid
    connection.execute(
        sa.text("INSERT INTO chunk_words(rowid, title, body) VALUES (:key, :title, :body)"),
        {"key": key, "title": "" if article.has_derived_title else article.title, "body": chunk.span.of(article.text)},
    )
    connection.execute(sa.insert(_changes).values(chunk_id=id, adds=True))


def _chunk_id(article: Article, version: int, chunk: Chunk) -> str:
    """Name a chunk after all that it is, so that an id never stands for two texts, even after a restore."""
    basis = json.dumps([article.id, version, article.content_hash, chunk.ordinal])
    return sha256(basis.encode()).hexdigest()[:32]


def _remove_chunks(connection: sa.Connection, article_id: str) -> None:
    rows = connection.execute(sa.select(_chunks.c.key, _chunks.c.id).where(_chunks.c.article_id == article_id)).all()
    for key, id in rows:
        connection.execute(sa.text("DELETE FROM chunk_words WHERE rowid = :key"), {"key": key})
        connection.execute(sa.insert(_changes).values(chunk_id=id, adds=False))
    connection.execute(sa.delete(_chunks).where(_chunks.c.article_id == article_id))


def _remove_article(connection: sa.Connection, id: str) -> bool:
    present = sa.select(_articles.c.current_version).where(_articles.c.id == id)
    if connection.scalar(present) is None:
        return False
    _remove_chunks(connection, id)
    connection.execute(sa.delete(_origins).where(_origins.c.article_id == id))
    connection.execute(sa.delete(_versions).where(_versions.c.article_id == id))
    connection.execute(sa.update(_articles).where(_articles.c.id == id).values(current_version=None))
    return True


def _put_fact(connection: sa.Connection, name: str, value: str) -> None:
    connection.execute(sa.delete(_facts).where(_facts.c.name == name))
    connection.execute(sa.insert(_facts).values(name=name, value=value))


def _advance_generation(connection: sa.Connection) -> None:
    value = connection.scalar(sa.select(_facts.c.value).where(_facts.c.name == "index_generation"))
    _put_fact(connection, "index_generation", str(int(value or 0) + 1))


def _conditions(wanted: ArticleFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if wanted.sources is not None:
        conditions.append(_any_of(_versions.c.source, wanted.sources))
    if wanted.article_ids is not None:
        conditions.append(_any_of(_versions.c.article_id, wanted.article_ids))
    if wanted.published_from is not None:
        conditions.append(_versions.c.published_at >= wanted.published_from)
    if wanted.published_to is not None:
        # "~" sorts after every character of a moment, so a day as upper end takes in all its moments.
        conditions.append(_versions.c.published_at < wanted.published_to + "~")
    return conditions


def _any_of(column: sa.Column[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of the values, however many: SQLite's variables are limited."""
    listed = sa.func.json_each(json.dumps(values)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _match(words: Sequence[str], *, prefix: bool = False) -> str:
    """Return an FTS5 query for any of the words, each quoted so that none is an operator or the query's end."""
    quoted = ('"' + word.replace('"', '""').replace("\0", " ") + '"' + ("*" if prefix else "") for word in words)
    return " OR ".join(quoted)


def _article_of(row: Any, text: str | None = None) -> Article:
    return Article(
        id=row.article_id,
        title=row.title,
        text=row.text if text is None else text,
        url=row.url,
        source=row.source,
        authors=tuple(row.authors),
        published_at=row.published_at,
        language=row.language,
    )


def _summary_of(row: Any) -> ArticleSummary:
    return ArticleSummary(
        id=row.article_id,
        version=row.version,
        title=row.title,
        source=row.source,
        url=row.url,
        authors=tuple(row.authors),
        published_at=row.published_at,
        stored_at=datetime.fromisoformat(row.stored_at),
        characters=row.characters,
    )


def _from_bytes(embeddings: Sequence[bytes]) -> Vectors:
    if not embeddings:
        return np.empty((0, 0), dtype=np.float32)
    return np.stack([np.frombuffer(row, dtype=np.float16) for row in embeddings]).astype(np.float32)


def _batched(ids: Iterable[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), _IDS_PER_STATEMENT):
        yield unique[start : start + _IDS_PER_STATEMENT]


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Autocommit at the driver's level, so that SQLAlchemy alone says where transactions begin.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        reason = str(error.orig)
        if "disk is full" in reason or "disk I/O" in reason:
            raise StorageFull(
                f"The disk with {path} is full ({reason}). Nothing was stored; free space, try again."
            ) from error
        raise DataFolderError(f"The catalogue {path} cannot be used: {reason}.") from error
