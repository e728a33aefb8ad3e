"""The words of a sentence that make a whole answer: tidied at both ends, a quantity with its unit."""

from __future__ import annotations

import re

from index.articles import Span

__all__ = ["dateline_length", "tidied", "whole_name", "whole_quantity"]


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


def dateline_length(sentence: str) -> int:
    """Return how many characters tell where and when it was written, 0 in most sentences: "PORT ELLERY, Nov. 21 - "."""
    found = _DATELINE.match(sentence)
    return found.end() if found else 0


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


def whole_name(sentence: str, span: Span) -> Span:
    """Return the span with what a name that it cuts goes on with: "Green" of "Green Calvessa"; titles stay apart."""
    text = span.of(sentence)
    start, end = span.start, span.end
    if _ENDS_IN_NAME.search(text) and (after := _NAME_AFTER.match(sentence, end)):
        end = after.end()
    if text[:1].isupper() and (before := _NAME_BEFORE.search(sentence[:start])):
        start = before.start()
    return Span(start, end)


def _is_inside_word(sentence: str, place: int) -> bool:
    """Say whether a place is between two characters of one word or number."""
    if not 0 < place < len(sentence):
        return False
    before, after = sentence[place - 1], sentence[place]
    beyond = sentence[place + 1 : place + 2]
    earlier = sentence[place - 2 : place - 1]
    if before.isalnum() and (after.isalnum() or (after in "-’'" and beyond.isalpha())):
        return True
    if before in "-’'" and after.isalpha() and earlier.isalnum():
        return True
    return (before.isdigit() and after in ".,:" and beyond.isdigit()) or (
        before in ".,:" and after.isdigit() and earlier.isdigit()
    )


def _is_unbalanced(text: str) -> bool:
    if text[0] in _OPENING and not any(close in text for close in _OPENING[text[0]]):
        return True
    opened = [opening for opening, closing in _OPENING.items() if text[-1] in closing]
    return bool(opened) and not any(opening in text[:-1] for opening in opened)


_DAY_OR_TITLE = (
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Jan|Feb|Aug|Sept|Oct|Nov|Dec|President|Minister|Prime|Foreign|Defence|Defense|Chancellor|King"
    r"|Queen|Governor|Deputy|Mayor|Judge|Captain|General|Chief|Executive|Secretary|Senator|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Cpl|Pte"
    r"|Sgt|Capt|Fr|Prof|Sir|The"
)
_ENDS_IN_NAME = re.compile(r"(?:^|\s)[A-ZÀ-ÖØ-Þ][\w’'-]*$")
_NAME_AFTER = re.compile(rf"(?: (?!(?:{_DAY_OR_TITLE})\b)[A-ZÀ-ÖØ-Þ][\w’'-]+)+")
_NAME_BEFORE = re.compile(rf"(?<=[\w,;:] )(?:(?!(?:{_DAY_OR_TITLE})\b)[A-ZÀ-ÖØ-Þ][\w’'-]+ )+$")
# "PORT ELLERY, Nov. 21 (Agency) - " says where and when it was written, not what happened.
_DATELINE = re.compile(
    r"^[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ.’'-]{2,}(?: [A-ZÀ-ÖØ-Þ.’'-]+)*(?:, [A-Z][\w. ]{2,20}){0,2}(?: \([^)]{2,30}\))?"
    r" (?:--|[-–—]) (?=[A-ZÀ-ÖØ-Þ“\"‘'\d])"
)
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
