"""An answerable question → one that its text no longer answers, in ways of SQuAD 2.0's crowd (Rajpurkar et al. 2018).

Three of them need no grammar: another name or number in the place of one, a word turned into its opposite, and a
denial. What is altered stands in the text, so that the question stays about it; what is put in holds no answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

__all__ = ["altered"]


def altered(question: str, text: str, answers: Sequence[str], others: Sequence[str], draw: random.Random) -> str | None:
    """Return the question altered in one place, or None where nothing can be; `others` are texts to take names from."""
    ways = [
        *_with_another("name", question, text, answers, others, draw),
        *_with_another("number", question, text, answers, others, draw),
        *_turned(question),
        *_denied(question),
    ]
    return draw.choice(ways) if ways else None


def _with_another(
    kind: str, question: str, text: str, answers: Sequence[str], others: Sequence[str], draw: random.Random
) -> Iterator[str]:
    """Put in another name or number: one of the same text half of the time, so that its presence tells nothing."""
    shape = _SHAPES[kind]
    taken = question.casefold() + " " + " ".join(answers).casefold()
    here = _values(shape, text, taken)
    elsewhere = [value for other in others for value in _values(shape, other, taken + text.casefold())]
    for found in shape.finditer(question):
        is_bare = _NO_NAME.fullmatch(found[0]) is not None
        if found.start() == 0 or is_bare or found[0].casefold() not in text.casefold():
            continue
        pool = here if here and (not elsewhere or draw.random() < 0.6) else elsewhere
        alike = [value for value in pool if _is_year(value) == _is_year(found[0])]
        if alike:
            yield question[: found.start()] + draw.choice(alike) + question[found.end() :]


def _values(shape: re.Pattern[str], text: str, taken: str) -> list[str]:
    """Return what of a shape a text holds, but for what is taken and what only begins a sentence."""
    values = dict.fromkeys(
        found[0]
        for found in shape.finditer(text)
        if found.start() > 1 and text[found.start() - 2] not in ".!?\n" and found[0].casefold() not in taken
    )
    return [value for value in values if not _NO_NAME.fullmatch(value)]


def _turned(question: str) -> Iterator[str]:
    for found in _OPPOSITES.finditer(question):
        if found.start():
            opposite = _OPPOSITE[found[0].lower()]
            yield question[: found.start()] + opposite + question[found.end() :]


def _denied(question: str) -> Iterator[str]:
    """Deny an auxiliary: "did not", "was never"; and take a denial away."""
    if denied := _DENIAL.search(question):
        yield question[: denied.start()] + question[denied.end() :]
        return
    if found := _SUBJECT_AND_AUXILIARY.search(question):
        yield f"{question[: found.end()]} not{question[found.end() :]}"


def _is_year(value: str) -> bool:
    return _YEAR.fullmatch(value) is not None


_SHAPES = {
    "name": re.compile(r"\b[A-ZÀ-Þ][\w’'-]*[a-zß-ÿA-Z](?: (?:(?:of|the|de|van|al) )?[A-ZÀ-Þ][\w’'-]+)*"),
    "number": re.compile(r"(?<![\w.,])\d[\d,.]*\d(?![\w%])|(?<![\w.,])\d(?![\w.,%])"),
}
_NO_NAME = re.compile(
    r"I|I['’]\w+|The|A|An|He|She|It|They|We|You|In|On|At|But|And|This|That|These|Those|There|If|When|As|For|My|So|Since"
    r"|January|February|March|April|May|June|July|August|September|October|November|December"
)
_YEAR = re.compile(r"1[0-9]\d\d|20\d\d")
_PAIRS = (
    "first last, largest smallest, biggest smallest, highest lowest, most least, greater lesser, higher lower,"
    "longest shortest, oldest newest, earliest latest, best worst, before after, increase decrease,"
    "increased decreased, increasing decreasing, rise fall, rose fell, north south, northern southern, east west,"
    "eastern western, above below, inside outside, internal external, domestic foreign, male female, men women,"
    "mother father, son daughter, brother sister, husband wife, boys girls, public private, rural urban,"
    "early late,"
    "minimum maximum, won lost, win lose, winning losing,"
    "accept reject, accepted rejected, allowed banned, legal illegal, open closed,"
    "opened closed, begin end, began ended, start stop, started stopped, born buried, arrive leave, arrived left,"
    "support oppose, supported opposed, supporters opponents, agree disagree, agreed refused, bought sold, buy sell,"
    "lent borrowed, positive negative, advantage disadvantage, success failure, strong weak, strength weakness, "
    "rich poor, hot cold, warm cool, fast slow, faster slower, easy hard, older younger, present absent, former future,"
    "major minor, majority minority, always never, better worse, attacked defended,"
    "victory defeat, left right, front back, top bottom, upper lower, light heavy, lightest heaviest, deep shallow,"
    "near far, closest farthest, cheap expensive, cheapest costliest, created destroyed, built demolished, hired fired,"
    "appointed dismissed, included excluded, gained lost, entered left, import export, imported exported, ally enemy,"
    "liked disliked, loved hated, useful useless, happy unhappy, safe dangerous, common rare, simple complex"
)
_OPPOSITE = {
    one: other
    for pair in _PAIRS.split(",")
    for first, second in [pair.split()]
    for one, other in ((second, first), (first, second))
}
_OPPOSITES = re.compile(rf"\b(?:{'|'.join(sorted(_OPPOSITE, key=len, reverse=True))})\b", re.IGNORECASE)
_DENIAL = re.compile(r"(?:\bnot\b ?|n['’]t\b|\bnever\b ?)")
# After a wh-word alone a denial would only be bad English: "What is not the name of the ship?"
_SUBJECT_AND_AUXILIARY = re.compile(
    r"\b(?!(?:what|who|which|where|when|how|why|whom|many|much|long|often)\b)\w+"
    r" (?:is|are|was|were|has|have|had|can|could|will|would|should|must|may|might)\b(?= [a-z]+(?:ed|en|ing)?\b)",
    re.IGNORECASE,
)
