"""Passages → evidence without a trained model: a reader that weighs whole sentences, and what can be said of one."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.articles import Span
from index.embedding import Embedder, Vectors
from qa.answers import Evidence, Passage, Reading
from qa.retrieval import Retrieval, telling_words
from qa.spans import dateline_length
from qa.wordforms import stems

__all__ = ["SentenceReader", "SentenceSigns", "excerpt", "sentence_signs"]

_WEIGHED_SENTENCES = 20
_QUOTE_CHARACTERS = 420
_SURELY_ON_THE_SUBJECT = 0.8


class SentenceReader:
    """Ranks the passages' sentences by a linear model over nine signs that a sentence answers.

    The weights, and those of the confidence, come from logistic regression, rounded (docs/evaluation.md).
    A sentence is quoted with as many of its neighbours as make a short paragraph, so that the excerpt can be
    understood alone.
    """

    name = "sentences"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        """Return evidence, best first, each span inside its passage."""
        signs = [sign for passage in sentence_signs(question, retrieval) for sign in passage]
        # Only what the cheap signs favour is embedded, which is where the time goes: 12 would do as well.
        favoured = _once_each(sorted(signs, key=lambda sign: -sign.weight))[:_WEIGHED_SENTENCES]
        similarities = self._similarities([sign.text for sign in favoured], retrieval.embedding)
        weighed = sorted(map(_Weighed, favoured, similarities), key=lambda sentence: -sentence.weight)
        evidence = tuple(_evidence(sentence, signs) for sentence in weighed)
        confidence = evidence[0].confidence if evidence else 0.0
        nearest = max((passage.similarity for passage in retrieval.passages), default=0.0)
        return Reading(evidence, confidence, relevance=min(1.0, max(0.0, nearest / _SURELY_ON_THE_SUBJECT)))

    def _similarities(self, sentences: Sequence[str], question: Vectors) -> list[float]:
        if not sentences:
            return []
        similarities: list[float] = (self._embedder.embed(sentences) @ question).tolist()
        return similarities


@dataclass(frozen=True, slots=True)
class SentenceSigns:
    """What can be said of a sentence without embedding it; shares in [0, 1]."""

    passage: Passage
    number: int
    text: str
    article_relevance: float
    words_covered: float
    words_covered_nearby: float
    kind_fits: float
    only_here_negated: bool
    only_asked_negated: bool

    @property
    def span(self) -> Span:
        """Where the sentence stands in the article."""
        return self.passage.sentences[self.number]

    @property
    def dateline(self) -> Span:
        """The place and day of writing that the sentence begins with, empty in most."""
        return Span(self.span.start, self.span.start + dateline_length(self.text))

    @property
    def weight(self) -> float:
        return (
            4.0 * self.article_relevance
            + 0.9 * self.words_covered
            + 1.2 * self.words_covered_nearby
            + 0.55 * self.kind_fits
            + 0.55 * min(len(self.text), 300) / 300
            # News tells the most important first; half of that is gone after 500 characters.
            + 0.8 / (1 + self.span.start / 500)
            - 0.85 * self.text.endswith("?")
            # Who will is not who will not; news weighs this little, so it only decides between near equals.
            - 0.3 * self.only_here_negated
            - 0.6 * self.only_asked_negated
        )


@dataclass(frozen=True, slots=True)
class _Weighed:
    signs: SentenceSigns
    similarity: float

    @property
    def weight(self) -> float:
        return self.signs.weight + 3.5 * self.similarity

    @property
    def confidence(self) -> float:
        signs = self.signs
        odds = 5.5 * self.similarity + 1.5 * signs.words_covered + 2.0 * signs.words_covered_nearby - 4.5
        return 1 / (1 + math.exp(-odds))


def sentence_signs(question: str, retrieval: Retrieval) -> list[list[SentenceSigns]]:
    """Return the signs of every sentence of every passage, in their order."""
    stems = _stemmed(retrieval.words)
    kind, is_negated = _answer_kind(question), _NEGATION.search(question) is not None
    relevance: dict[str, float] = {}
    for passage in retrieval.passages:
        relevance[passage.article.id] = max(relevance.get(passage.article.id, 0.0), passage.relevance)
    return [_signs(passage, relevance[passage.article.id], stems, kind, is_negated) for passage in retrieval.passages]


def _signs(
    passage: Passage,
    article_relevance: float,
    question_stems: frozenset[str],
    kind: _AnswerKind | None,
    is_question_negated: bool,
) -> list[SentenceSigns]:
    texts = [Span(s.start - passage.span.start, s.end - passage.span.start).of(passage.text) for s in passage.sentences]
    stems = [_stems(text) for text in texts]
    found = []
    for number, text in enumerate(texts):
        is_negated = _NEGATION.search(text) is not None
        nearby = frozenset().union(*stems[max(0, number - 1) : number + 2])
        found.append(
            SentenceSigns(
                passage,
                number,
                text,
                article_relevance,
                words_covered=_share(question_stems, stems[number]),
                words_covered_nearby=_share(question_stems, nearby),
                kind_fits=0.0 if kind is None else 1.0 if kind.is_in(text, question_stems) else -1.0,
                only_here_negated=is_negated and not is_question_negated,
                only_asked_negated=is_question_negated and not is_negated,
            )
        )
    return found


def _once_each(signs: Sequence[SentenceSigns]) -> list[SentenceSigns]:
    """Keep the first of each sentence: neighbouring passages share some."""
    by_place = {(s.passage.article.id, s.passage.article.version, s.span.start): s for s in reversed(signs)}
    return list(reversed(by_place.values()))


def _evidence(sentence: _Weighed, signs: Sequence[SentenceSigns]) -> Evidence:
    passage, whole = sentence.signs.passage, sentence.signs.span
    span = excerpt(whole, [other for other in signs if other.passage is passage])
    answer = Span(sentence.signs.dateline.end, whole.end)
    quote = Span(span.start - passage.span.start, span.end - passage.span.start).of(passage.text)
    return Evidence(passage.article, span, quote, whole, answer, sentence.confidence)


def excerpt(sentence: Span, signs: Sequence[SentenceSigns]) -> Span:
    """Return what to quote for one sentence of a passage: its neighbours too, the better first, as far as they fit."""
    span = sentence
    while True:
        before = [sign for sign in signs if sign.span.end <= span.start][-1:]
        after = [sign for sign in signs if sign.span.start >= span.end][:1]
        fitting = [sign for sign in (*before, *after) if _length(_joint(span, sign.span)) <= _QUOTE_CHARACTERS]
        if not fitting:
            return span
        span = _joint(span, max(fitting, key=lambda sign: sign.weight).span)


def _joint(one: Span, other: Span) -> Span:
    return Span(min(one.start, other.start), max(one.end, other.end))


def _length(span: Span) -> int:
    return span.end - span.start


def _share(wanted: frozenset[str], present: frozenset[str]) -> float:
    return len(wanted & present) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return _stemmed(telling_words(text))


def _stemmed(words: Sequence[str]) -> frozenset[str]:
    """Return the words' stems without diacritics, places by one of their names."""
    plain = ["".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)) for word in words]
    return stems(_SAME_PLACE.get(word, word) for word in plain)


@dataclass(frozen=True, slots=True)
class _AnswerKind:
    """What an answer to some kind of question holds: a number, a time, or a name that the question lacks."""

    asked_by: re.Pattern[str]
    shown_by: re.Pattern[str]
    is_name: bool = False

    def is_in(self, sentence: str, question_stems: frozenset[str]) -> bool:
        found = self.shown_by.findall(sentence)
        return any(not _stems(name) <= question_stems for name in found) if self.is_name else bool(found)


def _answer_kind(question: str) -> _AnswerKind | None:
    return next((kind for kind in _ANSWER_KINDS if kind.asked_by.search(question)), None)


_NEGATION = re.compile(
    r"\b(?:not|never|neither|nor|without|no longer|refus\w+|reject\w+|rul(?:es?|ed|ing) out|declin\w+|den(?:y|ies|ied)"
    r"|against|oppos\w+)\b|n['’]t\b",
    re.IGNORECASE,
)
# One paper, even one article, spells these in two ways.
_SAME_PLACE = {"turkiye": "turkey", "kiev": "kyiv", "burma": "myanmar", "czechia": "czech", "swaziland": "eswatini"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    *("December", "Jan.", "Feb.", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."),
)
# A day or a year is no count: "Nov. 21" does not tell how many.
_NOT_A_DAY = "".join(f"(?<!{re.escape(month)} )" for month in _MONTHS)
_ANSWER_KINDS = (
    _AnswerKind(
        re.compile(r"\bhow (many|much|old|long|far|big|large|tall|often|high|fast)\b", re.IGNORECASE),
        re.compile(
            rf"{_NOT_A_DAY}\b(?!(?:19|20)\d\d\b)\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
            r"|dozens?|hundreds?|thousands?|[mb]illions?|half|twice|third|quarter)\b",
            re.IGNORECASE,
        ),
    ),
    _AnswerKind(
        re.compile(r"\bwhen\b|\bwh(?:at|ich) (?:year|day|date|month|time|week)\b", re.IGNORECASE),
        re.compile(
            rf"\d|\b(?:{'|'.join(map(re.escape, _MONTHS))}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
            r"|\b(?:yesterday|today|tomorrow)\b"
        ),
    ),
    _AnswerKind(
        re.compile(
            r"\b(?:who|whom|whose|where)\b|\bwh(?:at|ich) (?:\w+ )?(?:country|countries|nations?|city|cities|places?"
            r"|states?|company|companies|persons?|people|name)\b",
            re.IGNORECASE,
        ),
        re.compile(r"(?<=[a-z,;:’'\d] )[“\"‘']?[A-ZÀ-ÖØ-Þ][\w’'-]+|^(?:The |A |An )?[A-ZÀ-ÖØ-Þ][\w’'-]+"),
        is_name=True,
    ),
    _AnswerKind(
        re.compile(r"\bwhy\b|\bwhat (?:caused?|led to|made)\b|\b(?:cause|reasons?)\b", re.IGNORECASE),
        re.compile(
            r"\b(?:because|since|due to|owing to|thanks to|as a result|caus(?:e|es|ed|ing)|led to|in order to|so that"
            r"|for fear|blam(?:e|es|ed|ing)|reasons?|argu(?:es|ed|ing)|after \w+ing)\b",
            re.IGNORECASE,
        ),
    ),
    _AnswerKind(
        re.compile(r"\b(?:conditions?|requires?|required|demands?|insists?|needs?|wants?)\b", re.IGNORECASE),
        re.compile(
            r"\b(?:unless|only if|provided|in return|conditions?|requires?|required|must|demands?|insists?|needs?"
            r"|wants?)\b",
            re.IGNORECASE,
        ),
    ),
)
