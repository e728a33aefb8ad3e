"""Measures tell what happened, and a broken line of the question file is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.articles import make_article
from index.errors import InputError
from qa.answering import Answerer
from qa.evaluation import LabelledQuestion, measure, read_questions
from qa.sentences import SentenceReader
from tests.small import SmallCollection


@pytest.fixture
def answerer(tmp_path: Path) -> Iterator[Answerer]:
    collection = SmallCollection(tmp_path)
    collection.store(
        make_article(id="key", title="Key", text="Keeper Odd Marlow turned the key of the lighthouse."),
        make_article(id="eels", title="Eels", text="Noor Fenwick counted 312 eels in the old canal."),
    )
    reader = SentenceReader(collection.embedder)
    yield Answerer(collection.catalogue, collection.retriever, reader, passages=10, threshold=0.5)
    collection.close()


def labelled(question: str, answer: str = "", *ids: str) -> LabelledQuestion:
    return LabelledQuestion(question, (answer,) if answer else (), frozenset(ids), bool(answer))


def measured(answerer: Answerer, *questions: LabelledQuestion) -> dict[str, Any]:
    return dict(measure(answerer, questions))


def test_a_question_that_is_answered_rightly_counts_in_full(answerer: Answerer) -> None:
    measures = measured(answerer, labelled("Who turned the key of the lighthouse?", "Odd Marlow", "key"))
    for name in (
        "questions",
        "article_at_1",
        "article_at_10",
        "mrr_at_10",
        "passage_with_answer_at_10",
        "answered",
        "first_citation_contains_answer",
        "any_citation_contains_answer",
    ):
        assert measures[name] == 1, name
    # Eight words are said, "the" not counted, of which the answer has two: F1 is 2·2 / (7+2).
    assert measures["answer_f1"] == pytest.approx(4 / 9)
    assert measures["abstained_on_unanswerable"] is None
    assert measures["median_milliseconds"] > 0


def test_the_right_article_behind_another_counts_by_its_rank(answerer: Answerer) -> None:
    measures = measured(answerer, labelled("Who turned the key of the lighthouse?", "312", "eels"))
    assert (measures["article_at_1"], measures["article_at_5"], measures["mrr_at_10"]) == (0, 1, 0.5)
    assert measures["first_citation_contains_answer"] == 0


def test_means_are_over_the_questions_they_apply_to(answerer: Answerer) -> None:
    measures = measured(
        answerer,
        labelled("Who turned the key of the lighthouse?", "Marlow", "key"),
        labelled("Quando começa o festival?", "Maio", "key"),
        labelled("Quem pintou a capela?"),
        labelled("Who turned the key of the lighthouse, and why?"),
    )
    assert (measures["questions"], measures["answered"], measures["abstained_on_unanswerable"]) == (4, 0.5, 0.5)
    assert measures["first_citation_contains_answer"] == 0.5
    assert measures["first_citation_contains_answer_when_answered"] == 1


def test_answers_are_compared_without_case_articles_and_punctuation(answerer: Answerer) -> None:
    question = "Who turned the key of the lighthouse?"
    assert measured(answerer, labelled(question, "The KEEPER, odd Marlow!", "key"))["any_citation_contains_answer"] == 1
    assert (
        measured(answerer, labelled("Who counted eels in the canal?", "312 eels", "eels"))[
            "any_citation_contains_answer"
        ]
        == 1
    )
    # Whole words only, and an answer of nothing but punctuation is none.
    assert measured(answerer, labelled(question, "key of the light", "key"))["any_citation_contains_answer"] == 0
    assert measured(answerer, labelled(question, "the…", "key"))["any_citation_contains_answer"] == 0


def test_no_questions_have_no_measures(answerer: Answerer) -> None:
    measures = measured(answerer)
    assert measures.pop("questions") == 0
    assert set(measures.values()) == {None}


def test_progress_is_told_after_each_question(answerer: Answerer) -> None:
    told: list[int] = []
    measure(answerer, [labelled("Which eels?"), labelled("Which key?")], told.append)
    assert told == [1, 2]


class TestReadQuestions:
    def test_reads_a_line_each_and_passes_over_blank_ones(self, tmp_path: Path) -> None:
        full = {
            "question": "Who\u2028?",
            "answers": ["A", "7"],
            "evidence": [{"article_id": "a", "quote": "x"}],
            "type": "who",
        }
        none = {"question": "Why?", "answers": [], "evidence": [], "answerable": False}
        path = tmp_path / "questions.jsonl"
        path.write_text(f"{json.dumps(full, ensure_ascii=False)}\n\n  \n{json.dumps(none)}\n", encoding="utf-8")
        assert read_questions(path) == [
            LabelledQuestion("Who\u2028?", ("A", "7"), frozenset({"a"}), True),
            LabelledQuestion("Why?", (), frozenset(), False),
        ]

    @pytest.mark.parametrize(
        "line",
        [
            "{",
            "[]",
            "7",
            '"text"',
            "{}",
            '{"question": "Who?", "answers": []}',
            '{"question": "Who?", "answers": 7, "evidence": []}',
            '{"question": "Who?", "answers": "Ida", "evidence": []}',
            '{"question": "Who?", "answers": [], "evidence": ["a"]}',
            '{"question": "Who?", "answers": [], "evidence": [{"article_id": ["a"]}]}',
            '{"question": "", "answers": [], "evidence": []}',
            '{"question": null, "answers": [], "evidence": []}',
        ],
    )
    def test_names_the_line_at_fault(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "questions.jsonl"
        path.write_text('{"question": "Who?", "answers": [], "evidence": []}\n' + line, encoding="utf-8")
        with pytest.raises(InputError, match=r"Line 2 of .*questions\.jsonl") as refused:
            read_questions(path)
        assert "'article_id'" in str(refused.value)

    def test_names_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "latin.jsonl").write_bytes(b'{"question": "\xff"}')
        for path in (tmp_path / "gone.jsonl", tmp_path, tmp_path / "latin.jsonl"):
            with pytest.raises(InputError, match="cannot be read"):
                read_questions(path)
