"""What the names in passages name: a person, a country, a place, an organisation or a vessel, as the passages show."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Literal

from index.articles import Span
from qa.countries import COUNTRIES, DEMONYM_ENDINGS
from qa.wordforms import plain_words

__all__ = ["NameKind", "NameKinds", "names_told"]

NameKind = Literal["person", "country", "place", "organisation", "vessel", "day", "people"]


class NameKinds:
    """The kinds of the names in some texts, as the words around them show; what nothing shows has none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._places: defaultdict[str, list[tuple[str, Span]]] = defaultdict(list)
        self._texts = list(texts)
        for text in self._texts:
            for found in names_told(text):
                key = _key(found.of(text))
                # Known by the last word too, as people are.
                for known_as in {key, key.rpartition(" ")[2]}:
                    self._places[known_as].append((text, found))
        self._known: dict[str, NameKind | None] = {}

    def of(self, name: str) -> NameKind | None:
        """Return the kind of a name, or None where nothing shows it."""
        key = _key(name)
        if key not in self._known:
            is_of_a_people = (
                " " not in key and key.endswith("n") and not self._places.keys().isdisjoint((key[:-1], key[:-2]))
            )
            self._known[key] = "people" if is_of_a_people else _by_itself(name) or self._shown(key)
        return self._known[key]

    def is_name(self, name: str) -> bool:
        """Say whether it is more than a word that is capital because it comes first: "Boxes are backing up"."""
        if " " in name or not name[:1].isupper() or name.isupper():
            return True
        if self.of(name) is not None:
            return True
        is_within = any(
            place.of(text) == name and not _OPENS.search(text[: place.start])
            for text, place in self._places[_key(name)]
        )
        return is_within or not name.endswith(("s", "ing"))

    def _shown(self, key: str) -> NameKind | None:
        if votes := self._votes(key):
            return votes.most_common(1)[0][0]
        if " " not in key:
            return None
        first, last = key.split(" ")[0], key.split(" ")[-1]
        # Kirrow Wanderers and Radio Brenmark are neither town nor country.
        if any(self._votes(word).keys() & {"place", "country"} for word in (first, last)):
            return "organisation"
        return "person" if "person" in self._votes(last) else None

    def _votes(self, key: str) -> Counter[NameKind]:
        votes: Counter[NameKind] = Counter()
        for text, place in self._places.get(key, ()):
            name = place.of(text)
            is_whole = _key(name) == key
            if _TITLE_FIRST.match(name):
                votes["person"] += 3
            before, after = text[max(0, place.start - _NEAR) : place.start], text[place.end : place.end + _NEAR]
            for kind, weight, ahead, behind, words in _SHOWN:
                is_so = (not ahead or ahead.search(before)) and (not behind or behind.match(after))
                if is_so and (is_whole or kind == "person") and words <= len(name.split()):
                    votes[kind] += weight
        return votes


def names_told(sentence: str) -> list[Span]:
    """Return where a sentence has names, in order, without a word that is capital only because it comes first."""
    found = []
    for match in _ANY_NAME.finditer(sentence):
        start = match.start()
        while opening := _NO_NAME.match(sentence, start, match.end()):
            start = opening.end()
        end = match.end() - (2 if match[0].endswith(("’s", "'s")) else 0)
        # Olena Marsk of Veshnia is two names, the Bank of Brenmark is one.
        of = sentence.find(" of ", start, end)
        if of >= 0 and " " in sentence[start:of] and not _ORGANISATION.search(sentence[start:of]):
            after = of + len(" of the " if sentence.startswith(" of the ", of) else " of ")
            found += [Span(start, of), Span(after, end)]
        elif start < end:
            found.append(Span(start, end))
    return found


def _by_itself(name: str) -> NameKind | None:
    """Return the kind that a name shows by its own words."""
    words = plain_words(name)
    if " ".join(word for word in words if word != "the") in COUNTRIES:
        return "country"
    if _DAY.match(name):
        return "day"
    if _TITLED.match(name):
        return "person"
    if _ORGANISATION.search(name):
        return "organisation"
    if len(words) == 1 and words[0].endswith(DEMONYM_ENDINGS) and len(words[0]) > 6:
        return "people"
    return None


def _key(name: str) -> str:
    return " ".join(word for word in plain_words(_TITLE_FIRST.sub("", name)) if word not in ("the", "a", "an", "s"))


_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ][\w’'.&-]*[\w’']|[A-ZÀ-ÖØ-Þ]\.?)"
_WORDS = rf"{_CAPITAL}(?: (?:(?:of|de|van|von|al|bin|da|del|der|&|for)(?: the)? )?{_CAPITAL})*"
_ANY_NAME = re.compile(rf"(?<![\w’'-]){_WORDS}")
# What begins a sentence, and is no part of a name.
_NO_NAME = re.compile(
    r"(?:The|An?|It|He|She|They|We|You|I|This|That|These|Those|His|Her|Its|Their|Our|My|In|On|At|To|Of|By|For|From|With"
    r"|After|Before|Until|Since|Under|Between|Against|Among|Outside|Only|No|Not|Nobody|Most|Some|Many|Several|Both|All"
    r"|One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|\w+teen|(?:Twen|Thir|For|Fif|Six|Seven|Eigh|Nine)ty(?:-\w+)?|But|And|If|When|While|As|What|Who|Which|How|Why|Where"
    r"|There|Then|Now|Everyone|Everything|Another|Asked|According|Last|More|Other|Others|So|Still|Yet|Also|Here|Meanwhile"
    r"|However|Although|Because|Once|Even|Just|Like|Police|People|Officials|Experts|Doctors)(?![\w’'-]) ?"
)
_TITLE = (
    r"(?:(?:Prime|Foreign|First|Defen[cs]e|Interior|Finance|Deputy|Vice|Former|Secretary of) )*"
    r"(?:President|Minister|Chancellor|King|Queen|Prince(?:ss)?|Governor|Mayor|Judge|Justice|Captain|General|Senator"
    r"|Congress(?:wo)?man|State|Inspector|Sheriff|Detective|Pope|Sir|Lord|Lady|Mr|Mrs|Ms|Dr|Gen|Lt|Col|Cpl|Pte|Sgt|Capt|Maj"
    r"|Adm|Prof|Fr|Rev|Sen|Rep|Gov)\b\.? "
)
_TITLED = re.compile(rf"{_TITLE}[A-ZÀ-ÖØ-Þ]")
_TITLE_FIRST = re.compile(rf"^(?:{_TITLE})+")
_ORGANISATION = re.compile(
    r"\b(?:Administration|Agency|Alliance|Army|Assembly|Association|Authority|Bank|Board|Bureau|Cent(?:er|re)|Church|Club"
    r"|Commission|Committee|Compan(?:y|ies)|Confederation|Congress|Corporation|Council|Court|Department|Federation|Ferries"
    r"|Force|Foundation|Front|Fund|Government|Group|Hospital|House|Institute|League|Line|Lines|List|Ministry|Museum|Office"
    r"|Organi[sz]ation|Parliament|Part(?:y|ies)|Police|Residents|School|Senate|Services?|Shipbuilding|Society|Trust|Union"
    r"|University|Utilities|Water|Energy|Airways|Airlines|Motors|Industries|Holdings|Media|News|Times|Post|Wire|Inc|Corp|Ltd|Co)\b"
)
_DAY = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Jan|Feb|Aug|Sept|Oct|Nov|Dec|Christmas|Easter)\b\.?(?:’s)?(?: \d+)?$"
)
_OF_A_STATE = (
    r"(?:parliament|army|government|president|prime minister|cabinet|constitution|ministers?|soldiers|troops|officers"
    r"|assembly|navy|forces|chancellor|foreign minister|defen[cs]e minister|border|economy|ambassador|voters|capital"
    r"|opposition)\b"
)
_ROLE = (
    r"(?:spokes(?:wo)?man|manager|director|teacher|ecologist|chief executive|executive|secretary|leader|minister"
    r"|president|captain|coach|actor|actress|singer|author|lawyer|analyst|professor|officer|owner|chairman|chairwoman|founder"
    r"|mayor|striker|goalkeeper|defender|midfielder|wife|husband|son|daughter|mother|father|brother|sister)"
)
# What stands before the first word of a sentence.
_OPENS = re.compile(r"(?:^|[.!?:][”\"’']? |\n)[“\"‘']?$")
_NEAR = 40


def _around(
    kind: NameKind, weight: int, before: str = "", after: str = "", words: int = 1
) -> tuple[NameKind, int, re.Pattern[str] | None, re.Pattern[str] | None, int]:
    """Return what shows a kind: the words right before a name and those right after, and how many it has at least."""
    return kind, weight, re.compile(rf"(?:{before})$") if before else None, re.compile(after) if after else None, words


_SHOWN = (
    _around("person", 3, after=r", \d\d[,.;]"),
    _around("person", 2, before=rf"\b{_ROLE},? "),
    _around("person", 2, after=r", (?:who|an?|the) ", words=2),
    _around("person", 1, after=r" (?:told|said|says|was born)\b", words=2),
    _around("person", 1, before=r"\b(?:said|says) ", words=2),
    _around("country", 3, after=rf"[’']s? {_OF_A_STATE}"),
    _around("country", 3, before=r"(?:^|\n)[A-ZÀ-ÖØ-Þ’' -]+, ", after=r", \w{3,9}\.? \d{1,2} [-–—]"),
    _around("country", 3, before=r"\b(?:governments?|president|people|republic|army) of (?:the )?"),
    _around(
        "country",
        2,
        after=r" (?:will|would|could|may|might|has agreed to) (?:not |also |only )?"
        r"(?:send|lend|contribute|join|withdraw)\b",
    ),
    _around(
        "place", 1, before=r"\b(?:in|at|near|around|outside|across|from|to|over|along) (?:the )?", after=r"(?![’'\w])"
    ),
    _around("place", 3, before=r"\b(?:towns?|cit(?:y|ies)|villages?|island|port|river|district|suburb) of (?:the )?"),
    _around(
        "vessel",
        3,
        before=r"\b(?:ships?|ferry|trawler|boat|cutter|lifeboat|barge|vessel|tanker|yacht|freighter|submarine"
        r"|frigate) ",
    ),
    _around("vessel", 3, after=r" (?:lifeboat|trawler|ferry|barge|tanker|frigate)\b"),
)
