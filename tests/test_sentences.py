"""What the sentence reader is to prefer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import make_article
from index.embedding import Embedder
from qa.retrieval import Retrieval
from qa.sentences import SentenceReader
from tests.fakes import FakeEmbedder, invented_article
from tests.passages import check_contract, passages_of, retrieved

FAKE = FakeEmbedder()
QUESTION = "Who repainted the old lighthouse, and when?"


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
def test_prefers_what_the_question_asks_for(embedder: Embedder, question: str, text: str, says: str) -> None:
    passages = passages_of([make_article(text=text)], target_tokens=200)
    reading = SentenceReader(embedder).read(question, retrieved(embedder, question, passages))
    assert reading.evidence[0].answer_text == says


def test_quotes_a_short_sentence_with_its_neighbour(embedder: Embedder) -> None:
    rest = f"The sun shone on the {'very ' * 70}old town."
    text = f"Chancellor Egon Kolb was asked about troops. “We will not send any,” he said. {rest}"
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


def test_a_sentence_that_two_passages_share_is_evidence_once(embedder: Embedder) -> None:
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
