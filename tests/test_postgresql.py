"""What PostgreSQL adds to the catalogue: several processes, connections that drop, and a server that is away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalogue import Catalogue, database
from index.catalogue.database import Database
from index.catalogue.schema import MIGRATIONS, known_revisions, prepare
from index.errors import DataFolderError, ModelMismatch, SettingsError
from tests.fakes import embedded, invented_article
from tests.postgres import PostgresServer
from tests.test_schema import run, shape

ROOT = Path(__file__).parent.parent
STORING = """
import json, sys
from index.catalogue import Catalogue
from tests.fakes import embedded, invented_article

catalogue = Catalogue.connect(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    [version] = catalogue.store([embedded(invented_article(number))])
    print(json.dumps(version.article.id), flush=True)
"""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.new_url()


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    with closing(Catalogue.connect(url)) as opened:
        yield opened


def storing(url: str, first: int, end: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STORING, url, str(first), str(end)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_what_the_revisions_make_is_what_a_new_database_has(postgres: PostgresServer) -> None:
    shapes = []
    for is_fresh in (True, False):
        made = Database.at(postgres.new_url())
        if is_fresh:
            prepare(made)
        for revision in [] if is_fresh else known_revisions():
            with made.writing() as connection:
                run(connection, MIGRATIONS, revision)
        shapes.append(shape(made))
        made.close()
    assert shapes[0] == shapes[1]


def test_processes_that_store_and_remove_at_once_lose_nothing(url: str) -> None:
    """Also where the tables are made: both meet an empty database."""
    writers = [storing(url, first, first + 12) for first in (0, 8)]
    said = [{json.loads(line) for line in writer.communicate(timeout=120)[0].splitlines()} for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    with closing(Catalogue.connect(url)) as catalogue:
        assert {each.id for each in catalogue.articles(limit=100).articles} == said[0] | said[1]
        assert catalogue.generation == 24
        assert [catalogue.article(f"story-{number}").number for number in (0, 8, 11, 19)] == [1, 2, 2, 1]
        current = {id for ids, _ in catalogue.all_embeddings(100) for id in ids}
        added: set[str] = set()
        for change in catalogue.pending_changes(10_000):
            added = added | {change.chunk_id} if change.embedding is not None else added - {change.chunk_id}
        assert added == current


def test_a_killed_writer_leaves_what_it_acknowledged_and_holds_nobody_up(url: str) -> None:
    Catalogue.connect(url).close()
    writer = storing(url, 0, 10_000)
    assert writer.stdout
    acknowledged = {json.loads(writer.stdout.readline()) for _ in range(3)}
    writer.kill()
    acknowledged |= {
        json.loads(line) for line in writer.communicate()[0].splitlines(keepends=True) if line[-1] == "\\n"
    }
    with closing(Catalogue.connect(url)) as catalogue:
        stored = {each.id for each in catalogue.articles(limit=10_000).articles}
        # The last one may have been stored and not been told any more.
        assert acknowledged <= stored
        assert len(stored) <= len(acknowledged) + 1
        catalogue.store([embedded(invented_article(1))])
        assert catalogue.article("story-1").number == 2


def test_connections_that_were_dropped_are_made_again(catalogue: Catalogue, postgres: PostgresServer) -> None:
    catalogue.store([embedded(invented_article(1))])
    for _ in range(2):
        postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert catalogue.counts()[0] == 1
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert [version.number for version in catalogue.store([embedded(invented_article(1))])] == [2]


def test_a_server_that_starts_anew_is_waited_for(catalogue: Catalogue, postgres: PostgresServer) -> None:
    catalogue.store([embedded(invented_article(1))])
    postgres.stop()
    starting = threading.Timer(0.3, postgres.start)
    starting.start()
    assert catalogue.counts()[0] == 1
    starting.join()


def test_a_server_that_is_away_is_told_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PAUSES", (0.01, 0.01))
    with pytest.raises(DataFolderError, match=r"postgresql://me:\*\*\*@127\.0\.0\.1:1/news cannot be used") as told:
        Catalogue.connect("postgresql://me:open-sesame@127.0.0.1:1/news")
    assert "open-sesame" not in str(told.value)


@pytest.mark.parametrize("url", ["mysql://me:open-sesame@host/news", "me:open-sesame", "postgresql://[me:open-sesame"])
def test_a_url_of_something_else_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="Give one like postgresql://") as refused:
        Catalogue.connect(url)
    assert "open-sesame" not in str(refused.value)


def test_only_one_of_two_models_is_claimed(catalogue: Catalogue, url: str) -> None:
    with closing(Catalogue.connect(url)) as other:
        catalogue.claim_model("small", 384)
        with pytest.raises(ModelMismatch):
            other.claim_model("large", 384)


def test_what_fails_in_the_middle_leaves_nothing(catalogue: Catalogue) -> None:
    def half() -> None:
        with catalogue.database.writing() as connection:
            connection.execute(sa.text("INSERT INTO facts VALUES ('half', 'done')"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert catalogue.fact("half") is None
