from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import normalise_text
from index.furniture import clean_page
from index.lines import count_words, line_key, names_in, read_date, without_site

SAMPLES = Path(__file__).parent / "samples"

FIRST = "The ferry to Skarn will not sail on Monday, the harbour master said, because its captain has lost the key."
SECOND = "Passengers were told to wait in the chapel, where the sexton sold them tea at four times the usual price."
LAST = "A new key is being cut on the mainland and will arrive by the next ferry, he added without a smile."
PROSE = f"{FIRST}\n\n{SECOND}\n\n{LAST}"
TITLE = "Ferry stays in harbour over a lost key"


def test_a_copied_page_gives_its_title_and_its_paragraphs_only() -> None:
    page = clean_page((SAMPLES / "lighthouse-page.txt").read_text())
    assert page.title == "Lighthouse Keepers of Skarn Island To Hand Over the Lamp to a Computer, The Tidewatch Says"
    assert page.text.startswith("The last two keepers of the Skarn Island lighthouse, who")
    assert page.text.endswith("more sales planned for June and July 2031.")
    assert "\n\nWhat the computer will do\n\n" in page.text
    assert page.text.count("\n\n") == 5
    assert (page.authors, page.published_at) == ((), None)
    for furniture in ("Category", "Science", "min read", "Authors", "See all", "Getty", "polish", page.title):
        assert furniture not in page.text


class TestPlainText:
    """Text that shows no furniture keeps every line but its title and imprint."""

    @pytest.mark.parametrize("gap", ["\n", "\n\n", "\r\n\r\n"])
    @pytest.mark.parametrize(
        "title", [TITLE, TITLE.upper(), "Ferry stays", "Who lost the key?", "Skarn 2-1 Ostrey", "Storm: what we know"]
    )
    def test_its_first_short_line_is_the_title(self, title: str, gap: str) -> None:
        page = clean_page(f"{title}{gap}{PROSE}")
        assert (page.title, page.text) == (title, PROSE)

    @pytest.mark.parametrize("gap", ["\n", "\n\n"])
    def test_a_note_of_one_paragraph_has_its_title_above(self, gap: str) -> None:
        page = clean_page(f"{TITLE}{gap}{FIRST}")
        assert (page.title, page.text) == (TITLE, FIRST)

    @pytest.mark.parametrize(
        "text",
        [
            PROSE,
            FIRST,
            f"SKARN (Coast Wire) - {PROSE}",
            f"(Coast Wire) -- {PROSE}",
            f"Brana Osk\n\n{PROSE}",
            f"Skarn —\n\n{PROSE}",
            f"Is it not strange that a ferry should need a key at all?\n\n{PROSE}",
            f"Rain fell\nfor nine days\nand nobody sailed\n\n{PROSE}",
            f"- the key\n\n{PROSE}",
            "The wind went home.\nThe rain stayed on.",
            "eggs\ntwo candles\na ferry ticket",
            "Closed today",
        ],
    )
    def test_without_a_line_that_is_surely_a_title_it_has_none(self, text: str) -> None:
        page = clean_page(text)
        assert (page.title, page.text) == (None, text)

    def test_a_poem_keeps_its_lines(self) -> None:
        stanzas = "The lamp went round\nand so did we\n\nThe fog came in\nthe fog went out"
        page = clean_page(f"The keeper's song\n\n{stanzas}")
        assert (page.title, page.text) == ("The keeper's song", stanzas)

    @pytest.mark.parametrize(
        "middle",
        [
            "What the captain says",
            "What else is closed:\n- the school\n- the mill",
            "The bakery opens\nat seven",
            "“Never,” he said.",
            "Comments",
            "By land and sea",
            "2 metres of water",
        ],
    )
    def test_headings_lists_and_short_sentences_stay_between_paragraphs(self, middle: str) -> None:
        text = f"{FIRST}\n\n{middle}\n\n{LAST}"
        assert clean_page(text).text == text

    @pytest.mark.parametrize(
        "end", ["Brana Osk, Skarn", "(Reporting by Brana Osk; Editing by Edo Fisk)", "To be continued"]
    )
    def test_a_signature_stays(self, end: str) -> None:
        assert clean_page(f"{PROSE}\n\n{end}").text == f"{PROSE}\n\n{end}"

    def test_lines_wrapped_at_a_fixed_width_are_joined_before_they_are_judged(self) -> None:
        wrapped = f"{TITLE}\n\n" + "\n\n".join(
            "\n".join(_wrapped(paragraph, 60)) for paragraph in (FIRST, SECOND, LAST)
        )
        page = clean_page(wrapped)
        assert (page.title, normalise_text(page.text)) == (TITLE, PROSE)

    def test_prose_wrapped_narrowly_is_not_taken_for_labels(self) -> None:
        text = f"Share\n\n{TITLE}\n\n" + "\n".join(_wrapped(PROSE.replace("\n\n", " "), 35))
        assert clean_page(text).text.split() == PROSE.split()


class TestPages:
    """Furniture goes, and where a page shows it, so do the bare words above and below the prose."""

    @pytest.mark.parametrize(
        "furniture",
        [
            "Advertisement",
            "ADVERTISEMENT",
            "Story continues below this advertisement",
            "Share",
            "Share on Facebook",
            "Share this article",
            "Read more: Sexton denies he raised the price of tea",
            "READ MORE »",
            "Related: Sexton raises the price of tea",
            "Related articles",
            "4 min read",
            "Reading time: 4 minutes",
            "Subscribe",
            "Sign up for our newsletter to get the tides every morning.",
            "We use cookies to remember which harbour you like best.",
            "Follow us on Telegram",
            "© 2031 The Ostrey Herald. All rights reserved.",
            "The empty quay on Monday. (Source: Getty Images)",
            "The empty quay on Monday (Photo: Edo Fisk/The Ostrey Herald)",
            "The empty quay on Monday. (AP Photo/Edo Fisk)",
            "The empty quay on Monday (Reuters)",
            "The empty quay on Monday. Edo Fisk/Getty Images",
            "Photo: Edo Fisk",
        ],
    )
    @pytest.mark.parametrize("place", ["above", "between", "below"])
    def test_furniture_goes_wherever_it_stands(self, furniture: str, place: str) -> None:
        paragraphs = [TITLE, FIRST, SECOND, LAST]
        paragraphs.insert({"above": 1, "between": 2, "below": 4}[place], furniture)
        page = clean_page("\n\n".join(paragraphs))
        assert (page.title, page.text) == (TITLE, PROSE)

    @pytest.mark.parametrize(
        "prose",
        [
            "Share prices of the ferry line fell by a third on Monday, and nobody knows who sold them or why.",
            "Related costs, such as the cutting of a new key, will be paid by the captain himself, the line said.",
            "By Friday the harbour will be empty of everything but gulls, and of those there will be many.",
            "Copyright law does not protect the shape of a key, a court in Ostrey found after a day of debate.",
            "The quay was empty on Monday and nobody came. The gulls took the benches, one to each. (Reuters)",
            "The catch rose by three percent in May, which is more than anyone had hoped. (Source: coast office)",
            "He was best known for two films, “The Key” (2001) and “The Other Key” (2004), and for a short video.",
            "Updated charts will be sold in the chapel from Monday, the harbour master said, and so will tea.",
            "Follow us on foot, the sexton told the passengers, and led them up the hill to the chapel in the rain.",
            "We use cookies as money here, said the harbour boy, and held out his hand for another one of them.",
            "Subscribe to nothing, his grandmother used to say, and you will never be owed or owe a thing in life.",
        ],
    )
    def test_prose_that_begins_or_ends_like_furniture_stays(self, prose: str) -> None:
        page = clean_page(f"{TITLE}\n\n2 min read\n\n{FIRST}\n\n{prose}\n\n{LAST}")
        assert prose in page.text.split("\n\n")

    def test_the_short_lines_above_the_title_go(self) -> None:
        page = clean_page(f"The Ostrey Herald\nWeather\nHarbour\nMenu\n\n{TITLE}\n\n{PROSE}")
        assert (page.title, page.text) == (TITLE, PROSE)

    def test_a_title_that_stands_twice_is_the_title_whatever_stands_above(self) -> None:
        page = clean_page(
            f"{TITLE} | The Ostrey Herald\n\nAll about the sea\n\n{TITLE}\n\n{PROSE}\n\n{TITLE}\n\n{LAST}"
        )
        assert (page.title, page.text) == (TITLE, f"{PROSE}\n\n{LAST}")

    def test_a_standfirst_stays(self) -> None:
        standfirst = "Captain blames a hole in his pocket and the island blames the captain"
        page = clean_page(f"News\n\n{TITLE}\n\n{standfirst}\n\n3 min read\n\n{PROSE}")
        assert (page.title, page.text) == (TITLE, f"{standfirst}\n\n{PROSE}")

    def test_the_captions_of_a_page_s_head_go_whatever_their_source(self) -> None:
        page = clean_page(f"News\n{TITLE}\nThe quay was empty on Monday. (Source: harbour office)\n\n{PROSE}")
        assert (page.title, page.text) == (TITLE, PROSE)

    def test_the_links_below_the_prose_go(self) -> None:
        page = clean_page(
            f"{TITLE}\n\n{PROSE}\n\nHarbour\nWeather\nMost read\nSexton raises price of tea\nDucks in chapel"
        )
        assert (page.title, page.text) == (TITLE, PROSE)

    def test_the_list_that_ends_an_article_does_not(self) -> None:
        text = f"{FIRST}\n\nThese boats sail instead of the one that has no key today:\n\nThe Heron\nThe Gull"
        assert clean_page(f"{TITLE}\n\n{text}\n\nSee all").text == text


class TestImprint:
    @pytest.mark.parametrize(
        ("line", "authors"),
        [
            ("By Brana Osk", ["Brana Osk"]),
            ("BY BRANA OSK", ["BRANA OSK"]),
            ("By Brana Osk and Edo Fisk", ["Brana Osk", "Edo Fisk"]),
            ("By Brana Osk, Edo Fisk & Ludwig van der Aa", ["Brana Osk", "Edo Fisk", "Ludwig van der Aa"]),
            ("By Brana Osk, Staff Writer", ["Brana Osk"]),
            ("By Brana Osk, COAST WIRE", ["Brana Osk"]),
            ("By Brana Osk in Skarn", ["Brana Osk"]),
            ("By Brana Osk | 3 February 2031 | 4 min read", ["Brana Osk"]),
            ("Written by Brana O’Sk-Løvdal", ["Brana O’Sk-Løvdal"]),
            ("Author: Brana Osk", ["Brana Osk"]),
            ("Authors\nBrana Osk", ["Brana Osk"]),
        ],
    )
    def test_a_byline_names_the_authors(self, line: str, authors: list[str]) -> None:
        page = clean_page(f"{TITLE}\n\n{line}\n\n{PROSE}")
        assert (page.title, list(page.authors), page.text) == (TITLE, authors, PROSE)

    @pytest.mark.parametrize("line", ["By land and sea", "By Friday", "By 9 votes to 8", "By The Coast Desk"])
    def test_what_only_begins_like_a_byline_names_nobody(self, line: str) -> None:
        page = clean_page(f"{TITLE}\n\n{line}\n\n{PROSE}")
        assert (page.authors, page.text) == ((), f"{line}\n\n{PROSE}")

    @pytest.mark.parametrize(
        ("line", "day"),
        [
            ("2031-02-03", "2031-02-03"),
            ("2031-02-03 14:05", "2031-02-03"),
            ("2031-02-03T14:05:00+01:00", "2031-02-03T14:05:00+01:00"),
            ("2031-02-03 14:05 UTC", "2031-02-03T14:05:00+00:00"),
            ("Published: 3 February 2031", "2031-02-03"),
            ("Published on Monday, February 3, 2031 at 2:05 p.m. EST", "2031-02-03"),
            ("Feb. 3, 2031 | Updated Feb. 5, 2031", "2031-02-03"),
            ("Feb. 3, 2031, 2:05 p.m. ET Updated Feb. 5, 2031, 9:31 a.m. ET", "2031-02-03"),
            ("February 1, 2031\nPublished: 3rd Feb 2031", "2031-02-03"),
            ("Updated: 3 February 2031", None),
            ("Posted 3 hours ago", None),
            ("3 February 2031\n5 February 2031", None),
        ],
    )
    def test_a_line_that_is_a_date_tells_the_day(self, line: str, day: str | None) -> None:
        page = clean_page(f"{TITLE}\n\n{line}\n\n{PROSE}")
        assert (page.title, page.published_at, page.text) == (TITLE, day, PROSE)

    @pytest.mark.parametrize(
        ("dateline", "day"),
        [
            ("SKARN, Feb 3, 2031 (Coast Wire) -", "2031-02-03"),
            ("SKARN, 3 February 2031 —", "2031-02-03"),
            ("PORT SKARN (2031-02-03) –", "2031-02-03"),
            ("SKARN, Feb 3 (Coast Wire) -", None),
            ("SKARN (Coast Wire) -", None),
            ("Skarn reported on February 3, 2031 - and this is prose - that", None),
        ],
    )
    def test_a_dateline_with_a_year_tells_the_day_and_stays(self, dateline: str, day: str | None) -> None:
        page = clean_page(f"{TITLE}\n\n{dateline} {PROSE}")
        assert (page.published_at, page.text) == (day, f"{dateline} {PROSE}")

    @pytest.mark.parametrize("line", ["03/02/2031", "31 February 2031", "February 2031", "2031-13-01"])
    def test_what_is_no_sure_date_tells_none(self, line: str) -> None:
        assert clean_page(f"{TITLE}\n\n{line}\n\n{PROSE}").published_at is None

    def test_a_date_in_prose_tells_none(self) -> None:
        assert (
            clean_page(f"{TITLE}\n\nThe key was lost on February 3, 2031, and found by nobody.\n\n{PROSE}").published_at
            is None
        )


def test_lines_are_compared_by_their_words() -> None:
    assert line_key("Ferry stays: “a key”!") == line_key("FERRY STAYS, a key")
    assert without_site("Ferry - stays - The Herald") == "Ferry - stays"
    assert without_site("Ferry stays") == "Ferry stays"
    assert count_words("The ferry’s key, 3 well-known words") == 6
    assert count_words("橋を閉鎖する") == 3
    assert names_in("Brana Osk") == ()
    assert read_date("soon") is None


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


WORDS = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=26, max_size=60).map(" ".join).map("{}.".format)


@settings(deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=8), st.sampled_from(["\n", "\n\n", "\r\n\r\n", "\n \n\t\n"]))
def test_of_text_without_short_lines_nothing_is_lost(paragraphs: list[str], gap: str) -> None:
    text = gap.join(paragraphs)
    page = clean_page(text)
    assert page.title is None
    assert page.text.split() == normalise_text(text).split()


@settings(deadline=None)
@given(st.lists(st.sampled_from([TITLE, FIRST, SECOND, "Share", "2 min read", "Skarn", "", "x" * 200, "By Brana Osk"])))
def test_no_prose_is_lost_whatever_stands_around_it(lines: list[str]) -> None:
    page = clean_page("\n\n".join(lines))
    kept = page.text.split("\n\n")
    assert [line for line in kept if line in (FIRST, SECOND)] == [line for line in lines if line in (FIRST, SECOND)]


@settings(deadline=None)
@given(st.text(), st.none() | st.text())
def test_any_text_can_be_cleaned(text: str, title: str | None) -> None:
    page = clean_page(text, title)
    assert set(page.text.split()) <= set(normalise_text(text).split())
