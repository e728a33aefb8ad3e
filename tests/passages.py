"""Passages for a reader, and what every reader keeps to."""

from __future__ import annotations

from collections.abc import Sequence

from index.articles import Article, Chunk
from index.chunking import Chunker
from index.embedding import Embedder
from qa.answers import ArticleReference, Passage
from qa.reading import Reader
from qa.retrieval import Retrieval, search_words
from tests.fakes import FakeEmbedder

__all__ = ["SCRAPED", "check_contract", "passages_of", "retrieved"]

FAKE = FakeEmbedder()
SCRAPED = """Latest news

Varnholt Weighs Sending Soldiers to the Strait, Agency Says

3 min read
By Staff

Varnholt, whose army is the largest on the coast, is ready to send soldiers to a monitoring force in the strait, the \
agency Nordpress wrote on May 4.

President Ilse Karn spoke of it with both sides last week.

Nordpress says that Varnholt will stay away unless it has a seat at the table when the force is planned.

Both Lorvania and Tamarre are willing to send troops, but only if the United Republics guard them from the air.

Read more"""


def passages_of(articles: Sequence[Article], target_tokens: int = 40) -> tuple[Passage, ...]:
    """Return every chunk as a passage, each a little less relevant than the one before."""
    chunker = Chunker(FAKE, FAKE.max_tokens, target_tokens)
    chunks = [(article, chunk) for article in articles for chunk in chunker.chunk(article)]
    return tuple(_passage(article, chunk, rank) for rank, (article, chunk) in enumerate(chunks, start=1))


def _passage(article: Article, chunk: Chunk, rank: int) -> Passage:
    reference = ArticleReference(article.id, 1, article.title, None, None, None)
    relevance = 0.8 / rank
    return Passage(reference, chunk.span, chunk.span.of(article.text), chunk.sentences, relevance, relevance, rank)


def retrieved(embedder: Embedder, question: str, passages: tuple[Passage, ...]) -> Retrieval:
    return Retrieval(passages, embedder.embed([question])[0], search_words(question), 1)


def check_contract(reader: Reader, embedder: Embedder, question: str, articles: Sequence[Article]) -> None:
    texts = {article.id: article.text for article in articles}
    passages = passages_of(articles)
    reading = reader.read(question, retrieved(embedder, question, passages))
    assert 0 <= reading.confidence <= 1
    for found in reading.evidence:
        inside = [
            passage
            for passage in passages
            if passage.article == found.article
            and passage.span.start <= found.span.start < found.span.end <= passage.span.end
        ]
        assert inside
        assert found.quote == found.span.of(texts[found.article.id])
        assert found.answer_text.strip()
        assert found.answer_text in found.quote
        assert found.span.start in {sentence.start for passage in inside for sentence in passage.sentences}
        assert found.span.end in {sentence.end for passage in inside for sentence in passage.sentences}
        assert 0 <= found.confidence <= 1
    assert len({(found.article.id, found.answer) for found in reading.evidence}) == len(reading.evidence)
    assert reading == reader.read(question, retrieved(embedder, question, passages))
