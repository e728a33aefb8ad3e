"""What is said and cited of the evidence, whatever the evidence is."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index.articles import Span
from qa.answers import ArticleReference, Evidence, Reading
from qa.composing import Composition, compose

LIST, SINGLE = "Which countries would send troops?", "When did the ferry sink?"


def reference(id: str, version: int = 1) -> ArticleReference:
    return ArticleReference(id, version, "A title", None, None, None)


def evidence(says: str, confidence: float = 0.9, article: str = "a", start: int = 0) -> Evidence:
    whole = Span(start, start + len(says))
    return Evidence(reference(article), whole, says, whole, whole, confidence)


def composed(
    *found: Evidence, question: str = LIST, max_citations: int = 5, threshold: float = 0.5
) -> Composition | None:
    reading = Reading(found, confidence=max((e.confidence for e in found), default=0.0))
    return compose(question, reading, max_citations=max_citations, threshold=threshold)


def quotes(composition: Composition | None) -> list[str]:
    return [citation.quote for citation in composition.citations] if composition else []


def test_says_each_piece_of_evidence_with_its_citation_best_first() -> None:
    composition = composed(evidence("Brenmark goes.", 0.9), evidence("Lorvania stays.", 0.7, start=40))
    assert composition is not None
    assert [(s.text, s.citations) for s in composition.statements] == [
        ("Brenmark goes.", (1,)),
        ("Lorvania stays.", (2,)),
    ]
    assert [(c.number, c.quote, c.confidence) for c in composition.citations] == [
        (1, "Brenmark goes.", 0.9),
        (2, "Lorvania stays.", 0.7),
    ]


def test_quotes_more_than_it_says_where_the_evidence_does() -> None:
    found = Evidence(reference("a"), Span(3, 28), "He was asked. He said no.", Span(17, 28), Span(17, 28), 0.9)
    composition = composed(found)
    assert composition is not None
    assert composition.statements[0].text == "He said no."
    assert composition.citations[0].span == Span(3, 28)
    assert composition.citations[0].quote == "He was asked. He said no."


def test_abstains_below_the_threshold() -> None:
    assert composed(evidence("Brenmark goes.", 0.49)) is None
    assert composed(evidence("Brenmark goes.", 0.5)) is not None


def test_abstains_without_evidence() -> None:
    assert composed() is None
    assert composed(threshold=0.0) is None


def test_abstains_where_the_passages_seem_to_answer_but_no_evidence_does() -> None:
    reading = Reading((evidence("Brenmark goes.", 0.3),), confidence=0.9)
    assert compose(LIST, reading, max_citations=5, threshold=0.5) is None


def test_abstains_where_the_passages_do_not_answer_though_a_sentence_seems_to() -> None:
    reading = Reading((evidence("Brenmark goes.", 0.9),), confidence=0.3)
    assert compose(LIST, reading, max_citations=5, threshold=0.5) is None


WIRE = "A cracked weld on the stern ramp sank the ferry last November, investigators said on Thursday."


@pytest.mark.parametrize(
    "copy",
    [
        WIRE,
        "A cracked weld on the stern ramp sank the ferry last November, investigators reported on Thursday.",
        "A cracked weld on the stern ramp sank the ferry last November, investigators said on Thursday in Port Ellery.",
        "a CRACKED weld on the stern ramp sank the ferry last November - investigators said on Thursday",
    ],
)
def test_of_wire_copies_one_is_cited(copy: str) -> None:
    assert quotes(composed(evidence(WIRE), evidence(copy, 0.8, "b"))) == [WIRE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brenmark will send troops to the Drelle.", "Lorvania will send troops to the Drelle."),
        ("Varnholt will send troops to the Drelle.", "Varnholt will not send troops to the Drelle."),
        ("They will be sent to the Drelle this spring.", "They won't be sent to the Drelle this spring."),
        ("At least 9 people died in the ferry.", "At least 15 people died in the ferry."),
        ("At least nine people died in the ferry.", "At least ten people died in the ferry."),
    ],
)
def test_what_differs_in_a_name_a_number_or_a_denial_is_said_twice(one: str, other: str) -> None:
    assert quotes(composed(evidence(one), evidence(other, 0.8, "b"))) == [one, other]


def test_overlapping_excerpts_of_one_article_are_cited_once() -> None:
    found = evidence("Brenmark goes.", 0.9), evidence("Tamarre waits for aircraft.", 0.8, start=13)
    assert quotes(composed(*found)) == ["Brenmark goes."]
    elsewhere = evidence("Tamarre waits for aircraft.", 0.8, "b", start=13)
    assert quotes(composed(found[0], elsewhere)) == ["Brenmark goes.", "Tamarre waits for aircraft."]


def test_excerpts_that_touch_do_not_overlap() -> None:
    assert len(quotes(composed(evidence("Brenmark goes."), evidence("Tamarre waits.", 0.8, start=14)))) == 2


@pytest.mark.parametrize(
    ("question", "most"),
    [
        ("Which countries would send troops?", 10),
        ("What conditions did they set?", 10),
        ("Who were the candidates?", 10),
        ("Who will pay for the force?", 10),
        ("List the ports that closed", 10),
        ("Name every candidate", 10),
        ("Which of the women won?", 10),
        ("When did the ferry sink?", 3),
        ("Who won the cup?", 3),
        ("What was the cause?", 3),
        ("Which status does it have?", 3),
    ],
)
def test_a_question_for_several_things_gets_more_statements(question: str, most: int) -> None:
    found = [evidence(f"{name * 5} left.", start=100 * n) for n, name in enumerate("ABCDEFGHIJKL")]
    assert len(quotes(composed(*found, question=question, max_citations=10))) == most


sayings = st.text(min_size=1, max_size=40) | st.sampled_from(
    [WIRE, WIRE.upper(), "Brenmark goes.", "Brenmark does not go."]
)
pieces = st.builds(
    lambda article, version, start, says, confidence: Evidence(
        reference(article, version),
        Span(start, start + 2 + len(says)),
        f"… {says}",
        *[Span(start + 2, start + 2 + len(says))] * 2,
        confidence,
    ),
    st.sampled_from("abc"),
    st.integers(1, 2),
    st.integers(0, 200),
    sayings,
    st.floats(0, 1),
)


@given(
    question=st.sampled_from([LIST, SINGLE]) | st.text(max_size=80),
    found=st.lists(pieces, max_size=15),
    confidence=st.floats(0, 1),
    max_citations=st.integers(1, 20),
    threshold=st.floats(0, 1),
)
@example(LIST, [], 1.0, 5, 0.0)
def test_whatever_the_evidence(
    question: str, found: list[Evidence], confidence: float, max_citations: int, threshold: float
) -> None:
    composition = compose(question, Reading(tuple(found), confidence), max_citations=max_citations, threshold=threshold)
    can_answer = confidence >= threshold and any(e.confidence >= threshold for e in found)
    assume(composition is not None)
    assert composition is not None
    assert can_answer
    citations = composition.citations
    assert 1 <= len(citations) <= max_citations
    assert max(citation.confidence for citation in citations) >= threshold
    for one, other in combinations(citations, 2):
        assert one.article != other.article or not one.span.overlaps(other.span)
    assert [c.number for c in citations] == list(range(1, len(citations) + 1))
    assert [n for statement in composition.statements for n in statement.citations] == [c.number for c in citations]
    cited = [(c.article, c.span, c.quote, c.confidence) for c in citations]
    offered = [(e.article, e.span, e.quote, e.confidence) for e in found]
    places = [offered.index(piece) for piece in cited]
    assert places == sorted(places)
    texts = [statement.text for statement in composition.statements]
    assert all(text in citation.quote for text, citation in zip(texts, citations, strict=True))
    spoken = [text.casefold() for text in texts if any(map(str.isalnum, text))]
    assert len(set(spoken)) == len(spoken)
