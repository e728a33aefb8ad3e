"""Text → lexemes as FTS5's `porter unicode61 remove_diacritics 2` makes them, for what finds words without it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from Stemmer import Stemmer

__all__ = ["lexeme", "lexemes", "words"]

# A lexeme may have 2,046 bytes in PostgreSQL.
_LONGEST = 500
_STEMMED_BYTES = range(3, 65)
_WORD = re.compile(r"[^\W_]+")
# The combining marks that FTS5 takes for part of a word; it leaves them out.
_MARKS = dict.fromkeys(
    [*range(0x300, 0x305), *range(0x306, 0x30D), 0x30F, 0x311, 0x31B, *range(0x323, 0x329), 0x32D, 0x32E, 0x330, 0x331]
)
_SYLLABLE = re.compile(r"(?:[aeiou]|(?<=[^aeiou])y)[aeiou]*[^aeiou]")


def lexemes(text: str) -> list[str]:
    """Return the stems of a text's words, in order, in lower case and without diacritics."""
    return list(map(lexeme, words(text)))


def words(text: str) -> list[str]:
    """Return a text's words as they stand there, but for combining marks."""
    found: list[str] = _WORD.findall(text if text.isascii() else text.translate(_MARKS))
    return found


@lru_cache(maxsize=50_000)
def lexeme(word: str) -> str:
    """Return the stem of a word in lower case and without diacritics."""
    # FTS5 stems bytes: a letter that is not ASCII counts as consonants, as many as it has bytes.
    folded = "".join(map(_folded, word))[:_LONGEST].encode().decode("latin-1")
    stem = _stem(folded) if len(folded) in _STEMMED_BYTES else folded
    return stem.encode("latin-1").decode()


def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    # FTS5 has two suffixes as Porter changed them after his article of 1980.
    if stem.endswith("logi") and _SYLLABLE.search(stem[:-4]):
        return stem[:-1]
    if stem.endswith("bli") and _SYLLABLE.search(stem[:-3]):
        return str(_stemmer().stemWord(f"{stem[:-1]}e"))
    return stem


@cache
def _folded(letter: str) -> str:
    """Return a letter in lower case, a Latin one without its diacritics."""
    lower = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
    base = unicodedata.normalize("NFD", lower)[:1]
    return base if base.isascii() else lower[:1]


@cache
def _stemmer() -> Stemmer:
    from Stemmer import Stemmer

    return Stemmer("porter", 0)
