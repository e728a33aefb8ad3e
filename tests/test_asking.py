"""What is asked for is read from the question's form."""

from __future__ import annotations

import pytest

from qa.asking import Kind, asked_of

WILL = frozenset({"denied", "hedged", "conditional"})
WOULD = frozenset({"denied", "hedged"})


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which countries will send troops?", "several"),
        ("What are the usual signs of an infection?", "several"),
        ("What did the report on the Silver Tern recommend?", "several"),
        ("Who was against removing Mill Weir?", "several"),
        ("Who stood for mayor?", "several"),
        ("Which of the women won?", "several"),
        ("Where could people fetch water?", "several"),
        ("Which fish have come back?", "several"),
        ("Which members of the rate council voted to hold?", "several"),
        ("List the ports that closed", "several"),
        ("Will Brenmark send troops?", "yes_no"),
        ("Hasn’t the ferry been found?", "yes_no"),
        ("Who said that waiting is a decision?", "who_said"),
        ("Who first called it a pause?", "who_said"),
        ("How many people died?", "number"),
        ("What is the Bank of Brenmark’s main rate?", "number"),
        ("At what temperature does mercury boil?", "number"),
        ("When was the weir breached?", "date"),
        ("In which year did it open?", "date"),
        ("Who commands the force?", "name"),
        ("Who will lead the inquiry?", "name"),
        ("Which country will provide helicopters?", "name"),
        ("Where did it sink?", "name"),
        ("Why will Ardesh not send troops?", "open"),
        ("How did the parasite get into the water?", "open"),
        ("What sank the ferry?", "open"),
        ("Which status does it have?", "open"),
        ("ferry", "open"),
        ("", "open"),
    ],
)
def test_kind(question: str, kind: Kind) -> None:
    assert asked_of(question).kind == kind


@pytest.mark.parametrize(
    ("question", "excludes"),
    [
        ("Which countries will send troops?", WILL),
        ("Which parties have agreed to it?", WILL),
        ("Which countries would send troops?", WOULD),
        ("Which countries are ready to send troops?", WOULD),
        ("Which countries may send troops?", {"affirmed", "denied"}),
        ("Which countries refused to send troops?", {"affirmed", "hedged", "conditional"}),
        ("Who will not go?", {"affirmed", "hedged", "conditional"}),
        ("Which ships searched in May?", {"denied"}),
        ("Where could people fetch water?", {"denied"}),
        ("What reasons does Ardesh give for sending no troops?", set()),
    ],
)
def test_what_no_answer_may_say(question: str, excludes: set[str]) -> None:
    assert asked_of(question).excludes == excludes


def test_only_would_keeps_the_condition_in_view() -> None:
    assert asked_of("Which countries would send troops?").is_conditional_told
    assert not asked_of("Which countries will send troops?").is_conditional_told


@pytest.mark.parametrize(
    ("question", "is_for_names"),
    [
        ("Which countries will send troops?", True),
        ("Who was against it?", True),
        ("Which ferry operators were told?", True),
        ("What conditions did they set?", False),
        ("Which fish have come back?", False),
    ],
)
def test_names_are_asked_for(question: str, is_for_names: bool) -> None:
    assert asked_of(question).is_for_names == is_for_names


def test_the_latest() -> None:
    assert asked_of("What is the latest death toll?").is_latest
    assert not asked_of("What was the death toll?").is_latest


def test_words_and_names_are_plain() -> None:
    asked = asked_of("Who’ll meet Mr Krämer’s aides in Skølland?")
    assert {"kramer", "skolland", "meet", "aides"} <= asked.words
    assert asked.names == {"mr", "kramer", "skolland"}
