"""What is typed becomes a question, or comes back whole with the error beside its field."""

from __future__ import annotations

import pytest
from litestar.datastructures import MultiDict

from index.articles import ArticleFilter
from index.errors import InputError
from qa.answers import Question
from qa.web.forms import AskForm, Field, SourceChoice, blank_form, read_form, source_choices, whole_number

SOURCES = [("Gazette", 8), ("Wire", 2)]


def filled(*pairs: tuple[str, str]) -> tuple[AskForm, Question | None]:
    return read_form(MultiDict(pairs), SOURCES)


def test_a_question_alone_is_enough() -> None:
    form, question = filled(("question", "  Who won?  "))
    assert question == Question("Who won?")
    assert form.narrowed_by == ()
    assert blank_form(SOURCES).narrowed_by == ()


def test_everything_that_narrows_the_search_is_read_and_told() -> None:
    form, question = filled(
        ("question", "Who\r\nwon?"),
        ("source", "Wire"),
        ("source", ""),
        ("source", "Wire"),
        ("published_from", "2025-01-01"),
        ("published_to", "2025-01-01T10:00+02:00"),
        ("as_of", "2026-02-03"),
        ("max_citations", "3"),
    )
    filters = ArticleFilter(("Wire",), published_from="2025-01-01", published_to="2025-01-01T08:00:00Z")
    assert question == Question("Who won?", 3, filters, "2026-02-03")
    assert form.narrowed_by == (
        "Wire",
        "from 1 January 2025",
        "to 2025-01-01T10:00+02:00",
        "as of 3 February 2026",
        "3 citations at most",
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("question", "", "Type a question"),
        ("question", "?!", "no words"),
        ("question", "w" * 1_001, "1,001 characters"),
        ("published_from", "31 Feb", "'31 Feb' is not understood"),
        ("published_to", "2025-02-30", "not understood"),
        ("as_of", "\x00", "not understood"),
        ("max_citations", "0", "may be 1 to 20"),
        ("max_citations", "21", "may be 1 to 20"),
        ("max_citations", "٣", "whole number"),
        ("max_citations", "9" * 5_000, "whole number"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(name: str, value: str, said: str) -> None:
    typed = {"question": "Who won?", "published_from": "2024-01-01", "source": "Wire", name: value}
    form, question = filled(*typed.items())
    assert question is None
    fields = {
        each: getattr(form, each) for each in ("question", "published_from", "published_to", "as_of", "max_citations")
    }
    assert said in fields[name].error
    assert [field.error for each, field in fields.items() if each != name] == [""] * 4
    assert {each: field.value for each, field in fields.items() if field.value} == {
        each: text for each, text in typed.items() if text and each != "source"
    }
    assert [choice.name for choice in form.sources if choice.is_chosen] == ["Wire"]
    assert form.has_wrong_filter == (name != "question")


def test_lines_end_once_however_a_browser_sends_them() -> None:
    _, question = filled(("question", "w\r\n" * 400))
    assert question is not None


def test_the_days_must_be_in_order() -> None:
    form, question = filled(("question", "Who?"), ("published_from", "2025-02-02"), ("published_to", "2025-02-01"))
    assert question is None
    assert "before the first day" in form.published_to.error
    same_day = filled(("question", "Who?"), ("published_from", "2025-02-02T23:00:00Z"), ("published_to", "2025-02-02"))
    assert same_day[1] is not None


def test_too_many_sources_are_refused() -> None:
    form, question = filled(("question", "Who?"), *(("source", f"S{number}") for number in range(101)))
    assert question is None
    assert "101 sources are chosen; at most 100" in form.sources_error


def test_a_source_that_is_gone_stays_chosen() -> None:
    assert source_choices(SOURCES, ("Gone", "Wire")) == (
        SourceChoice("Gazette", 8, False),
        SourceChoice("Wire", 2, True),
        SourceChoice("Gone", 0, True),
    )


@pytest.mark.parametrize(
    ("value", "is_day"), [("", True), ("2025-02-30", True), ("31 Feb", False), ("2025-01-01T1", False)]
)
def test_a_date_picker_gets_only_what_it_can_show(value: str, is_day: bool) -> None:
    assert Field("as_of", value).is_day is is_day


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "1" * 10, "½", "two"])
def test_only_whole_numbers_of_a_sane_size_pass(text: str) -> None:
    with pytest.raises(InputError, match="whole number of at most nine digits"):
        whole_number(text, "page")
