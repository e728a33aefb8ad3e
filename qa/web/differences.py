"""Two versions of a text → what changed, paragraph by paragraph and, where one was edited, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

__all__ = ["Change", "ChangedPiece", "differences", "word_differences"]

Change = Literal["kept", "added", "removed"]
Pieces = tuple["ChangedPiece", ...]

# Two paragraphs that share less are two paragraphs, not one that was edited.
_ONE_PARAGRAPH = 0.4
# What comparing may cost: a longer text is told as taken out and put in whole.
_PARAGRAPHS = 1_000
_WORDS = 3_000


@dataclass(frozen=True, slots=True)
class ChangedPiece:
    """A run of text that stands in both versions, in the newer only, or in the older only."""

    text: str
    change: Change


def differences(old: str, new: str) -> tuple[Pieces, ...]:
    """Return the paragraphs of both texts, each as pieces; without the removed ones they are the new text."""
    ours, theirs = old.split("\n\n"), new.split("\n\n")
    if max(len(ours), len(theirs)) > _PARAGRAPHS:
        return (*_whole(ours, "removed"), *_whole(theirs, "added"))
    shown: list[Pieces] = []
    for kind, i, j, k, m in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        shown += _whole(theirs[k:m], "kept") if kind == "equal" else _edited(ours[i:j], theirs[k:m])
    return tuple(shown)


def word_differences(old: str, new: str) -> Pieces:
    """Return one paragraph or line of two versions as pieces."""
    ours, theirs = _words(old), _words(new)
    if max(len(ours), len(theirs)) > _WORDS:
        return tuple(_pieces((("removed", ours), ("added", theirs))))
    matcher = SequenceMatcher(None, [word.strip() for word in ours], [word.strip() for word in theirs])
    runs: list[tuple[Change, Sequence[str]]] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            # What comes first in one version has a space before it in the other.
            runs.append(("kept", [max(pair, key=len) for pair in zip(ours[i:j], theirs[k:m], strict=True)]))
        else:
            runs += [("removed", ours[i:j]), ("added", theirs[k:m])]
    return tuple(_pieces(runs))


def _edited(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[Pieces]:
    """Yield paragraphs that were replaced: each new one beside the old one that it comes from, if there is one."""
    gone = 0
    for paragraph in theirs:
        come_from = next((n for n in range(gone, len(ours)) if _is_one_paragraph(ours[n], paragraph)), None)
        if come_from is None:
            yield from _whole([paragraph], "added")
        else:
            yield from _whole(ours[gone:come_from], "removed")
            yield word_differences(ours[come_from], paragraph)
            gone = come_from + 1
    yield from _whole(ours[gone:], "removed")


def _is_one_paragraph(old: str, new: str) -> bool:
    ours, theirs = (set(re.findall(r"\w+", text.casefold())) for text in (old, new))
    return len(ours & theirs) > _ONE_PARAGRAPH * max(len(ours), len(theirs))


def _words(text: str) -> list[str]:
    """Return the words with the space before each."""
    return re.findall(r"\s*\S+", text)


def _pieces(runs: Sequence[tuple[Change, Sequence[str]]]) -> Iterator[ChangedPiece]:
    return (ChangedPiece("".join(words), change) for change, words in runs if words)


def _whole(paragraphs: Sequence[str], change: Change) -> Iterator[Pieces]:
    return ((ChangedPiece(text, change),) for text in paragraphs)
