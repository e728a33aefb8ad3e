"""Question → passages: lexical and dense rankings of the chunks, fused, and spread over articles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from index.articles import ArticleFilter
from index.catalogue import ArticleSummary, StoredChunk
from index.copies import Wording
from index.embedding import Embedder, Vectors
from index.finding import Candidate, Finder
from index.recent import Recent
from qa.answers import ArticleReference, Passage, Question
from qa.periods import AskedTime, asked_time, time_preferences

__all__ = ["Retrieval", "Retriever", "search_words", "telling_words"]

_CANDIDATES = 100
_LEXICAL_WEIGHT = 0.45
# News tells the most important first: what an article's beginning adds. Half of that is gone after 500 characters.
_LEAD_BONUS = 0.08
_LEAD_CHARACTERS = 500
# What the right time adds to a relevance. It decides between near equals: the date in a question may be the event's.
_TIME_BONUS = 0.06
_PASSAGES_PER_ARTICLE = 4
_ATTEMPTS = 5
# About 2 MB.
_EMBEDDINGS_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages for a question, best first, all from one generation of the index.

    `embedding` is the question's, float32 (dimension,); `words` are what was looked for. Of a story that several
    outlets have, one article is among the passages; `copies` names the others, by its id.
    """

    passages: tuple[Passage, ...]
    embedding: Vectors
    words: tuple[str, ...]
    index_generation: int
    copies: Mapping[str, tuple[ArticleReference, ...]] = field(default_factory=dict)


class Retriever:
    """Finds the passages of current article versions that bear on a question."""

    def __init__(
        self,
        finder: Finder,
        embedder: Embedder,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._finder = finder
        self._embedder = embedder
        self._today = today
        self._embedded: Recent[str, Vectors] = Recent(_EMBEDDINGS_KEPT)

    def embed(self, question: Question) -> Vectors:
        """Return the question's embedding, float32 (dimension,)."""
        vector = self._embedded.get(question.text)
        if vector is None:
            vector = self._embedder.embed([question.text])[0]
            vector.flags.writeable = False
            self._embedded.keep(question.text, vector)
        return vector

    def asked_time(self, question: Question) -> AskedTime:
        """Return the time that the question's words mean, seen from its `as_of`, else from today."""
        seen_from = date.fromisoformat(question.as_of[:10]) if question.as_of else self._today()
        return asked_time(question.text, seen_from)

    def retrieve(self, question: Question, embedding: Vectors, limit: int) -> Retrieval:
        """Return at most `limit` passages of the index as it was at one moment."""
        words, wanted, asked = search_words(question.text), _wanted(question), self.asked_time(question)
        looked_for = (*words, *_letter_by_letter(question.text))
        for _ in range(_ATTEMPTS):
            with self._finder.one_moment():
                candidates = self._finder.find(looked_for, embedding, _CANDIDATES, wanted)
                ranked = _ranked(candidates.found, asked)
                stories = self._finder.stories(found.candidate.article_id for found in ranked)
                first = _spread(self._witnesses(ranked, stories), limit)[:limit]
                chunks = self._finder.chunks([found.candidate.chunk_id for found in first])
                copies = self._copies(chunks.values(), stories, wanted) if stories else {}
                # What was removed since is no passage; what came in its stead may be one.
                if len(chunks) == len(first) and self._finder.is_of_this_moment(candidates):
                    break
        there = [found for found in first if found.candidate.chunk_id in chunks]
        passages = (_passage(found, chunks, rank) for rank, found in enumerate(there, start=1))
        return Retrieval(tuple(passages), embedding, words, candidates.generation, copies)

    def _witnesses(self, ranked: Sequence[_Ranked], stories: Mapping[str, int]) -> list[_Ranked]:
        """Leave out what an article before them of the same story says in the same words."""
        articles = Counter(stories[id] for id in {found.candidate.article_id for found in ranked} & stories.keys())
        told: dict[int, dict[str, Wording]] = {number: {} for number, having in articles.items() if having > 1}
        of_story = [found.candidate for found in ranked if stories.get(found.candidate.article_id) in told]
        chunks = self._finder.chunks([candidate.chunk_id for candidate in of_story])
        kept: list[_Ranked] = []
        for found in ranked:
            id, chunk = found.candidate.article_id, chunks.get(found.candidate.chunk_id)
            if chunk is not None:
                before = told[stories[id]]
                words = Wording.of(chunk.text)
                if any(other != id and wording.holds(words) for other, wording in before.items()):
                    continue
                if id not in before:
                    before[id] = self._finder.wording(chunk)
            kept.append(found)
        return kept

    def _copies(
        self, chunks: Iterable[StoredChunk], stories: Mapping[str, int], wanted: ArticleFilter
    ) -> dict[str, tuple[ArticleReference, ...]]:
        ids = {chunk.article.id for chunk in chunks} & stories.keys()
        return {id: tuple(map(_reference, others)) for id, others in self._finder.copies(ids, wanted).items()}


@dataclass(frozen=True, slots=True)
class _Ranked:
    candidate: Candidate
    relevance: float


def _ranked(found: Sequence[Candidate], asked: AskedTime) -> list[_Ranked]:
    """Return the candidates with their relevance, the most relevant first.

    Fusion is a convex combination of BM25, as a share of the best chunk's, and cosine similarity
    (Bruch, Gai & Ingber 2023): measured here it keeps what BM25 has at rank 1, which RRF loses.
    """
    best = max((candidate.lexical for candidate in found), default=0.0) or 1.0
    preferences = time_preferences(asked, [candidate.published_at for candidate in found])
    ranked = []
    for candidate, preference in zip(found, preferences, strict=True):
        fused = _LEXICAL_WEIGHT * candidate.lexical / best + (1 - _LEXICAL_WEIGHT) * candidate.similarity
        lead = _LEAD_BONUS / (1 + candidate.start / _LEAD_CHARACTERS)
        ranked.append(_Ranked(candidate, min(1.0, fused + lead + _TIME_BONUS * preference)))
    return sorted(ranked, key=_place)


def _place(ranked: _Ranked) -> tuple[float, str, str]:
    """Put the most relevant first, and of equals, as copies are, the one that was published first."""
    return -ranked.relevance, ranked.candidate.published_at or "~", ranked.candidate.chunk_id


def search_words(question: str, most: int = 64) -> tuple[str, ...]:
    """Return the words to look for, in order, without those that any text holds unless there are no others."""
    return (telling_words(question) or tuple(dict.fromkeys(map(str.casefold, _spelled(question)))))[:most]


def telling_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in order, each once, without those that any text holds."""
    names = () if text.isupper() else _NAMES
    words = (word.casefold() for word in _spelled(text) if word in names or word.casefold() not in _STOP_WORDS)
    return tuple(dict.fromkeys(words))


def _spelled(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", _undotted(_ENDINGS.sub("", text)))


def _undotted(text: str) -> str:
    return _DOTTED.sub(lambda acronym: acronym[0].replace(".", ""), text)


def _letter_by_letter(question: str) -> tuple[str, ...]:
    """Return how the question's acronyms stand in an article that dots them: "U.S." is indexed as "u s"."""
    acronyms = () if question.isupper() else _ACRONYM.findall(_undotted(question))
    return tuple(dict.fromkeys(" ".join(acronym.casefold()) for acronym in acronyms))


def _wanted(question: Question) -> ArticleFilter:
    """Return the filters of a question, closed at its `as_of`."""
    filters = question.filters
    ends = [end for end in (filters.published_to, question.as_of) if end is not None]
    # A day ends after each of its moments: "~" sorts behind them.
    return replace(filters, published_to=min(ends, key=lambda end: end + "~", default=None))


def _spread(ranked: Sequence[_Ranked], limit: int) -> list[_Ranked]:
    """Put what exceeds an article's share behind everything else, so that one article does not crowd out the rest.

    In the second half of `limit`, which is read less, every article comes once before any comes again.
    """
    taken: Counter[str] = Counter()
    first: list[_Ranked] = []
    again: list[_Ranked] = []
    later: list[_Ranked] = []
    for found in ranked:
        article_id = found.candidate.article_id
        taken[article_id] += 1
        share = taken[article_id]
        is_new = share == 1 or len(first) < limit // 2
        (later if share > _PASSAGES_PER_ARTICLE else first if is_new else again).append(found)
    return first + again + later


def _passage(found: _Ranked, chunks: Mapping[str, StoredChunk], rank: int) -> Passage:
    candidate, chunk = found.candidate, chunks[found.candidate.chunk_id]
    article = chunk.article
    reference = ArticleReference(
        article.id, chunk.version, article.title, article.source, article.url, article.published_at
    )
    similarity, relevance = candidate.similarity, found.relevance
    return Passage(reference, chunk.span, chunk.text, chunk.sentences, similarity, relevance, rank)


def _reference(summary: ArticleSummary) -> ArticleReference:
    return ArticleReference(
        summary.id, summary.version, summary.title, summary.source, summary.url, summary.published_at
    )


# "isn't", "we'll" and "Brenmark's" are looked for without them.
_ENDINGS = re.compile(r"(?<=\w)(?:n['’]t|['’](?:s|d|m|ll|re|ve))\b", re.IGNORECASE)
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}|\b(?:[A-Z]\.)+[A-Z]\b")
_ACRONYM = re.compile(r"\b[A-Z]{2,4}\b")
# In capitals, these are none of the words below.
_NAMES = frozenset({"IT", "US", "WHO"})
# fmt: off
_STOP_WORDS = frozenset({
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been",
    "before", "being", "but", "by", "can", "could", "did", "do", "does", "doing", "for", "from", "had", "has", "have",
    "having", "he", "her", "hers", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "many",
    "may", "me", "might", "more", "most", "much", "my", "no", "not", "of", "on", "once", "only", "or", "other", "our",
    "out", "over", "own", "part", "per", "said", "say", "says", "shall", "she", "should", "so", "some", "such", "take",
    "tell", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "through", "to",
    "too", "under", "until", "up", "us", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "would", "you", "your",
})
# fmt: on
