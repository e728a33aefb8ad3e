"""Measure a reader on texts that are given: `python -m training.measure READER --squad FILE`, or `--news FILE FILE`.

SQuAD 2.0's own definitions: exact match and F1 of the best answer against the closest accepted one, an empty answer
being right where there is none. The threshold for "no answer" is not tuned: it stands at even odds.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from index.articles import Span, make_article
from index.chunking import split_sentences
from qa.evaluation.matching import best_exact_match, best_f1
from qa.evaluation.questions import LabelledQuestion
from qa.reading import best_spans
from qa.span_models import SpanModel, open_span_model
from training.examples import held_out_squad

console = Console(highlight=False)

_WINDOW_CHARACTERS = 900


def main() -> None:
    """Ask every question of its own text, and print what is right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("--squad", type=Path, help="SQuAD 2.0 JSON: its last four articles by title are asked")
    parser.add_argument("--news", type=Path, nargs=2, metavar=("QUESTIONS", "ARTICLES"), help=".jsonl.gz each")
    parser.add_argument("--limit", type=int, default=100_000)
    options = parser.parse_args()
    model = open_span_model(options.reader)
    if options.squad:
        _report(model, list(_squad(options.squad))[: options.limit])
    if options.news:
        _report(model, list(_news(*options.news))[: options.limit])


def _squad(path: Path) -> Iterator[tuple[LabelledQuestion, str]]:
    for one in held_out_squad(path):
        answers = tuple(one.text[start:end] for start, end in one.answers)
        yield LabelledQuestion("", one.question, answers, (), answerable=bool(answers)), one.text


def _news(questions: Path, articles: Path) -> Iterator[tuple[LabelledQuestion, str]]:
    texts = {record["id"]: make_article(text=record["text"]).text for record in _records(articles)}
    for record in _records(questions):
        labelled = LabelledQuestion(record["id"], record["question"], tuple(record["answers"]), ())
        yield labelled, texts[record["evidence"][0]["article_id"]]


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _windows(text: str) -> list[str]:
    """Cut a text into whole sentences of about as many characters as the reader is shown of an article at a time."""
    windows: list[Span] = []
    for sentence in split_sentences(text):
        if windows and sentence.end - windows[-1].start <= _WINDOW_CHARACTERS:
            windows[-1] = Span(windows[-1].start, sentence.end)
        else:
            windows.append(sentence)
    return [window.of(text) for window in windows]


def _report(model: SpanModel, asked: list[tuple[LabelledQuestion, str]]) -> None:
    exact: dict[bool, list[float]] = {True: [], False: []}
    overlap: dict[bool, list[float]] = {True: [], False: []}
    anyhow: list[float] = []
    for labelled, text in track(asked, console=console):
        said, odds = _best(model, labelled.question, _windows(text))
        kept = said if odds > 0 else ""
        has_answer = labelled.answerable
        exact[has_answer].append(best_exact_match(kept, labelled.answers) if has_answer else float(not kept))
        overlap[has_answer].append(best_f1(kept, labelled.answers) if has_answer else float(not kept))
        anyhow += [best_f1(said, labelled.answers)] if has_answer else []
    for name, values in (("exact match", exact), ("F1", overlap)):
        parts = [f"with answer {fmean(values[True]):.3f}"] if values[True] else []
        parts += [f"without {fmean(values[False]):.3f}"] if values[False] else []
        console.print(f"{name:12} overall {fmean(values[True] + values[False]):.3f} · " + " · ".join(parts))
    console.print(f"F1 with answer, never abstaining {fmean(anyhow):.3f} · {len(asked):,} questions")


def _best(model: SpanModel, question: str, windows: list[str]) -> tuple[str, float]:
    found = [
        (odds, span.of(window))
        for window, logits in zip(windows, model.read(question, windows), strict=True)
        for span, odds in best_spans(logits, split_sentences(window))
    ]
    odds, said = max(found, default=(-np.inf, ""))
    return said, float(odds)


if __name__ == "__main__":
    main()
