"""Readers find evidence in passages: one contract for each of them, and what the sentence reader is to prefer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Article, Chunk, make_article
from index.chunking import Chunker
from index.embedding import Embedder, SentenceTransformerEmbedder
from qa.answers import ArticleReference, Passage
from qa.reading import Reader
from qa.retrieval import Retrieval, search_words
from qa.sentences import SentenceReader
from tests.fakes import FakeEmbedder, invented_article

FAKE = FakeEmbedder()
QUESTION = "Who repainted the old lighthouse, and when?"

SCRAPED = """Latest news

Varnholt Weighs Sending Soldiers to the Strait, Agency Says

3 min read
By Staff

Varnholt, whose army is the largest on the coast, is ready to send soldiers to a monitoring force in the strait, the \
agency Nordpress wrote on May 4.

President Ilse Karn spoke of it with both sides last week.

Nordpress says that Varnholt will stay away unless it has a seat at the table when the force is planned.

Both Lorvania and Tamarre are willing to send troops, but only if the United Republics guard them from the air.

Read more"""


def passages_of(articles: Sequence[Article], target_tokens: int = 40) -> tuple[Passage, ...]:
    """Return every chunk as a passage, each a little less relevant than the one before."""
    chunker = Chunker(FAKE, FAKE.max_tokens, target_tokens)
    chunks = [(article, chunk) for article in articles for chunk in chunker.chunk(article)]
    return tuple(_passage(article, chunk, rank) for rank, (article, chunk) in enumerate(chunks, start=1))


def _passage(article: Article, chunk: Chunk, rank: int) -> Passage:
    reference = ArticleReference(article.id, 1, article.title, None, None, None)
    relevance = 0.8 / rank
    return Passage(reference, chunk.span, chunk.span.of(article.text), chunk.sentences, relevance, relevance, rank)


def retrieved(embedder: Embedder, question: str, passages: tuple[Passage, ...]) -> Retrieval:
    return Retrieval(passages, embedder.embed([question])[0], search_words(question), 1)


def check_contract(reader: Reader, embedder: Embedder, question: str, articles: Sequence[Article]) -> None:
    texts = {article.id: article.text for article in articles}
    passages = passages_of(articles)
    reading = reader.read(question, retrieved(embedder, question, passages))
    assert 0 <= reading.confidence <= 1
    for found in reading.evidence:
        inside = [
            passage
            for passage in passages
            if passage.article == found.article
            and passage.span.start <= found.span.start < found.span.end <= passage.span.end
        ]
        assert inside
        assert found.quote == found.span.of(texts[found.article.id])
        assert found.answer_text.strip()
        assert found.answer_text in found.quote
        assert found.span.start in {sentence.start for passage in inside for sentence in passage.sentences}
        assert found.span.end in {sentence.end for passage in inside for sentence in passage.sentences}
        assert 0 <= found.confidence <= 1
    assert len({(found.article.id, found.span, found.answer_text) for found in reading.evidence}) == len(
        reading.evidence
    )
    assert reading == reader.read(question, retrieved(embedder, question, passages))


class TestContract:
    """What every reader keeps to."""

    @pytest.fixture
    def reader(self, embedder: SentenceTransformerEmbedder) -> Reader:
        return SentenceReader(embedder)

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
        article = make_article(text="The bell of Garrow was cast in 1804. It cracked in the frost.")
        answered, off_topic = (
            reader.read(question, retrieved(embedder, question, passages_of([article]))).confidence
            for question in ("When was the bell of Garrow cast?", "How do I reset a password?")
        )
        assert off_topic < 0.2 < 0.6 < answered


@settings(max_examples=80, deadline=None)
@given(
    st.text(max_size=80),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=400).map(lambda text: f"{text} x"), max_size=4),
)
def test_sentence_reader_keeps_the_contract_for_any_text(question: str, texts: list[str]) -> None:
    articles = [make_article(id=f"a{number}", text=text) for number, text in enumerate(texts)]
    check_contract(SentenceReader(FAKE), FAKE, question, articles)


@pytest.mark.parametrize(
    ("question", "text", "says"),
    [
        (
            "How many bees did the orchestra lose?",
            "The orchestra of Hask lost bees, and nobody knows why the bees left.\n\n"
            "The orchestra lost 4,000 bees in one night.",
            "The orchestra lost 4,000 bees in one night.",
        ),
        (
            "How many people were on the ferry to Garrow?",
            "The ferry to Garrow was late on Nov. 21, and people on it were cold.\n\n"
            "Sixty-one people were on the ferry, and two thousand sheep.",
            "Sixty-one people were on the ferry, and two thousand sheep.",
        ),
        (
            "When will the Hask bridge close?",
            "The Hask bridge will close to all traffic, and the bridge is rusty.\n\n"
            "It is to close on April 7, the county says of the bridge.",
            "It is to close on April 7, the county says of the bridge.",
        ),
        (
            "Who bought the old lighthouse?",
            "The old lighthouse was bought by somebody who has goats.\n\n"
            "The old lighthouse was bought by Ida Marlow, who has goats.",
            "The old lighthouse was bought by Ida Marlow, who has goats.",
        ),
        (
            "Which country sends the most ships?",
            "Could it be that Tamarre sends the most ships?\n\nIt turns out that Tamarre sends the most ships.",
            "It turns out that Tamarre sends the most ships.",
        ),
    ],
    ids=["how many", "how many, not a day", "when", "who", "no question for an answer"],
)
def test_prefers_what_the_question_asks_for(
    embedder: SentenceTransformerEmbedder, question: str, text: str, says: str
) -> None:
    passages = passages_of([make_article(text=text)], target_tokens=200)
    reading = SentenceReader(embedder).read(question, retrieved(embedder, question, passages))
    assert reading.evidence[0].answer_text == says


def test_quotes_a_short_sentence_with_its_neighbour(embedder: SentenceTransformerEmbedder) -> None:
    text = "Chancellor Egon Kolb was asked about troops. “We will not send any,” he said. The sun shone."
    passages = passages_of([make_article(text=text)], target_tokens=200)
    question = "Which troops will the chancellor send?"
    first = SentenceReader(embedder).read(question, retrieved(embedder, question, passages)).evidence[0]
    assert first.quote == "Chancellor Egon Kolb was asked about troops. “We will not send any,” he said."


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("PORT ELLERY, Brenmark, Nov. 14 (Wire) - A ferry sank.", "A ferry sank."),
        ("LETHMAR — “We sank,” he said.", "“We sank,” he said."),
        ("NATO - a club - met.", "NATO - a club - met."),
        ("The ferry - a small one - sank.", "The ferry - a small one - sank."),
        ("A ferry sank.", "A ferry sank."),
    ],
)
def test_says_what_happened_without_the_dateline(sentence: str, says: str) -> None:
    passages = passages_of([make_article(text=sentence)])
    [found] = SentenceReader(FAKE).read("ferry?", retrieved(FAKE, "ferry?", passages)).evidence
    assert (found.answer_text, found.quote) == (says, sentence)


def test_a_sentence_that_two_passages_share_is_evidence_once(embedder: SentenceTransformerEmbedder) -> None:
    article = make_article(
        id="a", text=" ".join(f"Ferry number {n} left the quay of Garrow at noon." for n in range(9))
    )
    passages = passages_of([article])
    shared = sum(len(passage.sentences) for passage in passages)
    assert shared > 9
    reading = SentenceReader(embedder).read("Which ferry?", retrieved(embedder, "Which ferry?", passages))
    assert len(reading.evidence) == 9


def test_embeds_no_more_sentences_than_are_worth_it() -> None:
    fake = FakeEmbedder()
    articles = [invented_article(number, sentences=60) for number in range(10)]
    passages = passages_of(articles)
    retrieval = retrieved(fake, QUESTION, passages)
    fake.embedded.clear()
    SentenceReader(fake).read(QUESTION, retrieval)
    assert 0 < len(fake.embedded) <= 40 < sum(len(passage.sentences) for passage in passages)


def test_similarities_decide_where_words_do_not() -> None:
    """The sentence with the question's very embedding wins over its equals."""
    text = "Alpha beta. Gamma delta. Epsilon zeta."
    passages = passages_of([make_article(text=text)], target_tokens=200)
    embedding = FAKE.embed(["Gamma delta."])[0]
    reading = SentenceReader(FAKE).read("?", Retrieval(passages, embedding, (), 1))
    assert np.argmax([found.confidence for found in reading.evidence]) == 0
    assert reading.evidence[0].answer_text == "Gamma delta."
