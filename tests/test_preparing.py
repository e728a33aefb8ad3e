"""Articles are embedded while those before them are stored, and a text that several chunks share only once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from index.articles import Article, make_article
from index.preparing import Batch, Preparer, prepared_ahead
from tests.fakes import FakeEmbedder, embedded, invented_article


def batch(*ids: str) -> Batch:
    return [(make_article(id=id, text=f"A heron came to {id}."), None) for id in ids]


def ids(articles: Batch) -> list[str]:
    return [article.id for article, _ in articles]


def test_gives_each_article_its_own_chunks_and_embeddings() -> None:
    articles = [invented_article(1), Article("empty", "Nothing", ""), invented_article(2)]
    prepared = Preparer(FakeEmbedder()).prepared([(article, f"file:///{article.id}") for article in articles])
    assert [each.article for each in prepared] == articles
    assert [each.origin for each in prepared] == [f"file:///{article.id}" for article in articles]
    for each in prepared:
        expected = embedded(each.article)
        assert each.chunks == expected.chunks
        assert np.array_equal(each.embeddings, expected.embeddings)


def test_a_text_that_chunks_share_is_embedded_once() -> None:
    embedder = FakeEmbedder()
    preparer = Preparer(embedder)
    story = invented_article(1)
    copies = [(Article(id, story.title, story.text), None) for id in ("first", "second")]
    [first, second] = preparer.prepared(copies)
    assert sorted(embedder.embedded) == sorted(set(embedder.embedded))
    assert np.array_equal(first.embeddings, second.embeddings)
    [later] = preparer.prepared([(Article("third", story.title, story.text), None)])
    assert len(embedder.embedded) == len(first.chunks)
    assert np.array_equal(first.embeddings, later.embeddings)


def test_the_next_batch_is_prepared_while_one_is_used() -> None:
    is_second_prepared = threading.Event()

    def prepare(articles: Batch) -> list[str]:
        if ids(articles) == ["second"]:
            is_second_prepared.set()
        return ids(articles)

    for _, prepared in prepared_ahead([batch("first"), batch("second")], prepare):
        # Were it prepared only when it is asked for, this would wait in vain.
        assert is_second_prepared.wait(30), prepared
    assert [done for _, done in prepared_ahead([batch("a"), batch("b", "c"), batch("d")], prepare)] == [
        ["a"],
        ["b", "c"],
        ["d"],
    ]


def test_batches_that_share_an_article_wait_for_each_other() -> None:
    used: list[str] = []

    def prepare(articles: Batch) -> list[str]:
        return list(used)

    for _, known in prepared_ahead([batch("a", "b"), batch("b"), batch("b", "c")], prepare):
        assert known == used
        used.append("used")
    assert len(used) == 3


def test_an_error_while_preparing_is_raised_where_the_batch_is_due_and_ends_the_rest() -> None:
    prepared: list[str] = []

    def prepare(articles: Batch) -> None:
        prepared.extend(ids(articles))
        if "b" in prepared:
            raise ValueError("no room")

    batches = prepared_ahead([batch("a"), batch("b"), batch("c"), batch("d")], prepare)
    assert ids(next(batches)[0]) == ["a"]
    with pytest.raises(ValueError, match="no room"):
        list(batches)
    assert "d" not in prepared


def test_leaving_early_reads_no_further() -> None:
    read: list[str] = []

    def batches() -> Iterator[Batch]:
        for id in ("a", "b", "c", "d"):
            read.append(id)
            yield batch(id)

    running = prepared_ahead(batches(), ids)
    next(running)
    running.close()
    assert read == ["a", "b"]
    assert not any(thread.name.startswith("preparing") for thread in threading.enumerate())
