"""Chunks are measured by the definitions of the study, on its own example and on files as they come."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.articles import Span
from index.chunking import Chunker
from index.errors import InputError
from qa.evaluation.chunking import ChunkedQuestion, evaluate_chunker, measure_chunks, read_corpora
from tests.fakes import FakeEmbedder

ELLERY = "The ferry sank at noon. Nine people died.\n\nA weld had cracked. The ramp let the water in."
SARN = "Sea trout are back in the Sarn. Eels too."
SPANS = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda place: Span(place[0], place[0] + place[1]))


def write(folder: Path, *questions: tuple[str, str, list[dict[str, Any]]], **corpora: str) -> Path:
    for name, text in corpora.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8", newline="")
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["question", "references", "corpus_id"])
        lines.writerows((asked, json.dumps(references), corpus) for asked, corpus, references in questions)
    return folder


def reference(text: str, content: str) -> dict[str, Any]:
    start = text.index(content)
    return {"content": content, "start_index": start, "end_index": start + len(content)}


def test_of_what_is_retrieved_all_counts_and_of_the_excerpts_what_is_found() -> None:
    question = ChunkedQuestion("?", "a", (Span(10, 20), Span(50, 60)))
    chunks = [("a", Span(0, 15)), ("a", Span(10, 30)), ("a", Span(55, 80)), ("b", Span(10, 20)), ("a", Span(90, 99))]
    measures = measure_chunks(question, [*chunks[:2], chunks[3]], chunks)
    # Ten of twenty characters, in chunks of 15, 20 and 10, of which five are shown twice.
    assert measures.recall == pytest.approx(10 / 20)
    assert measures.precision == pytest.approx(10 / 45)
    assert measures.iou == pytest.approx(10 / (45 + 10))
    # All that touch cover 0 to 30 and 55 to 80; five characters more are in no chunk.
    assert measures.precision_omega == pytest.approx(15 / (30 + 25 + 5))


def test_an_excerpt_retrieved_alone_is_perfect_and_nothing_is_nothing() -> None:
    question = ChunkedQuestion("?", "a", (Span(10, 20),))
    perfect = measure_chunks(question, [("a", Span(10, 20))], [("a", Span(10, 20))])
    assert (perfect.recall, perfect.precision, perfect.iou, perfect.precision_omega) == (1, 1, 1, 1)
    nothing = measure_chunks(question, [("b", Span(10, 20))], [("b", Span(10, 20))])
    assert (nothing.recall, nothing.precision, nothing.iou, nothing.precision_omega) == (0, 0, 0, 0)


@given(st.lists(SPANS, min_size=1, max_size=4), st.lists(SPANS, min_size=1, max_size=5))
def test_measures_are_what_counting_characters_gives(excerpts: list[Span], retrieved: list[Span]) -> None:
    places = [("a", span) for span in retrieved]
    measures = measure_chunks(ChunkedQuestion("?", "a", tuple(excerpts)), places, places)
    wanted = {place for span in excerpts for place in range(span.start, span.end)}
    found = {place for span in retrieved for place in range(span.start, span.end)} & wanted
    shown = sum(span.end - span.start for span in retrieved)
    assert measures.recall == pytest.approx(len(found) / sum(span.end - span.start for span in excerpts))
    assert measures.precision == pytest.approx(len(found) / shown)
    assert measures.iou == pytest.approx(len(found) / (shown + len(wanted - found)))
    assert measures.iou <= measures.precision <= 1
    touching = [set(range(span.start, span.end)) for span in retrieved if wanted & {*range(span.start, span.end)}]
    assert measures.precision_omega == pytest.approx(len(found) / len(wanted.union(*touching)))


def test_a_folder_is_measured_with_the_chunker_given(tmp_path: Path) -> None:
    asked = ("Had a weld cracked?", "ellery", [reference(ELLERY, "A weld had cracked.")])
    other = ("Are sea trout back?", "sarn", [reference(SARN, "Sea trout are back in the Sarn.")])
    corpora = read_corpora(write(tmp_path, asked, other, ellery=ELLERY, sarn=SARN))
    embedder = FakeEmbedder()
    progress: list[tuple[int, int]] = []
    run = evaluate_chunker(
        corpora,
        Chunker(embedder, embedder.max_tokens, target_tokens=1, overlap=0),
        embedder,
        retrieved=1,
        progress=lambda done, total: progress.append((done, total)),
    )
    # Of one sentence each, the chunk that has the question's words is its excerpt.
    assert {name: found and found.value for name, found in run.measures["all"].items()} == dict.fromkeys(
        ("recall", "precision", "precision_omega", "iou"), 1.0
    )
    assert list(run.measures) == list(run.deviations) == ["all", "ellery", "sarn"]
    assert (run.about["chunks"], run.about["questions"], progress[-1]) == (6, 2, (6, 6))
    whole = evaluate_chunker(corpora, Chunker(embedder, embedder.max_tokens, overlap=0), embedder, retrieved=2)
    found = whole.measures["ellery"]["precision_omega"]
    assert found is not None
    assert found.value == pytest.approx(len("A weld had cracked.") / len(ELLERY))


def test_text_is_taken_as_it_stands(tmp_path: Path) -> None:
    text = "  Çelik\r\n\r\nThe  weld had\tcracked. \n"
    folder = write(tmp_path, ("?", "odd", [reference(text, "weld had\tcracked")]), odd=text)
    corpora = read_corpora(folder)
    assert corpora.questions[0].excerpts[0].of(corpora.texts["odd"]) == "weld had\tcracked"
    embedder = FakeEmbedder()
    run = evaluate_chunker(corpora, Chunker(embedder, embedder.max_tokens), embedder)
    found = run.measures["all"]["recall"]
    assert found is not None
    assert found.value == 1


class TestReadCorpora:
    @pytest.mark.parametrize(
        ("corpus", "references", "told"),
        [
            ("gone", [{"content": "x", "start_index": 0, "end_index": 1}], "no corpus gone.md"),
            ("sarn", [{"content": "Eels", "start_index": 0, "end_index": 4}], "'Eels' does not stand at 0"),
            ("sarn", [{"content": "", "start_index": 3, "end_index": 3}], "'' does not stand at 3"),
            ("sarn", [{"content": "Sea"}], "start_index"),
            ("sarn", [], "no references"),
        ],
    )
    def test_names_the_question_at_fault(
        self, tmp_path: Path, corpus: str, references: list[dict[str, Any]], told: str
    ) -> None:
        folder = write(tmp_path, ("?", "sarn", [reference(SARN, "Eels")]), ("?", corpus, references), sarn=SARN)
        with pytest.raises(InputError, match=r"Question 2 of .*questions_df\.csv") as refused:
            read_corpora(folder)
        assert told in str(refused.value)

    def test_names_what_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"cannot be read.+Give a folder"):
            read_corpora(tmp_path)
        with pytest.raises(InputError, match="has no questions"):
            read_corpora(write(tmp_path))
        (tmp_path / "questions_df.csv").write_text("question,corpus_id\n?,sarn\n")
        (tmp_path / "sarn.md").write_text(SARN)
        with pytest.raises(InputError, match="Question 1"):
            read_corpora(tmp_path)
