"""How claims stand to each other: who says the same, who says otherwise, and what is told otherwise since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.answers import Standing
from qa.asking import Asked
from qa.claims import Claim
from qa.listing import is_name
from qa.retrieval import telling_words
from qa.sameness import names_the_same, overlap, says_the_same
from qa.values import day_of, days_between, quantity_of
from qa.wordforms import plain_words, stems

__all__ = ["Told", "grouped", "with_disagreement", "with_reversals"]

_DAYS_APART = 3
_AS_SURE = 0.6
_ONE_MATTER = 0.5
_ONE_MATTER_NAMED = 0.2
_ONE_NAMES_MATTER = 0.6
_SHORT_WORDS = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told, by one claim or by several that say the same, the surest first; wire copies count once."""

    claims: tuple[Claim, ...]
    standing: Standing | None = None

    @property
    def confidence(self) -> float:
        """That of the surest claim."""
        return self.claims[0].evidence.confidence

    @property
    def published_at(self) -> str | None:
        """When the newest of the articles that tell it appeared, as far as is known."""
        return max((claim.evidence.article.published_at or "" for claim in self.claims), default="") or None


def grouped(claims: Sequence[Claim], asked: Asked) -> list[Told]:
    """Return what is told, each thing once, in the order in which it is first told."""
    groups: list[list[Claim]] = []
    for claim in claims:
        same = next((group for group in groups if any(_tells_the_same(claim, other, asked) for other in group)), None)
        if same is None:
            groups.append([claim])
        elif not any(_is_one_witness(claim, other) for other in same):
            same.append(claim)
    return [Told(tuple(group)) for group in groups]


def with_reversals(told: Sequence[Told], excluded: Sequence[Claim], asked: Asked) -> list[Told]:
    """Mark as earlier what a newer article takes back, and let that article be cited with it."""
    marked = []
    for one in told:
        newer = [
            claim
            for claim in excluded
            if (claim.stance, one.claims[0].stance) in _OPPOSITES
            and (claim.evidence.article.published_at or "") > (one.published_at or "~")
            and _tells_the_same(claim, one.claims[0], asked)
        ]
        marked.append(replace(one, claims=(one.claims[0], newer[0]), standing="earlier") if newer else one)
    return marked


def with_disagreement(told: Sequence[Told], asked: Asked) -> list[Told]:
    """Return the best with what contradicts it: side by side as differing, or the newest first where days lie between.

    A second guess contradicts nothing: both must be about as sure, of another article, and on the same matter.
    """
    if not told:
        return []
    best = told[0]
    others = [other for other in told[1:] if _contradicts(other, best, asked)]
    newest = max([best, *others], key=lambda one: one.published_at or "")
    shown: list[Told] = []
    for one in (best, *others):
        if one is newest:
            continue
        shown.append(replace(one, standing="earlier" if _is_superseded(one, newest, asked) else "differs"))
    if not shown:
        return [best]
    differing = [one for one in shown if one.standing == "differs"]
    head = replace(newest, standing="differs") if differing else newest
    # Among those that differ the reader's order holds; what is superseded comes last, the newest of it first.
    current = sorted([head, *differing], key=lambda one: -one.confidence)
    earlier = sorted((one for one in shown if one.standing == "earlier"), key=lambda one: one.published_at or "")
    return [*current, *reversed(earlier)]


def _tells_the_same(one: Claim, other: Claim, asked: Asked) -> bool:
    ours, theirs = one.said, other.said
    if ours.casefold() == theirs.casefold():
        return True
    if one.is_sentence or other.is_sentence or max(len(ours.split()), len(theirs.split())) > _SHORT_WORDS:
        return says_the_same(ours, theirs)
    if asked.kind in ("number", "date") and (value := _same_value(one, other, asked)) is not None:
        return value
    return names_the_same(ours, theirs)


def _same_value(one: Claim, other: Claim, asked: Asked) -> bool | None:
    """Say whether two short answers are the same number or day, or None where they are not both of a kind."""
    if asked.kind == "number":
        ours, theirs = quantity_of(one.following), quantity_of(other.following)
        return ours.is_same(theirs) if ours and theirs else None
    day, another = (day_of(claim.said, claim.evidence.article.published_at) for claim in (one, other))
    return day.is_same(another) if day and another else None


def _is_one_witness(one: Claim, other: Claim) -> bool:
    """Say whether the second adds no witness: the same article, or nearly the same sentence in another."""
    return one.evidence.article == other.evidence.article or says_the_same(
        one.evidence.sentence_text, other.evidence.sentence_text
    )


def _contradicts(one: Told, best: Told, asked: Asked) -> bool:
    ours, theirs = one.claims[0], best.claims[0]
    if not asked.is_single or ours.is_sentence or theirs.is_sentence or one.confidence < _AS_SURE * best.confidence:
        return False
    if any(claim.evidence.article == other.evidence.article for claim in one.claims for other in best.claims):
        return False
    if asked.kind == "name":
        is_of_a_kind = is_name(ours.said) and is_name(theirs.said)
        return is_of_a_kind and _shared(ours, theirs) >= _ONE_NAMES_MATTER
    if _same_value(ours, theirs, asked) is not False or not _is_alike(ours, theirs, asked):
        return False
    # A day on which the notice was issued is no other day for its lifting.
    if not _asked_in(theirs.evidence.sentence_text, asked) <= _asked_in(ours.evidence.quote, asked):
        return False
    is_named = bool(asked.names) and all(asked.names <= _words_about(claim) for claim in (ours, theirs))
    return _shared(ours, theirs) >= (_ONE_MATTER_NAMED if is_named else _ONE_MATTER)


def _is_alike(one: Claim, other: Claim, asked: Asked) -> bool:
    """Say whether both numbers count the same thing; two days always do."""
    if asked.kind != "number":
        return True
    ours, theirs = quantity_of(one.following), quantity_of(other.following)
    fates = [_FATE.search(claim.following) for claim in (one, other)]
    others = {found[0][:4] for found in fates if found} - {word[:4] for word in asked.words}
    return ours is not None and theirs is not None and ours.is_alike(theirs) and not others


def _is_superseded(one: Told, newest: Told, asked: Asked) -> bool:
    claim = newest.claims[0]
    if _CORRECTION.search(claim.evidence.article.title) or _CORRECTION.search(claim.evidence.quote):
        return True
    denied = rf"\bnot {re.escape(one.claims[0].said.split()[0])}\b"
    if re.search(denied, claim.evidence.quote):
        return True
    apart = days_between(one.published_at, newest.published_at)
    return apart is not None and apart > (0 if asked.is_latest else _DAYS_APART)


def _shared(one: Claim, other: Claim) -> float:
    texts = [
        claim.evidence.sentence_text.replace(claim.said, " ") + f" {claim.evidence.article.title}"
        for claim in (one, other)
    ]
    return overlap(*texts)


def _asked_in(text: str, asked: Asked) -> frozenset[str]:
    """Return which of the question's telling words, names left out, the text has too, in stems."""
    telling = asked.words.intersection(telling_words(asked.text)) - asked.names
    return stems(map(_in_one_word, telling)) & stems(map(_in_one_word, plain_words(text)))


def _in_one_word(word: str) -> str:
    return _SAME_FATE.get(word, word)


def _words_about(claim: Claim) -> frozenset[str]:
    return frozenset(plain_words(f"{claim.evidence.article.title} {claim.evidence.quote}"))


_OPPOSITES = frozenset({("denied", "affirmed"), ("affirmed", "denied"), ("denied", None)})
_CORRECTION = re.compile(r"\bcorrect(?:ion|ed|s)?\b(?! answer)", re.IGNORECASE)
_SAME_FATE = {
    **dict.fromkeys(("dies", "died", "dead", "death", "deaths", "dying", "kill", "kills", "killed", "killing"), "die"),
    **dict.fromkeys(("injured", "wounded", "hurt", "injuring", "wounding"), "injure"),
}
# 12 dead and 15 injured are no disagreement about the dead.
_FATE = re.compile(r"\b(?:injured|wounded|hurt|missing|surviv\w+|rescued|arrested|detained|displaced|hospital\w*)\b")
