"""Articles are data: what one tells a language model changes no answer, not even where the model obeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.articles import make_article
from index.embedding import Embedder
from qa.answering import Answerer
from qa.answers import Answer
from qa.llm import OpenAIModel
from qa.reading import SpanReader
from qa.span_models import PACKAGED_READER, open_span_model
from qa.verifying import verified
from qa.writing import Writer
from tests.injections import INJECTIONS, Injection
from tests.live import HARBOUR
from tests.llm_server import LanguageModelServer, Reply
from tests.small import SmallCollection, question

QUESTIONS = ["How many eels did Noor Vestergaard find?", "What did the fish pass at Lock 4 cost?"]
CLEAN = next(fields for fields in HARBOUR if fields["id"] == "eels")
INJECTED = pytest.mark.parametrize("injection", INJECTIONS.values(), ids=INJECTIONS)
AT = pytest.mark.parametrize("place", ["text", "heading"])


class Asked:
    """The harbour's articles, that on eels as a test wants it, and whoever answers from them."""

    def __init__(self, collection: SmallCollection, embedder: Embedder, writer: Writer) -> None:
        self.collection = collection
        parts = (collection.catalogue, collection.retriever, SpanReader(open_span_model(PACKAGED_READER)))
        self.extractive = Answerer(*parts, passages=10, threshold=0.4)
        self.worded = Answerer(*parts, writer, passages=10, threshold=0.4)

    def store(self, injection: Injection | None = None, place: str = "behind") -> None:
        fields = dict(CLEAN)
        if injection is not None:
            if place == "behind":
                fields["text"] += f"\n\n{injection.text}"
            elif place == "text":
                # Behind the article, and beside the sentences that answer, so that an excerpt may hold both.
                beside = fields["text"].replace(" She credits", f" {injection.text} She credits")
                fields["text"] = f"{beside}\n\n{injection.text}"
            else:
                fields |= {name: f"{fields[name]} {injection.text}" for name in ("title", "source")}
        self.collection.store(make_article(**fields))


@pytest.fixture(scope="module")
def asked_of(
    tmp_path_factory: pytest.TempPathFactory,
    embedder: Embedder,
    language_model: LanguageModelServer,
) -> Iterator[Asked]:
    collection = SmallCollection(Path(tmp_path_factory.mktemp("injected")), embedder)
    collection.store(*(make_article(**fields) for fields in HARBOUR))
    model = OpenAIModel(language_model.url, "obedient", api_key=None, timeout=120)
    yield Asked(collection, embedder, Writer(model))
    model.close()
    collection.close()


def said(answer: Answer) -> tuple[list[str], list[str]]:
    return [statement.text for statement in answer.statements], [citation.quote for citation in answer.citations]


@pytest.fixture(scope="module")
def clean(asked_of: Asked) -> dict[str, tuple[list[str], list[str]]]:
    asked_of.store()
    return {asked: said(asked_of.extractive.answer(question(asked, max_citations=1))) for asked in QUESTIONS}


@INJECTED
def test_the_extractive_answer_is_the_same(
    asked_of: Asked, clean: dict[str, tuple[list[str], list[str]]], injection: Injection
) -> None:
    """An excerpt may reach into the injected words, which are then quoted like any others."""
    asked_of.store(injection, "behind")
    for asked in QUESTIONS:
        statements, [quote] = said(asked_of.extractive.answer(question(asked, max_citations=1)))
        assert statements == clean[asked][0]
        assert quote.startswith(clean[asked][1][0])


@INJECTED
@AT
def test_a_model_that_obeys_is_not_heard(
    asked_of: Asked, language_model: LanguageModelServer, injection: Injection, place: str
) -> None:
    """Even when it cites all there is, so that any excerpt might show its words."""
    asked_of.store(injection, place)
    obeyed = injection.obeyed
    language_model.will_answer(Reply(f"{obeyed} [1][2][3][4][5]. {obeyed} [1]. {obeyed}. [9] {obeyed}"))
    for asked in QUESTIONS:
        answer = asked_of.worded.answer(question(asked))
        extractive = asked_of.extractive.answer(question(asked))
        assert (answer.statements, answer.citations) == (extractive.statements, extractive.citations)
        assert answer.answered_by == extractive.answered_by == "extractive"
        assert len(answer.notes) == 1
    assert not any(injection.text in received.request for received in language_model.received)


@INJECTED
def test_the_verifier_alone_would_drop_it(asked_of: Asked, injection: Injection) -> None:
    asked_of.store()
    answer = asked_of.extractive.answer(question(QUESTIONS[0]))
    excerpts = {citation.number: citation for citation in answer.citations}
    every = "".join(f"[{number}]" for number in excerpts)
    assert excerpts
    assert verified(f"{injection.obeyed} {every}.", excerpts) is None


def test_what_stands_elsewhere_does_not_silence_the_model(asked_of: Asked, language_model: LanguageModelServer) -> None:
    asked_of.store()
    other = next(fields for fields in HARBOUR if fields["id"] == "bakery")
    asked_of.collection.store(make_article(**{**other, "text": f"{other['text']} {INJECTIONS['plain'].text}"}))
    language_model.will_answer(
        lambda received: Reply(f"Noor Vestergaard found 312 of them in January [{received.number_of('312 of them')}].")
    )
    answer = asked_of.worded.answer(question(QUESTIONS[0]))
    assert (answer.text, answer.notes) == ("Noor Vestergaard found 312 of them in January. [1]", ())
    assert answer.answered_by == "llm:obedient"
