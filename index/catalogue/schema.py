"""The schema: made whole in a new database, brought along step by step in an older one, refused in a newer one."""

from __future__ import annotations

import uuid
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Database
from index.catalogue.facts import put_fact
from index.errors import DataFolderError

__all__ = ["MIGRATIONS", "known_revisions", "prepare"]

MIGRATIONS = Path(__file__).parent / "migrations"
# What Dateline 0.1.0 wrote, before it had revisions.
_FIRST_SCHEMA, _FIRST_REVISION = "1", "0001"


def prepare(database: Database, migrations: Path = MIGRATIONS) -> None:
    """Bring a database to the newest revision of its tables, each step in a transaction of its own.

    Raises DataFolderError when a newer Dateline, or none, wrote what is there.
    """
    known = known_revisions(migrations)
    with database.reading() as connection:
        found = _found_revision(connection, database.name)
    # Alembic takes a tenth of a second to import, and an up-to-date database is the rule.
    while found != known[-1]:
        with database.writing() as connection:
            # Another process may have gone ahead since.
            found = _found_revision(connection, database.name)
            if found is None:
                _make(connection, database, known[-1])
            elif found not in known:
                raise DataFolderError(_newer(connection, database.name, found, known[-1]))
            elif found != known[-1]:
                _advance(connection, migrations, found, known[known.index(found) + 1])
            found = _found_revision(connection, database.name)


def known_revisions(migrations: Path = MIGRATIONS) -> list[str]:
    """Return the revisions of which there is a file, from the first to the newest: r0001_name.py holds 0001."""
    return sorted(path.name[1:5] for path in migrations.glob("r[0-9][0-9][0-9][0-9]_*.py"))


def _found_revision(connection: sa.Connection, name: str) -> str | None:
    """Return the revision of the tables that are there, None when there are none."""
    there = set(sa.inspect(connection).get_table_names())
    if tables.revision.name in there:
        return str(connection.scalars(sa.select(tables.revision.c.version_num)).one())
    if tables.facts.name not in there:
        return None
    schema = _fact(connection, "schema_version")
    if schema != _FIRST_SCHEMA:
        raise DataFolderError(
            f"The catalogue {name} has schema version {schema}, which no released Dateline wrote."
            " Restore it from a backup, or index into a new data folder."
        )
    return _FIRST_REVISION


def _make(connection: sa.Connection, database: Database, newest: str) -> None:
    tables.metadata.create_all(connection)
    database.words.make_tables(connection)
    connection.execute(sa.insert(tables.revision).values(version_num=newest))
    put_fact(connection, "catalogue_id", uuid.uuid4().hex[:12])
    put_fact(connection, "index_generation", "0")
    _sign(connection, newest)


def _advance(connection: sa.Connection, migrations: Path, found: str, following: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(migrations), version_locations=[str(migrations)])
    step = MigrationContext.configure(connection)
    step.stamp(scripts, found)
    with Operations.context(step):
        scripts.get_revision(following).module.upgrade()
    step.stamp(scripts, following)
    _sign(connection, following)


def _sign(connection: sa.Connection, revision: str) -> None:
    """Record who wrote this revision, for an older Dateline that meets it; 0.1.0 looks at `schema_version`."""
    try:
        writer = version("dateline")
    except PackageNotFoundError:
        writer = "unknown"
    put_fact(connection, "written_by", writer)
    put_fact(connection, "schema_version", str(int(revision)))


def _newer(connection: sa.Connection, name: str, found: str, newest: str) -> str:
    return (
        f"The catalogue {name} was written by Dateline {_fact(connection, 'written_by')} (revision {found}); this"
        f" Dateline reads revisions up to {newest}. Use that Dateline or a newer one, or index into a new data folder."
    )


def _fact(connection: sa.Connection, name: str) -> str | None:
    return connection.scalar(sa.select(tables.facts.c.value).where(tables.facts.c.name == name))
