"""Words in the one plain form in which they are compared: no case, no diacritics, no possessive."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["plain", "plain_words", "stems"]


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return the text in lower case without diacritics, possessives and the dots of abbreviations."""
    folded = unicodedata.normalize("NFKD", _POSSESSIVE.sub(r"\1", text)).casefold().translate(_LETTERS)
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    return _DOTTED.sub(lambda found: found[0].replace(".", ""), bare)


def plain_words(text: str) -> list[str]:
    """Return the words of a text in order, plain, numbers with their commas left out."""
    return re.findall(r"\d+(?:\.\d+)?|[^\W_]+", _THOUSANDS.sub("", plain(text)))


def stems(words: Iterable[str]) -> frozenset[str]:
    """Return what plain words have in common with their other forms."""
    return frozenset(_stemmer().stemWords(list(words)))


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]
    from Stemmer import Stemmer

    return Stemmer("english")


_POSSESSIVE = re.compile(r"([\w.])(?:['’]s|(?<=s)['’])(?=\W|$)")
_DOTTED = re.compile(r"\b(?:[^\W\d]\.){2,}")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
# Letters of their own that have no diacritic to lose.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
