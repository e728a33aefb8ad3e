"""Facts about the whole collection: its identity, its model, its generation and its size."""

from __future__ import annotations

import json
from dataclasses import asdict

import sqlalchemy as sa

from index.articles import Collection
from index.catalogue import tables
from index.catalogue.database import Store
from index.errors import ModelMismatch

__all__ = ["GENERATION", "Facts", "advance_generation", "put_fact"]

GENERATION = sa.select(tables.facts.c.value).where(tables.facts.c.name == "index_generation")


class Facts(Store):
    """What is known of the collection as a whole."""

    def fact(self, name: str) -> str | None:
        """Return what was recorded under a name."""
        with self.database.reading() as connection:
            return connection.scalar(_value_of(name))

    def record_fact(self, name: str, value: str) -> None:
        """Record a value under a name, in place of an earlier one."""
        with self.database.writing() as connection:
            put_fact(connection, name, value)

    def claim_model(self, name: str, dimension: int) -> None:
        """Record which model embeds this collection; raises ModelMismatch when it is another one."""
        claimed = f"{name} ({dimension} dimensions)"
        if (recorded := self.fact("embedding_model")) is None:
            with self.database.writing() as connection:
                # Another process may have claimed it since.
                recorded = connection.scalar(_value_of("embedding_model"))
                if recorded is None:
                    put_fact(connection, "embedding_model", claimed)
        if recorded not in (None, claimed):
            raise ModelMismatch(
                f"This collection was embedded with {recorded}, but the setting asks for {claimed}."
                " Set DATELINE_EMBEDDING_MODEL back, or embed it anew: dateline reembed --embedding-model MODEL."
            )

    @property
    def id(self) -> str:
        """A name of this catalogue that no other has."""
        return self.fact("catalogue_id") or ""

    @property
    def generation(self) -> int:
        """A number that grows with every change of what can be found."""
        return int(next((value for (value,) in self.database.quickly(GENERATION)), 0))

    def counts(self) -> tuple[int, int]:
        """Return the numbers of current articles and chunks."""
        with self.database.reading() as connection:
            articles = (
                sa.select(sa.func.count())
                .select_from(tables.articles)
                .where(tables.articles.c.current_version.is_not(None))
            )
            chunks = sa.select(sa.func.count()).select_from(tables.chunks)
            return connection.scalar(articles) or 0, connection.scalar(chunks) or 0

    def sources(self) -> list[tuple[str, int]]:
        """Return every source's name and its number of articles, the largest first."""
        count = sa.func.count().label("articles")
        statement = (
            sa.select(tables.versions.c.source, count)
            .join(tables.articles, tables.current)
            .where(tables.versions.c.source.is_not(None))
            .group_by(tables.versions.c.source)
            .order_by(count.desc(), tables.versions.c.source)
        )
        with self.database.reading() as connection:
            return list(connection.execute(statement))

    def collection(self) -> Collection:
        """Return what the folder indexed last says of itself."""
        recorded = json.loads(self.fact("collection") or "{}")
        return Collection(recorded.get("name"), recorded.get("description"), tuple(recorded.get("questions", ())))

    def record_collection(self, collection: Collection) -> None:
        """Record what a folder says of itself."""
        self.record_fact("collection", json.dumps(asdict(collection), ensure_ascii=False))


def put_fact(connection: sa.Connection, name: str, value: str) -> None:
    """Record a value under a name, within a transaction."""
    connection.execute(sa.delete(tables.facts).where(tables.facts.c.name == name))
    connection.execute(sa.insert(tables.facts).values(name=name, value=value))


def advance_generation(connection: sa.Connection) -> None:
    """Say, within a transaction, that it changes what can be found."""
    value = connection.scalar(GENERATION)
    put_fact(connection, "index_generation", str(int(value or 0) + 1))


def _value_of(name: str) -> sa.Select[str]:
    return sa.select(tables.facts.c.value).where(tables.facts.c.name == name)
