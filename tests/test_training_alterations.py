"""An altered question is about the same text, which no longer answers it."""

from __future__ import annotations

import random

import pytest

from training.alterations import altered

TEXT = (
    "In 1987 the town of Garrow bought the ferry from Kirrow. Its first captain, Mara Quill, was paid 40 crowns a week."
)
OTHER = "Nobody in the port of Lethmar had seen 1912 crates before."


def every_way(question: str, *answers: str) -> set[str | None]:
    return {altered(question, TEXT, answers, [OTHER], random.Random(seed)) for seed in range(60)}


def test_a_name_gives_way_to_another_that_is_no_answer() -> None:
    assert every_way("From whom did Garrow get the ferry?", "Kirrow") == {
        "From whom did Mara Quill get the ferry?",
        "From whom did Lethmar get the ferry?",
    }


def test_a_year_gives_way_to_a_year() -> None:
    assert "Who sold the ferry in 1912?" in every_way("Who sold the ferry in 1987?", "Kirrow")
    assert "Who sold the ferry in 40?" not in every_way("Who sold the ferry in 1987?", "Kirrow")


def test_a_word_turns_into_its_opposite() -> None:
    assert every_way("Who was the first captain?", "Mara Quill") == {"Who was the last captain?"}


@pytest.mark.parametrize(
    ("question", "denied"),
    [
        ("Who was not paid?", "Who was paid?"),
        ("Which captain was paid?", "Which captain was not paid?"),
    ],
)
def test_what_is_asked_is_denied_and_a_denial_taken_away(question: str, denied: str) -> None:
    assert every_way(question) <= {denied, None}


def test_a_question_of_which_nothing_can_be_altered_is_left_alone() -> None:
    assert every_way("What is it?", "the ferry") == {None}
    assert every_way("What is the name of the captain?", "Mara Quill") == {None}
