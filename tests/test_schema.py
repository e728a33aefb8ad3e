"""A folder of any earlier Dateline opens, killed in the middle or not; one of a later Dateline is refused by name."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from index.catalogue import Catalogue
from index.catalogue.database import Database
from index.catalogue.schema import MIGRATIONS, known_revisions, prepare
from index.errors import DataFolderError
from tests.fakes import embedded, invented_article

ROOT = Path(__file__).parent.parent
NEWEST = known_revisions()[-1]
# A revision that alters what is there, and whose first attempt ends in the middle.
KILLING = """
import os, signal
from pathlib import Path
from alembic import op

revision, down_revision = "{revision}", "{before}"

def upgrade():
    op.execute("CREATE TABLE halves (name TEXT)")
    op.execute("UPDATE versions SET title = 'half'")
    marker = Path(__file__).with_name("killed")
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    op.execute("INSERT INTO halves VALUES ('whole')")
"""
OPEN = """
import sys
from pathlib import Path
from index.catalogue.database import Database
from index.catalogue.schema import prepare

prepare(Database.of_file(Path(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite3"


def make_first_release(path: Path) -> None:
    """Make a catalogue as Dateline 0.1.0 did, with one article in it."""
    only_first = path.parent / "only-first"
    only_first.mkdir()
    [first] = MIGRATIONS.glob("r0001_*.py")
    shutil.copy(first, only_first)
    empty = Database.of_file(path)
    with empty.writing() as connection:
        run(connection, only_first, "0001")
        connection.exec_driver_sql("DROP TABLE alembic_version")
        facts = {"schema_version": "1", "catalogue_id": "abc", "index_generation": "7"}
        connection.execute(sa.text("INSERT INTO facts VALUES (:name, :value)"), [*map(named, facts.items())])
        connection.exec_driver_sql("INSERT INTO articles VALUES ('quay', 1, 1)")
        connection.exec_driver_sql(
            "INSERT INTO versions VALUES ('quay', 1, 'hash', 'Quay', NULL, NULL, '[]', NULL, NULL, 'It was sold.',"
            " '2026-01-01T00:00:00+00:00')"
        )
    empty.close()


def named(fact: tuple[str, str]) -> dict[str, str]:
    return {"name": fact[0], "value": fact[1]}


def run(connection: sa.Connection, migrations: Path, revision: str) -> None:
    """Run one revision's own code."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    scripts = ScriptDirectory(str(migrations), version_locations=[str(migrations)])
    step = MigrationContext.configure(connection)
    with Operations.context(step):
        scripts.get_revision(revision).module.upgrade()
    step.stamp(scripts, revision)


def shape(database: Database) -> dict[str, Any]:
    """Every table but Alembic's with its columns, keys and indexes, as the database itself tells them."""
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                sorted(str(sorted(column.items(), key=str)) for column in inspector.get_columns(name)),
                inspector.get_pk_constraint(name),
                sorted(map(str, inspector.get_foreign_keys(name))),
                sorted(map(str, inspector.get_indexes(name))),
                sorted(map(str, inspector.get_unique_constraints(name))),
            )
            for name in set(inspector.get_table_names()) - {"alembic_version"}
        }


def test_the_revisions_are_one_line_from_the_first_to_the_newest() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    assert scripts.get_heads() == [NEWEST]
    line = [script.revision for script in scripts.walk_revisions()]
    assert line[::-1] == known_revisions()


def test_what_the_revisions_make_is_what_a_new_catalogue_has(path: Path) -> None:
    make_first_release(path)
    Catalogue.open(path).close()
    fresh = path.with_name("fresh.sqlite3")
    Catalogue.open(fresh).close()
    shapes = []
    for file in (path, fresh):
        database = Database.of_file(file)
        shapes.append(shape(database))
        database.close()
    assert shapes[0] == shapes[1]
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(fresh)) as new:
        triggers_and_words = "SELECT name FROM sqlite_master WHERE type = 'trigger' OR name LIKE 'chunk_words%'"
        assert sorted(old.execute(triggers_and_words)) == sorted(new.execute(triggers_and_words))


def test_a_folder_of_the_first_release_is_adopted_with_all_that_is_in_it(path: Path) -> None:
    make_first_release(path)
    catalogue = Catalogue.open(path)
    assert catalogue.article("quay").article.text == "It was sold."
    assert (catalogue.id, catalogue.generation) == ("abc", 7)
    catalogue.store([embedded(invented_article(1))])
    catalogue.close()
    with closing(Catalogue.open(path)) as again:
        assert again.counts()[0] == 2


def test_a_newer_folder_is_refused_by_the_version_that_wrote_it(path: Path) -> None:
    with closing(Catalogue.open(path)) as catalogue:
        catalogue.record_fact("written_by", "7.3.0")
        with catalogue.database.writing() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")
    with pytest.raises(DataFolderError, match=rf"written by Dateline 7\.3\.0 \(revision 9998\).*up to {NEWEST}"):
        Catalogue.open(path)


def test_an_unknown_schema_without_a_revision_is_refused(path: Path) -> None:
    make_first_release(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE facts SET value = '0' WHERE name = 'schema_version'")
    with pytest.raises(DataFolderError, match="has schema version 0, which no released Dateline wrote"):
        Catalogue.open(path)


def test_a_kill_in_the_middle_of_a_revision_undoes_it_and_the_next_opening_goes_on(path: Path, tmp_path: Path) -> None:
    with closing(Catalogue.open(path)) as catalogue:
        catalogue.store([embedded(invented_article(1))])
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    killing = KILLING.format(revision="9990", before=NEWEST)
    (migrations / "r9990_killing.py").write_text(killing, encoding="utf-8")
    opening = subprocess.run([sys.executable, "-c", OPEN, str(path), str(migrations)], cwd=ROOT, timeout=120)
    assert opening.returncode == -signal.SIGKILL
    # This Dateline knows nothing of the revision, and meets nothing of it.
    with closing(Catalogue.open(path)) as untouched:
        assert untouched.article("story-1").article == invented_article(1)
    database = Database.of_file(path)
    prepare(database, migrations)
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT name FROM halves").scalars().all() == ["whole"]
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == ["9990"]
    database.close()


def test_an_up_to_date_folder_opens_without_alembic(path: Path) -> None:
    Catalogue.open(path).close()
    program = f"import sys\n{OPEN}\nassert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", program, str(path), str(MIGRATIONS)], cwd=ROOT, check=True, timeout=120)
