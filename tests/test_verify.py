"""Every promise about what is stored is held against what is stored, and what can be made again is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Vectors
from index.indexing import Indexer
from index.verifying import Finding, Verifier
from tests.fakes import FakeEmbedder, fake_vectors, invented_article

ALL = ArticleFilter()


class Kept:
    """A small collection that is verified, and can be harmed behind its back."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "catalogue.sqlite3"
        self.catalogue = Catalogue.open(self.file)
        self.generations: dict[int, dict[str, Vectors]] = {}
        self.dense = DenseIndex(self.catalogue, fake_vectors(self.generations))
        self.dense.open()
        embedder = FakeEmbedder()
        indexer = Indexer(self.catalogue, self.dense, embedder)
        indexer.index_articles([invented_article(n, sentences=40) for n in range(6)])
        indexer.index_articles([invented_article(2, sentences=60)])
        indexer.remove_articles(["story-4"])
        self.verifier = Verifier(self.catalogue, self.dense, embedder)

    def found(self) -> list[Finding]:
        return list(self.verifier.findings())

    def harm(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            for statement in statements:
                assert connection.execute(statement).rowcount

    @property
    def chunk_id(self) -> str:
        """A chunk of story-1."""
        with closing(sqlite3.connect(self.file)) as connection:
            [(id,)] = connection.execute(
                "SELECT id FROM chunks WHERE article_id = 'story-1' AND ordinal = 0"
            ).fetchall()
        return str(id)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    opened = Kept(tmp_path)
    yield opened
    opened.dense.close()
    opened.catalogue.close()


def test_nothing_is_found_in_a_sound_collection(kept: Kept) -> None:
    told: list[tuple[int, int, str]] = []
    assert list(kept.verifier.findings(lambda *step: told.append(step))) == []
    assert told[0][:2] == (0, kept.verifier.count())
    assert told[-1] == (6, 6, "vectors")


FIRST = "article_id = 'story-1' AND ordinal = 0"
HARMS = {
    "an early chunk": (f"UPDATE chunks SET start = start + 3 WHERE {FIRST}", "chunks"),
    "a late chunk": (f'UPDATE chunks SET "end" = "end" + 100000 WHERE {FIRST}', "chunks"),
    "no last chunk": (
        "DELETE FROM chunks WHERE article_id = 'story-1' AND ordinal ="
        " (SELECT max(ordinal) FROM chunks WHERE article_id = 'story-1')",
        "chunks",
    ),
    "a lost sentence": (f"UPDATE chunks SET sentences = json_remove(sentences, '$[1]') WHERE {FIRST}", "chunks"),
    "a strange id": (f"UPDATE chunks SET id = 'x' WHERE {FIRST}", "chunks"),
    "a short embedding": (f"UPDATE chunks SET embedding = substr(embedding, 1, 100) WHERE {FIRST}", "embeddings"),
    "an empty embedding": (f"UPDATE chunks SET embedding = zeroblob(256) WHERE {FIRST}", "embeddings"),
    "other words": (
        f"UPDATE chunk_words SET body = 'harbour' WHERE rowid = (SELECT key FROM chunks WHERE {FIRST})",
        "full text",
    ),
    "no words": (f"DELETE FROM chunk_words WHERE rowid = (SELECT key FROM chunks WHERE {FIRST})", "full text"),
    "too many words": ("INSERT INTO chunk_words(rowid, title, body) VALUES (9999, '', 'ghost')", "full text"),
    "an origin of nothing": ("INSERT INTO origins(origin, article_id) VALUES ('file:///a', 'story-4')", "references"),
    "a change of nothing": ("INSERT INTO changes(chunk_id, adds) VALUES ('nothing', 1)", "references"),
    "a false change": (f"INSERT INTO changes(chunk_id, adds) SELECT id, 0 FROM chunks WHERE {FIRST}", "references"),
    "articles of an earlier Dateline": ("DELETE FROM story_bands WHERE article_id = 'story-3'", "stories"),
    "a stray chunk": (
        'INSERT INTO chunks(id, article_id, version, ordinal, start, "end", sentences, embedding)'
        " SELECT 'stray', article_id, 1, 99, start, \"end\", sentences, embedding FROM chunks"
        " WHERE article_id = 'story-2' AND ordinal = 0",
        "references",
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_can_be_made_again_is_found_and_mended(kept: Kept, harm: str) -> None:
    statement, promise = HARMS[harm]
    kept.harm(statement)
    found = kept.found()
    assert promise in {finding.promise for finding in found}
    assert not any(finding.remedy for finding in found)
    kept.verifier.repair(found)
    assert kept.found() == []
    assert kept.catalogue.counts()[0] == 5
    assert kept.catalogue.lexical_ranking(["ghost"], 5, ALL) == []


def test_vectors_are_held_against_the_catalogue(kept: Kept) -> None:
    kept.generations[0].pop(kept.chunk_id)
    [finding] = kept.found()
    assert (finding.promise, finding.what.partition(" of ")[0]) == ("vectors", "1")
    kept.verifier.repair([finding])
    assert kept.found() == []
    assert list(kept.generations) == [1]


LOST = {
    "another text": "UPDATE versions SET text = replace(text, 'the', 'teh') WHERE article_id = 'story-1'",
    "another title": "UPDATE versions SET title = 'Other' WHERE article_id = 'story-2' AND version = 1",
    "no current version": "UPDATE articles SET current_version = 7 WHERE id = 'story-1'",
}


@pytest.mark.parametrize("harm", LOST)
def test_what_is_lost_is_said_to_be(kept: Kept, harm: str) -> None:
    kept.harm(LOST[harm])
    found = kept.found()
    assert any("Restore a backup" in finding.remedy for finding in found)
    kept.verifier.repair(found)
    assert any("Restore a backup" in finding.remedy for finding in kept.found())


def test_a_damaged_index_of_words_is_mended(kept: Kept) -> None:
    kept.harm("DELETE FROM chunk_words_data WHERE id > 10")
    found = kept.found()
    assert "full text" in {finding.promise for finding in found}
    kept.verifier.repair(found)
    assert kept.found() == []


def test_it_can_be_interrupted(kept: Kept) -> None:
    kept.harm("UPDATE versions SET text = text || ' more'")
    assert list(kept.verifier.findings(is_cancelled=lambda: True)) == []
