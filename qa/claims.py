"""Evidence → claims: the words that answer, each thing by itself, and how the sentence puts it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from index.articles import Span
from qa.answers import Evidence
from qa.asking import Asked, Stance
from qa.attribution import speaker_of
from qa.clauses import condition_of, is_left_out, stance_of
from qa.listing import enumerated, is_name, items_in, name_told_of
from qa.marking import is_whole
from qa.sameness import overlap
from qa.spans import dateline_length, tidied, whole_name, whole_quantity
from qa.wordforms import plain, plain_words, stems

__all__ = ["Claim", "claims_in"]

_A_LIST = 3
_AS_QUOTED = 0.6


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a piece of evidence tells: the words at `words`, a span of the article inside the quote.

    `condition` is where the sentence says under which condition it holds, if the answer is to say so.
    """

    evidence: Evidence
    words: Span
    stance: Stance | None = None
    condition: Span | None = None
    is_of_a_list: bool = False

    @property
    def said(self) -> str:
        """The words, as they stand in the quote."""
        return self.evidence.text_of(self.words)

    @property
    def text(self) -> str:
        """What is said, word for word from the quote; the condition in brackets."""
        return f"{self.said} ({self.evidence.text_of(self.condition)})" if self.condition else self.said

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where in the article the text stands."""
        return (self.words, self.condition) if self.condition else (self.words,)

    @property
    def is_sentence(self) -> bool:
        """Say whether it is no short answer but all that the sentence says."""
        return is_whole(self.evidence, self.words)

    @property
    def following(self) -> str:
        """The words with a few of the sentence's next, which tell what a number counts."""
        sentence = self.evidence.sentence
        start, end = max(self.words.start, sentence.start), min(self.words.end + _FOLLOWING, sentence.end)
        return self.evidence.text_of(Span(start, max(start, end)))


def claims_in(evidence: Evidence, asked: Asked) -> tuple[Claim, ...]:
    """Return what the evidence tells of what is asked, in the sentence's order; nothing is a valid finding."""
    if asked.kind == "yes_no" or is_whole(evidence, evidence.answer):
        whole = evidence.answer if is_whole(evidence, evidence.answer) else _told_in(evidence)
        return (Claim(evidence, whole),)
    sentence, begin = evidence.sentence_text, evidence.sentence.start
    words = tidied(sentence, _moved(evidence.answer, -begin))
    if asked.kind == "who_said":
        return (Claim(evidence, _speaker(evidence, _moved(words, begin), asked)),)
    if asked.kind == "several":
        return _listed(evidence, words, asked, is_grown=True)
    if asked.kind in ("name", "open") and len(items_in(sentence, words, is_grown=False).items) >= _A_LIST:
        return _listed(evidence, words, asked, is_grown=False)
    words = whole_quantity(sentence, words)
    if _is_idle(words.of(sentence), asked):
        return (Claim(evidence, evidence.sentence),)
    is_corrected = _CORRECTED.search(evidence.text_of(Span(evidence.sentence.start, begin + words.start))) is not None
    return (Claim(evidence, _moved(words, begin), "denied" if is_corrected or is_left_out(sentence, words) else None),)


def _told_in(evidence: Evidence) -> Span:
    """Return the sentence without the dateline, unless that answers."""
    sentence = evidence.sentence
    begin = sentence.start + dateline_length(evidence.sentence_text)
    return Span(begin, sentence.end) if begin <= evidence.answer.start else sentence


def _listed(evidence: Evidence, words: Span, asked: Asked, *, is_grown: bool) -> tuple[Claim, ...]:
    sentence, begin = evidence.sentence_text, evidence.sentence.start
    found = items_in(sentence, words, is_grown=is_grown)
    items = [_whole(sentence, item, asked) for item in found.items]
    idle = [item for item in items if _is_no_item(item.of(sentence), asked)]
    if len(idle) == len(items) and (others := enumerated(sentence)):
        # "Three yards have bid: …" marked at "three".
        found, items = others, [_whole(sentence, item, asked) for item in others.items]
        idle = [item for item in items if _is_no_item(item.of(sentence), asked)]
    if asked.nouns:
        items = [_told_apart(sentence, item, asked) for item in items]
    claims = []
    for item in items:
        if _announces(item.of(sentence), asked):
            continue
        # "Transport at $131 million": the amount is told of an item.
        if _AMOUNT.fullmatch(item.of(sentence)) and _TOLD_OF_ITEM.search(sentence[: item.start]):
            continue
        # Beside other names one that the question has too may well be meant: Kirrow, where the Kirrow Rifles recruit.
        if item in idle and (len(idle) == len(items) or not is_name(item.of(sentence))):
            continue
        # An enumeration is one subject or one object: what is said is said of all of it.
        stance = "denied" if is_left_out(sentence, item) else stance_of(sentence, found.whole, asked.words)
        condition = None
        if asked.is_conditional_told and stance == "conditional":
            place = condition_of(sentence, found.whole)
            condition = _moved(place, begin) if place else None
        claims.append(Claim(evidence, _moved(item, begin), stance, condition, is_of_a_list=True))
    return tuple(claims)


def _speaker(evidence: Evidence, words: Span, asked: Asked) -> Span:
    """Return where the excerpt names who says it: the speaker of what the question quotes, else the words marked."""
    for quoted in _QUOTATION.finditer(evidence.quote):
        if overlap(quoted[0], asked.text) >= _AS_QUOTED:
            place = Span(*quoted.span())
            around = replace(evidence, sentence=_moved(_sentence_around(evidence.quote, place), evidence.span.start))
            if named := speaker_of(around, _moved(place, evidence.span.start)):
                return _place(evidence, named)
    marked = evidence.text_of(words)
    if is_name(marked):
        return words
    claim = words
    if _NO_NAME.fullmatch(marked):
        beside = _QUOTATION.search(evidence.sentence_text)
        claim = _moved(Span(*beside.span()), evidence.sentence.start) if beside else evidence.sentence
    named = speaker_of(evidence, claim)
    if named is None:
        return evidence.sentence if _NO_NAME.fullmatch(marked) else words
    return _place(evidence, named)


def _sentence_around(quote: str, place: Span) -> Span:
    gaps = list(_SENTENCE_GAP.finditer(quote))
    begin = max((gap.end() for gap in gaps if gap.end() <= place.start), default=0)
    return Span(begin, min((gap.start() + 1 for gap in gaps if gap.start() >= place.end), default=len(quote)))


def _place(evidence: Evidence, named: str) -> Span:
    start = evidence.quote.find(named) + evidence.span.start
    return Span(start, start + len(named))


def _whole(sentence: str, item: Span, asked: Asked) -> Span:
    if hours := _HOURS.search(item.of(sentence)):
        item = Span(item.start, item.start + hours.start())
    if ranked := _RANKED.match(item.of(sentence)):
        item = Span(item.start + ranked.end(), item.end)
    if asked.is_for_names and (name := name_told_of(item.of(sentence))):
        item = Span(item.start, item.start + len(name))
    item = whole_quantity(sentence, whole_name(sentence, item))
    # "Varnholt’s army" names Varnholt, "McDonald’s" is a name as it stands.
    is_owner = item.of(sentence).endswith(("’s", "'s")) and sentence[item.end + 1 : item.end + 2].islower()
    return Span(item.start, item.end - 2) if asked.is_for_names and is_owner else item


def _announces(text: str, asked: Asked) -> bool:
    """Say whether the words only count what is asked for: "on two conditions"."""
    return any(not stems([found["noun"]]).isdisjoint(asked.nouns) for found in _COUNTED.finditer(plain(text)))


def _told_apart(sentence: str, item: Span, asked: Asked) -> Span:
    """Return the item with the place that tells it from others of its kind: "the rail bridge at Osk"."""
    if stems(plain_words(item.of(sentence))).isdisjoint(asked.nouns):
        return item
    place = _PLACE_AFTER.match(sentence, item.end)
    return Span(item.start, place.end()) if place else item


def _is_no_item(text: str, asked: Asked) -> bool:
    """Say whether the words are no item: they tell nothing, or only count, or name nobody where names are asked."""
    if asked.is_for_several_names and (_DAY.match(text) or len(text.split()) > _NAME_WORDS):
        return True
    counted = _COUNT.match(text)
    rest = text[counted.end() :] if counted else text
    is_nameless = asked.is_for_names and _NAME_IN.search(text) is None
    # Chancellor Egon Prüll is no country.
    is_person = asked.is_for_names and not asked.is_for_people and _PERSON.match(text) is not None
    return not rest.strip() or is_nameless or is_person or _is_idle(rest, asked)


def _is_idle(text: str, asked: Asked) -> bool:
    """Say whether the words tell nothing: a pronoun, or only what the question says itself."""
    words = [word for word in plain_words(text) if word not in _ARTICLES]
    return not words or _NO_NAME.fullmatch(text) is not None or stems(words) <= stems(asked.words)


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


_FOLLOWING = 30
_NAME_WORDS = 7
_COUNTED = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine) (?:other |more |further )?(?P<noun>\w+)\b")
_PLACE_AFTER = re.compile(r" (?:at|in|near|of|on) (?:the )?[A-ZÀ-ÖØ-Þ][\w’'-]*(?: [A-ZÀ-ÖØ-Þ][\w’'-]*)*")
# When it is so, is told of an item and no part of it; so is its place among the others.
_HOURS = re.compile(r",? (?:between|from|until|till|since|by|at) \d.*$")
_AMOUNT = re.compile(r"[$€£¥]?\d[\d,.]*(?: (?:thousand|million|billion|trillion))?(?:%| per ?cent| crowns?| dollars?)?")
_TOLD_OF_ITEM = re.compile(r"\b(?:at|worth|costing) $")
_RANKED = re.compile(r"(?:ahead of|followed by|behind|before|after|plus|then) (?=\S)")
_DAY = re.compile(
    r"(?:last |next |on )?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.)(?: \d+)?$"
)
_ARTICLES = frozenset({"a", "an", "the"})
_NO_NAME = re.compile(
    r"(?:he|she|it|they|them|him|her|we|i|you|others?|both|all|some|many|most|this|that|these|those|who|which|none|one)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?:\d[\d,.]*|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|several|some|many|all|other))\b\s*"
)
_NAME_IN = re.compile(r"(?!(?:The|A|An|It|He|She|They|This|That|These|His|Her|Its|Their)\b)\b[A-ZÀ-ÖØ-Þ][\w’'.&-]*")
_PERSON = re.compile(
    r"(?:(?:Prime|Foreign|Defen[cs]e|Deputy|Former|Vice|Secretary of) )*(?:President|Minister|Chancellor|King|Queen"
    r"|Governor|Mayor|Judge|Captain|General|Senator|State|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Capt|Prof|Fr|Rev)\b\.? [A-ZÀ-ÖØ-Þ]"
)
_SENTENCE_GAP = re.compile(r"[.!?][”\"]?\s+(?=[“\"A-ZÀ-ÖØ-Þ])")
_QUOTATION = re.compile(r"“[^”]+”?|\"[^\"]+\"?")
# A correction repeats what was wrong before it says what is right.
_CORRECTED = re.compile(
    r"\b(?:earlier|previous) version\b|\barticle (?:also )?(?:said|stated|gave)\b"
    r"|\b(?:wrongly|incorrectly|mistakenly)\b",
    re.IGNORECASE,
)
