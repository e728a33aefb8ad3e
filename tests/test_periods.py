"""What time a question means, from each kind of words that name one, and what only looks like it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.periods import AskedTime, Period, asked_time, time_preferences

# A Wednesday.
TODAY = date(2026, 3, 4)


def periods(question: str, today: date = TODAY) -> list[tuple[str | None, str | None]]:
    return [(period.start, period.end) for period in asked_time(question, today).periods]


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What happened yesterday?", "2026-03-03", "2026-03-03"),
        ("What happened the day before yesterday?", "2026-03-02", "2026-03-02"),
        ("What happened today?", "2026-03-04", "2026-03-04"),
        ("Who spoke this morning?", "2026-03-04", "2026-03-04"),
        ("What burned last night?", "2026-03-03", "2026-03-04"),
        ("What happened last week in Kirrow?", "2026-02-23", "2026-03-01"),
        ("What happened this week?", "2026-03-02", "2026-03-08"),
        ("What was decided last month?", "2026-02-01", "2026-02-28"),
        ("What was decided this month?", "2026-03-01", "2026-03-31"),
        ("Who won this year's race?", "2026-01-01", "2026-12-31"),
        ("Who won last year?", "2025-01-01", "2025-12-31"),
        ("Who marched over the weekend?", "2026-02-28", "2026-03-01"),
        ("Who died in the past three days?", "2026-03-01", "2026-03-04"),
        ("How many were hurt over the last two weeks?", "2026-02-18", "2026-03-04"),
        ("How many in the last 48 hours?", "2026-03-02", "2026-03-04"),
        ("How many in the past year?", "2025-03-04", "2026-03-04"),
        ("What sank two days ago?", "2026-03-02", "2026-03-02"),
        ("What sank three weeks ago?", "2026-02-08", "2026-02-14"),
        ("What has she said since Monday?", "2026-03-02", None),
        ("What has she said since last Wednesday?", "2026-02-25", None),
        ("What was said on Thursday?", "2026-02-26", "2026-02-26"),
        ("What was said at Tuesday's hearing?", "2026-03-03", "2026-03-03"),
        ("What was said from Monday to Wednesday?", "2026-03-02", "2026-03-04"),
        ("Who won in 2022?", "2022-01-01", "2022-12-31"),
        ("Who won the 2024 election?", "2024-01-01", "2024-12-31"),
        ("Who won in late 2022?", "2022-09-01", "2022-12-31"),
        ("Who ruled in 1945?", "1945-01-01", "1945-12-31"),
        ("Who ruled between 2020 and 2022?", "2020-01-01", "2022-12-31"),
        ("How hot was 2022–2024?", "2022-01-01", "2024-12-31"),
        ("What was signed in March 2025?", "2025-03-01", "2025-03-31"),
        ("What was signed in April?", "2025-04-01", "2025-04-30"),
        ("What was signed in early March?", "2026-03-01", "2026-03-10"),
        ("What was signed in late March 2025?", "2025-03-21", "2025-03-31"),
        ("What was signed at the beginning of March 2025?", "2025-03-01", "2025-03-10"),
        ("What was signed in mid-March 2025?", "2025-03-11", "2025-03-20"),
        ("What was signed in the second week of March 2025?", "2025-03-08", "2025-03-14"),
        ("What was signed in the last week of February?", "2026-02-22", "2026-02-28"),
        ("What was signed last March?", "2025-03-01", "2025-03-31"),
        ("What was signed on 27 February?", "2026-02-27", "2026-02-27"),
        ("What was signed on Feb. 27, 2025?", "2025-02-27", "2025-02-27"),
        ("What was signed on the 27th of February 2025?", "2025-02-27", "2025-02-27"),
        ("What was signed on March 5?", "2025-03-05", "2025-03-05"),
        ("What was signed on 29 February?", "2024-02-29", "2024-02-29"),
        ("What was signed on 2025-02-27?", "2025-02-27", "2025-02-27"),
        ("What was signed between 3 and 5 March?", "2026-03-03", "2026-03-05"),
        ("What was signed from March 3-5, 2025?", "2025-03-03", "2025-03-05"),
        ("What was signed between November and February?", "2025-11-01", "2026-02-28"),
        ("What was signed from November to February 2024?", "2023-11-01", "2024-02-29"),
        ("What was signed between March and May 2024?", "2024-03-01", "2024-05-31"),
        ("What was signed in the spring of 2024?", "2024-03-01", "2024-05-31"),
        ("What was signed last summer?", "2025-06-01", "2025-08-31"),
        ("What was signed in the winter?", "2025-12-01", "2026-02-28"),
        ("What was signed in the third quarter of 2025?", "2025-07-01", "2025-09-30"),
        ("What was signed in Q1 2025?", "2025-01-01", "2025-03-31"),
        ("What was signed before March 2025?", None, "2025-02-28"),
        ("What was signed until March 2025?", None, "2025-03-31"),
        ("What was signed after 2020?", "2021-01-01", None),
        ("What was signed from March 2025 onwards?", "2025-03-01", None),
        ("what happened in may", "2025-05-01", "2025-05-31"),
        ("what happened on 5 may", "2025-05-05", "2025-05-05"),
        ("Who resigned in May?", "2025-05-01", "2025-05-31"),
        ("What did Theresa May say in March 2025?", "2025-03-01", "2025-03-31"),
    ],
)  # fmt: skip
def test_words_name_a_period(question: str, start: str | None, end: str | None) -> None:
    assert periods(question) == [(start, end)]


@pytest.mark.parametrize(
    "question",
    [
        "Which countries will send troops?",
        "Which countries may send troops?",
        "May citizens vote by post?",
        "Which 15 may be released?",
        "What did May promise?",
        "What happened after May resigned?",
        "Why do the workers march?",
        "Who led the march on Lethmar?",
        "Who called the fall of Kabul a shame?",
        "Where is the hot spring?",
        "Who sells the Sunday papers?",
        "What is sold on Black Friday?",
        "What did USA Today report?",
        "Who plays in the second quarter?",
        "Who will pay in the last year of the war?",
        "Who sang in the 1990s?",
        "Will they send 2000 soldiers?",
        "Did it cost $2000 or 2,024 crowns?",
        "What is planned for next March?",
        "What must be done by 2031?",
        "What was signed on 30 February?",
        "When was Mill Weir breached?",
        "Since when has she ruled?",
    ],
)
def test_other_words_name_none(question: str) -> None:
    assert periods(question) == []


def test_two_times_are_two_periods() -> None:
    assert periods("Who won in March and in May 2025?") == [("2026-03-01", "2026-03-31"), ("2025-05-01", "2025-05-31")]


@pytest.mark.parametrize(
    ("question", "is_newest"),
    [
        ("What is the latest on the ferry?", True),
        ("What is the most recent count?", True),
        ("Who is currently the chancellor?", True),
        ("How many are on the ground now?", True),
        ("What is the newest figure?", True),
        ("Who ran the now-defunct line?", False),
        ("Who knows of it?", False),
        ("Who won last week?", False),
    ],
)
def test_some_questions_ask_for_the_newest(question: str, is_newest: bool) -> None:
    assert asked_time(question, TODAY).prefers_newest is is_newest


# fmt: off
WORDS = (
    "last", "this", "past", "next", "week", "month", "year", "weekend", "monday", "friday", "yesterday", "today",
    "since", "until", "before", "after", "between", "and", "from", "to", "in", "on", "the", "early", "mid", "late",
    "end", "of", "first", "second", "spring", "fall", "winter", "may", "march", "february", "27", "3rd", "30", "2022",
    "2025", "1945", "9999", "2024-02-30", "2025-02-27", "three", "a", "few", "days", "ago", "hours", "weeks", "q1",
    "quarter", "latest", "-", "–", ",",
)
# fmt: on


@given(
    st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=120),
    st.dates(),
)
@example("last year last month yesterday the past 9999 years 9999 weeks ago", date.min)
@example("this year next year since yesterday winter 9999 in winter until 9999 after 9999", date.max)
def test_any_words_on_any_day_give_days_in_order(question: str, today: date) -> None:
    asked = asked_time(question, today)
    for period in asked.periods:
        first, last = (end and date.fromisoformat(end) for end in (period.start, period.end))
        assert first or last
        assert not (first and last) or first <= last
    published = ["0001-01-01", None, "9999-12-31T23:59:59Z", today.isoformat()]
    assert all(0 <= preference <= 1 for preference in time_preferences(asked, published))


class TestPreferences:
    march = AskedTime((Period("2025-03-01", "2025-03-31"),))
    published = ("2025-02-28", "2025-03-01", "2025-03-31T23:59:59Z", "2025-04-03", "2025-04-04", None)

    def test_articles_of_the_period_and_soon_after_are_preferred(self) -> None:
        assert time_preferences(self.march, self.published) == [0, 1, 1, 1, 0, 0]

    def test_open_ends_are_open(self) -> None:
        since, until = (AskedTime((Period(*ends),)) for ends in (("2025-03-31", None), (None, "2025-02-25")))
        assert time_preferences(since, self.published) == [0, 0, 1, 1, 1, 0]
        assert time_preferences(until, self.published) == [1, 0, 0, 0, 0, 0]

    def test_the_newer_the_better_where_the_newest_is_asked_for(self) -> None:
        newest = AskedTime(prefers_newest=True)
        assert time_preferences(newest, ["2025-01-01", "2026-01-01", None, "2025-01-01T08:00:00Z", "2025-01-02"]) == [
            0, 1, 0, 0, 0.5
        ]  # fmt: skip

    @given(st.lists(st.none() | st.dates(date(2025, 1, 1), date(2025, 12, 31)).map(date.isoformat), max_size=8))
    def test_without_dates_or_a_time_nothing_is_preferred(self, published: list[str | None]) -> None:
        assert time_preferences(AskedTime(), published) == [0] * len(published)
        undated = [None] * len(published)
        assert time_preferences(AskedTime((Period("2025-01-01", None),), True), undated) == [0] * len(published)
        newest = time_preferences(AskedTime(prefers_newest=True), published)
        dated = sorted((day, preference) for day, preference in zip(published, newest, strict=True) if day)
        assert [preference for _, preference in dated] == sorted(preference for _, preference in dated)

    def test_news_of_an_event_is_found_where_the_question_says_when_it_was(self) -> None:
        asked = asked_time("What sank on Saturday?", TODAY)
        days = [(date(2026, 2, 28) + timedelta(days)).isoformat() for days in range(-1, 5)]
        assert time_preferences(asked, days) == [0, 1, 1, 1, 1, 0]
