"""Small stand-ins: for the parts behind the index layer's protocols, for news, and for a full disk.

Each stand-in for a part passes the contract test of the real one.
"""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

import numpy as np

from index.articles import Article, make_article
from index.catalogue import EmbeddedArticle
from index.chunking import Chunker
from index.embedding import Vectors
from qa.span_models import SpanLogits

__all__ = [
    "FakeEmbedder",
    "FakeSpanModel",
    "FakeVectors",
    "OtherFakeEmbedder",
    "embedded",
    "fake_vectors",
    "files_limited_to",
    "invented_article",
    "invented_text",
    "ordinary_user",
]


class FakeEmbedder:
    """An Embedder that hashes words into a bag: texts with the same words are alike, in any order."""

    name = "bag-of-words"
    dimension = 128
    max_tokens = 254

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return each word piece's (start, end) in code points, without special tokens."""
        return [match.span() for match in re.finditer(r"\w{1,6}|[^\w\s]", text)]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dimension), rows L2-normalised, and note the texts in `embedded`."""
        self.embedded += texts
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()):
                place = crc32(word.encode("utf-8", "replace"))
                vector[place % self.dimension] += 1 if place & 0x1000 else -1
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


class OtherFakeEmbedder(FakeEmbedder):
    """Another model: a bag of words of another size."""

    name = "other-bag"
    dimension = 96

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()):
                vector[crc32(word[::-1].encode()) % self.dimension] += 1
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


class FakeSpanModel:
    """A SpanModel for which the first name or number that the question lacks answers, the surer the more words fit."""

    name = "first-name"

    def __init__(self) -> None:
        self.texts: list[str] = []

    def load(self) -> None:
        pass

    def read(self, question: str, texts: Sequence[str]) -> list[SpanLogits]:
        """Return what it sees in each text, and note the texts in `texts`."""
        self.texts += texts
        return [self._read(question, text) for text in texts]

    def _read(self, question: str, text: str) -> SpanLogits:
        asked = set(re.findall(r"\w+", question.casefold()))
        spans = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)][:400]
        words = [text[start:end] for start, end in spans]
        shared = len(asked & {word.casefold() for word in words}) / (len(asked) or 1)
        is_answer = np.array([word[:1].isupper() or word.isdigit() for word in words], dtype=bool)
        is_answer &= np.array([word.casefold() not in asked for word in words], dtype=bool)
        logits: Vectors = (np.where(is_answer, 4.0, -4.0) - np.arange(len(words)) / 100).astype(np.float32)
        verdict = 8 * shared - 4
        return SpanLogits(logits, logits, np.array(spans, np.int64).reshape(-1, 2), -2 * verdict, verdict, verdict)


class FakeVectors:
    """A VectorIndex that compares exactly, in a dictionary that outlives it."""

    def __init__(self, generations: dict[int, dict[str, Vectors]], generation: int) -> None:
        self._generations = generations
        self._generation = generation
        self._held = generations.setdefault(generation, {})

    def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
        for id, embedding in zip(ids, embeddings, strict=True):
            self._held.setdefault(id, embedding)

    def remove(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._held.pop(id, None)

    def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        found = [(id, float(held @ embedding)) for id, held in self._held.items()]
        return sorted(found, key=lambda pair: -pair[1])[:limit]

    def count(self) -> int:
        return len(self._held)

    def embeddings(self, ids: Sequence[str]) -> dict[str, Vectors]:
        return {id: self._held[id] for id in ids if id in self._held}

    def settle(self) -> None:
        pass

    def drop_others(self) -> None:
        for generation in set(self._generations) - {self._generation}:
            del self._generations[generation]

    def close(self) -> None:
        pass


def fake_vectors(generations: dict[int, dict[str, Vectors]]) -> Callable[[int], FakeVectors]:
    """Return what opens the FakeVectors of a generation, kept in the given dictionary."""
    return lambda generation: FakeVectors(generations, generation)


def embedded(article: Article, origin: str | None = None) -> EmbeddedArticle:
    """Return the article chunked and embedded by a FakeEmbedder, ready to store."""
    embedder = FakeEmbedder()
    chunker = Chunker(embedder, embedder.max_tokens)
    chunks = chunker.chunk(article)
    return EmbeddedArticle(article, chunks, embedder.embed(chunker.embedded_texts(article, chunks)), origin)


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size in bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


@contextmanager
def ordinary_user() -> Iterator[Path]:
    """Give a folder of its own to a user who, other than root, may not do everything: this one, else nobody."""
    is_root = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        if is_root:
            os.chown(name, _NOBODY, _NOBODY)
            os.seteuid(_NOBODY)
        try:
            yield Path(name)
        finally:
            if is_root:
                os.seteuid(0)


def invented_text(number: int, sentences: int = 12) -> str:
    """Return prose of short paragraphs; the same number gives the same prose, and its own place names."""
    chance = random.Random(number)
    town = f"{chance.choice(_STARTS)}{chance.choice(_ENDS)} {number}"
    written = [
        f"{chance.choice(_WHO)} of {town} {chance.choice(_DID)} {chance.choice(_WHAT)} {chance.choice(_WHY)}."
        for _ in range(sentences)
    ]
    return "\n\n".join(" ".join(written[start : start + 4]) for start in range(0, sentences, 4))


def invented_article(number: int, sentences: int = 12) -> Article:
    """Return an article with id `story-<number>`, dated and from one of four sources."""
    return make_article(
        id=f"story-{number}",
        title=f"Report {number}",
        text=invented_text(number, sentences),
        source=f"Source {number % 4}",
        published_at=f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}",
    )


_NOBODY = 65_534
_STARTS = ("Har", "Wex", "Nor", "Ald", "Brin", "Cul", "Dor", "Fen", "Glas", "Hol", "Ister", "Kels")
_ENDS = ("mouth", "by", "ford", "wick", "den", "holm", "minster", "stead")
_WHO = ("The mayor", "A baker", "The harbour board", "The orchestra", "A retired pilot", "The librarians", "A jury")
_DID = ("opposed", "paid for", "repainted", "inherited", "measured", "closed", "applauded", "insured", "lost", "moved")
_WHAT = ("the old lighthouse", "a tram line", "eleven bee hives", "the tide tables", "a glass roof", "two ferries")
_WHY = ("after the flood", "without a vote", "for a single crown", "on Tuesday night", "as the snow came", "by mistake")
