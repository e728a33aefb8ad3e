"""A sentence of a language model and the excerpts that it cites → a statement, or None where they do not show it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from index.articles import normalise_line
from index.chunking import split_sentences
from qa.answers import Citation, Statement
from qa.figures import figures
from qa.naming import is_named, names_in
from qa.retrieval import telling_words
from qa.wordforms import plain_words, stems

__all__ = ["split_written", "verified"]

_WORDS_SHOWN = 0.6
_LONGEST_SENTENCE = 600


def split_written(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of a text that arrives in pieces, each with its markers, as soon as it is complete.

    That is when the first word of the next has been read. Joined, they are the text.
    """
    text = ""
    for piece in pieces:
        text += piece
        starts = [start for start in _starts(text) if _HAS_BEGUN.match(text, start)]
        yield from _cut(text, starts)
        text = text[starts[-1] if starts else 0 :]
    starts = _starts(text)
    yield from _cut(text, starts)
    if text.strip():
        yield text[starts[-1] if starts else 0 :]


def verified(sentence: str, excerpts: Mapping[int, Citation]) -> Statement | None:
    """Return the sentence without its markers, with the numbers of the excerpts that it cites and that show it.

    They must hold all of its numbers and dates, and, with the cited articles' titles and sources, all of its names and
    most of its other words; and what they deny or only suppose it must not tell otherwise. The question proves nothing:
    it may presuppose what is not so. Links and markup are never let through.
    """
    visible = "".join(c for c in sentence if unicodedata.category(c) != "Cf")
    numbers = [int(number) for marker in _CITING.findall(visible) for number in re.findall(r"\d+", marker)]
    cited = tuple(dict.fromkeys(number for number in numbers if number in excerpts))
    text = _without_markers(visible)
    is_plain = any(map(str.isalnum, text)) and not _MARKUP.search(text) and not _LINK.search(text)
    if not cited or not is_plain or len(text) > _LONGEST_SENTENCE:
        return None
    chosen = [excerpts[number] for number in cited]
    quotes = [excerpt.quote for excerpt in chosen]
    told = [f"{excerpt.quote}\n{excerpt.article.title}\n{excerpt.article.source or ''}" for excerpt in chosen]
    is_shown = (
        _names_and_figures_are_told(text, quotes, told)
        and _share(_stems(text) - _ABOUT_ARTICLES, _stems("\n".join(told))) >= _WORDS_SHOWN
        and all(_tells_alike(clause, quotes) for clause in _clauses(text))
    )
    return Statement(text, cited) if is_shown else None


def _starts(text: str) -> list[int]:
    """Return where each sentence but the first begins; markers behind a full stop belong to what it ends."""
    starts = {match.end() for match in _MARKED_END.finditer(text)} | {span.start for span in split_sentences(text)}
    behind = (_MARKERS_FIRST.match(text, start) for start in starts)
    return sorted({match.end() for match in behind if match and 0 < match.end() < len(text)})


def _cut(text: str, starts: Sequence[int]) -> Iterator[str]:
    for start, end in zip([0, *starts], starts, strict=False):
        if text[start:end].strip():
            yield text[start:end]


def _without_markers(text: str) -> str:
    plain = normalise_line(_DECORATION.sub("", _MARKER.sub(" ", text)))
    return _SPACE_BEFORE_STOP.sub(r"\1", plain)


def _names_and_figures_are_told(text: str, quotes: Sequence[str], told: Sequence[str]) -> bool:
    """Say whether the excerpts tell all names and figures: each figure in one that tells one of the names, if any."""
    namings = [[is_named(name, each, is_opening=text.startswith(name[0])) for each in told] for name in names_in(text)]
    if not all(map(any, namings)):
        return False
    speaks = [any(naming[place] for naming in namings) or not namings for place in range(len(told))]
    shown = frozenset().union(*(figures(quote) for quote, fits in zip(quotes, speaks, strict=True) if fits))
    return figures(text) <= shown


def _tells_alike(clause: str, quotes: Sequence[str]) -> bool:
    """Say whether a clause denies, and supposes, what the clause of the quotes does that it is nearest to."""
    wanted = _stems(clause)
    told = [other for quote in quotes for span in split_sentences(quote) for other in _clauses(span.of(quote))]
    overlaps = [_share(wanted, _stems(other)) for other in told]
    best = max(overlaps)
    if best < _WORDS_SHOWN:
        return not _denies(clause) or any(map(_denies, told))
    return any(
        _denies(clause) == _denies(other) and (not _ONLY_SUPPOSED.search(other) or bool(_SUPPOSED.search(clause)))
        for other, overlap in zip(told, overlaps, strict=True)
        if overlap == best
    )


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSE_END.split(text) if clause.strip()]


def _denies(text: str) -> bool:
    return _DENIAL.search(text) is not None


def _share(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part & whole) / len(part) if part else 1.0


def _stems(text: str) -> frozenset[str]:
    return stems(word for telling in telling_words(text) for word in plain_words(telling) if not word.isdigit())


_MARKER = re.compile(r"[\[［【][^\[\]［］【】\n]{0,20}[\]］】]")
_CITING = re.compile(
    r"[\[［【]\s*(?:excerpts? |sources? )?([\d,;\s]{1,20})(?:†[^\[\]［］【】\n]{0,20})?[\]］】]", re.IGNORECASE
)
_MARKED_END = re.compile(r"[.!?][\"”’')]*\s*(?:[\[［【][^\[\]［］【】\n]{0,20}[\]］】]\s*)+(?=[^\W\d_a-z]|[“\"‘'])")
# The last may still be growing.
_MARKERS_FIRST = re.compile(r"(?:\s*[\[［【][^\[\]［］【】\n]{0,20}[\]］】])*\s*(?:[\[［【][^\[\]［］【】\n]{0,20}$)?")
_HAS_BEGUN = re.compile(r"\S+\s")
_DECORATION = re.compile(r"^\s*(?:[-*•·–]\s+|\d{1,2}[.)]\s+)|\*\*|__")
_SPACE_BEFORE_STOP = re.compile(r"\s+([,.;:!?])")
_MARKUP = re.compile(r"[<>{}`|\\^~]|\]\s?\(|\b(?:javascript|data|vbscript):", re.IGNORECASE)
_LINK = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|\b(?:[\w-]+\.)+(?:com|org|net|info|biz|example|test|xyz|app|dev|site|link|top|ru)\b"
    r"\S*",
    re.IGNORECASE,
)
# "The articles differ: according to one source …, another reports …" says who says it.
_ABOUT_ARTICLES = frozenset({"accord", "anoth", "articl", "differ", "disagre", "excerpt", "report", "sourc"})
_CLAUSE_END = re.compile(r";|,\s(?=(?:but|while|whereas|although|though|yet)\b)")
_DENIAL = re.compile(
    r"\b(?:not(?! only)|never|no|none|neither|nor|nobody|nothing|cannot|refus(?:e|es|ed|ing)|reject(?:s|ed|ing)?"
    r"|den(?:y|ies|ied|ying)|rul(?:es?|ed|ing) out|declin\w+ to|fail\w* to|unlikely)\b|n['’]t\b",
    re.IGNORECASE,
)
_ONLY_SUPPOSED = re.compile(r"\b(?:may|might|could|unless|only if|considering|maybe|perhaps|possibly)\b")
_SUPPOSED = re.compile(
    r"\b(?:may|might|could|would|can|if|unless|considering|maybe|perhaps|possibl[ey]|ready|willing|condition\w*|up to"
    r"|as many as|potential\w*|wants?|demands?|requires?|insists?|asks? for|plans?|hopes?|propos\w+)\b"
)
