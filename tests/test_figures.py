"""Numbers and dates are the same however they are written, and others are not."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa.figures import figures


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twelve people", "12 people"),
        ("a dozen", "12"),
        ("two dozen", "24"),
        ("1.2 million crowns", "1,200,000 crowns"),
        ("1.2m", "1.2 million"),
        ("$3.2bn", "3,200,000,000 dollars"),
        ("1.200.000", "1,200,000"),
        ("two hundred and four", "204"),
        ("one hundred thousand", "100,000"),
        ("three million two hundred thousand and five", "3,200,005"),
        ("twenty-one", "21"),
        ("a hundred", "100"),
        ("5 per cent", "five percent"),
        ("5%", "5 percent"),
        ("27 February", "Feb. 27th"),
        ("the first time", "the 1st time"),
        ("On 27 February 2025", "On February 27, 2025"),
        ("Fri.", "Friday"),
        ("3.50 crowns", "3.5 crowns"),
    ],
)
def test_spellings_of_the_same(one: str, other: str) -> None:
    assert figures(one) == figures(other) != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5%", "5"),
        ("1.2 million", "1.2"),
        ("1.2 million", "a million"),
        ("27 February and 3 March", "3 February and 27 March"),
        ("ten and twelve", "twenty-two"),
        ("two to three million", "two million to three million"),
        ("on Friday", "on Thursday"),
        ("in May 2025", "in May 2026"),
        ("hundreds", "a hundred"),
        ("half of them", "all of them"),
        ("yesterday", "today"),
        ("last week", "this week"),
        ("1,200", "1.2"),
        ("not 15", "not 51"),
    ],
)
def test_different_things(one: str, other: str) -> None:
    assert not figures(one) <= figures(other)


@pytest.mark.parametrize("text", ["", "No one came.", "One of them may go.", "They may march on.", "A320", "Sat down."])
def test_what_counts_nothing(text: str) -> None:
    assert figures(text) == frozenset()


def test_a_date_of_digits_holds_what_one_of_words_tells() -> None:
    assert figures("27 February 2025") <= figures("2025-02-27")


@given(st.integers(0, 10**13))
def test_thousands_may_be_marked(number: int) -> None:
    assert figures(f"{number:,}") == figures(str(number)) == {str(number)}


@given(st.integers(1, 999_999))
@example(100_012)
@example(20_000)
def test_every_number_can_be_spelled(number: int) -> None:
    assert figures(spelled(number)) == {str(number)}


@given(st.text(alphabet="0123456789.,% -andmillionJfebruary\u00bd\u0663", max_size=40) | st.text(max_size=40))
def test_any_text_has_figures_in_plain_spelling(text: str) -> None:
    assert all(re.fullmatch(r"\d+(?:\.\d+)?%?|[a-z]+(?: [\w-]+)?", figure) for figure in figures(text))


def spelled(number: int) -> str:
    """Write a number below a million in words."""
    units = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    units += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number >= 1_000:
        rest = f" {spelled(number % 1_000)}" if number % 1_000 else ""
        return f"{spelled(number // 1_000)} thousand{' and' if 0 < number % 1_000 < 100 else ''}{rest}"
    if number >= 100:
        return f"{units[number // 100 - 1]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    if number >= 20:
        return tens[number // 10 - 2] + (f"-{units[number % 10 - 1]}" if number % 10 else "")
    return units[number - 1]
