"""What kind of question it is: for one thing or several, a number, a day, yes or no; and what no answer may say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from qa.name_kinds import NameKind
from qa.wordforms import plain_words, stems

__all__ = ["Asked", "Kind", "Stance", "Weighing", "asked_of", "figures_in"]

Kind = Literal["several", "yes_no", "who_said", "number", "date", "name", "open"]
# One thing is asked for, several names, or several things of another kind.
Weighing = Literal["one", "names", "things"]
# How a sentence puts what it tells of something: it is so, it is not, it may be, it is if something else is.
Stance = Literal["affirmed", "denied", "hedged", "conditional"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for.

    `excludes` are the stances that no answer may have: who refused does not answer who will. `words` are the
    question's, plain, `names` those of them that are names, and `figures` those with digits. `is_for_names` says that
    it asks who or which of what has a name, `is_for_people` that these are people, and `name_kinds` which kinds of
    names may answer, none named meaning any; `nouns` are the stems of what is asked for, as in "which ferry operators".
    `is_latest` says that only the newest counts.
    """

    text: str
    kind: Kind
    words: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]
    excludes: frozenset[Stance]
    is_for_names: bool
    is_for_people: bool
    name_kinds: frozenset[NameKind]
    nouns: frozenset[str]
    is_conditional_told: bool
    is_latest: bool

    @property
    def is_single(self) -> bool:
        """Say whether two different answers contradict each other."""
        return self.kind in ("number", "date", "name")

    @property
    def weighed_as(self) -> Weighing:
        """By which weights the signs of an answer count."""
        if self.kind != "several":
            return "one"
        return "names" if self.is_for_names else "things"

    @property
    def is_for_several_names(self) -> bool:
        """Say whether each answer is a name."""
        return self.kind == "several" and self.is_for_names


def asked_of(question: str) -> Asked:
    """Return what the question asks for, by its form."""
    stances = next((stances for asked_by, stances in _EXCLUDED if asked_by.search(question)), _DENIED)
    # Of reasons and conditions for a refusal the sentences may be as positive as they like.
    if "denied" not in stances and _OF_WHOM.search(question) is None:
        stances = frozenset()
    return Asked(
        text=question,
        kind=next((kind for kind, asked_by in _KINDS if asked_by.search(question)), "open"),
        words=frozenset(plain_words(question)),
        names=frozenset(plain_words(" ".join(_NAME.findall(question)))),
        figures=figures_in(question),
        excludes=stances,
        is_for_names=_FOR_NAMES.search(question) is not None,
        is_for_people=_FOR_PEOPLE.search(question) is not None,
        name_kinds=next((kinds for asked_by, kinds in _NAME_KINDS if asked_by.search(question)), frozenset()),
        nouns=stems(plain_words(asked_for["nouns"])) if (asked_for := _ASKED_FOR.search(question)) else frozenset(),
        is_conditional_told=_WOULD.search(question) is not None,
        is_latest=_LATEST.search(question) is not None,
    )


def figures_in(text: str) -> frozenset[str]:
    """Return the figures of a text, as they are written but for the commas between thousands."""
    return frozenset(found.replace(",", "") for found in _FIGURE.findall(text))


_FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
# Nouns in the plural, but no verb in the third person, nor what only looks like a plural.
_PLURAL = (
    r"(?!(?:was|is|has|does|its|his|this|us|as|across|status|news|series|campus|bus|crisis|virus|princess)\b)"
    r"(?:\w+(?:ies|[^s\Wiu]s)|people|men|women|children|fish|sheep|aircraft|media|criteria)\b"
)
# Of one ship there is one captain, but what these did is done by several.
_DONE_BY_SEVERAL = (
    r"(?:scored|signed|attended|voted|joined|oppos\w+|support(?:s|ed)?|back(?:s|ed)|stood for|ran for|competed"
    r"|took part|takes? part|survived|testified|(?:is|was) (?:against|for|in favou?r|among|involved)|else)\b"
)
_SEVERAL = re.compile(
    rf"\b(?:which|what|whose) (?:(?:are|were) (?:the )?)?(?:\w+ ){{0,2}}?{_PLURAL}"
    rf"|\bwh(?:ich|at) of (?:the|these|those) \w+"
    rf"|\bwhat (?:do|does|did|will|would|can|could) .+ (?:require|want|need|demand|ask|offer|promise|recommend|find"
    r"|give|lend|provide|include|propose)\b"
    r"|\bwhat (?:was|else) (?:stolen|taken|destroyed|damaged|lost|found|included)\b"
    rf"|\bwho {_DONE_BY_SEVERAL}"
    r"|\bwho (?:are|were|have|all|would)\b"
    r"|\bwho will (?!be\b|lead\b|command\b|chair\b|head\b|succeed\b|replace\b|win\b|host\b|become\b|run\b|play\b)"
    r"|\bwhere (?:can|could|are|do)\b|\bwhere does .+ \w+s\b"
    r"|^(?:please )?(?:list|name|give|mention)\b|\bname all\b|\bhow (?:do|did) \w+ (?:differ|compare)\b",
    re.IGNORECASE,
)
_AUXILIARIES = (
    r"(?:did|does|do|is|are|was|were|will|would|has|have|had|can|could|should|shall|may|might|must)(?:n['’]t)?"
)
_SAYING = (
    r"(?:said|says|told|tells|announced|claim(?:s|ed)|call(?:s|ed)|warn(?:s|ed)|wrote|declared|described|stated|argu(?:es|ed)"
    r"|insist(?:s|ed)|admit(?:s|ted)|promised|predict(?:s|ed)|asked|complained|suggested|compared|joked|promises)"
)
_MEASURED = (
    r"(?:number|percentage|share|proportion|price|cost|amount|total|rate|speed|age|temperature|height|length|weight"
    r"|toll|size)\b"
)
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "open",
        re.compile(
            r"^\W*(?:why|how (?:do|does|did|was|were|is|are|has|have|can|could|will|would) "
            r"(?!.*\b(?:differ|compare)\b))",
            re.IGNORECASE,
        ),
    ),
    ("yes_no", re.compile(rf"^\W*{_AUXILIARIES} ", re.IGNORECASE)),
    ("who_said", re.compile(rf"\bwho (?:(?:first|also|has|had) )?{_SAYING}\b|\bwhose words\b", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"\bhow (?:many|much|old|long|far|big|large|tall|high|deep|heavy|fast|often|wide|hot|cold)\b"
            rf"|\bwhat (?:is|was|were|are) (?:(?!of (?-i:[a-z])|for )[\w’'-]+ ){{0,6}}?{_MEASURED}"
            rf"|\bwh(?:at|ich) (?:\w+ )?{_MEASURED}",
            re.IGNORECASE,
        ),
    ),
    (
        "date",
        re.compile(r"\bwhen\b|\b(?:wh(?:at|ich)) (?:year|day|date|month|time|week)\b|\bsince when\b", re.IGNORECASE),
    ),
    ("several", _SEVERAL),
    (
        "name",
        re.compile(
            r"\b(?:who|whom|whose|where)\b|\bwh(?:at|ich) (?:\w+ )?(?:country|nation|city|town|place|state|company"
            r"|person|man|woman|name|team|club|party|agency|ship|paper|newspaper|island|river|bank)\b"
            r"|\bwhat (?:is|was) (?:\w+ ){1,4}(?:name|called)\b",
            re.IGNORECASE,
        ),
    ),
)
_REFUSED = re.compile(
    r"\b(?:not|never|no longer|refus\w+|reject\w+|rul(?:e|es|ed|ing) out|declin\w+|den(?:y|ies|ied)|oppos\w+|against"
    r"|sa(?:y|ys|id) no|no)\b|n['’]t\b",
    re.IGNORECASE,
)
_OF_WHOM = re.compile(
    r"\b(?:who|whom|whose|which (?!reasons?\b|conditions?\b|explanations?\b|arguments?\b|terms\b|demands?\b))\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:(?-i:may)|might|(?<!where )could|consider\w*|weigh\w*|undecided|maybe|possibly|on conditions?)\b",
    re.IGNORECASE,
)
_WOULD = re.compile(r"\b(?:would|(?:ready|willing|prepared) to)\b", re.IGNORECASE)
_COMMITTED = re.compile(
    r"\b(?:will|shall|agreed|agrees?|promis\w+|pledg\w+|commit\w+|going to|confirmed|(?:are|is) (?:\w+ )?\w+ing)\b",
    re.IGNORECASE,
)
_DENIED: frozenset[Stance] = frozenset({"denied"})
_EXCLUDED: tuple[tuple[re.Pattern[str], frozenset[Stance]], ...] = (
    (_REFUSED, frozenset({"affirmed", "hedged", "conditional"})),
    (_HEDGED, frozenset({"affirmed", "denied"})),
    (_WOULD, frozenset({"denied", "hedged"})),
    (_COMMITTED, frozenset({"denied", "hedged", "conditional"})),
)
_FOR_PEOPLE = re.compile(
    r"\b(?:who|whom|members|ministers|leaders|politicians|players|people|men|women|candidates|officials|officers|judges"
    r"|presidents|mayors|captains|speakers|experts|scientists)\b",
    re.IGNORECASE,
)
_FOR_NAMES = re.compile(
    r"\b(?:who|whom)\b|\bwh(?:ich|at) (?:\w+ ){0,2}?(?:countries|nations|states|governments|part(?:y|ies)|companies"
    r"|operators|firms|yards|ports|towns|cities|villages|regions|islands|rivers|members|ministers|leaders|politicians|players|people"
    r"|men|women|candidates|groups|clubs|teams|outlets|agencies|banks|ships|vessels|airlines|universities|schools)\b",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(
    rf"\b(?:which|what|whose|name|list) (?:(?:are|were|is|was|of|all|the|these|those|some) )*"
    rf"(?P<nouns>(?:[\w’'-]+ ){{0,2}}?{_PLURAL})",
    re.IGNORECASE,
)
_ASKED_KINDS: tuple[tuple[str, tuple[NameKind, ...]], ...] = (
    (r"countr(?:y|ies)|nations?|governments?", ("country",)),
    (
        r"members?|ministers?|leaders?|politicians?|players?|people|m[ae]n|wom[ae]n|candidates?|officials?|officers?"
        r"|judges?|presidents?|mayors?|captains?|experts?|scientists?|actors?|actress(?:es)?|singers?|person|authors?",
        ("person",),
    ),
    (
        r"part(?:y|ies)|compan(?:y|ies)|operators?|firms?|yards?|groups?|clubs?|teams?|banks?|airlines?|agenc(?:y|ies)"
        r"|universit(?:y|ies)|outlets?|schools?|newspapers?|organi[sz]ations?",
        ("organisation",),
    ),
    (
        r"towns?|cit(?:y|ies)|villages?|ports?|regions?|islands?|places?|provinces?|districts?|rivers?|states?",
        ("place",),
    ),
    (r"vessels?|ships?|ferr(?:y|ies)|boats?", ("vessel",)),
)
_NAME_KINDS: tuple[tuple[re.Pattern[str], frozenset[NameKind]], ...] = (
    *(
        (
            re.compile(rf"\b(?:which|what|name|list|whose) (?:[\w’'-]+ ){{0,3}}?(?:{nouns})\b", re.IGNORECASE),
            frozenset(kinds),
        )
        for nouns, kinds in _ASKED_KINDS
    ),
    (re.compile(r"\b(?:who|whom)\b", re.IGNORECASE), frozenset({"person", "organisation", "country"})),
    (re.compile(r"\bwhere\b", re.IGNORECASE), frozenset({"place", "country", "organisation"})),
)
_NAME = re.compile(r"(?<=\w )[A-ZÀ-ÖØ-Þ][\w’'-]+")
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|currently?|now|at present|today|so far|by now)\b", re.IGNORECASE
)
