"""`kill -9` at any moment loses nothing that was acknowledged and leaves nothing half done."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.chunking import split_sentences
from index.dense import DenseIndex
from index.embedding import Embedder
from index.folder import DataFolder
from index.indexing import Indexer
from index.sources import Locations
from tests.crash.busy import dense_index
from tests.fakes import fake_vectors, invented_text

ROOT = Path(__file__).parents[2]
ALL = ArticleFilter()
ARTICLES = 36


@pytest.fixture
def chance() -> random.Random:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    return random.Random(seed)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Catalogue, DenseIndex]]:
    folder = DataFolder(path, command="pytest")
    catalogue = Catalogue.open(folder.catalogue_file)
    dense = dense_index(folder, catalogue)
    dense.open()
    assert dense.is_healthy
    yield catalogue, dense
    dense.close()
    catalogue.close()
    folder.release()


def texts_of(catalogue: Catalogue) -> dict[str, str]:
    """The current text of every article."""
    page = catalogue.articles(limit=10_000)
    assert len(page.articles) == page.total
    return {summary.id: catalogue.article(summary.id).article.text for summary in page.articles}


def check_whole(path: Path) -> None:
    """Hold every article: all of its sentences are chunks, verbatim, and found by their words and by their vectors."""
    with opened(path) as (catalogue, dense):
        texts = texts_of(catalogue)
        embeddings = {
            id: row for ids, rows in catalogue.all_embeddings(1_000) for id, row in zip(ids, rows, strict=True)
        }
        chunks = catalogue.chunks(embeddings, ALL)
        assert chunks.keys() == embeddings.keys()
        assert catalogue.counts() == (len(texts), len(chunks))
        for id, text in texts.items():
            own = [chunk for chunk in chunks.values() if chunk.article.id == id]
            assert all(chunk.text == chunk.span.of(text) for chunk in own)
            assert {span for chunk in own for span in chunk.sentences} == set(split_sentences(text))
            wanted = ArticleFilter(article_ids=(id,))
            ranked = catalogue.lexical_ranking(["of", "the", "a"], 1_000, wanted)
            assert {id for id, _ in ranked} == {chunk.id for chunk in own}
        for id in list(chunks)[::7]:
            found = dense.nearest(embeddings[id], 5, ALL)
            assert found[0][1] == pytest.approx(1.0, abs=2e-3)
            assert id in dict(found)
        assert len(list((path / "chroma").iterdir())) == 1


# A process that is busy without pause


def test_what_was_acknowledged_is_there_and_the_last_change_is_whole_or_not_at_all(
    tmp_path: Path, chance: random.Random
) -> None:
    expected: dict[str, str] = {}
    for turn in range(6):
        expected = outcome(kill_busy(tmp_path, chance), expected, current(tmp_path))
        # Every other time the next process, not this one, meets what the last one left, and may be killed at it.
        if turn % 2:
            check_whole(tmp_path)


def kill_busy(path: Path, chance: random.Random) -> list[object]:
    """Run the busy process, kill it at some moment, and return what it said."""
    command = [sys.executable, "-m", "tests.crash.busy", str(path), str(chance.randrange(10**9))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = [json.loads(process.stdout.readline())]
    time.sleep(chance.uniform(0, 2.5))
    assert process.poll() is None, "the busy process ended by itself"
    process.kill()
    rest = process.stdout.readlines()
    process.wait()
    process.stdout.close()
    return said + [json.loads(line) for line in rest if line.endswith("\n")]


def current(path: Path) -> dict[str, str]:
    with closing(Catalogue.open(path / "catalogue.sqlite3")) as catalogue:
        return texts_of(catalogue)


def outcome(said: list[object], before: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    """Return what must now be there: all that was done, and all or nothing of what was begun last."""
    expected = dict(before)
    after = expected
    for line in said:
        if isinstance(line, list):
            numbers, sentences = line
            after = dict(expected)
            for number in numbers:
                after.pop(f"story-{number}", None)
                if sentences:
                    after[f"story-{number}"] = invented_text(number, sentences)
        elif line == "done":
            expected = after
    assert found in (expected, after)
    return found


# The command


def test_an_indexing_command_that_is_killed_goes_on_to_the_same_end(
    tmp_path: Path, chance: random.Random, embedder: Embedder
) -> None:
    news, data = tmp_path / "news", tmp_path / "data"
    write_news(news)
    for _ in range(3):
        kill_indexing(news, data, chance)
        if (data / "catalogue.sqlite3").exists():
            assert current(data).items() <= {f"story-{n}": invented_text(n, 16) for n in range(ARTICLES)}.items()
    finished = subprocess.run(indexing(news, data), cwd=ROOT, capture_output=True, text=True)
    assert (finished.returncode, "0 changed" in finished.stdout) == (0, True), finished.stderr
    check_whole(data)
    assert_alike(data / "catalogue.sqlite3", undisturbed(news, tmp_path, embedder))


def write_news(folder: Path) -> None:
    folder.mkdir()
    for number in range(ARTICLES):
        text = f"---\nid: story-{number}\n---\n{invented_text(number, 16)}"
        (folder / f"{number:02}.md").write_text(text, encoding="utf-8")
        # An article met twice ends a batch, so that there are batches enough to be killed between and within.
        if number % 3 == 2:
            (folder / f"{number:02}-copy.md").write_text(text, encoding="utf-8")


def indexing(news: Path, data: Path) -> list[str]:
    return [sys.executable, "-m", "qa", "index", str(news), "--data", str(data)]


def kill_indexing(news: Path, data: Path, chance: random.Random) -> None:
    """Run the command, and kill it a moment after it has stored some more articles."""
    process = subprocess.Popen(indexing(news, data), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    enough = count_versions(data) + chance.randrange(9)
    while process.poll() is None and count_versions(data) <= enough:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.3))
    process.kill()
    process.wait()


def count_versions(data: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{data / 'catalogue.sqlite3'}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM versions").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def undisturbed(news: Path, tmp_path: Path, embedder: Embedder) -> Path:
    path = tmp_path / "undisturbed.sqlite3"
    with closing(Catalogue.open(path)) as catalogue:
        dense = DenseIndex(catalogue, fake_vectors({}))
        dense.open()
        Indexer(catalogue, dense, embedder).index(Locations(paths=(news,)))
    return path


def assert_alike(one: Path, other: Path) -> None:
    """Hold two catalogues against each other: articles, versions, chunks, embeddings, words and origins."""
    with closing(Catalogue.open(one)) as first, closing(Catalogue.open(other)) as second:
        assert texts_of(first) == texts_of(second)
        ids = list(texts_of(first))
        assert first.current_versions(ids) == second.current_versions(ids)
        assert sorted(first.origins_under("")) == sorted(second.origins_under(""))
        embeddings = [
            {id: row for ids, rows in catalogue.all_embeddings(1_000) for id, row in zip(ids, rows, strict=True)}
            for catalogue in (first, second)
        ]
        assert embeddings[0].keys() == embeddings[1].keys()
        for id, row in embeddings[0].items():
            assert np.abs(row - embeddings[1][id]).max() < 2e-3
        assert first.chunks(embeddings[0], ALL) == second.chunks(embeddings[0], ALL)
        words = ["harbour", "ferries", "snow"]
        assert dict(first.lexical_ranking(words, 1_000, ALL)) == pytest.approx(
            dict(second.lexical_ranking(words, 1_000, ALL))
        )
