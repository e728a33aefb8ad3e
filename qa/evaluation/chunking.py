"""Chunks against labelled excerpts: token recall, precision and IoU by the definitions of Smith & Troynikov (2024).

https://research.trychroma.com/evaluating-chunking; as in their code, tokens are counted as characters, so that
figures do not depend on a tokenizer. A question's chunks are sought among those of all corpora.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import msgspec
import numpy as np

from index.articles import Article, Span
from index.chunking import Chunker
from index.embedding import Embedder
from index.errors import InputError
from qa.evaluation.statistics import Interval, interval, mean

__all__ = [
    "CHUNK_MEASURES",
    "ChunkMeasures",
    "ChunkedQuestion",
    "ChunkedRun",
    "Corpora",
    "chunked_run_as_json",
    "evaluate_chunker",
    "measure_chunks",
    "read_corpora",
]

CHUNK_MEASURES = ("recall", "precision", "precision_omega", "iou")
_QUESTIONS = "questions_df.csv"
_EMBEDDED_AT_A_TIME = 256


class _Reference(msgspec.Struct):
    content: str
    start_index: int
    end_index: int


@dataclass(frozen=True, slots=True)
class ChunkedQuestion:
    """A question about one corpus, and the excerpts of it that answer."""

    question: str
    corpus: str
    excerpts: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Corpora:
    """Texts by name, and questions about them."""

    texts: Mapping[str, str]
    questions: tuple[ChunkedQuestion, ...]


@dataclass(frozen=True, slots=True)
class ChunkMeasures:
    """One question's measures, in [0, 1]; `precision_omega` is that of all chunks that touch an excerpt."""

    recall: float
    precision: float
    precision_omega: float
    iou: float


@dataclass(frozen=True, slots=True)
class ChunkedRun:
    """A chunker's measures by group, `all` first and then each corpus, and each group's standard deviations."""

    about: Mapping[str, bool | int | float | str]
    measures: Mapping[str, Mapping[str, Interval | None]]
    deviations: Mapping[str, Mapping[str, float]]


def read_corpora(folder: Path) -> Corpora:
    """Return the corpora `*.md` of a folder and the questions of its `questions_df.csv`.

    A line has `question`, `corpus_id` and `references`: a JSON list of objects with `content`, `start_index` and
    `end_index`. Raises InputError where one does not say what stands in its corpus.
    """
    path = folder / _QUESTIONS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            records = list(csv.DictReader(file))
        texts = {corpus.stem: corpus.read_bytes().decode("utf-8") for corpus in sorted(folder.glob("*.md"))}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{folder} cannot be read: {error}. Give a folder of *.md files and {_QUESTIONS}.") from error
    questions = []
    for number, record in enumerate(records, start=1):
        try:
            questions.append(_question(record, texts))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"Question {number} of {path} is not usable: {error}.") from error
    if not questions:
        raise InputError(f"{path} has no questions.")
    return Corpora(texts, tuple(questions))


def evaluate_chunker(
    corpora: Corpora,
    chunker: Chunker,
    embedder: Embedder,
    *,
    retrieved: int = 5,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ChunkedRun:
    """Embed all chunks, find the `retrieved` most similar to each question, and measure their spans."""
    # Untitled, as the study's chunks are, and as they stand: excerpts are offsets in the file.
    articles = {name: Article(name, "", text) for name, text in corpora.texts.items()}
    chunked = {name: chunker.chunk(article) for name, article in articles.items()}
    chunks = [(name, chunk) for name, found in chunked.items() for chunk in found]
    texts = [text for name, found in chunked.items() for text in chunker.embedded_texts(articles[name], found)]
    embedded = []
    for start in range(0, len(texts), _EMBEDDED_AT_A_TIME):
        embedded.append(embedder.embed(texts[start : start + _EMBEDDED_AT_A_TIME]))
        progress(min(start + _EMBEDDED_AT_A_TIME, len(texts)), len(texts))
    asked = embedder.embed([question.question for question in corpora.questions])
    similarities = asked @ np.concatenate(embedded).T
    places = [(name, chunk.span) for name, chunk in chunks]
    rows = [
        measure_chunks(question, [places[number] for number in nearest], places)
        for question, nearest in zip(
            corpora.questions, np.argsort(-similarities, axis=1, kind="stable")[:, :retrieved].tolist(), strict=True
        )
    ]
    sizes = [len(embedder.token_spans(text)) for text in texts]
    about: dict[str, bool | int | float | str] = {
        "embedding_model": embedder.name,
        "retrieved": retrieved,
        "chunks": len(chunks),
        "mean_chunk_tokens": round(float(np.mean(sizes)), 1),
        "questions": len(rows),
    }
    return _summed_up(about, [question.corpus for question in corpora.questions], rows)


def measure_chunks(
    question: ChunkedQuestion, retrieved: Sequence[tuple[str, Span]], chunks: Iterable[tuple[str, Span]]
) -> ChunkMeasures:
    """Measure the retrieved (corpus, span) against the excerpts; `chunks` are all that could have been retrieved.

    Of what was retrieved every character counts, twice where two chunks share it; of what it has of the excerpts, once.
    """
    wanted = sum(map(_length, question.excerpts))
    found = _found(question, retrieved)
    shown = sum(_length(span) for _, span in retrieved)
    missed = _size(question.excerpts) - found
    touching = [span for corpus, span in chunks if corpus == question.corpus and _touches(span, question.excerpts)]
    best = _found(question, [(question.corpus, span) for span in touching])
    return ChunkMeasures(
        recall=found / wanted,
        precision=found / shown,
        precision_omega=best / _size((*touching, *question.excerpts)),
        iou=found / (shown + missed),
    )


def chunked_run_as_json(run: ChunkedRun) -> bytes:
    """Return a run for programs."""
    return msgspec.json.format(msgspec.json.encode(asdict(run)), indent=1)


def _question(record: Mapping[str, str], texts: Mapping[str, str]) -> ChunkedQuestion:
    corpus = record["corpus_id"]
    if corpus not in texts:
        raise ValueError(f"there is no corpus {corpus}.md")
    references = msgspec.convert(json.loads(record["references"]), list[_Reference])
    for reference in references:
        if texts[corpus][reference.start_index : reference.end_index] != reference.content or not reference.content:
            raise ValueError(f"{reference.content[:60]!r} does not stand at {reference.start_index} of {corpus}.md")
    if not references:
        raise ValueError("it has no references")
    return ChunkedQuestion(record["question"], corpus, tuple(Span(r.start_index, r.end_index) for r in references))


def _summed_up(
    about: Mapping[str, bool | int | float | str], corpora: Sequence[str], rows: Sequence[ChunkMeasures]
) -> ChunkedRun:
    table = np.array([astuple(row) for row in rows])
    groups = {"all": np.ones(len(rows), dtype=bool)}
    groups |= {name: np.array([corpus == name for corpus in corpora]) for name in sorted(set(corpora))}
    columns = {group: dict(zip(CHUNK_MEASURES, table[members].T, strict=True)) for group, members in groups.items()}
    return ChunkedRun(
        about,
        {
            group: {name: interval(column[:, None], mean) for name, column in by.items()}
            for group, by in columns.items()
        },
        {group: {name: float(column.std()) for name, column in by.items()} for group, by in columns.items()},
    )


def _found(question: ChunkedQuestion, places: Iterable[tuple[str, Span]]) -> int:
    """Return how many characters of the excerpts the places have."""
    return _size(
        Span(max(span.start, excerpt.start), min(span.end, excerpt.end))
        for corpus, span in places
        if corpus == question.corpus
        for excerpt in question.excerpts
        if span.overlaps(excerpt)
    )


def _touches(span: Span, excerpts: Iterable[Span]) -> bool:
    return any(span.overlaps(excerpt) for excerpt in excerpts)


def _size(spans: Iterable[Span]) -> int:
    """Return how many characters the spans cover, each counted once."""
    covered = reached = 0
    for span in sorted(spans):
        covered += max(0, span.end - max(span.start, reached))
        reached = max(reached, span.end)
    return covered


def _length(span: Span) -> int:
    return span.end - span.start
