"""Copies are found whatever a paper changed of them, and what was told anew is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.copies import BANDS, Wording, bands, tell_one_story
from tests.fakes import invented_text

STORY = (
    "The Garrow ferry will stay in port until the end of May, the line said on Tuesday. A crack of 40 centimetres was"
    " found beside the bow ramp, and the yard in Aldhaven cannot take the ship before it has launched another. Some 900"
    " people cross to the island on a summer day. The line will not pay them back, but a fishing boat carries the mail."
    " Mayor Ilse Thorne called the news bitter; the hotels have lost every booking for the Whitsun holiday, she said."
)


def are_copies(one: str, other: str) -> bool:
    return tell_one_story(Wording.of(one), Wording.of(other))


@pytest.mark.parametrize(
    "copy",
    [
        STORY,
        STORY.upper(),
        STORY.replace(". ", ".\n\n"),
        f"GARROW (Meridian) - {STORY}",
        f"{STORY}\n\nOur reporter adds that the café at the pier is open and sells its cakes for half the price.",
        STORY[: STORY.index(" Mayor")],
        STORY.replace("called the news bitter", "said the news was bitter"),
        STORY.replace("will not pay", "won’t pay"),
    ],
)
def test_a_copy_is_known_whatever_the_paper_changed(copy: str) -> None:
    assert are_copies(STORY, copy)
    assert are_copies(copy, STORY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("40 centimetres", "45 centimetres"),
        ("Some 900", "Some nine"),
        ("will not pay", "will pay"),
        ("will stay in port", "will not stay in port"),
        ("cannot take", "can take"),
        ("has lost", "has never lost"),
    ],
)
def test_a_story_told_with_another_figure_or_denial_is_no_copy(old: str, new: str) -> None:
    story = STORY.replace("have lost", "has lost")
    assert old in story
    assert not are_copies(story, story.replace(old, new))
    assert not are_copies(story.replace(old, new), story)


def test_two_stories_are_no_copies_nor_are_a_few_words() -> None:
    assert not are_copies(invented_text(1), invented_text(2))
    assert not are_copies("Rain is expected.", "Rain is expected.")
    assert not are_copies("", STORY)
    assert bands(Wording.of("Rain is expected.")) == []


def test_a_text_that_has_the_words_both_with_and_without_not_is_a_copy_of_itself() -> None:
    text = f"{STORY} They said it was so. They said it was not so. They said it was so."
    assert are_copies(text, text)


def test_bands_are_the_same_in_every_process_and_version() -> None:
    """They are stored: another number would no longer meet those of articles that are there."""
    numbers = bands(Wording.of(STORY))
    assert len(numbers) == BANDS
    assert [number >> 32 for number in numbers] == list(range(BANDS))
    assert numbers[:2] == [1359981757, 7399663052]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 20))
def test_a_text_that_was_changed_at_one_place_meets_the_original(number: int, place: int) -> None:
    words = invented_text(number, sentences=20).split()
    cut = words[: place * 5] + words[place * 5 + 5 :]
    assert set(bands(Wording.of(" ".join(words)))) & set(bands(Wording.of(" ".join(cut))))
