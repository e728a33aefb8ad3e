"""The words of a sentence that make a whole answer: tidied, a quantity with its unit, a list in its items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from index.articles import Span

__all__ = ["Items", "is_name", "items_in", "tidied", "whole_quantity"]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of an enumeration, in order, and the span of all of it; one item where there is no enumeration."""

    whole: Span
    items: tuple[Span, ...]


def tidied(sentence: str, span: Span) -> Span:
    """Return the span from whole word to whole word, without the punctuation and conjunctions at its ends."""
    start, end = span.start, span.end
    while start < end and _is_inside_word(sentence, start):
        start -= 1
    while start < end < len(sentence) and _is_inside_word(sentence, end):
        end += 1
    while True:
        text = sentence[start:end]
        begins, ends = _LEADING.match(text), _TRAILING.search(text)
        if begins and begins.end() and begins.end() < len(text):
            start += begins.end()
        elif ends and ends[0] and ends.start():
            end -= len(ends[0])
        elif len(text) > 2 and _is_unbalanced(text):
            start, end = (start + 1, end) if text[0] in _OPENING else (start, end - 1)
        else:
            return Span(start, end)


def whole_quantity(sentence: str, span: Span) -> Span:
    """Return the span with what its number or day lacks of the words beside it: unit, "million", "at least", month."""
    start, end = span.start, span.end
    text = sentence[start:end]
    if _ENDS_IN_NUMBER.search(text):
        found = _UNIT_AFTER.match(sentence, end)
        end = found.end() if found else end
    if _BEGINS_WITH_NUMBER.match(text):
        found = _UNIT_BEFORE.search(sentence[:start])
        start = found.start() if found else start
    if _IS_DAY.search(sentence[start:end]):
        found = _REST_OF_DAY_AFTER.match(sentence, end)
        end = found.end() if found else end
        found = _DAY_BEFORE_MONTH.search(sentence[:start])
        start = found.start() if found else start
    return Span(start, end)


def is_name(text: str) -> bool:
    """Say whether the words are a name, with or without what it is: "the trawler Good Intent"."""
    return _NAME_ALONE.fullmatch(text.strip()) is not None


def items_in(sentence: str, span: Span, *, is_grown: bool) -> Items:
    """Return the items that the words at `span` enumerate.

    With `is_grown`, the rest of an enumeration of which the span is a part counts too.
    """
    whole = _grown(sentence, span) if is_grown else span
    parts = _parts(whole.of(sentence))
    items = (tidied(sentence, Span(whole.start + start, whole.start + end)) for start, end in parts)
    named = tuple(item for item in items if any(map(str.isalnum, item.of(sentence))))
    return Items(whole, named or (span,))


def _is_inside_word(sentence: str, place: int) -> bool:
    """Say whether a place is between two characters of one word or number."""
    if not 0 < place < len(sentence):
        return False
    before, after = sentence[place - 1], sentence[place]
    if before.isalnum() and after.isalnum():
        return True
    beyond = sentence[place + 1 : place + 2]
    earlier = sentence[place - 2 : place - 1]
    return (before.isdigit() and after in ".,:" and beyond.isdigit()) or (
        before in ".,:" and after.isdigit() and earlier.isdigit()
    )


def _is_unbalanced(text: str) -> bool:
    if text[0] in _OPENING and not any(close in text for close in _OPENING[text[0]]):
        return True
    opened = [opening for opening, closing in _OPENING.items() if text[-1] in closing]
    return bool(opened) and not any(opening in text[:-1] for opening in opened)


def _grown(sentence: str, span: Span) -> Span:
    """Return the enumeration of names, or of things with commas, that the span is a part of."""
    for found in _NAMES_ENUMERATED.finditer(sentence):
        whole = Span(*found.span("all"))
        if whole.overlaps(span) and is_name(span.of(sentence)):
            return Span(min(whole.start, span.start), max(whole.end, span.end))
    more = _THINGS_AFTER.match(sentence, span.end)
    return Span(span.start, more.end()) if more else span


def _parts(text: str) -> list[tuple[int, int]]:
    """Cut an enumeration into its items, each without what is only told of it."""
    if ";" in text:
        return [_head(text, start, end) for start, end in _cut(text, _SEMICOLON)]
    pieces = _cut(text, _COMMA)
    has_oxford_comma = any(_CONJUNCTION_FIRST.match(text[start:end]) for start, end in pieces[1:])
    if len(pieces) > 1 and not has_oxford_comma and len(pieces) < 3 and not _CONJUNCTION.search(text):
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    is_told_of = False
    for number, (start, end) in enumerate(pieces):
        piece = text[start:end]
        before = text[slice(*parts[-1])] if parts else ""
        is_told_of = bool(number) and (
            _ATTACHED.match(piece) is not None or (is_name(before) and _APPOSED.match(piece) is not None)
        )
        is_last = number == len(pieces) - 1
        if is_told_of:
            rest = _NEXT_NAME.search(piece) if is_last else None
            parts += [(start + rest.start("name"), end)] if rest else []
        elif is_last and not has_oxford_comma:
            parts += [(start + a, start + b) for a, b in _halves(piece)]
        else:
            parts.append((start, end))
    return parts or [(0, len(text))]


def _cut(text: str, separator: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [(0, 0), *(found.span() for found in separator.finditer(text)), (len(text), len(text))]
    return [(end, start) for (_, end), (start, _) in pairwise(cuts) if end < start]


def _head(text: str, start: int, end: int) -> tuple[int, int]:
    begins = _CONJUNCTION_FIRST.match(text[start:end])
    start += begins.end() if begins else 0
    comma = text.find(", ", start, end)
    return (start, comma) if comma > start else (start, end)


def _halves(piece: str) -> list[tuple[int, int]]:
    """Cut "Station Square and the cattle market", but not "Trinidad and Tobago"."""
    cuts = [found for found in _CONJUNCTION.finditer(piece) if not _is_one_name(piece, found)]
    bounds = [0, *(place for found in cuts for place in found.span()), len(piece)]
    halves = list(zip(bounds[::2], bounds[1::2], strict=True))
    return [(start, end) for start, end in halves if start < end] or [(0, len(piece))]


def _is_one_name(piece: str, conjunction: re.Match[str]) -> bool:
    left, right = piece[: conjunction.start()], piece[conjunction.end() :]
    if conjunction[0].strip() == "and" and _PAIRED.search(f"{left.split()[-1]} {right.split()[0]}"):
        return True
    if _SHARED_HEAD.search(right) and _OPEN_LEFT.search(left):
        return True
    return _OFFICE.search(left) is not None and not re.match(r"(?:the|a|an) ", right)


_OPENING = {"“": "”", "‘": "’", '"': '"', "(": ")", "[": "]", "«": "»"}
_LEADING = re.compile(r"(?:[\s,;:.!?—–-]+(?=\D)|(?:and|or|but|that|as well as)\s+(?=\S))?", re.IGNORECASE)
# A full stop stays where it ends an abbreviation.
_TRAILING = re.compile(
    r"(?:[\s,;:!?—–-]+|(?<!\b[A-Za-z])(?<!\b(?:Mr|Dr|St|Jr|Sr|Co))(?<!\b(?:Inc|Ltd|Gen|Mrs|Jan|Feb|Aug|Oct|Nov|Dec))"
    r"(?<!\bSept)(?<!\bCorp)\.|\s+(?:and|or|but))?$"
)
_SMALL = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?|dozens?|a dozen|half|half a|a quarter)"
)
_MONTH = (
    r"(?:Jan(?:uary|\.)|Feb(?:ruary|\.)|March|April|May|June|July|Aug(?:ust|\.)|Sept(?:ember|\.)|Oct(?:ober|\.)"
    r"|Nov(?:ember|\.)|Dec(?:ember|\.))"
)
_MULTIPLIER = r"(?:hundred|thousand|million|billion|trillion|dozen|bn|m)"
_UNIT = (
    r"(?:%|per ?cent(?:age points?)?|percent|pence|cents?|crowns?|dollars?|euros?|pounds?|lira|yen|yuan|roubles?"
    r"|rubles?|rupees?|francs?|pesos?|(?:kilo|centi|milli|square )?met(?:re|er)s?|miles?|nautical miles?|km|kg|cm|mm|lb"
    r"|feet|foot|inches|tonnes?|tons?|kilograms?|kilos|grams?|lit(?:re|er)s?|gallons?|acres?|hectares?|degrees?|knots|watts"
    r"|megawatts|seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centuries|times|mph"
    r"|basis points)"
)
_ENDS_IN_NUMBER = re.compile(rf"(?:\d|\b{_SMALL}|\b{_MULTIPLIER})$", re.IGNORECASE)
_BEGINS_WITH_NUMBER = re.compile(rf"[$€£¥]?\d|{_SMALL}\b", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    rf"(?: {_MONTH}(?:,? (?:19|20)\d\d\b)?)|(?: ?{_MULTIPLIER}\b)?(?:[ -]?{_UNIT}(?!\w)(?: old\b| ago\b)?)?"
    r"(?: (?:a|p)\.m\.)?",
    re.IGNORECASE,
)
_UNIT_BEFORE = re.compile(
    r"(?:\b(?i:at least|at most|more than|less than|fewer than|up to|as many as|as much as|no more than|no fewer than"
    r"|about|around|nearly|almost|roughly|approximately|an estimated|some) )?"
    rf"(?:(?:\b[A-Z]{{1,3}})?[$€£¥]|\b(?:BRK|USD|EUR|GBP|[A-Z]{{3}}) |\b{_MONTH} )?$"
)
_IS_DAY = re.compile(rf"{_MONTH}(?: \d{{1,2}})?$")
_REST_OF_DAY_AFTER = re.compile(r"(?: \d{1,2}(?:st|nd|rd|th)?\b(?![.,:]\d))?(?:,? (?:19|20)\d\d\b)?")
_DAY_BEFORE_MONTH = re.compile(r"(?<![\w.,])\d{1,2}(?:st|nd|rd|th)?(?: of)? $")
_KIND_OF_THING = (
    r"(?:firm|company|group|bank|charity|carmaker|airline|club|party|newspaper|agency|capital|city|town|island|writer"
    r"|singer|actor|actress|minister|leader|president|general|lawmaker|striker|captain|businessman|region|province|ship)"
)
# "the Skølland firm Brattvik", "Deputy Governor Lars-Erik Thune", "Strand & Firth"
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ][\w’'.&/-]*|\d+(?:st|nd|rd|th)?)"
_NAME = (
    rf"(?:(?:(?:the|The|a|an|its|his|her|their|former|two|three|four|both) )?(?:[a-zß-öø-ÿ-]{{3,}} ){{0,3}}?)"
    rf"[A-ZÀ-ÖØ-Þ][\w’'.&/-]*(?:(?: (?:of|the|de|van|von|&|al|bin|for|da|del|of the))* {_CAPITAL})*"
)
_NAMED = (
    r"(?:(?:the|The|its|his|her|their|former) (?:[a-zß-öø-ÿ-]{3,} ){0,3}?)?"
    rf"(?:[A-ZÀ-ÖØ-Þ][\w’'-]* {_KIND_OF_THING} )?"
    rf"[A-ZÀ-ÖØ-Þ][\w’'.&/-]*(?:(?: (?:of|the|de|van|von|&|al|bin|for|da|del))* {_CAPITAL})*"
)
_NAME_ALONE = re.compile(_NAMED)
_NAMES_ENUMERATED = re.compile(
    rf"(?<![\w’])(?P<all>{_NAMED}(?:, {_NAMED})*,? (?:and|or|as well as) (?:also )?{_NAMED})(?![\w’])"
)
_THING = r"(?:(?! (?:and|or) )[^,;.:“”\"]){2,60}"
_THINGS_AFTER = re.compile(rf"(?:, (?!(?:and|or) ){_THING})+,? (?:and|or) {_THING}(?=[,;.:”\"]|$| (?:and|or) )")
_SEMICOLON = re.compile(r";\s+")
_COMMA = re.compile(r",\s+")
_CONJUNCTION = re.compile(r"\s+(?:and|or|as well as)\s+")
_CONJUNCTION_FIRST = re.compile(r"(?:and|or|as well as)\s+")
# What is told of the item before, not an item of its own.
_ATTACHED = re.compile(
    r"(?:and |or )?(?:(?:which|who|whom|whose|where|when|including|such as|with|from|of|in|at|on|by|near|led|aged|based"
    r"|known|called|among|if|as|after|before)\b|\d{1,3}\W*$)"
)
_APPOSED = re.compile(r"(?:a|an|the|its|his|her|their) [a-z](?![^,]*[A-ZÀ-ÖØ-Þ])")
_NEXT_NAME = re.compile(rf" (?:and|or) (?P<name>{_NAME})$")
_PAIRED = re.compile(
    r"Trinidad.*Tobago|Bosnia.*Herzegovina|Antigua.*Barbuda|Nevis|Príncipe|Principe|Grenadines|Turks.*Caicos|Wallis.*Futuna"
    r"|Tyne.*Wear|Marks.*Spencer|Procter.*Gamble|Johnson.*Johnson|Ernst.*Young|Standard.*Poor|Smith.*Wesson|law.*order"
    r"|search.*rescue|command.*control|research.*development|men.*women|bed.*breakfast|health.*safety|mergers.*acquisitions"
)
_ORGANISATION = (
    r"(?:Administration|Agency|Committee|Commission|Services?|Bureau|Institute|Association|Compan(?:y|ies)|Corporation"
    r"|University|Union|Council|Fund|Bank|Organi[sz]ation|Department|Ministry|Center|Centre|Authority|Board|Office|Group"
    r"|Foundation|Party|Museum|Club|League|Federation|Society)"
)
_SHARED_HEAD = re.compile(rf"^(?:[A-Z][\w-]* ){{1,2}}{_ORGANISATION}\b")
_OPEN_LEFT = re.compile(rf"(?:^|(?:the|The) )(?:(?!{_ORGANISATION})[A-Z][\w-]*)$")
_OFFICE = re.compile(
    r"\b(?:Ministry|Department|Office|Bureau|Committee|Agency|Centers?|Centre|Institute|Council|Board|Secretary|Ministers?"
    r"|School|Society|Federation|Commission|Minister|College|Faculty) (?:of|for|on) (?:[\w-]+ ?){1,2}$"
)
