from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import MAX_TEXT_CHARS, Article, normalise_text
from index.errors import SourceError
from index.extraction import extract
from index.sources import Kind, RawDocument, read_file

SAMPLES = Path(__file__).parent / "samples"

PARAGRAPH = (
    "The mill at Ostrey has stopped for the first time in ninety years, the miller said on Monday, after an otter"
    " moved into its wheel and could not be talked into leaving."
)
SECOND = "Bread will be brought over from Skarn until the otter has made up its mind, which may take all of spring."


def extracted(content: str | dict[str, object], kind: Kind) -> Article:
    return extract(RawDocument("file:///articles/a", kind, content, datetime(2031, 2, 3, tzinfo=UTC)))


def sample(name: str) -> Article:
    (document,) = read_file(SAMPLES / name)
    assert isinstance(document, RawDocument)
    return extract(document)


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


class TestRecord:
    def test_every_field_is_taken_and_unknown_ones_are_not(self) -> None:
        article = extracted(
            {
                "id": "otter-1",
                "url": "HTTPS://Ostrey-Herald.example/otter?utm_source=x",
                "title": "Otter stops mill",
                "source": "The Ostrey Herald",
                "authors": ["Wilma Tarn", "Edo Fisk"],
                "published_at": "2031-02-03T10:00:00+02:00",
                "language": "en",
                "text": PARAGRAPH,
                "mood": {"cheerful": True},
            },
            "record",
        )
        assert article == Article(
            id="otter-1",
            title="Otter stops mill",
            text=PARAGRAPH,
            url="https://ostrey-herald.example/otter",
            source="The Ostrey Herald",
            authors=("Wilma Tarn", "Edo Fisk"),
            published_at="2031-02-03T08:00:00Z",
            language="en",
        )

    def test_all_but_the_text_may_be_null_or_missing(self) -> None:
        names = ["id", "url", "title", "source", "authors", "published_at", "language"]
        article = extracted({"text": PARAGRAPH, **dict.fromkeys(names)}, "record")
        assert article == extracted({"text": PARAGRAPH}, "record")
        assert article.title.startswith("The mill at Ostrey")

    def test_a_numeric_id_becomes_text_and_one_author_a_list(self) -> None:
        article = extracted({"id": 17, "authors": "Wilma Tarn", "text": PARAGRAPH}, "record")
        assert (article.id, article.authors) == ("17", ("Wilma Tarn",))

    def test_its_text_is_not_cleaned(self) -> None:
        text = f"2 min read\n\n{PARAGRAPH}\n\nSee all"
        assert extracted({"title": "2 min read", "text": text}, "record").text == text

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            ({"text": None}, "no text"),
            ({"text": ""}, "no text"),
            ({"text": " \n"}, "no text"),
            ({"text": 3}, "'text' is 3, which is not text"),
            ({"title": ["Otter"]}, "'title' is .*not text"),
            ({"id": True}, "'id' is True"),
            ({"id": 1.5}, "'id' is 1.5"),
            ({"id": "no spaces"}, "not allowed"),
            ({"url": "ftp://ostrey.example/a"}, "not an http"),
            ({"authors": {"name": "Wilma"}}, "'authors' is"),
            ({"authors": ["Wilma", None]}, "'authors' is"),
            ({"published_at": "yesterday"}, "not understood"),
            ({"published_at": 1927756800}, "'published_at' is"),
            ({"language": 5}, "'language' is"),
            ({"text": "x" * (MAX_TEXT_CHARS + 1)}, "at most 2,000,000"),
        ],
    )
    def test_what_is_wrong_is_named(self, record: dict[str, object], reason: str) -> None:
        with pytest.raises(SourceError, match=reason):
            extracted({"text": PARAGRAPH, **record}, "record")

    def test_a_record_that_is_text_is_refused(self) -> None:
        with pytest.raises(SourceError, match="JSON object"):
            extracted(PARAGRAPH, "record")


class TestText:
    def test_a_copied_page_becomes_an_article(self) -> None:
        article = sample("lighthouse-page.txt")
        assert article.title.startswith("Lighthouse Keepers of Skarn Island")
        assert article.text.startswith("The last two keepers")
        assert (article.url, article.source, article.authors, article.published_at) == (None, None, (), None)

    def test_byline_and_date_are_kept_as_fields(self) -> None:
        article = extracted(f"Otter stops mill\n\nBy Wilma Tarn | 2031-02-03\n\n{PARAGRAPH}", "text")
        assert (article.title, article.authors, article.published_at) == (
            "Otter stops mill",
            ("Wilma Tarn",),
            "2031-02-03",
        )
        assert article.text == PARAGRAPH

    def test_a_file_without_a_title_is_named_by_its_first_words(self) -> None:
        article = extracted(PARAGRAPH, "text")
        assert article.text == PARAGRAPH
        assert article.has_derived_title

    def test_nothing_is_made_of_nothing(self) -> None:
        with pytest.raises(SourceError, match="no text"):
            extracted("\u200b\n\n", "text")

    @pytest.mark.parametrize("kind", ["text", "markdown"])
    def test_what_is_too_long_is_refused_before_it_is_read(self, kind: Kind) -> None:
        with pytest.raises(SourceError, match="at most 2,000,000"):
            extracted("Otter. " * MAX_TEXT_CHARS, kind)


class TestPage:
    def test_a_page_gives_its_article_and_nothing_else(self) -> None:
        article = sample("reed-bed.html")
        assert article.title == "Reed bed swallows its third tractor"
        assert article.text.split("\n\n") == [
            "The reed bed behind Ostrey station swallowed a tractor on Wednesday, its third since the drains were"
            " closed, and the farmer walked home in his socks.",
            "Nobody was hurt. The fire brigade laid planks and took out the driver’s lunch, a thermos and a dog that"
            " had not asked to be saved.",
            "What has gone in so far",
            "A red tractor in May",
            "A blue tractor in November",
            "Depth | Month",
            "2 metres | May",
            "The council will vote in June on a fence that would cost 9,000 crowns, which is less than a tractor.",
        ]

    def test_a_page_s_own_words_about_itself_become_fields(self) -> None:
        article = sample("reed-bed.html")
        assert article.url == "https://www.ostrey-herald.example/farming/third-tractor"
        assert article.source == "The Ostrey Herald"
        assert article.authors == ("Wilma Tarn", "Edo Fisk")
        assert article.published_at == "2031-04-03T02:40:00Z"
        assert article.language == "en-GB"

    def test_a_bare_page_has_a_title_and_a_text(self) -> None:
        article = extracted(page(f"<h1>Otter stops mill</h1>{paragraphs(PARAGRAPH, SECOND)}"), "html")
        assert (article.title, article.text) == ("Otter stops mill", f"{PARAGRAPH}\n\n{SECOND}")
        assert (article.url, article.source, article.published_at, article.language) == (None, None, None, None)

    def test_the_site_s_name_is_no_part_of_the_title(self) -> None:
        head = '<title>Otter stops mill - The Herald</title><meta property="og:site_name" content="The Herald">'
        article = extracted(page(f"<article>{paragraphs(PARAGRAPH, SECOND)}</article>", head), "html")
        assert (article.title, article.source) == ("Otter stops mill", "The Herald")

    def test_without_a_name_the_site_s_host_is_the_source(self) -> None:
        head = '<link rel="canonical" href="https://www.herald.example/otter">'
        assert extracted(page(paragraphs(PARAGRAPH, SECOND), head), "html").source == "herald.example"

    @pytest.mark.parametrize(
        "address", ["https://herald.example/", "https://herald.example", "/otter", "ftp://a/b", "http://["]
    )
    def test_an_address_that_is_not_the_article_s_is_not_taken(self, address: str) -> None:
        head = f'<link rel="canonical" href="{address}">'
        assert extracted(page(paragraphs(PARAGRAPH, SECOND), head), "html").url is None

    @pytest.mark.parametrize(
        ("head", "published_at"),
        [
            ('<meta property="article:published_time" content="1987-03-02T14:05:00Z">', "1987-03-02T14:05:00Z"),
            ('<meta property="article:published_time" content="2031-02-03">', "2031-02-03"),
            ('<meta property="article:published_time" content="2031-02-03T25:00:00Z">', "2031-02-03"),
            ('<meta content="2031-02-03" name="date">', "2031-02-03"),
            (
                '<script type="application/ld+json">{"datePublished": "2031-02-03T10:00:00+02:00"}</script>',
                "2031-02-03T08:00:00Z",
            ),
            ("", None),
        ],
    )
    def test_the_date_is_as_precise_as_the_page_tells(self, head: str, published_at: str | None) -> None:
        text = "The mill was built in May 1902, and on 3 June 2029 it was painted green by the miller’s two aunts."
        article = extracted(page(f"<article>{paragraphs(PARAGRAPH, text)}</article>", head), "html")
        assert article.published_at == published_at

    def test_what_is_hidden_or_runs_is_no_text(self) -> None:
        hidden = "<script>otter()</script><style>p {color: red}</style><!-- otter --><template>Otter</template>"
        hidden += "<p hidden>Otters hide here.</p>"
        article = extracted(page(f"<article>{paragraphs(PARAGRAPH)}{hidden}{paragraphs(SECOND)}</article>"), "html")
        assert article.text == f"{PARAGRAPH}\n\n{SECOND}"

    def test_markup_in_the_text_stays_text(self) -> None:
        text = f"{PARAGRAPH} He wrote &lt;b&gt;otter&lt;/b&gt; &amp; left."
        article = extracted(page(f"<article>{paragraphs(text, SECOND)}</article>"), "html")
        assert article.text.startswith(f"{PARAGRAPH} He wrote <b>otter</b> & left.")

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "<",
            "<html></html>",
            "just words",
            page(paragraphs("The mill has stopped.")),
            page('<nav><a href="/">Home</a><a href="/mill">Mill</a></nav><ul><li><a href="/a">Otter</a></li></ul>'),
            "\0\x01<p>",
            "<?xml version='1.0' encoding='utf-8'?><rss><channel/></rss>",
        ],
    )
    def test_a_page_without_an_article_is_refused(self, content: str) -> None:
        with pytest.raises(SourceError, match=r"article|page"):
            extracted(content, "html")


class TestMarkdown:
    def test_marks_go_and_words_stay(self) -> None:
        assert sample("bell.md").text.split("\n\n") == [
            "The bell of Saint Orla rang at ten past three on Friday, with nobody in the tower and the rope tied up.",
            "Three guesses",
            "An owl, says the sexton.",
            "The wind, says the mayor.",
            "“It was me,” said a boy of nine, “but only the second time.”",
            "Hour | Rings",
            "3:10 | 1",
            "3:12 | 4",
            "The tower is closed until Monday.",
        ]

    def test_front_matter_tells_the_rest(self) -> None:
        article = sample("bell.md")
        assert article.title == "The bell that rang by itself"
        assert article.source == "The Ostrey Herald"
        assert article.authors == ("Wilma Tarn",)
        assert article.published_at == "2031-03-14"
        assert article.url == "https://ostrey-herald.example/town/bell"
        assert article.language == "no"

    @pytest.mark.parametrize("heading", ["# Otter stops *mill*", "Otter stops mill\n====", "# Otter stops mill #"])
    def test_without_front_matter_the_first_heading_is_the_title(self, heading: str) -> None:
        article = extracted(f"{heading}\n\n{PARAGRAPH}\n\n# A second one\n\n{SECOND}", "markdown")
        assert article.title == "Otter stops mill"
        assert article.text == f"{PARAGRAPH}\n\nA second one\n\n{SECOND}"

    def test_a_heading_unlike_the_title_stays(self) -> None:
        article = extracted(f"---\ntitle: Otter stops mill\n---\n# Why?\n\n{PARAGRAPH}", "markdown")
        assert (article.title, article.text) == ("Otter stops mill", f"Why?\n\n{PARAGRAPH}")

    def test_without_either_the_first_words_are(self) -> None:
        assert extracted(PARAGRAPH, "markdown").has_derived_title

    @pytest.mark.parametrize(
        ("markdown", "text"),
        [
            (
                "a **b** _c_ ~~d~~ `e` [f](g) <https://h.example> \\*i\\* &amp; j",
                "a b c d e f https://h.example *i* & j",
            ),
            ("![otter](otter.jpg) in the wheel", "in the wheel"),
            ("one\ntwo  \nthree", "one two\nthree"),
            ("- one\n- two\n  - three", "one\n\ntwo\n\nthree"),
            ("> one\n>\n> two", "one\n\ntwo"),
            ("```python\notter()\n```", "otter()"),
            ("one\n\n---\n\ntwo", "one\n\ntwo"),
            ("one <b>two</b><br>three", "one twothree"),
            ("<!-- secret -->\n\none", "one"),
            ("<p>one</p><p>two</p>", "one two"),
            ("---\none\n\n---\n\ntwo", "one\n\ntwo"),
        ],
    )
    def test_every_mark_is_read(self, markdown: str, text: str) -> None:
        assert extracted(markdown, "markdown").text == text

    @pytest.mark.parametrize(
        ("line", "field", "value"),
        [
            ("id: 007", "id", "007"),
            ("title: 1984", "title", "1984"),
            ("title: 'Mill: stopped'", "title", "Mill: stopped"),
            ("authors: [Wilma Tarn, Edo Fisk]", "authors", ("Wilma Tarn", "Edo Fisk")),
            ("date: 2031-02-03T10:00:00Z", "published_at", "2031-02-03T10:00:00Z"),
            ("date: 2031-02-03 10:00:00 +0200", "published_at", "2031-02-03T08:00:00Z"),
            ("date: February 3, 2031", "published_at", "2031-02-03"),
            ("published_at: 2031-02-03\ndate: 2031-02-05", "published_at", "2031-02-03"),
            ("source: null", "source", None),
            ("source:", "source", None),
            ("source: ~", "source", None),
        ],
    )
    def test_front_matter_values_are_the_text_they_are(self, line: str, field: str, value: object) -> None:
        assert getattr(extracted(f"---\r\n{line}\r\n---\r\n{PARAGRAPH}", "markdown"), field) == value

    @pytest.mark.parametrize(
        ("front", "reason"),
        [
            ("title: [", "not valid YAML"),
            ("title: *otter", "not valid YAML"),
            ('title: "\\UFFFFFFFF"', "not valid YAML"),
            ("a: " + "[" * 5000, "not valid YAML"),
            ("title: [Otter, Mill]", "'title' is"),
            ("date: 2031-02-30", "not understood"),
            ("url: herald", "not an http"),
        ],
    )
    def test_what_is_wrong_in_it_is_named(self, front: str, reason: str) -> None:
        with pytest.raises(SourceError, match=reason):
            extracted(f"---\n{front}\n---\n{PARAGRAPH}", "markdown")

    @pytest.mark.parametrize(
        "markdown", ["", "# Only a title", "![](otter.jpg)", "---\ntitle: Otter\n---\n", "---\n---"]
    )
    def test_markdown_without_text_is_refused(self, markdown: str) -> None:
        with pytest.raises(SourceError, match="no text"):
            extracted(markdown, "markdown")


KINDS: list[Kind] = ["text", "markdown", "html"]
PIECES = st.sampled_from(
    [
        *(
            "# ",
            "---\n",
            "title: ",
            "date: ",
            "- ",
            "|",
            "> ",
            "```\n",
            "*",
            "[",
            "](",
            "\n",
            "\n\n",
            "By ",
            "Published: ",
        ),
        *(
            "<p>",
            "</p>",
            "<article>",
            "<table><tr><td>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<![",
            "<html lang=",
            "&#0;",
        ),
        *("<meta property='article:published_time' content='2031-02-03T", "<link rel=canonical href='http://", "'>"),
        *(
            '{"datePublished": "',
            "<h1>",
            "<title>",
            "2031-02-03",
            " | ",
            "(Photo: ",
            ")",
            "\u2028",
            "\x00",
            "İ",
            PARAGRAPH,
        ),
    ]
)
CONTENTS = st.text() | st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join)


@settings(deadline=None, max_examples=300)
@given(content=CONTENTS, kind=st.sampled_from(KINDS))
def test_whatever_the_content_extraction_gives_an_article_or_a_reason(content: str, kind: Kind) -> None:
    with suppress(SourceError):
        article = extracted(content, kind)
        assert article.title
        assert article.text == normalise_text(article.text)


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists)
FIELDS = ["id", "url", "title", "source", "authors", "published_at", "language", "text", "more"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | st.just("http://a.example/é?ü"), max_size=5), st.booleans())
def test_whatever_the_record_extraction_gives_an_article_or_a_reason(record: dict[str, object], has_text: bool) -> None:
    with suppress(SourceError):
        article = extracted(record | {"text": PARAGRAPH} if has_text else record, "record")
        assert article.text
        assert json.dumps(article.content_hash)


WORDS = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)
LONG_LINES = st.lists(st.lists(WORDS, min_size=26, max_size=60).map(" ".join), min_size=1, max_size=6)


@settings(deadline=None)
@given(LONG_LINES)
def test_of_plain_text_without_short_lines_nothing_is_lost(lines: list[str]) -> None:
    text = "\n\n".join(f"{line}." for line in lines)
    assert extracted(text, "text").text == normalise_text(text)


@settings(deadline=None)
@given(LONG_LINES)
def test_of_plain_paragraphs_in_markdown_nothing_is_lost(lines: list[str]) -> None:
    text = "\n\n".join(f"{line}." for line in lines)
    assert extracted(text, "markdown").text == normalise_text(text)
