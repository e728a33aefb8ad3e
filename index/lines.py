"""What a line of a copied page is, by its shape: prose, label, caption, imprint or just short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from itertools import groupby, pairwise

from index.articles import normalise_text

__all__ = [
    "Line",
    "Shape",
    "count_words",
    "dateline_date",
    "labelled_date",
    "line_key",
    "lines_of",
    "names_in",
    "read_date",
    "without_site",
]


class Shape(Enum):
    """What a line is; the names are in the order in which they are tried."""

    LABEL = auto()  # never part of an article
    EDGE_LABEL = auto()  # may be a heading inside an article, but is furniture above or below it
    IMPRINT = auto()  # who wrote it, and when
    CAPTION = auto()
    CREDITED = auto()  # a full sentence with a source behind it: a caption above the prose, else prose
    PROSE = auto()
    SHORT = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of normalised text, the number of the block between blank lines it stands in, and what it is."""

    text: str
    block: int
    shape: Shape

    @property
    def words(self) -> int:
        """How many words it has."""
        return count_words(self.text)

    @property
    def parts(self) -> list[str]:
        """What bars and dots divide it into: `By Jane Doe | 3 min read` → two."""
        return _parts(self.text)

    @property
    def is_bare(self) -> bool:
        """Say whether it is short and tells nothing: no sentence, no list item, no lead-in."""
        return self.shape is Shape.SHORT and not _SENTENCE_END.search(self.text) and not _LIST_LIKE.search(self.text)

    @property
    def may_be_title(self) -> bool:
        """Say whether it has the length and form of a headline."""
        is_statement = self.text.endswith((".", "。")) or _LIST_LIKE.search(self.text)
        return self.shape is Shape.SHORT and self.words <= 25 and not is_statement and any(map(str.isalpha, self.text))


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines of the text, normalised and unwrapped, in order."""
    for number, block in enumerate(normalise_text(_with_meant_breaks(text)).split("\n\n")):
        lines = block.split("\n")
        for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
            is_wrapped = _runs_on(before, line) or _runs_on(line, after)
            yield Line(line, number, Shape.PROSE if is_wrapped else _shape_of(line))


def count_words(text: str) -> int:
    """Count the words, taking two characters of Chinese or Japanese for one."""
    return len(_WORD.findall(text))


def line_key(text: str) -> str:
    """Return the words alone in one case: equal for lines that differ in punctuation only."""
    return " ".join(_WORDS_ONLY.findall(text.casefold()))


def without_site(title: str) -> str:
    """Return a page's title without its last part: `Seals return | The Courier` → `Seals return`."""
    return match[1] if (match := _SITE_BEHIND.fullmatch(title)) else title


def names_in(part: str) -> tuple[str, ...]:
    """Return the people a byline names: `By Jane Doe and John Roe, Staff Writers` → both; of anything else none."""
    byline = _BYLINE.fullmatch(part)
    pieces = _NAME_END.split(byline[1]) if byline else [""]
    if not _is_name(pieces[0]) or any(len(piece.split()) > 5 for piece in pieces):
        return ()
    # Among names in mixed case, capitals are a newspaper's: `Jane Doe, USA TODAY`.
    return tuple(piece for piece in pieces if _is_name(piece) and piece.isupper() == pieces[0].isupper())


def read_date(text: str) -> str | None:
    """Return the ISO day, or moment where the zone is told, if the text is nothing but the date of publication."""
    match = _DATE_LINE.fullmatch(text.strip())
    return _date_of(match) if match and not match["later"] else None


def labelled_date(text: str) -> str | None:
    """Return the date if the text is `Published: …` or the like."""
    match = _DATE_LINE.fullmatch(text.strip())
    return _date_of(match) if match and match["label"] else None


def dateline_date(prose: str) -> str | None:
    """Return the date of a wire dateline with a year: `PARIS, Feb 27, 2025 (Agency) - …`."""
    match = _DATELINE.match(prose)
    return _date_of(match) if match else None


def _with_meant_breaks(text: str) -> str:
    """Put a blank line behind each line that had room for the next word, so that no title is joined to what follows.

    The room is that of the longest line around: in the block, or for a block of two lines in the whole text.
    """
    lines = [line.strip() for line in _LINE_END.split(text)]
    longest = max((len(line) for line in lines if " " in line), default=0)
    pieces: list[str] = []
    for _, group in groupby(lines, key=bool):
        block = list(group)
        room = longest if len(block) == 2 else max(map(len, block))
        for line, after in pairwise(block):
            is_meant = len(line) + 1 + len(after.split(" ", 1)[0]) <= room - _RAGGEDNESS
            pieces += line, "\n\n" if is_meant and len(line) > _SHORTEST_WRAP else "\n"
        pieces += block[-1], "\n"
    return "".join(pieces)


def _runs_on(line: str, after: str) -> bool:
    return len(line) >= 30 and after[:1].islower() and not _SENTENCE_END.search(line)


def _shape_of(line: str) -> Shape:
    words = count_words(line)
    label = line.strip(_MARKS_AROUND_LABELS)
    if words <= 60:
        if _LABEL.fullmatch(label):
            return Shape.LABEL
        if _EDGE_LABEL.fullmatch(label):
            return Shape.EDGE_LABEL
        if all(map(_is_imprint, _parts(line))):
            return Shape.IMPRINT
        if _IMAGE_CREDIT.search(line):
            return Shape.CAPTION
        if credit := _CREDIT.search(line):
            return Shape.CREDITED if _SENTENCE_END.search(line[: credit.start()].rstrip()) else Shape.CAPTION
    # A question or cry of up to 20 words may be a headline.
    is_sentence = words >= 8 and (_STATEMENT_END if words <= 20 else _SENTENCE_END).search(line)
    return Shape.PROSE if is_sentence or words >= 25 else Shape.SHORT


def _parts(line: str) -> list[str]:
    return [part for part in _PART_END.split(line) if part]


def _is_imprint(part: str) -> bool:
    label = part.strip(_MARKS_AROUND_LABELS)
    return any(pattern.fullmatch(part) for pattern in (_DATE_LINE, _AGO)) or bool(
        names_in(part) or _LABEL.fullmatch(label)
    )


def _is_name(text: str) -> bool:
    words = text.split()
    return (
        2 <= len(words) <= 5
        and all(_NAME_WORD.fullmatch(word) and not _ROLE.fullmatch(word) for word in words)
        and all(word[0].isupper() or _PARTICLE.fullmatch(word) for word in words[:-1])
        and words[-1][0].isupper()
    )


def _date_of(match: re.Match[str]) -> str | None:
    try:
        if match["iso"] and match["zone"]:
            zone = re.sub("UTC|GMT", "Z", match["zone"].upper())
            return datetime.fromisoformat(f"{match['iso']}T{match['time']}{zone}").isoformat()
        if match["iso"]:
            return date.fromisoformat(match["iso"]).isoformat()
        month = _MONTHS.index((match["month"] or match["month_first"])[:3].lower()) + 1
        return date(int(match["year"]), month, int(match["day"] or match["day_second"])).isoformat()
    except ValueError:
        return None


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_RAGGEDNESS = 3
_SHORTEST_WRAP = 40
_CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]{{1,2}}|(?:(?![{_CJK}])[\w'’-])+")
_WORDS_ONLY = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"”’»›」』)\]]*$")
_STATEMENT_END = re.compile(r"[.…。।:][\"”’»›」』)\]]*$")
_LIST_LIKE = re.compile(r"^(?:[-–—*•·]|\(?\w{1,3}[.)])\s|[:;,–—-]$")
_SITE_BEHIND = re.compile(r"(.*\S)\s[|–—-]\s.*")
_PART_END = re.compile(r"\s*[|·•]\s*|\s[–—-]\s|[,;]?\s(?=(?:[Ll]ast )?[Uu]pdated?\b)")
_MARKS_AROUND_LABELS = " .:!…»›>→+-–—*|·•"

_LABEL = _any_of(
    r"advert(?:isement)?s?|sponsored(?: content| post)?|promoted(?: content)?",
    r"(?:story|article) continues (?:below|after)(?: (?:this|the))?(?: (?:ad|advert|advertisement))?",
    r"(?:reading time\W{1,3})?\d{1,3}[ -]?min(?:ute)?s?(?: of)?(?: read(?:ing)?| to read)?",
    r"read (?:more|next|also|the full (?:story|article))(?:\s?[:»›>→|–—-].*)?",
    r"(?:continue|keep) reading|show (?:more|less)|(?:see|read) also(?:\s?:.*)?",
    r"you (?:may|might) (?:also )?(?:like|be interested in)",
    r"related(?: (?:articles?|stor(?:y|ies)|news|content|posts?|topics?|links?|reading|coverage))?(?:\s?:.*)?",
    r"share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via|with) .{1,40})?|copy(?: the)? link|link copied",
    r"(?:subscribe|sign up|log in|sign in)(?: (?:now|today|here))?",
    r"(?:subscribe|sign up|get) .{0,100}\b(?:newsletters?|inbox|e-?mail|alerts|briefing|podcast|channel)\b.{0,60}",
    r"follow (?:us|me)(?: on .{1,60})?|click here.{0,80}|skip to (?:main )?content|listen to this article",
    r"(?:we|(?:this|our) (?:web)?site) uses? cookies(?: (?:and|to|on|for|in order)\b.*)?",
    r"(?:accept|reject|manage)(?: all| optional)? cookies",
    r"by (?:continuing|clicking|using) .{0,120}\b(?:cookies|privacy policy|terms of (?:use|service))\b.*",
    r"(?:©|\(c\)|copyright(?: ©| \(c\))?)\s?\d{4}.{0,120}|(?:.{0,80}\W)?all rights reserved",
)
_EDGE_LABEL = _any_of(
    r"home|menu|search|close|news|live|categor(?:y|ies)|sections?|authors?|comments?|print|e-?mail|donate|register",
    r"(?:tags?|topics?|filed under|in this article|key ?words)(?:\s?:.*)?",
    r"(?:latest|breaking|top|all|more|other|recent)(?: (?:news|stories|articles|posts|headlines|videos))?",
    r"most (?:read|popular|viewed|shared|commented)|trending(?: now)?|recommended(?: for you)?|editors?['’]?s? picks?",
    r"more (?:from|on|in|about) .{1,40}|(?:see|view|show|load) (?:all|more)(?: .{1,30})?|(?:leave|post|add) a comment",
    r"no comments(?: yet)?|back to top|(?:previous|next)(?: (?:article|story|post))?|newsletters?",
    r"facebook|twitter|whats ?app|telegram|linked ?in|instagram|you ?tube|reddit|tik ?tok|bluesky|threads|x",
    r"about(?: us)?|contact(?: us)?|advertise with us|(?:privacy|cookie) (?:policy|settings|notice)",
    r"terms(?: (?:of|and) \w+)?|updated?|published|by",
)

_AGENCY = "AP|AFP|Reuters|EPA|DPA|PA|TASS|Xinhua|Bloomberg|Anadolu|UPI|ANSA|EFE|Kyodo|Yonhap|Ukrinform|Interfax"
_BANK = "Getty|Shutterstock|Alamy|iStock|Unsplash|Flickr|Wikimedia|Archive Photos"
_PICTURE = "(?i:photo|photograph|image|picture|illustration|video|screenshot)s?"
_BRACKET = r"[^()\[\]]{0,80}"
_IMAGE_CREDIT = re.compile(
    # (Photo: Jane Doe), (Getty Images), (AP Photo/Jane Doe), (file picture), (Jane Doe/Reuters)
    rf"[(\[](?:{_PICTURE}(?i: credit| source| courtesy)?(?:\s?[:/]| (?i:by|from|courtesy)\b){_BRACKET}"
    rf"|{_BRACKET}\b(?:{_BANK}|(?:{_AGENCY}|[Ff]ile|[Hh]andout|[Ii]llustrative) {_PICTURE})\b{_BRACKET}"
    rf"|{_BRACKET}/ ?(?:{_AGENCY}))[)\]]$"
    # the same without brackets, where a sentence ends before it
    r"|(?:^|[.!?][\"”’)]?\s)(?:Photo|Photograph|Image|Picture|Illustration)(?: credit| source| by)?: [^.:]{2,60}$"
    rf"|\w ?/ ?(?:{_BANK}|{_AGENCY})(?: {_PICTURE})?$"
)
_CREDIT = re.compile(rf" [(\[](?:(?i:source|credit)s?:{_BRACKET}|{_AGENCY})[)\]]$|[.!?–—-] Source: [^.:]{{2,60}}$")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ISO = (
    r"(?P<iso>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d{1,6})? ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_DATE = (
    rf"(?:{_ISO}|(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? (?P<month>{_MONTH})"
    rf"|(?P<month_first>{_MONTH}) (?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?),? (?P<year>\d{{4}}))"
)
_DATE_LABEL = (
    r"(?:(?P<label>(?:first )?(?:published|posted|publication date|date|issued)(?: on)?\s?:? ?)"
    r"|(?P<later>(?:last )?(?:updated|modified)(?: on)?\s?:? ?))?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]{0,2} )?"
_TIME_OF_DAY = r"(?:,? (?:at |[–—-] )?\d{1,2}[:.]\d\d ?(?:[ap]\.?m\.?)?(?: ?\(?[A-Z]{2,5}\)?)?)?"
_DATE_LINE = re.compile(_DATE_LABEL + _WEEKDAY + _DATE + _TIME_OF_DAY, re.IGNORECASE)
_DATELINE = re.compile(
    rf"\(?[A-ZÀ-Þ][A-ZÀ-Þ'’.,/ -]{{1,50}}[ ,]\(?(?i:{_DATE})\)?(?: ?[(/][\w ./-]{{2,30}}\)?)? ?[–—:-]",
)
_AGO = re.compile(r"(?:(?:published|posted|last updated|updated)\s?:? ?)?(?:\d{1,2}|an?) \w{3,8} ago", re.IGNORECASE)

_BYLINE = re.compile(
    r"(?:by|written by|words by|story by|authors?:|reporter:)\s(.{3,150}?)(?:\s(?:in|for|at|from|with|of)\s.{1,60})?",
    re.IGNORECASE,
)
_NAME_END = re.compile(r"\s*[,;&]\s*(?:and\s)?|\s+and\s+", re.IGNORECASE)
_NAME_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_PARTICLE = re.compile("al|bin|da|del?|della|den|der|di|dos|du|el|ibn|la|le|ten|ter|van|von|y|zu")
_ROLE = re.compile(
    "the|staff|writers?|editors?|reporters?|correspondents?|columnist|contributor|news|press|agency|service|bureau|desk|team",
    re.IGNORECASE,
)
