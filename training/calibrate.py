"""Fit how the reader weighs spans: `python -m training.calibrate QUESTIONS… --data FOLDER`.

Every question is read twice, over all articles and without those that answer it, so that the weights learn what an
answer looks like and the probability learns what none looks like. Prints the weights for `qa/weighing.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import get_args

import numpy as np
from rich.console import Console
from rich.progress import track
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from index.finding import Finder
from qa.answering import checked_question
from qa.answers import Question
from qa.asking import Weighing, asked_of
from qa.dateline import Dateline
from qa.evaluation.matching import best_f1, contains_answer
from qa.evaluation.questions import LabelledQuestion, read_questions
from qa.reading import Candidate, SpanReader
from qa.retrieval import Retriever
from qa.settings import Settings
from qa.weighing import SpanSigns

console = Console(highlight=False)

_NEARLY = 0.2
_SPREAD = 0.15
_PENALTY = 0.03


@dataclass(frozen=True, slots=True)
class _Span:
    """A candidate's signs, whether its quote holds an answer, and whether its own words do nearly."""

    signs: tuple[float, ...]
    is_right: bool
    is_marked: bool


Read = list[_Span]


def main() -> None:
    """Read the questions, fit on all of them, and tell how a fit on one half does on the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--data", required=True, help="folder of an index of the articles that answer them")
    parser.add_argument("--limit", type=int, default=400, help="questions of each file, evenly spread")
    parser.add_argument("--weighed-as", default="one", choices=get_args(Weighing), help="which weights to fit")
    options = parser.parse_args()
    present: list[Read] = []
    absent: list[Read] = []
    with Dateline(Settings(data=options.data)) as dateline:
        assert dateline.span_model is not None
        retriever = Retriever(Finder(dateline.catalogue, dateline.dense, dateline.memory), dateline.embedder)
        reader = SpanReader(dateline.span_model)
        articles = [summary.id for summary in dateline.catalogue.articles(limit=100_000).articles]
        for file in options.questions:
            asked = [one for one in read_questions(file) if one.answerable]
            asked = [one for one in asked if asked_of(one.question).weighed_as == options.weighed_as]
            for one in track(asked[:: max(1, len(asked) // options.limit)], console=console):
                with_it, without_it = _read_twice(one, retriever, reader, articles)
                present.append(with_it)
                absent.append(without_it)
    for here, there in ((0, 1), (1, 0)):
        weights, constant = _fit(present[here::2] + absent[here::2])
        best = [_best(one, weights) for one in present[there::2] + absent[there::2] if one]
        told = [1 / (1 + np.exp(-(np.dot(weights, span.signs) + constant))) for span in best]
        right = [span.is_right for span in best]
        first = [_best(one, weights).is_right for one in present[there::2] if one]
        console.print(
            f"first citation right {np.mean(first):.3f} · AUC {roc_auc_score(right, told):.3f}"
            f" · Brier {brier_score_loss(right, told):.3f}"
        )
    weights, constant = _fit(present + absent)
    for field, weight in zip(fields(SpanSigns), weights, strict=True):
        console.print(f"{field.name:24}{weight:8.3f}")
    console.print(f"{'constant':24}{constant:8.3f}")


def _read_twice(
    one: LabelledQuestion, retriever: Retriever, reader: SpanReader, articles: Sequence[str]
) -> tuple[Read, Read]:
    question = checked_question(Question(one.question))
    others = tuple(id for id in articles if id not in one.article_ids)
    without = replace(question, filters=replace(question.filters, article_ids=others))
    embedding = retriever.embed(question)
    spans, foreign = (
        reader.candidates(question.text, retriever.retrieve(asked, embedding, 10)) for asked in (question, without)
    )
    return [_held(one, span) for span in spans], [_Span(astuple(span.signs), False, False) for span in foreign]


def _held(one: LabelledQuestion, span: Candidate) -> _Span:
    is_right = contains_answer(one, span.evidence.quote)
    is_marked = is_right and best_f1(span.evidence.answer_text, one.answers) > _NEARLY
    return _Span(astuple(span.signs), is_right, is_marked)


def _fit(read: Sequence[Read]) -> tuple[list[float], float]:
    """Return weights and constant: fitted to mark the answer, then scaled to tell whether the best quote holds it."""
    signs = np.array([span.signs for one in read for span in one])
    marked = np.array([span.is_marked for one in read for span in one])
    # A sign that few spans have must not weigh all the more for it.
    spread = np.maximum(signs.std(axis=0), _SPREAD)
    weights = LogisticRegression(C=_PENALTY, max_iter=5_000).fit(signs / spread, marked).coef_[0] / spread
    best = [_best(one, weights) for one in read if one]
    odds = [[float(np.dot(weights, span.signs))] for span in best]
    scale = LogisticRegression(C=1e6).fit(odds, [span.is_right for span in best])
    return (weights * scale.coef_[0][0]).tolist(), float(scale.intercept_[0])


def _best(one: Read, weights: Sequence[float]) -> _Span:
    return max(one, key=lambda span: float(np.dot(weights, span.signs)))


if __name__ == "__main__":
    main()
