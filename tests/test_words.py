"""Full text means the same on SQLite and on PostgreSQL: the same words, the same rankings, to the digit."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import ArticleFilter, make_article
from index.catalogue import Catalogue
from index.lexemes import lexemes
from tests.fakes import embedded, invented_article
from tests.postgres import PostgresServer

ALL = ArticleFilter()
ROOT = Path(__file__).parent.parent
ODD = [
    "The U.S. and the U.K. met; U.S. aid for US troops in the U. S. zone.",
    "u s u s s u s",
    "Türkiye’s café in Việt Nam: naïve coöperation, ÆØÅ, straße, Ǿ, ǅ, ŉ.",
    "Москва й молчит, Ελλάδα ΣΊΣΥΦΟΣ, 東京 市, مرحبا, हिन्दी",
    "x² ½ ٣ 3.5% 1,000 a_b-c don't e\u0301te\u0301 x\u0302",
    "relational conditional hopefulness flies dying agreed plastered skies ski generously yttrium by sayyid",
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[tuple[Catalogue, Catalogue]]:
    """The same articles in either database; some are stored anew and some removed."""
    folder = tmp_path_factory.mktemp("words")
    catalogues = (Catalogue.open(folder / "catalogue.sqlite3"), Catalogue.connect(postgres.new_url()))
    for catalogue in catalogues:
        catalogue.store([embedded(invented_article(number, sentences=number % 30 + 1)) for number in range(50)])
        catalogue.store([embedded(make_article(id=f"odd-{place}", text=text)) for place, text in enumerate(ODD)])
        catalogue.store([embedded(invented_article(number, sentences=3)) for number in range(12)])
        catalogue.remove([f"story-{number}" for number in range(8, 20)])
    yield catalogues
    for catalogue in catalogues:
        catalogue.close()


def fts5_lexemes(connection: sqlite3.Connection, text: str) -> list[str]:
    """What FTS5 makes of a text, in order."""
    connection.execute("DELETE FROM words")
    connection.execute("INSERT INTO words(rowid, body) VALUES (1, ?)", [text])
    return [term for (term,) in connection.execute("SELECT term FROM found ORDER BY offset")]


@pytest.fixture(scope="module")
def fts5() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        tokenize = "porter unicode61 remove_diacritics 2"
        connection.execute(f"CREATE VIRTUAL TABLE words USING fts5(body, tokenize = '{tokenize}')")
        connection.execute("CREATE VIRTUAL TABLE found USING fts5vocab(words, instance)")
        yield connection


def test_lexemes_are_those_of_fts5(fts5: sqlite3.Connection) -> None:
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "qa" / "demo").glob("*.md"))]
    for text in (*ODD, *texts):
        assert lexemes(text) == fts5_lexemes(fts5, text)


@given(st.text(st.characters(codec="latin-1") | st.sampled_from("ăğışőžẫọ ’“—")))
@settings(deadline=None)
def test_lexemes_of_western_text_are_those_of_fts5(fts5: sqlite3.Connection, text: str) -> None:
    assert lexemes(text) == fts5_lexemes(fts5, text.replace("\0", " "))


def test_rankings_are_the_same(both: tuple[Catalogue, Catalogue]) -> None:
    chance = random.Random(7)
    words = [
        "mayor",
        "flood",
        "of",
        "the",
        "a",
        "ferries",
        "ferry",
        "harmouth",
        "tram",
        "7",
        "u s",
        "s s",
        "for a single",
    ]
    words += ["on tuesday night", "cafe", "straße", "unheard", "turkiye", "snow came", "", "…"]
    for _ in range(40):
        looked_for = chance.choices(words, k=chance.randrange(1, 8))
        limit = chance.choice([1, 3, 10, 100, 1_000])
        wanted = chance.choice([ALL, ALL, ArticleFilter(sources=("Source 1", "Source 2"), published_from="2025-04-01")])
        one, other = (catalogue.lexical_ranking(looked_for, limit, wanted) for catalogue in both)
        assert [relevance for _, relevance in other] == pytest.approx([relevance for _, relevance in one]), looked_for
        # Equals may swap places where they differ in the last digit.
        if limit == 1_000:
            assert dict(other) == pytest.approx(dict(one))


def test_libraries_are_searched_alike(both: tuple[Catalogue, Catalogue]) -> None:
    for words in (["fer"], ["harm", "may"], ["glass roof"], ["u.s"], ["don't"], ["東"], ["cafe"], ["x"], ["…"]):
        one, other = ({each.id for each in catalogue.articles(words=words, limit=500).articles} for catalogue in both)
        assert one == other, words


def test_a_removed_chunk_leaves_no_count_behind(postgres: PostgresServer) -> None:
    with closing(Catalogue.connect(postgres.new_url())) as catalogue:
        catalogue.store([embedded(invented_article(number)) for number in range(3)])
        catalogue.remove([f"story-{number}" for number in range(3)])
        with catalogue.database.reading() as connection:
            assert connection.exec_driver_sql("SELECT chunks, words FROM word_totals").all() == [(0, 0)]
            assert connection.exec_driver_sql("SELECT count(*) FROM word_holders").scalar_one() == 0
