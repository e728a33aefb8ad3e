"""The items of an enumeration in a sentence, also where only one of them was marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from index.articles import Span
from qa.clauses import is_verb_first
from qa.spans import tidied

__all__ = ["Items", "enumerated", "enumerations", "is_name", "items_in", "name_told_of"]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of an enumeration, in order, and the span of all of it; one item where there is no enumeration."""

    whole: Span
    items: tuple[Span, ...]


def is_name(text: str) -> bool:
    """Say whether the words are a name, with or without what it is: "the trawler Good Intent"."""
    return _NAME_ALONE.fullmatch(text.strip()) is not None


def items_in(sentence: str, span: Span, *, is_grown: bool) -> Items:
    """Return the items that the words at `span` enumerate.

    With `is_grown`, the rest of an enumeration of which the span is a part counts too.
    """
    regions = [_grown(sentence, span), *_apart(sentence, span)] if is_grown else [span]
    items = []
    for region in regions:
        text = region.of(sentence)
        parts = (Span(region.start + start, region.start + end) for start, end in _alike(text, _parts(text)))
        items += [item for part in parts if any(map(str.isalnum, (item := tidied(sentence, part)).of(sentence)))]
    return Items(Span(regions[0].start, max(region.end for region in regions)), tuple(items) or (span,))


def enumerated(sentence: str) -> Items | None:
    """Return what the sentence enumerates after a colon, or else its longest enumeration of three names or more."""
    colon = sentence.find(": ")
    if colon >= 0 and _AFTER_COLON.match(sentence, colon + 2):
        return items_in(sentence, Span(colon + 2, len(sentence.rstrip(' .”"'))), is_grown=False)
    longest = max(enumerations(sentence), key=lambda items: len(items.items), default=None)
    return longest if longest and len(longest.items) > 2 else None


def enumerations(sentence: str) -> list[Items]:
    """Return the enumerations of names in the sentence, in order."""
    found = [items_in(sentence, _whole_of(m), is_grown=False) for m in _NAMES_ENUMERATED.finditer(sentence)]
    return [Items(Span(f.items[0].start, f.items[-1].end), f.items) for f in found if len(f.items) > 1]


def _whole_of(enumeration: re.Match[str]) -> Span:
    return Span(*enumeration.span("all" if enumeration["all"] else "some"))


def _apart(sentence: str, span: Span) -> list[Span]:
    """Return what the sentence adds to the marked thing further on: "along with …", "and so is …"."""
    found = (added.match(sentence, span.end) for added in _ADDED)
    return [Span(*more.span("more")) for more in found if more]


def _grown(sentence: str, span: Span) -> Span:
    """Return the enumeration that the span is a part of: of names, after a colon, or of things like the one marked."""
    if is_name(span.of(sentence)):
        for found in _NAMES_ENUMERATED.finditer(sentence):
            whole = _whole_of(found)
            if whole.overlaps(span):
                return Span(min(whole.start, span.start), max(whole.end, span.end))
        if gapped := _NAMES_GAPPED.match(sentence, span.end):
            return Span(span.start, gapped.end())
    colon = sentence.rfind(": ", 0, span.start)
    if colon >= 0 and _AFTER_COLON.match(sentence, colon + 2):
        return Span(colon + 2, max(span.end, len(sentence.rstrip(' .”"'))))
    end = max((more.end() for after in _MORE_AFTER if (more := after.match(sentence, span.end))), default=span.end)
    if _DUTY_BEFORE.search(sentence[: span.start]) and (more := _VERB_AFTER.match(sentence, end)):
        return Span(span.start, more.end())
    opening = _OPENING_WORD.match(sentence, span.start)
    if opening and (pair := _pair_after(opening[0]).match(sentence, end)):
        end = pair.end()
    return Span(span.start, end)


def _pair_after(opening: str) -> re.Pattern[str]:
    """Return what comes after a thing that opens so: "a withdrawal date" goes on with "and a ban on night patrols"."""
    alike = next((alike for alike in _OPEN_ALIKE if re.fullmatch(alike, opening)), re.escape(opening))
    return re.compile(rf" and {alike} {_THING}(?=[,;.:”\"]|$)")


def _alike(text: str, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut what is told of names among names: of "Brenmark, Lorvania will pay" the second is "Lorvania"."""
    if len(parts) == 1 or not any(is_name(text[start:end]) or _told_first(text[start:end]) for start, end in parts):
        return parts
    alike = []
    for start, end in parts:
        piece = text[start:end]
        if named := _told_first(piece):
            alike.append((start, start + named.end("name")))
        elif is_name(piece) or not _TOLD.match(piece):
            alike.append((start, end))
    return alike


def name_told_of(text: str) -> str | None:
    """Return the name that the words begin with, where the rest tells of it: "Varnholt says no"."""
    found = _told_first(text)
    return found["name"] if found else None


def _told_first(piece: str) -> re.Match[str] | None:
    """Return the name that a piece begins with, where a verb or an amount follows: "Lorvania $64 million"."""
    named = _NAME_FIRST.match(piece)
    return named if named and is_verb_first(piece[named.end() :].lstrip("$€£")) else None


def _parts(text: str) -> list[tuple[int, int]]:
    """Cut an enumeration into its items, each without what is only told of it."""
    if ";" in text:
        return [_head(text, start, end) for start, end in _cut(text, _SEMICOLON)]
    pieces = _cut(text, _COMMA)
    has_oxford_comma = any(_CONJUNCTION_FIRST.match(text[start:end]) for start, end in pieces[1:])
    if len(pieces) == 2 and not has_oxford_comma and not _CONJUNCTION.search(text):
        return [(0, len(text))]
    parts: list[tuple[int, int]] = []
    for number, (start, end) in enumerate(pieces):
        piece, is_last = text[start:end], number == len(pieces) - 1
        before = text[slice(*parts[-1])] if parts else ""
        if number and (_ATTACHED.match(piece) or (is_name(before) and _APPOSED.match(piece))):
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
    left, right = piece[: conjunction.start()].split(), piece[conjunction.end() :].split()
    if conjunction[0].strip() == "and" and left and right and _PAIRED.search(f"{left[-1]} {right[0]}"):
        return True
    before, after = piece[: conjunction.start()], piece[conjunction.end() :]
    if _SHARED_HEAD.search(after) and _OPEN_LEFT.search(before):
        return True
    return _OFFICE.search(before) is not None and not re.match(r"(?:the|a|an) ", after)


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
_LINKING = (
    r"(?:between|from|with|after|against|among|under|into|over|near|toward|towards|outside|about|than|that|who)\b"
)
_NAMED = (
    rf"(?:(?:the|The|its|his|her|their|former) (?:(?!{_LINKING})[a-zß-öø-ÿ-]{{3,}} ){{0,3}}?)?"
    rf"(?:[A-ZÀ-ÖØ-Þ][\w’'-]* {_KIND_OF_THING} )?"
    rf"[A-ZÀ-ÖØ-Þ][\w’'.&/-]*(?:(?: (?:of|the|de|van|von|&|al|bin|for|da|del))* {_CAPITAL})*"
)
_NAME_ALONE = re.compile(_NAMED)
_ASIDE = r"(?:(?:which|who|whose|where|an?|the [a-z])\b(?:[^,;.:“”\"]|[,.](?=\d)){2,80}|\d{1,3})"
_KIND_AFTER = r"(?: (?:lifeboat|trawler|ferry|tugs?|firm|group|bank|club|company|parliament|government|army|team))?"
_NAMES_ENUMERATED = re.compile(
    rf"(?<![\w’])(?P<all>{_NAMED}{_KIND_AFTER}(?:,(?: {_ASIDE},)? {_NAMED}{_KIND_AFTER})*(?:, {_ASIDE})?,?"
    rf" (?:and|or|as well as) (?:also )?{_NAMED}{_KIND_AFTER})(?![\w’])"
    # With something unnamed at the end: "and two helicopters".
    rf"|(?<![\w’])(?P<some>{_NAMED}{_KIND_AFTER}(?:, {_NAMED}{_KIND_AFTER})+),? and [a-z\d][^,;.:“”\"]{{2,40}}"
)
# "Brenmark will pay $118 million, Lorvania $64 million and Pellmere $70 million": one verb for all.
_NAMES_GAPPED = re.compile(
    rf"[^,;.:“”\"]{{2,60}}(?:, {_NAMED} [$€£]?\d[^,;.:]{{0,30}})*,? and {_NAMED} [$€£]?\d[^,;.:]{{0,30}}(?=[,;.]|$)"
)
_BEING = r"(?:are|were|is|was|have|has|had|will|would|can|could|may|must|did|do|does)"
_THING = rf"(?:that [^,;.:“”\"]{{2,80}}|(?:(?! (?:and|or|{_BEING}) )(?:[^,;.:“”\"]|[,.:](?=\d))){{2,60}})"
# After a comma, these tell more of what went before, and begin no list.
_GOES_ON = r"(?:which|who|whose|where|when|with|from|of|in|at|on|by|made|built|\w+ed|\w+ing)\b"
_BARE = r"(?:[a-zß-öø-ÿ-]+ ){0,2}[a-zß-öø-ÿ-]+"
_MORE_AFTER = (
    re.compile(
        rf"(?:, (?!(?:and|or|but) |{_GOES_ON}){_THING})+,? (?:and|or) {_THING}(?=[,;.:”\"]|$| (?:and|or|{_BEING}) )"
    ),
    # "medical cargo" goes on with "and livestock" before "are being handled".
    re.compile(rf" (?:and|or) (?!{_BEING}\b){_BARE}(?= {_BEING}\b|[,;.:]|$)"),
)
_ADDED = (
    re.compile(
        r"(?:[^;.:“”\"]|\.(?= \d)){0,120} (?:along with|together with|in addition to) "
        rf"(?P<more>{_THING}(?:, {_THING})*(?:,? and {_THING})?)(?=[,;.:”\"]|$)"
    ),
    re.compile(rf"[^;.:“”\"]{{2,80}}, (?:and )?so {_BEING} (?P<more>{_NAMED})"),
)
# "must then pull back its guns, which …, and hand over all prisoners": what is to be done goes on with the next verb.
_DUTY_BEFORE = re.compile(
    r"\b(?:must|shall|should|will|would|to|may|can|could)(?: (?:then|also|now|either|first|both))? $"
)
_VERB_AFTER = re.compile(
    r"(?:[^,;.:“”\"]|[,.:](?=\d)){0,60}(?:,? which [^,;.]{2,60},|,)? and"
    rf" (?!(?:the|an?|its|his|her|their|it|he|she|they|{_BEING})\b)[a-zß-öø-ÿ]+"
    r" (?:[^,;.:“”\"]|[,.:](?=\d)){2,60}(?=[,;.”\"]|$)"
)
_AFTER_COLON = re.compile(r"(?![“\"‘])[^:“”\"]*(?:;|,[^:]* (?:and|or) |,[^:]*, )[^:“”\"]*[.”\"]?$")
_OPENING_WORD = re.compile(r"[^\W_]+|[$€£]\d[\d,.]*")
_OPEN_ALIKE = (
    r"(?:an?|no|one|two|three|four|five|six|seven|eight|nine|ten|[$€£]?\d[\d,.]*)",
    r"(?:to )?\w+ing",
    "that",
    "the",
)
_NAME_FIRST = re.compile(rf"(?P<name>{_NAMED}) (?=[a-zß-öø-ÿ$€£\d])")
# What goes on about a name: "was elected mayor", "ending the reign".
_TOLD = re.compile(rf"(?:{_BEING}|who|which|only|then|also|said|says|told|\w+(?:ed|ing))\b")
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
