"""The tables as this version of Dateline knows them: made in a new database, checked in one that is there."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Database
from index.catalogue.facts import put_fact
from index.errors import DataFolderError

__all__ = ["prepare"]

_SCHEMA_VERSION = "1"


def prepare(database: Database) -> None:
    """Make the tables of a new database; raises DataFolderError when those that are there are of another version."""
    with database.writing() as connection:
        tables.metadata.create_all(connection)
        database.words.make_table(connection)
        facts = dict(connection.execute(sa.select(tables.facts.c.name, tables.facts.c.value)).all())
        if not facts:
            put_fact(connection, "schema_version", _SCHEMA_VERSION)
            put_fact(connection, "catalogue_id", uuid.uuid4().hex[:12])
            put_fact(connection, "index_generation", "0")
        elif facts.get("schema_version") != _SCHEMA_VERSION:
            raise DataFolderError(
                f"The catalogue {database.name} has schema version {facts.get('schema_version')}; this Dateline reads"
                f" version {_SCHEMA_VERSION}. Use the Dateline that made it, or index into a new data folder."
            )
