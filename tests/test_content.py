"""Texts are cut for their pages without losing or moving a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.articles import ArticleFilter, Span
from qa.answers import Answer, ArticleReference, Citation, Question, Statement
from qa.web.content import AnswerPage, Piece, citation_cards, marked, paragraphs
from qa.web.forms import blank_form

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


ARTICLE = ArticleReference("a", 1, "Title", None, None, "2026-03-01")


def answered(statements: tuple[Statement, ...], *citations: Citation) -> Answer:
    return Answer(
        id="1",
        question=Question("Weather?", filters=ArticleFilter()),
        status="answered",
        statements=statements,
        citations=citations,
        passages=(),
        confidence=0.9,
        answered_by="sentences",
        index_generation=1,
    )


def citation(number: int, quote: str, *answers: str, start: int = 40) -> Citation:
    """Cite a quote that begins somewhere in its article; each answer is where it stands last in the quote."""
    spans = (Span(start + quote.rindex(words), start + quote.rindex(words) + len(words)) for words in answers)
    return Citation(number, ARTICLE, Span(start, start + len(quote)), quote, 0.9, tuple(spans))


def test_a_card_knows_its_statement_and_where_its_quote_answers() -> None:
    answer = answered(
        (Statement("It rained.", (1,)), Statement("It snowed.", (2, 1))),
        citation(1, "It rained. All day.", "It rained."),
        citation(2, "It snowed.", "It snowed."),
        citation(3, "Wind."),
    )
    rained, snowed, uncited = citation_cards(answer)
    assert (rained.statement, snowed.statement, uncited.statement) == (1, 2, 1)
    assert rained.pieces == (Piece("It rained.", is_marked=True), Piece(" All day."))
    # Marking the whole of a quote would tell nothing apart.
    assert snowed.pieces == (Piece("It snowed."),)
    assert uncited.pieces == (Piece("Wind."),)


def test_every_answer_that_a_citation_shows_is_marked_where_it_stands() -> None:
    quote = "Of twelve on board, France said, twelve came from France and the UK."
    answer = answered(
        (Statement("twelve", (1, 2)), Statement("France", (1,)), Statement("the UK", (1,))),
        citation(1, quote, "the UK", "twelve", "France"),
        citation(2, "All 12 are safe.", "12"),
    )
    first, second = citation_cards(answer)
    assert [piece.text for piece in first.pieces] == [
        "Of twelve on board, France said, ", "twelve", " came from ", "France", " and ", "the UK", "."
    ]  # fmt: skip
    assert [piece.text for piece in first.pieces if piece.is_marked] == ["twelve", "France", "the UK"]
    # The statement's words need not be those of each citation that shows it.
    assert [piece.text for piece in second.pieces if piece.is_marked] == ["12"]


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=5))
def test_whatever_is_marked_the_text_stays_and_each_mark_is_covered(text: str, marks: list[tuple[int, int]]) -> None:
    spans = [Span(start, start + length) for start, length in marks]
    pieces = marked(text, Span(0, len(text)), spans)
    assert "".join(piece.text for piece in pieces) == text
    covered = {place for span in spans for place in range(span.start, min(span.end, len(text)))}
    places = [piece.is_marked for piece in pieces for _ in piece.text]
    assert {place for place, is_marked in enumerate(places) if is_marked} == covered


def page(*statements: Statement) -> AnswerPage:
    answer = answered(statements, citation(1, "It rained on 12 people. All day.", "12 people"))
    return AnswerPage(blank_form([]), answer, citation_cards(answer), (), "/ask", 1)


def test_several_short_answers_are_a_list_and_sentences_are_none() -> None:
    short, sentence = Statement("12 people", (1,)), Statement("It rained on 12 people.", (1,))
    assert page(short, short).is_list
    assert not page(short).is_list
    assert not page(short, sentence).is_list
    assert [line.is_short for line in page(short, sentence).lines] == [True, False]


def test_the_date_stands_beside_what_others_tell_otherwise() -> None:
    lines = page(Statement("12 people", (1,)), Statement("nobody", (1,), "earlier")).lines
    assert [line.published_at for line in lines] == [None, "2026-03-01"]
