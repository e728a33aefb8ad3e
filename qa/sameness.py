"""Whether two answers name the same thing, and two sentences tell the same in nearly the same words."""

from __future__ import annotations

import re

from qa.wordforms import plain_words, stems

__all__ = ["names_the_same", "overlap", "says_the_same"]

_SAME_WORDS = 0.8


def names_the_same(one: str, other: str) -> bool:
    """Say whether two short answers name one thing: "U.S." and "the United States", "Hask" and "Mr Bertil Hask"."""
    ours, theirs = _names(one), _names(other)
    if not ours.isdisjoint(theirs):
        return True
    return any(_is_shorter_form(a, b) or _is_shorter_form(b, a) for a in ours for b in theirs)


def says_the_same(one: str, other: str) -> bool:
    """Say whether the shorter has nearly only words of the longer, and not a name, number or denial more."""
    shorter, longer = sorted((set(_WORD.findall(one)), set(_WORD.findall(other))), key=len)
    known, given = {word.casefold() for word in longer}, {word.casefold() for word in shorter}
    fresh = [word for word in shorter if word.casefold() not in known]
    return (
        len(fresh) <= len(shorter) * (1 - _SAME_WORDS)
        and _DENIALS & given == _DENIALS & known
        and not any(word[0].isupper() or _NUMBER.match(word) for word in fresh)
    )


def overlap(one: str, other: str) -> float:
    """Return the share of the shorter text's telling words that the longer has too, in [0, 1]."""
    ours, theirs = (stems(word for word in plain_words(text) if len(word) > 3) for text in (one, other))
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def _names(text: str) -> frozenset[tuple[str, ...]]:
    """Return the ways in which a text names what it names, each as plain words: without "(IRC)", and that alone."""
    bracketed = _BRACKETED.search(text)
    texts = [_BRACKETED.sub(" ", text), bracketed[1]] if bracketed else [text]
    return frozenset(words for words in map(_plain_name, texts) if words)


def _plain_name(text: str) -> tuple[str, ...]:
    words = [word for word in plain_words(text) if word not in _ARTICLES]
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    name = " ".join(words)
    return tuple(_ALIASES.get(name, name).split())


def _is_shorter_form(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    if len(short) == 1 and short[0] == "".join(word[0] for word in long if word not in _SMALL_WORDS) and len(long) > 1:
        return True
    if len(short) >= len(long) or any(word.isdigit() for word in (*short, *long)):
        return False
    before = long[len(long) - len(short) - 1]
    # A surname, or a thing without what is told of it; but South Sudan is not Sudan.
    return long[-len(short) :] == short and before not in _ANOTHER and short[-1] not in _TOO_COMMON


_WORD = re.compile(r"\w+")
_DENIALS = frozenset({"no", "not", "never", "neither", "nor", "none", "t"})  # the last of "isn't"
_NUMBER = re.compile(
    r"\d|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|[mb]illion|half)"
)
_BRACKETED = re.compile(r"\(([^()]{1,20})\)")
_ARTICLES = frozenset({"a", "an", "the", "both"})
_SMALL_WORDS = frozenset({"of", "and", "for", "in", "on", "to", "de"})
_TITLES = frozenset({
    "mr", "mrs", "ms", "dr", "prof", "professor", "sir", "lord", "lady", "dame", "fr", "rev", "gen", "general",
    "col", "colonel", "lt", "capt", "captain", "sgt", "maj", "major", "adm", "admiral", "president", "vice",
    "prime", "minister", "foreign", "defence", "defense", "chancellor", "premier", "king", "queen", "prince",
    "princess", "judge", "justice", "senator", "governor", "mayor", "secretary", "chief", "executive", "deputy",
    "former", "acting",
})  # fmt: skip
# In front of a name, these make it another's.
_ANOTHER = frozenset({
    "of", "in", "at", "for", "from", "near", "to", "and", "north", "south", "east", "west", "northern",
    "southern", "eastern", "western", "central", "new", "old", "upper", "lower", "great", "little", "equatorial",
    "papua", "saint", "st", "san", "no", "not", "non", "anti", "pro", "inner", "outer", "young", "junior",
})  # fmt: skip
# Names of many things: "Council" alone does not name the Garrow Council, nor "Bank" a bank.
_TOO_COMMON = frozenset({
    "company", "council", "bank", "party", "club", "association", "line", "island", "river", "town", "city",
    "office", "union",
})  # fmt: skip
_ALIASES = {
    alias: name
    for name, aliases in {
        "united states": (
            "us", "usa", "america", "united states of america", "american government", "us government",
        ),
        "united kingdom": ("uk", "britain", "great britain", "british government"),
        "turkey": ("turkiye", "republic of turkiye", "republic of turkey"),
        "russia": ("russian federation",),
        "czech republic": ("czechia",),
        "netherlands": ("holland",),
        "myanmar": ("burma",),
        "ivory coast": ("cote d ivoire", "cote divoire"),
        "south korea": ("republic of korea",),
        "north korea": ("dprk", "democratic peoples republic of korea"),
        "congo": ("drc", "dr congo", "democratic republic of congo", "democratic republic of the congo"),
        "united arab emirates": ("uae", "emirates"),
        "european union": ("eu",),
        "united nations": ("un",),
        "eswatini": ("swaziland",),
        "kyiv": ("kiev",),
        "bosnia and herzegovina": ("bosnia", "bosnia herzegovina"),
        "china": ("prc", "peoples republic of china"),
    }.items()
    for alias in aliases
}  # fmt: skip
