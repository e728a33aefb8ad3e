"""Measuring answers against labelled questions: retrieval, citations, answers, abstaining."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import msgspec

from index.errors import InputError
from qa.answering import Answerer, checked_question
from qa.answers import Answer, Question

__all__ = ["LabelledQuestion", "measure", "read_questions"]


class _Evidence(msgspec.Struct):
    article_id: str


class _Record(msgspec.Struct):
    question: str
    answers: tuple[str, ...]
    evidence: list[_Evidence]
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its accepted answers, and the articles that hold them."""

    question: str
    answers: tuple[str, ...]
    article_ids: frozenset[str]
    answerable: bool


def read_questions(path: Path) -> list[LabelledQuestion]:
    """Return the questions of a .jsonl file; raises InputError that names the line at fault."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The question file {path} cannot be read: {error}.") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=_Record)
            checked_question(Question(record.question))
        except (msgspec.DecodeError, InputError) as error:
            raise InputError(
                f"Line {number} of {path} is not a labelled question: {error} Each line is an object with"
                " 'question', 'answers' (list), 'evidence' (list of objects with 'article_id') and 'answerable'."
            ) from error
        ids = frozenset(evidence.article_id for evidence in record.evidence)
        questions.append(LabelledQuestion(record.question, record.answers, ids, record.answerable))
    return questions


def measure(
    answerer: Answerer, questions: Sequence[LabelledQuestion], progress: Callable[[int], None] = lambda done: None
) -> Mapping[str, float | int | None]:
    """Ask every question and return the measures, each a mean over the questions that it applies to, or None.

    Answers are compared as in SQuAD (Rajpurkar et al. 2016): lower case, no punctuation, no articles.
    """
    asked: list[tuple[LabelledQuestion, Answer]] = []
    for number, labelled in enumerate(questions, start=1):
        question = checked_question(Question(labelled.question))
        asked.append((labelled, answerer.answer(question, include_passages=True)))
        progress(number)
    known = [(labelled, answer) for labelled, answer in asked if labelled.answerable]
    unknown = [answer for labelled, answer in asked if not labelled.answerable]
    with_answer = [(labelled, answer) for labelled, answer in known if answer.citations]
    return {
        "questions": len(asked),
        "article_at_1": _mean(_article_found(labelled, answer, 1) for labelled, answer in known),
        "article_at_5": _mean(_article_found(labelled, answer, 5) for labelled, answer in known),
        "article_at_10": _mean(_article_found(labelled, answer, 10) for labelled, answer in known),
        "mrr_at_10": _mean(_reciprocal_rank(labelled, answer) for labelled, answer in known),
        "passage_with_answer_at_10": _mean(
            _is_in(labelled, (p.text for p in answer.passages[:10])) for labelled, answer in known
        ),
        "answered": _mean(bool(answer.citations) for _, answer in known),
        "first_citation_contains_answer": _mean(
            _is_in(labelled, (c.quote for c in answer.citations[:1])) for labelled, answer in known
        ),
        "any_citation_contains_answer": _mean(
            _is_in(labelled, (c.quote for c in answer.citations)) for labelled, answer in known
        ),
        "first_citation_contains_answer_when_answered": _mean(
            _is_in(labelled, (c.quote for c in answer.citations[:1])) for labelled, answer in with_answer
        ),
        "answer_f1": _mean(_best_f1(labelled, answer) for labelled, answer in known),
        "abstained_on_unanswerable": _mean(answer.status == "not_found" for answer in unknown),
        "citations_per_answer": _mean(len(answer.citations) for _, answer in with_answer),
        "characters_per_citation": _mean(len(c.quote) for _, answer in with_answer for c in answer.citations),
        "median_milliseconds": median(answer.timings_ms["total"] for _, answer in asked) if asked else None,
    }


def _mean(values: Iterable[float]) -> float | None:
    listed = [float(value) for value in values]
    return fmean(listed) if listed else None


def _articles_in_order(answer: Answer) -> list[str]:
    return list(dict.fromkeys(passage.article.id for passage in answer.passages))


def _article_found(labelled: LabelledQuestion, answer: Answer, rank: int) -> bool:
    return not labelled.article_ids.isdisjoint(_articles_in_order(answer)[:rank])


def _reciprocal_rank(labelled: LabelledQuestion, answer: Answer) -> float:
    ranks = [rank for rank, id in enumerate(_articles_in_order(answer)[:10], start=1) if id in labelled.article_ids]
    return 1 / ranks[0] if ranks else 0.0


def _is_in(labelled: LabelledQuestion, texts: Iterable[str]) -> bool:
    present = list(map(_spaced, texts))
    return any(_spaced(answer) in text for answer in labelled.answers if _spaced(answer).strip() for text in present)


def _spaced(text: str) -> str:
    """Return the words between single spaces, so that what is in it is a run of whole words."""
    words = (word for word in re.findall(r"\w+", text.casefold()) if word not in _ARTICLES)
    return f" {' '.join(words)} "


def _best_f1(labelled: LabelledQuestion, answer: Answer) -> float:
    said = answer.statements[0].text if answer.statements else ""
    return max((_f1(_normalised(said).split(), _normalised(gold).split()) for gold in labelled.answers), default=0.0)


def _f1(said: list[str], gold: list[str]) -> float:
    shared = sum((Counter(said) & Counter(gold)).values())
    return 2 * shared / (len(said) + len(gold)) if shared else 0.0


def _normalised(text: str) -> str:
    text = "".join(character for character in text.casefold() if character not in _PUNCTUATION)
    return " ".join(word for word in text.split() if word not in _ARTICLES)


_ARTICLES = frozenset({"a", "an", "the"})
_PUNCTUATION = frozenset(string.punctuation + "“”‘’–—…")
