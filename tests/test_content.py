"""Texts are cut for their pages without losing or moving a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.articles import ArticleFilter, Span
from qa.answers import Answer, ArticleReference, Citation, Question, Statement
from qa.web.content import Piece, citation_cards, paragraphs

TEXTS = st.text(alphabet="ab \n𝄞é", max_size=60)


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_pieces_are_the_text_and_marks_the_excerpt(text: str, start: int, length: int) -> None:
    excerpt = Span(min(start, len(text)), min(start + length, len(text)))
    cut = paragraphs(text, excerpt)
    assert "\n\n".join("".join(piece.text for piece in paragraph.pieces) for paragraph in cut) == text
    pieces = [piece for paragraph in cut for piece in paragraph.pieces]
    marked = "".join(piece.text for piece in pieces if piece.is_marked)
    assert marked.replace("\n", "") == excerpt.of(text).replace("\n", "")
    assert sum(piece.is_first_mark for piece in pieces) == any(piece.is_marked for piece in pieces)


def test_an_excerpt_over_a_paragraph_break_is_marked_on_both_sides() -> None:
    first, second, third = paragraphs("One two.\n\nThree four.\n\nFive.", Span(4, 15))
    assert first.pieces == (Piece("One "), Piece("two.", is_marked=True, is_first_mark=True))
    assert second.pieces == (Piece("Three", is_marked=True), Piece(" four."))
    assert third.pieces == (Piece("Five."),)


def test_without_an_excerpt_nothing_is_marked() -> None:
    assert [paragraph.pieces for paragraph in paragraphs("One.\n\nTwo.", None)] == [(Piece("One."),), (Piece("Two."),)]


def test_a_card_knows_its_statement_and_what_of_its_quote_that_repeats() -> None:
    article = ArticleReference("a", 1, "Title", None, None, None)
    quotes = ["It rained. All day.", "It snowed.", "Wind."]
    answer = Answer(
        id="1",
        question=Question("Weather?", filters=ArticleFilter()),
        status="answered",
        statements=(Statement("It rained.", (1,)), Statement("It snowed.", (2, 1))),
        citations=tuple(Citation(n, article, Span(0, len(q)), q, 0.9) for n, q in enumerate(quotes, start=1)),
        passages=(),
        confidence=0.9,
        answered_by="sentences",
        index_generation=1,
    )
    rained, snowed, uncited = citation_cards(answer)
    assert (rained.statement, snowed.statement, uncited.statement) == (1, 2, 1)
    assert rained.pieces == (Piece("It rained.", is_marked=True), Piece(" All day."))
    # Marking the whole of a quote would tell nothing apart.
    assert snowed.pieces == (Piece("It snowed."),)
    assert uncited.pieces == (Piece("Wind."),)
