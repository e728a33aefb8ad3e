"""Whom a denial, a doubt or a condition is about."""

from __future__ import annotations

import pytest

from index.articles import Span
from qa.asking import Stance, asked_of
from qa.clauses import condition_of, is_left_out, is_verb_first, stance_of

WORDS = asked_of("Which countries will send troops to the Drelle?").words


def place(sentence: str, words: str) -> Span:
    start = sentence.index(words)
    return Span(start, start + len(words))


@pytest.mark.parametrize(
    ("sentence", "words", "stance"),
    [
        ("Brenmark will send 2,400 soldiers, but Ardesh will not.", "Brenmark", "affirmed"),
        ("Brenmark will send 2,400 soldiers, but Ardesh will not.", "Ardesh", "denied"),
        ("Brenmark will send troops and Ardesh will not.", "Brenmark", "affirmed"),
        ("Brenmark will send troops and Ardesh will not.", "Ardesh", "denied"),
        ("Brenmark, Lorvania and Skølland will send troops, while Calvessa won’t.", "Lorvania", "affirmed"),
        ("Brenmark, Lorvania and Skølland will send troops, while Calvessa won’t.", "Calvessa", "denied"),
        ("Ardesh says no.", "Ardesh", "denied"),
        ("Brenmark and Lorvania have said yes.", "Brenmark and Lorvania", "affirmed"),
        ("Calvessa will not send troops after its parliament voted against it.", "Calvessa", "denied"),
        ("The United Republics will neither send soldiers nor keep aircraft ready.", "United Republics", "denied"),
        ("Chancellor Egon Prüll of Varnholt refused last week to send troops.", "Varnholt", "denied"),
        ("Ardesh will send no troops.", "Ardesh", "denied"),
        ("Ardesh ruled out sending troops.", "Ardesh", "denied"),
        ("Ardesh is no longer ready to send troops.", "Ardesh", "denied"),
        ("Calvessa is the third to refuse, after Ardesh and Varnholt.", "Ardesh and Varnholt", "denied"),
        ("Varnholt is the fourth to commit soldiers, after Brenmark, and raises the number.", "Brenmark", "affirmed"),
        ("Varnholt will send 350 soldiers, reversing the refusal of the last government.", "Varnholt", "affirmed"),
        ("Pellmere will lend two ships, Tarrow said on Monday, but it will not send soldiers.", "Pellmere", "denied"),
        ("Brenmark, which did not sign the treaty, will send troops.", "Brenmark", "affirmed"),
        (
            "Tamarre could send as many as 900 soldiers, she told us, but only if others go.",
            "Tamarre",
            "conditional",
        ),
        ("Tamarre, which had offered 900 if they were covered, said its answer followed.", "Tamarre", "conditional"),
        (
            "Lorvania said that it would send troops as part of a plan, but only if all go.",
            "Lorvania",
            "conditional",
        ),
        ("A further 500 may come from Costaña, on two conditions.", "Costaña", "conditional"),
        ("A further 500 may come from Costaña.", "Costaña", "hedged"),
        ("Skølland is weighing up whether it can spare engineers.", "Skølland", "hedged"),
        ("Tamarre says maybe.", "Tamarre", "hedged"),
        ("Tamarre has not yet decided.", "Tamarre", "hedged"),
        ("The ministers Olena Marsk and Teodor Valk did not shake hands.", "Olena Marsk and Teodor Valk", None),
        ("If you live in Kirrow, do not send anyone to the well.", "Kirrow", None),
        ("Nadia Okonjo, who had never stood for anything before, was elected.", "Nadia Okonjo", None),
        ("Tesk lies on the river.", "Tesk", None),
    ],
)
def test_stance(sentence: str, words: str, stance: Stance | None) -> None:
    assert stance_of(sentence, place(sentence, words), WORDS) == stance


def test_a_denial_in_the_words_themselves_is_no_denial_of_them() -> None:
    sentence = "It asks for no sailing with an alarm out of order."
    assert stance_of(sentence, place(sentence, "no sailing with an alarm out of order"), WORDS) is None


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("All but Ardesh will go.", "Ardesh"),
        ("Unlike Ardesh, Brenmark will go.", "Ardesh"),
        ("It carried 214 people, not 208, they said.", "208"),
        ("Brenmark rather than Ardesh will go.", "Ardesh"),
    ],
)
def test_what_is_left_out(sentence: str, words: str) -> None:
    assert is_left_out(sentence, place(sentence, words))
    assert not is_left_out(sentence, Span(0, 3))


@pytest.mark.parametrize(
    ("sentence", "words", "condition"),
    [
        (
            "Tamarre could go, she said, but only if others keep aircraft ready.",
            "Tamarre",
            "only if others keep aircraft ready",
        ),
        ("Costaña may go, on two conditions.", "Costaña", "on two conditions"),
        ("Tamarre would go unless it rains; Ardesh would not.", "Tamarre", "unless it rains"),
        ("Tamarre will go.", "Tamarre", None),
        ("Tamarre will go even if it rains.", "Tamarre", None),
        ("Tamarre would go if " + "it rained and " * 20 + "it stopped.", "Tamarre", None),
    ],
)
def test_condition(sentence: str, words: str, condition: str | None) -> None:
    found = condition_of(sentence, place(sentence, words))
    assert (found.of(sentence) if found else None) == condition


def test_verbs_come_first() -> None:
    assert is_verb_first("will pay")
    assert is_verb_first("64 million")
    assert not is_verb_first("lifeboat crews")
