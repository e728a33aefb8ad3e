"""Text → the names in it, and whether another text tells them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence

from qa.retrieval import telling_words
from qa.wordforms import plain, plain_words, stems

__all__ = ["is_named", "names_in"]

Name = tuple[str, ...]


def names_in(text: str) -> Iterator[Name]:
    """Yield the runs of words with a capital, without the days, months and little words among them.

    The first word of a text may be a name or not: it is taken for one.
    """
    run: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        if run and text[end : match.start()].strip():
            yield tuple(run)
            run = []
        word, end = match[0], match.end()
        if _may_be_of_a_name(word):
            run.append(word)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def is_named(name: Name, told: str, *, is_opening: bool = False) -> bool:
    """Say whether a text tells a name, word for word and in order, with at most one capital word more in between.

    What the text writes small, such as "president", is no part of a name and may stand anywhere in it. A single word
    that opens a sentence may be any word of the text, in any form.
    """
    words = _WORD.findall(told)
    spelled = [_spelled(word) for word in words]
    small = {form for word, form in zip(words, spelled, strict=True) if word.lower() == word}
    wanted = [_spelled(word) for word in name]
    proper = [word for word in wanted if word not in small]
    if not proper or any(_stands(sought, words, spelled) for sought in (wanted, proper)):
        return True
    is_plain_word = is_opening and len(name) == 1 and name[0][1:].islower()
    return is_plain_word and stems(plain_words(name[0])) <= stems(plain_words(told))


def _may_be_of_a_name(word: str) -> bool:
    # Beside another word, as "US" alone is taken for "us" written large.
    is_telling = len(telling_words(f"{word} and others")) > 1
    return word.lower() != word and is_telling and word not in _CALENDAR and word not in _OPENERS


def _stands(name: Sequence[str], words: Sequence[str], spelled: Sequence[str]) -> bool:
    return any(_goes_on(name[1:], start, words, spelled) for start, word in enumerate(spelled) if word == name[0])


def _goes_on(rest: Sequence[str], place: int, words: Sequence[str], spelled: Sequence[str]) -> bool:
    for sought in rest:
        if spelled[place + 1 : place + 2] == [sought]:
            place += 1
        elif spelled[place + 2 : place + 3] == [sought] and words[place + 1].lower() != words[place + 1]:
            place += 2
        else:
            return False
    return True


def _spelled(word: str) -> str:
    """Return the plain form of a word, whichever apostrophe it has."""
    return re.sub(r"[.’']", "", plain(word))


_WORD = re.compile(r"[^\W_](?:[\w.’'&-]*[^\W_])?")
_CALENDAR = frozenset(
    [*calendar.month_name[1:], *calendar.day_name, *calendar.month_abbr[1:], *calendar.day_abbr, "Sept"]
)
# fmt: off
_OPENERS = frozenset({
    "According", "Afterwards", "Although", "Another", "Despite", "Earlier", "Eight", "Eleven", "Fifteen", "Five",
    "Following", "Four", "However", "Instead", "Later", "Meanwhile", "Neither", "Nine", "None", "Nor", "Now", "Seven",
    "Since", "Six", "So", "Still", "Ten", "Three", "Though", "Twelve", "Two", "Unless", "Until", "Whereas", "Yes",
    "Yet",
})
# fmt: on
