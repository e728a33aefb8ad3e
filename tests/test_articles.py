"""Articles are normalised once, by rules that hold for any text."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.articles import (
    MAX_ID_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    Article,
    ArticleFilter,
    Span,
    canonical_url,
    make_article,
    normalise_line,
    normalise_text,
    normalise_time,
)
from index.errors import InputError

ANY_CHARACTER = st.characters(codec=None, categories=None)
# Whatever a decoder may leave: half characters, controls, odd line ends, marks that combine with what stands before.
ANY_TEXT = st.text(
    ANY_CHARACTER | st.sampled_from("\r\n\t \x00\x0b\x85\u2028\u00a0\u3000\ufeff\u202e\u0301\u200d\ud800")
)
WRAPPED = """\
The harbour board met on Tuesday evening to settle how the
new quay is to be paid for, and who will own the cranes
once the loan has been repaid in full."""


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once


@given(ANY_TEXT)
def test_normalised_text_is_clean(text: str) -> None:
    normal = normalise_text(text)
    assert unicodedata.is_normalized("NFC", normal)
    assert {unicodedata.category(character) for character in normal.replace("\n", "")}.isdisjoint({"Cc", "Cs"})
    assert not any(isolate in normal for isolate in "\u202a\u202e\u2066\u2069\u200b\ufeff")
    assert "  " not in normal
    assert "\n\n\n" not in normal
    assert all(line == line.strip() for line in normal.split("\n"))
    assert normal == normal.strip()


@given(ANY_TEXT)
def test_no_letter_is_lost(text: str) -> None:
    def letters(of: str) -> str:
        return unicodedata.normalize("NFC", "".join(c for c in of if unicodedata.category(c)[0] in "LN"))

    assert letters(unicodedata.normalize("NFC", normalise_text(text))) == letters(unicodedata.normalize("NFC", text))


@given(ANY_TEXT)
def test_a_normalised_line_is_one_line(text: str) -> None:
    assert "\n" not in normalise_line(text)
    assert normalise_line(text).split() == normalise_text(text).split()


def test_lines_wrapped_at_a_width_are_joined() -> None:
    assert normalise_text(WRAPPED) == " ".join(WRAPPED.split("\n"))


def test_paragraphs_and_lists_keep_their_lines() -> None:
    verse = "What was agreed:\n- the quay\n- the cranes\n\nThe board meets again in May."
    assert normalise_text(verse) == verse
    assert normalise_text(f"{WRAPPED}\n\n\n{WRAPPED}").count("\n\n") == 1


def test_joiners_that_spelling_needs_are_kept() -> None:
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    persian = "می\u200cخواهم"
    assert normalise_text(f"{family} {persian}") == f"{family} {persian}"


def test_each_kind_of_line_end_is_one() -> None:
    assert normalise_text("a\r\nb\rc\u2028d\x0be") == "a\nb\nc\nd\ne"


def test_fields_are_normalised() -> None:
    article = make_article(
        text="  The ferry\tsailed.\r\n",
        title=" Ferry\nsails ",
        url="HTTPS://News.Example:443/ferry?utm_source=x&page=2#top",
        source=" Harbour\u00a0Post ",
        authors=["Ida  Moen", "", "\x00"],
        published_at="2025-02-27T15:05:00+01:00",
        language="en",
    )
    assert article == Article(
        id=article.id,
        title="Ferry sails",
        text="The ferry sailed.",
        url="https://news.example/ferry?page=2",
        source="Harbour Post",
        authors=("Ida Moen",),
        published_at="2025-02-27T14:05:00Z",
        language="en",
    )
    assert make_article(text="The ferry sailed.", authors="Ida Moen").authors == ("Ida Moen",)


@given(ANY_TEXT, ANY_TEXT)
def test_every_article_can_be_stored(text: str, other: str) -> None:
    """Whatever is given, it is refused as InputError, or every field of it is text that UTF-8 can hold."""
    try:
        article = make_article(text=text, title=other, source=other, authors=other, language=other)
    except InputError:
        return
    assert article.text
    assert article.title
    assert len(article.title) <= MAX_TITLE_CHARS
    assert len(article.content_hash) == 64
    for field in (article.title, article.text, article.source, *article.authors, article.language):
        assert (field or "").encode("utf-8") is not None


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x1f", "\u200b\ufeff"])
def test_text_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no text"):
        make_article(text=text)


def test_text_that_is_too_long_is_refused() -> None:
    assert len(make_article(text="a" * MAX_TEXT_CHARS).text) == MAX_TEXT_CHARS
    with pytest.raises(InputError, match="2,000,001 characters; at most 2,000,000"):
        make_article(text="a" * (MAX_TEXT_CHARS + 1))


def test_the_id_is_the_one_given_else_of_the_url_else_of_title_and_text() -> None:
    assert make_article(text="One.", id="story-1").id == "story-1"
    by_url = make_article(text="One.", url="https://news.example/a?utm_medium=feed")
    assert by_url.id == make_article(text="Rewritten.", url="https://NEWS.example/a#part").id
    assert by_url.id != make_article(text="One.", url="https://news.example/b").id
    by_text = make_article(text="One.", title="First")
    assert by_text.id == make_article(text=" One. ", title="First", source="Elsewhere").id
    assert by_text.id not in (make_article(text="One.", title="Other").id, make_article(text="Two.", title="First").id)
    assert (by_text.has_derived_id, by_url.has_derived_id) == (True, False)
    assert not make_article(text="One.", id="story-1").has_derived_id


@pytest.mark.parametrize("id", ["", "-x", ".x", "a b", "a/b", "a\n", "é", "x" * (MAX_ID_CHARS + 1), "a\ud800"])
def test_ids_that_urls_would_change_are_refused(id: str) -> None:
    with pytest.raises(InputError, match="is not allowed"):
        make_article(text="One.", id=id)


def test_the_longest_id_is_allowed() -> None:
    assert make_article(text="One.", id="x" * MAX_ID_CHARS).id == "x" * MAX_ID_CHARS


def test_a_missing_title_is_the_first_words() -> None:
    assert make_article(text="Short line.\nMore.").title == "Short line."
    long = make_article(text="The board " + "met again and " * 20)
    assert long.title.startswith("The board met again")
    assert long.title.endswith("…")
    assert len(long.title) <= 101
    assert long.has_derived_title
    assert not make_article(text="One. Two.", title="One").has_derived_title


def test_an_over_long_title_is_cut() -> None:
    title = make_article(text="One.", title="word " * 200).title
    assert len(title) == MAX_TITLE_CHARS
    assert title.endswith("…")


def test_equal_content_has_equal_hashes_whatever_the_id() -> None:
    one, other = make_article(text="One.", id="a"), make_article(text="One.", id="b")
    assert one.content_hash == other.content_hash
    for change in ({"text": "Two."}, {"title": "T"}, {"source": "S"}, {"authors": "A"}, {"published_at": "2025-01-01"}):
        assert make_article(**{"text": "One.", **change}).content_hash != one.content_hash


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2025-02-27", "2025-02-27"),
        (" 2025-02-27 ", "2025-02-27"),
        ("2025-02-27T14:05:00Z", "2025-02-27T14:05:00Z"),
        ("2025-02-27T14:05", "2025-02-27T14:05:00Z"),
        ("2025-02-27 23:30:00-02:00", "2025-02-28T01:30:00Z"),
        (date(812, 3, 4), "0812-03-04"),
        (datetime(812, 3, 4, 5, 6, 7, tzinfo=UTC), "0812-03-04T05:06:07Z"),
        (datetime(2025, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2))), "2024-12-31T22:30:00Z"),
    ],
)
def test_times_are_told_in_utc(given: str | date | datetime, told: str) -> None:
    assert normalise_time(given) == told
    assert normalise_time(told) == told


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_order_of_moments_is_order_of_strings(moments: list[datetime]) -> None:
    told = [normalise_time(moment.replace(microsecond=0)) for moment in moments]
    assert sorted(told) == [normalise_time(moment) for moment in sorted(moments)]


@pytest.mark.parametrize("text", ["", "yesterday", "27.02.2025", "2025-13-01", "2025-02-30", "9" * 100, "\ud800", "12"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="Write a day as"):
        normalise_time(text)


def test_a_moment_outside_of_the_calendar_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be told in UTC"):
        normalise_time("0001-01-01T00:00:00+05:00")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://News.Example", "http://news.example/"),
        (" https://news.example:8443/a/b ", "https://news.example:8443/a/b"),
        ("http://news.example:80/a", "http://news.example/a"),
        ("https://user:word@news.example/a", "https://news.example/a"),
        ("https://news.example/a?b=2&a=1&utm_campaign=z&fbclid=q", "https://news.example/a?b=2&a=1"),
        ("https://news.example/a?id=7&GCLID=q&at_medium=rss&msclkid=1", "https://news.example/a?id=7"),
        ("https://news.example/%c3%9cber", "https://news.example/%C3%9Cber"),
        ("https://news.example/a?flag", "https://news.example/a?flag="),
        ("https://[2001:DB8::1]:444/a", "https://[2001:db8::1]:444/a"),
        ("https://news.example/Über", "https://news.example/%C3%9Cber"),
    ],
)
def test_urls_are_canonical(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "file:///etc/hosts", "ftp://news.example/", "//news.example/a", "news.example", "https://",
        "https://news.example:port/", "https://news.example:99999/", "https://[::1",
    ],
)  # fmt: skip
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="URL"):
        canonical_url(url)


@given(st.builds("https://news.example/{}?{}".format, ANY_TEXT, ANY_TEXT))
@example("https://news.example/?q=\udfff")
@example("https://news.example/ ?")
def test_canonical_urls_stay_as_they_are(url: str) -> None:
    try:
        canonical = canonical_url(url)
    except InputError:
        return
    assert canonical.encode("utf-8")
    assert canonical_url(canonical) == canonical


def test_spans_are_half_open() -> None:
    assert Span(1, 3).of("abcd") == "bc"
    assert Span(1, 3).overlaps(Span(2, 9))
    assert not Span(1, 3).overlaps(Span(3, 4))
    assert sorted([Span(2, 3), Span(1, 9), Span(1, 2)]) == [Span(1, 2), Span(1, 9), Span(2, 3)]


def test_only_the_empty_filter_is_open() -> None:
    assert ArticleFilter().is_open
    assert not ArticleFilter(sources=()).is_open
    assert not ArticleFilter(published_to="2025-01-01").is_open
