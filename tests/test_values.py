"""Numbers and days are compared as values, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.values import day_of, days_between, quantity_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "twelve"),
        ("12 people", "12"),
        ("twenty-one ships", "21"),
        ("1.2 million", "1,200,000"),
        ("$140 million", "140 million dollars"),
        ("two dozen", "24"),
        ("3.5%", "3.5 percent"),
        ("nearly 1,200", "1,180"),
    ],
)
def test_the_same_number(one: str, other: str) -> None:
    first, second = quantity_of(one), quantity_of(other)
    assert first is not None
    assert second is not None
    assert first.is_same(second)
    assert second.is_same(first)


@pytest.mark.parametrize(
    ("one", "other"),
    [("12", "15"), ("12 people", "12 ships"), ("1.2 million", "1.2 billion"), ("at least four", "nine"), ("9.6", "96")],
)
def test_another_number(one: str, other: str) -> None:
    first, second = quantity_of(one), quantity_of(other)
    assert first is not None
    assert second is not None
    assert not first.is_same(second)


def test_no_number() -> None:
    assert quantity_of("nobody") is None


@pytest.mark.parametrize(
    ("one", "published", "other", "then"),
    [
        ("Feb. 26", None, "26 February", None),
        ("on Thursday", "2026-02-27", "26 February 2026", None),
        ("Thursday", None, "26 February", None),
        ("noon on Tuesday", "2025-09-02T15:20:00Z", "Sept. 2", "2025-09-04"),
        ("in 2026", None, "May 3, 2026", None),
        ("May", None, "May 3", None),
    ],
)
def test_the_same_day(one: str, published: str | None, other: str, then: str | None) -> None:
    first, second = day_of(one, published), day_of(other, then)
    assert first is not None
    assert second is not None
    assert first.is_same(second)


@pytest.mark.parametrize(
    ("one", "other"), [("Feb. 9", "Feb. 11"), ("Monday", "Tuesday"), ("May 3, 2025", "2026"), ("June", "July 3")]
)
def test_another_day(one: str, other: str) -> None:
    first, second = day_of(one, None), day_of(other, None)
    assert first is not None
    assert second is not None
    assert not first.is_same(second)


def test_no_day() -> None:
    assert day_of("soon", "2026-02-27") is None


def test_days_between() -> None:
    assert days_between("2025-11-21", "2025-11-24T09:00:00Z") == 3
    assert days_between("2025-11-24", "2025-11-21") == 3
    assert days_between(None, "2025-11-21") is None


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.none() | st.text(max_size=12))
def test_any_words_are_taken(one: str, other: str, published: str | None) -> None:
    quantity, day = quantity_of(one), day_of(one, published)
    assert quantity is None or quantity.is_same(quantity)
    assert day is None or day.is_same(day)
    days_between(one, other)
