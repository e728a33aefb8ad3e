"""Readers find evidence in passages: one contract for each of them, and what the trained reader makes of its spans."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Span, make_article
from index.embedding import Embedder
from qa.reading import Reader, SpanReader, best_spans
from qa.sentences import SentenceReader
from qa.span_models import PACKAGED_READER, SpanLogits, open_span_model
from tests.fakes import FakeEmbedder, FakeSpanModel, invented_article
from tests.passages import SCRAPED, check_contract, passages_of, retrieved

FAKE = FakeEmbedder()
QUESTION = "Who repainted the old lighthouse, and when?"
BELL = "The bell of Garrow was cast in 1804. It cracked in the frost. Mara Quill rang it for forty years."


class TestContract:
    """What every reader keeps to."""

    @pytest.fixture(params=["sentences", "spans"])
    def reader(self, request: pytest.FixtureRequest, embedder: Embedder) -> Reader:
        return (
            SentenceReader(embedder) if request.param == "sentences" else SpanReader(open_span_model(PACKAGED_READER))
        )

    def test_has_a_name(self, reader: Reader) -> None:
        assert reader.name

    def test_evidence_is_verbatim_whole_sentences_of_the_passages(self, reader: Reader, embedder: Embedder) -> None:
        articles = [*map(invented_article, range(4)), make_article(id="page", text=SCRAPED)]
        check_contract(reader, embedder, "Which countries would send troops?", articles)
        check_contract(reader, embedder, QUESTION, articles)

    @pytest.mark.parametrize(
        "text", ["🚢", "Ship", "一艘渡轮沉没了。没有人受伤。", "- a\n- b\n\n1.\n2.", "x" * 3_000, "?! … ?"]
    )
    def test_odd_texts_are_read_too(self, reader: Reader, embedder: Embedder, text: str) -> None:
        check_contract(reader, embedder, "渡轮 Ship?", [make_article(text=text)])

    def test_no_passages_hold_no_evidence(self, reader: Reader, embedder: Embedder) -> None:
        reading = reader.read(QUESTION, retrieved(embedder, QUESTION, ()))
        assert reading.evidence == ()
        assert reading.confidence == 0

    def test_finds_an_answer_likelier_than_none(self, reader: Reader, embedder: Embedder) -> None:
        passages = passages_of([make_article(text=BELL)])
        answered, off_topic = (
            reader.read(question, retrieved(embedder, question, passages)).confidence
            for question in ("When was the bell of Garrow cast?", "How do I reset a password?")
        )
        assert off_topic < 0.2 < 0.5 < answered


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=80),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400).map(lambda text: f"{text} x"), max_size=4),
)
def test_span_reader_keeps_the_contract_for_any_text(question: str, texts: list[str]) -> None:
    articles = [make_article(id=f"a{number}", text=text) for number, text in enumerate(texts)]
    check_contract(SpanReader(FakeSpanModel()), FAKE, question, articles)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("When was the bell of Garrow cast?", "1804"), ("Who rang the bell for forty years?", "Mara Quill")],
)
def test_marks_the_words_that_answer(question: str, answer: str, embedder: Embedder) -> None:
    reader = SpanReader(open_span_model(PACKAGED_READER))
    found = reader.read(question, retrieved(embedder, question, passages_of([make_article(text=BELL)]))).evidence[0]
    assert answer in found.answer_text
    assert len(found.answer_text) <= len(answer) + 4
    assert found.answer_text in found.sentence_text


def test_tells_a_passage_on_the_subject_from_one_that_is_not(embedder: Embedder) -> None:
    reader, passages = SpanReader(open_span_model(PACKAGED_READER)), passages_of([make_article(text=BELL)])
    on_it, off_it = (
        reader.read(question, retrieved(embedder, question, passages)).relevance
        for question in ("Who paid for the bell of Garrow?", "Which vaccine was approved by the regulator in Brazil?")
    )
    assert off_it < 0.5 < on_it


def test_reads_only_as_many_passages_as_pay_off_and_all_of_them_for_a_list() -> None:
    articles = list(map(invented_article, range(6)))
    passages = passages_of(articles)
    for question, most in (("Who repainted the lighthouse?", 3), ("Which towns repainted lighthouses?", len(passages))):
        model = FakeSpanModel()
        reading = SpanReader(model, most=3).read(question, retrieved(FAKE, question, passages))
        assert model.texts == [passage.text for passage in passages[:most]]
        assert sorted(p.span.start for p in reading.passages) == sorted(p.span.start for p in passages)
        assert [p.rank for p in reading.passages] == list(range(1, len(passages) + 1))


def test_passages_that_answer_come_first() -> None:
    articles = [
        make_article(id="a", text="It rained on the moor."),
        make_article(id="b", text="The bell was cast by Quill."),
    ]
    question = "the bell was cast by"
    reading = SpanReader(FakeSpanModel()).read(question, retrieved(FAKE, question, passages_of(articles)))
    assert [passage.article.id for passage in reading.passages] == ["b", "a"]
    assert reading.evidence[0].answer_text == "Quill"


@pytest.mark.parametrize(("question", "answer"), [("who rang", "Quill"), ("where rang", "ELLERY")])
def test_where_it_was_written_answers_only_where(question: str, answer: str) -> None:
    passages = passages_of([make_article(text="ELLERY, Nov. 21 - Quill rang. It was late.")])
    found = SpanReader(FakeSpanModel()).read(question, retrieved(FAKE, question, passages)).evidence[0]
    assert found.answer_text == answer


def test_an_answer_that_two_passages_share_is_evidence_once() -> None:
    article = make_article(text=" ".join(f"Place {number} was repainted by Marlow{number}." for number in range(12)))
    question = "Which places were repainted?"
    reading = SpanReader(FakeSpanModel()).read(question, retrieved(FAKE, question, passages_of([article])))
    places = [(found.article.id, found.answer) for found in reading.evidence]
    assert len(set(places)) == len(places) > 1


def test_best_spans_do_not_overlap_and_come_in_order() -> None:
    chance = np.random.default_rng(1)
    logits = chance.normal(size=(2, 50)).astype(np.float32)
    offsets = np.array([(4 * n, 4 * n + 3) for n in range(50)])
    halves = [Span(0, 100), Span(100, 200)]
    spans = list(best_spans(SpanLogits(logits[0], logits[1], offsets, 1.0, 0.0, 0.0), halves))
    assert all(any(half.start <= span.start < span.end <= half.end for half in halves) for span, _ in spans)
    assert [odds for _, odds in spans] == sorted((odds for _, odds in spans), reverse=True)
    assert not any(one.overlaps(other) for one, _ in spans for other, _ in spans if one is not other)
    best = max(logits[0][i] + logits[1][j] for i in range(50) for j in range(i, min(25 * (i // 25 + 1), i + 24)))
    assert spans[0][1] == pytest.approx(best - 1.0)
