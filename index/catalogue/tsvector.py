"""Full text by PostgreSQL's tsvector, ranked by the same BM25 as FTS5.

PostgreSQL's own rankings do not know how rare a word is. So a table counts the chunks that hold each word, and a
ranking adds up what each word gives to BM25 (Robertson & Zaragoza 2009).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, insert

from index.catalogue import tables
from index.catalogue.dialects import Text
from index.lexemes import lexemes

__all__ = ["TsvectorWords"]

_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6
_CANDIDATES_PER_WANTED = 20
_metadata = sa.MetaData()
_chunk_words = sa.Table(
    "chunk_words",
    _metadata,
    sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Index("chunks_by_word", "words", postgresql_using="gin"),
)
_holders = sa.Table(
    "word_holders",
    _metadata,
    sa.Column("word", Text, primary_key=True),
    sa.Column("chunks", sa.BigInteger, nullable=False),
)
# Of one row.
_totals = sa.Table(
    "word_totals",
    _metadata,
    sa.Column("chunks", sa.BigInteger, nullable=False),
    sa.Column("words", sa.BigInteger, nullable=False),
)
# ts_rank of one lexeme that stands n times, all weights being 1, is the sum of 1/i² for i up to n, over π²/6
# (calc_rank_or in PostgreSQL's tsrank.c). What lies halfway between two such sums tells their n apart.
_SUMS = tuple(accumulate((1 / (n * n) / 1.64493406685 for n in range(1, 257)), initial=0.0))
_BETWEEN = sa.cast([(less + more) / 2 for less, more in pairwise(_SUMS)], ARRAY(sa.Double))
_EVEN_WEIGHTS = sa.cast([1.0, 1.0, 1.0, 1.0], ARRAY(sa.REAL))

Phrase = tuple[str, ...]


class TsvectorWords:
    """Words in a tsvector of each chunk, with an index over them and the number of chunks that hold each."""

    def make_tables(self, connection: sa.Connection) -> None:
        """Make what full text needs beside the catalogue's tables."""
        _metadata.create_all(connection, checkfirst=False)
        connection.execute(sa.insert(_totals).values(chunks=0, words=0))

    def add(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> None:
        """Let chunks be found, each given as (key, title, body)."""
        parts = [(key, lexemes(title), lexemes(body)) for key, title, body in rows]
        lengths = [len(title) + len(body) for _, title, body in parts]
        connection.execute(
            sa.insert(_chunk_words),
            [
                {"key": key, "length": length, "words": _vector(title, body)}
                for (key, title, body), length in zip(parts, lengths, strict=True)
            ],
        )
        holders = Counter(word for _, title, body in parts for word in {*title, *body})
        self._count(connection, holders, len(rows), sum(lengths))

    def remove(self, connection: sa.Connection, keys: Sequence[int]) -> None:
        """Let chunks be found no more."""
        gone = _chunk_words.c.key.in_(keys)
        word = sa.func.unnest(sa.func.tsvector_to_array(_chunk_words.c.words)).label("word")
        lengths = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_chunk_words.c.length), 0)).where(gone)
        chunks, words = connection.execute(lengths).one()
        held = Counter(connection.scalars(sa.select(word).where(gone)))
        self._count(connection, Counter({word: -count for word, count in held.items()}), -chunks, -words)
        connection.execute(sa.delete(_holders).where(_holders.c.word.in_(held), _holders.c.chunks <= 0))
        connection.execute(sa.delete(_chunk_words).where(gone))

    def remake_tables(self, connection: sa.Connection) -> None:
        """Drop the tables, in whatever state they are, and make them anew, without any chunk."""
        _metadata.drop_all(connection)
        self.make_tables(connection)

    def differing(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> list[int]:
        """Return the keys of those chunks, given as (key, title, body), that are not found by just these words."""
        same = sa.select(_chunk_words.c.key).where(
            _chunk_words.c.key == sa.bindparam("known"),
            _chunk_words.c.words == sa.cast(sa.bindparam("expected", type_=sa.Text), TSVECTOR),
        )
        expected = ((key, _vector(lexemes(title), lexemes(body))) for key, title, body in rows)
        return [key for key, vector in expected if connection.scalar(same, {"known": key, "expected": vector}) is None]

    def damage(self, connection: sa.Connection) -> str | None:
        """Return None: what is wrong with its indexes, the server finds."""
        return None

    def count(self, connection: sa.Connection) -> int:
        """Return the number of chunks that can be found."""
        return connection.scalar(sa.select(sa.func.count()).select_from(_chunk_words)) or 0

    def holding(self, word: str) -> sa.Select[int]:
        """Return the selection of the keys of all chunks that hold a word that begins so."""
        phrase = tuple(lexemes(word))
        return sa.select(_chunk_words.c.key).where(_holds(f"{_query(phrase)}:*") if phrase else sa.false())

    def ranking(
        self, connection: sa.Connection, words: Sequence[str], limit: int, required: Sequence[sa.ColumnElement[bool]]
    ) -> list[tuple[str, float]]:
        """Return (chunk id, BM25) of the chunks that hold any of the words, the best first.

        What holds frequent words alone is looked at only while it could still come in among the best.
        """
        weighed = self._weighed(connection, words)
        ranked: list[tuple[str, float]] = []
        for taken in _prefixes([holders for _, _, holders in weighed], limit * _CANDIDATES_PER_WANTED):
            gate = " | ".join(f"({_query(phrase)})" for phrase, _, _ in weighed[:taken])
            ranked = self._ranked(connection, gate, weighed, limit, required)
            most_of_others = sum(weight * (_K1 + 1) for _, weight, _ in weighed[taken:])
            if len(ranked) == limit and ranked[-1][1] > most_of_others:
                break
        return ranked

    def _count(self, connection: sa.Connection, holders: Counter[str], chunks: int, words: int) -> None:
        addition = insert(_holders)
        addition = addition.on_conflict_do_update(
            index_elements=["word"], set_={"chunks": _holders.c.chunks + addition.excluded.chunks}
        )
        if holders:
            connection.execute(addition, [{"word": word, "chunks": count} for word, count in holders.items()])
        connection.execute(sa.update(_totals).values(chunks=_totals.c.chunks + chunks, words=_totals.c.words + words))

    def _weighed(self, connection: sa.Connection, words: Sequence[str]) -> list[tuple[Phrase, float, int]]:
        """Return (phrase, weight, number of chunks that hold it) of each that any chunk holds, the rarest first."""
        wanted = Counter(phrase for word in words if (phrase := tuple(lexemes(word))))
        chunks = connection.execute(sa.select(_totals.c.chunks)).scalar_one()
        single = sa.select(_holders).where(_holders.c.word.in_([phrase[0] for phrase in wanted if len(phrase) == 1]))
        holders: dict[Phrase, int] = {(word,): count for word, count in connection.execute(single)}
        for phrase in wanted:
            if len(phrase) > 1:
                count = sa.select(sa.func.count()).select_from(_chunk_words).where(_holds(_query(phrase)))
                holders[phrase] = connection.execute(count).scalar_one()
        weighed = [
            (phrase, times * max(math.log((chunks - held + 0.5) / (held + 0.5)), _LEAST_IDF), held)
            for phrase, times in wanted.items()
            if (held := holders.get(phrase, 0))
        ]
        return sorted(weighed, key=lambda each: each[2])

    def _ranked(
        self,
        connection: sa.Connection,
        gate: str,
        weighed: Sequence[tuple[Phrase, float, int]],
        limit: int,
        required: Sequence[sa.ColumnElement[bool]],
    ) -> list[tuple[str, float]]:
        average = sa.select(sa.cast(_totals.c.words, sa.Double) / _totals.c.chunks).scalar_subquery()
        damping = _K1 * (1 - _B + _B * _chunk_words.c.length / average)
        parts: list[sa.ColumnElement[Any]] = [
            weight * (_K1 + 1) * often / (often + damping)
            for phrase, weight, _ in weighed
            for often in [sa.cast(_frequency(phrase), sa.Double)]
        ]
        relevance = reduce(add, parts).label("relevance")
        statement = sa.select(tables.chunks.c.id, relevance).join(
            _chunk_words, _chunk_words.c.key == tables.chunks.c.key
        )
        if required:
            statement = statement.join(tables.versions, tables.chunk_version).where(*required)
        best = statement.where(_holds(gate)).order_by(relevance.desc(), tables.chunks.c.key).limit(limit)
        return [(id, relevance) for id, relevance in connection.execute(best)]


def _prefixes(holders: Sequence[int], enough: int) -> Iterator[int]:
    """Yield how many of the rarest words to look for: as many as `enough` chunks hold, then more, at last all."""
    held = 0
    for taken, count in enumerate(holders, start=1):
        held += count
        if held >= enough or taken == len(holders):
            yield taken
            enough = 4 * held


def _frequency(phrase: Phrase) -> sa.ColumnElement[Any]:
    """Return how often a phrase stands in a row's words."""
    rank = sa.func.ts_rank(_EVEN_WEIGHTS, _chunk_words.c.words, sa.cast(_query(phrase), TSQUERY))
    if len(phrase) == 1:
        return sa.func.width_bucket(sa.cast(rank, sa.Double), _BETWEEN)
    # ts_rank of a phrase tells nothing of how often: its beginnings are counted.
    parts = sa.values(sa.column("word", sa.Text), sa.column("offset", sa.Integer), name="part").data(
        list(zip(phrase, range(len(phrase)), strict=True))
    )
    entry = sa.func.unnest(_chunk_words.c.words).table_valued("lexeme", "positions", "weights", name="entry")
    places = sa.func.unnest(entry.c.positions).table_valued("place", name="places").render_derived()
    begins = places.c.place - parts.c.offset
    beginnings = (
        sa.select(begins)
        .select_from(entry.join(parts, parts.c.word == entry.c.lexeme).join(places, sa.true()))
        .group_by(begins)
        .having(sa.func.count() == len(phrase))
        .correlate(_chunk_words)
        .subquery()
    )
    return sa.case(
        (_holds(_query(phrase)), sa.select(sa.func.count()).select_from(beginnings).scalar_subquery()), else_=0
    )


def _holds(query: str) -> sa.ColumnElement[bool]:
    return _chunk_words.c.words.bool_op("@@")(sa.cast(query, TSQUERY))


def _query(phrase: Phrase) -> str:
    """Return the tsquery of a phrase: its words side by side."""
    return " <-> ".join(f"'{word}'" for word in phrase)


def _vector(title: Sequence[str], body: Sequence[str]) -> str:
    """Return the tsvector of both, with a gap between, so that no phrase reaches from one into the other."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate([*title, "", *body], start=1):
        places.setdefault(word, []).append(str(place))
    places.pop("")
    return " ".join(f"'{word}':{','.join(found)}" for word, found in places.items())
