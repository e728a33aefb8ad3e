"""What a sentence says of the words at a place in it: that it is so, is not, may be, or is on a condition."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.articles import Span
from qa.asking import Stance
from qa.wordforms import plain_words, stems

__all__ = ["condition_of", "is_left_out", "is_verb_first", "stance_of"]


def stance_of(sentence: str, words: Span, question_words: frozenset[str]) -> Stance | None:
    """Return how the sentence puts what it tells of the words at `words`, or None where it does not show.

    Only the clause of these words counts, with conditions and second thoughts that follow it: "Brenmark will go, but
    Ardesh will not" says one thing of each. What stands in the words themselves is no stance towards them.
    """
    clauses = _clauses(sentence)
    own = _own(sentence, clauses, words)
    main = [clause for clause in own if not _ASIDE.match(clause.text)]
    told = _without(sentence, main or own, words)
    later = _later(clauses, own)
    resumed = next((c.text for c in later if _RESUMES.match(c.text)), None)
    if resumed and not _share(told, resumed, question_words):
        told = resumed
    if any(_CONDITION.match(clause.text) for clause in later):
        told += " only if"
    # An aside tells of the words only what their own clause does not.
    return _stance(told, question_words) or _stance(_without(sentence, own, words), question_words)


def is_left_out(sentence: str, words: Span) -> bool:
    """Say whether what stands right before the words says that they are not meant: "all but Ardesh", "214, not 208"."""
    return _LEFT_OUT.search(sentence[: words.start]) is not None


def is_verb_first(text: str) -> bool:
    """Say whether the words begin with a verb, or with the number that stands for one: "Lorvania $64 million"."""
    return text[:1].isdigit() or _VERB.match(text) is not None


def condition_of(sentence: str, words: Span) -> Span | None:
    """Return the place of the condition under which the words' clause holds, if there is one that is short."""
    own = _own(sentence, _clauses(sentence), words)
    found = _CONDITION_WORDS.search(sentence, own[-1].span.end - 1 if own else words.end) or _CONDITION_WORDS.search(
        sentence, words.end
    )
    if not found:
        return None
    end = re.compile(r"[,;:.”\"]?\s*$|[;:”\"]|, (?!and\b|or\b)").search(sentence, found.end())
    span = Span(found.start(), end.start() if end else len(sentence))
    return span if span.end - span.start <= _CONDITION_CHARACTERS else None


@dataclass(frozen=True, slots=True)
class _Clause:
    span: Span
    text: str

    @property
    def has_verb(self) -> bool:
        return _VERB.search(self.text) is not None


_CONDITION_CHARACTERS = 140


def _clauses(sentence: str) -> list[_Clause]:
    """Cut a sentence at its commas and at the conjunctions that begin a clause."""
    cuts = [0]
    for boundary in _BOUNDARY.finditer(sentence):
        begins = boundary.end() if boundary.group("mark") else boundary.start("word")
        before = sentence[cuts[-1] : begins]
        # "Brenmark and Lorvania will" is one subject, not two clauses.
        if boundary.group("and") and not _VERB.search(before):
            continue
        cuts.append(begins)
    spans = [Span(start, end) for start, end in zip(cuts, [*cuts[1:], len(sentence)], strict=True) if start < end]
    return [_Clause(span, span.of(sentence).strip()) for span in spans]


def _own(sentence: str, clauses: list[_Clause], words: Span) -> list[_Clause]:
    """Return the clauses that the words stand in, with the nearest that has the verb where these have none."""
    at = [number for number, clause in enumerate(clauses) if clause.span.overlaps(words)]
    if not at:
        return []
    first, last = at[0], at[-1]
    if any(clauses[number].has_verb for number in at):
        return clauses[first : last + 1]
    forward = next((n for n in range(last + 1, len(clauses)) if _has_main_verb(clauses[n])), None)
    backward = next((n for n in range(first - 1, -1, -1) if _has_main_verb(clauses[n])), None)
    is_appended = _APPENDED.match(sentence[clauses[first].span.start :]) is not None or first > 0
    if backward is not None and (is_appended or forward is None):
        return clauses[backward : last + 1]
    return clauses[first : forward + 1] if forward is not None else clauses[first:]


def _has_main_verb(clause: _Clause) -> bool:
    return clause.has_verb and not _ASIDE.match(clause.text) and not _ATTRIBUTION.search(clause.text)


def _later(clauses: list[_Clause], own: list[_Clause]) -> list[_Clause]:
    """Return the clauses after `own` that still speak of the same: conditions and second thoughts, past who says so."""
    found = []
    for clause in clauses:
        if not own or clause.span.start < own[-1].span.end:
            continue
        if _CONDITION.match(clause.text) or _RESUMES.match(clause.text):
            found.append(clause)
        elif not _ATTRIBUTION.search(clause.text) and not _ASIDE.match(clause.text) and clause.has_verb:
            break
    return found


def _without(sentence: str, clauses: list[_Clause], words: Span) -> str:
    return " ".join(
        sentence[clause.span.start : max(clause.span.start, min(words.start, clause.span.end))]
        + " … "
        + sentence[min(clause.span.end, max(words.end, clause.span.start)) : clause.span.end]
        for clause in clauses
    )


def _share(told: str, resumed: str, question_words: frozenset[str]) -> bool:
    """Say whether the first tells already of what is asked, so that the second speaks of something else."""
    return not (_telling(question_words) & stems(plain_words(resumed))) - stems(plain_words(told))


def _telling(question_words: frozenset[str]) -> frozenset[str]:
    return stems(word for word in question_words if len(word) > 3 and word not in _AUXILIARY_WORDS)


def _stance(told: str, question_words: frozenset[str]) -> Stance | None:
    if _CONDITIONAL.search(told):
        return "conditional"
    if _UNDECIDED.search(told):
        return "hedged"
    if _REFUSED.search(told) or any(_is_of_question(told, found, question_words) for found in _NOT.finditer(told)):
        return "denied"
    if _HEDGED.search(told):
        return "hedged"
    return "affirmed" if _AFFIRMED.search(told) else None


def _is_of_question(told: str, negation: re.Match[str], question_words: frozenset[str]) -> bool:
    """Say whether what is negated is what was asked: its words follow, or none do, or the will to do it is denied."""
    after = told[negation.end() :]
    if _BIDDING.search(told[: negation.start()]):
        return False
    if _NOTHING_MORE.match(after):
        return True
    if negation["will"] and not question_words.isdisjoint({"will", "would"}):
        return True
    return not _telling(question_words).isdisjoint(stems(plain_words(after)[:_WORDS_NEGATED]))


# "If you live in Kirrow, do not drink it": nothing is denied there.
_BIDDING = re.compile(r"(?:^|[,;:“\"…] ?)do $", re.IGNORECASE)
_WORDS_NEGATED = 8
_AUXILIARY_WORDS = frozenset(
    {"will", "would", "have", "could", "does", "were", "which", "what", "that", "with", "from"}
)
_AUX = (
    r"(?:will|would|shall|should|can|cannot|could|may|might|must|is|are|was|were|be|been|has|have|had|do|does|did)"
    r"(?:n['’]t)?|won['’]t"
)
_SUBJECT = (
    r"(?:(?:the|its|his|her|their|a|an) )?(?:[A-ZÀ-ÖØ-Þ][\w’'.-]*(?: (?:of |the )?[A-ZÀ-ÖØ-Þ][\w’'.-]*)*"
    r"|it|he|she|they|we|others?|another|neither|both)"
)
_BOUNDARY = re.compile(
    rf"(?P<mark>[;:] |,[”\"’]? |[”\"] | [–—-] |[–—])"
    rf"|(?P<word>(?<= )(?:but|while|whereas|although|though|because|unless|after(?= \w+ \w+ed\b)|"
    rf"(?P<and>and)(?= {_SUBJECT}(?: \w+)? (?:{_AUX}|sa(?:y|ys|id)|refus\w+|reject\w+|vot\w+|agree\w*|want\w*)\b))\b)"
)
_VERB = re.compile(
    rf"\b(?:{_AUX}|says?|said|told|sends?|sent|gives?|gave|wants?|keeps?|kept|becomes?|became|goes|went|leaves?|left"
    r"|holds?|held|makes?|made|takes?|took|puts?|pays?|paid|joins?|votes?|agrees?|refuses?|rejects?|opposes?|backs?"
    r"|gave|put|came|scored|supports?|offers?|plans?|means?|met|led|won|lost|fell|rose|came|comes?|began|brought|found|set|ran|\w{2,}ed)\b"
)
# Of the kind "who had never stood before" or "a hospital pharmacist": more about a name, not the main thing.
_ASIDE = re.compile(r"(?:which|who|whose|whom|where|when)\b|(?:a|an|the) [a-z]|\w+ing\b|\d{1,3}\W*$")
_APPENDED = re.compile(r"(?:after|before|like|with|including|joined|alongside|and|or|as well as|along|plus)\b")
_ATTRIBUTION = re.compile(
    r"\b(?:said|says|told|announced|wrote|reported|according to|added|explained|insisted|decided)\b"
    r"(?! (?:yes|no|that)\b)"
)
_RESUMES = re.compile(rf"(?:but|though|although|and|yet)? ?(?:it|they|he|she)? ?(?:{_AUX})\b")
_CONDITION = re.compile(
    r"(?:but |and |though )?(?:only (?:if|with|when|after|once|in)|if|unless|provided|on (?:the |\w+ )?conditions?"
    r"|as long as|so long as|in (?:return|exchange) for|subject to)\b"
)
_CONDITION_WORDS = re.compile(
    r"\b(?:only (?:if|with|when|after|once)|unless|provided(?: that)?|on (?:the |\w+ )?conditions?|as long as"
    r"|in (?:return|exchange) for|(?<!even )(?<!as )if)\b"
)
_CONDITIONAL = re.compile(
    r"\bonly (?:if|with|when|after|once)\b|\bunless\b|\bprovided(?: that)?\b|\bon (?:the |\w+ )?conditions?\b"
    r"|\b(?:as|so) long as\b|\bin (?:return|exchange) for\b|\bsubject to\b|(?<!even )(?<!as )(?<!asked )\bif\b"
)
_UNDECIDED = re.compile(
    r"\bmaybe\b|\bundecided\b|n['’]t (?:yet )?decided|\bnot (?:yet )?(?:decided|replied|answered|said)\b|\bwhether\b"
    r"|\bmore time\b|\bnot replied\b|\bneither (?:accepted|agreed) nor\b"
)
# A "not" before a name or a number denies that alone, and is looked for there; "never before" tells of earlier times.
_NOT = re.compile(
    r"(?P<will>\b(?:will|would|won|wouldn) ?)?"
    r"(?:\bnot\b(?! only\b)(?! [A-ZÀ-ÖØ-Þ]| \d)|n?['’]t\b|\b[Nn]ever\b(?!.*\bbefore\b)|\b[Nn]either\b|\bno longer\b"
    r"|(?<=can)not\b|\bno (?!doubt\b|more than\b|less than\b|fewer than\b|one\b))"
)
_NOTHING_MORE = re.compile(r"\W*(?:$|[,;.]|(?:on|in|at|yet|either)\b)")
_REFUSED = re.compile(
    r"\b(?:say|says|said|saying|voted|answered|told \w+) no\b|\brefus\w+|\breject\w+"
    r"|\brul(?:e|es|ed|ing) (?:it )?out\b|\bdeclin(?:e|es|ed|ing)\b|\bden(?:y|ies|ied)\b|\boppos(?:e|es|ed|ing)\b"
    r"|\bopponents?\b"
    r"|\b(?:vot\w+|is|are|was|were|be|came|decid\w+|campaign\w+) (?:[\w’'-]+ ){0,6}?against\b|^\W*against\b"
    r"|\bwith(?:draws?|drew|drawn|drawing)\b|\bpull(?:s|ed|ing)? out\b|\b(?:was|were|been) dismissed\b"
    r"|\bstay(?:s|ed)? (?:out|away)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:may|might|could|perhaps|possibly|consider(?:s|ed|ing)?|weigh(?:s|ed|ing)?|mull(?:s|ed|ing)?|hop(?:es?|ed|ing)"
    r" to|open to|thinking (?:of|about)|discussing|in talks)\b"
)
_AFFIRMED = re.compile(
    r"\b(?:will|(?:say|says|said) yes|agree[sd]?|promis\w+|pledg\w+|commit\w*|in favour|in favor|support(?:s|ed)?"
    r"|back(?:s|ed)|sent|sends|(?:is|are) sending|(?:is|are) (?:ready|willing|prepared) to|approv\w+|voted (?:for|to)"
    r"|joined|joins|would|going to)\b"
)
# "all but Ardesh", "unlike Ardesh", "214 people, not 208": what stands right before says that these are not meant.
_LEFT_OUT = re.compile(
    r"\b(?:except(?: for)?|all but|unlike|apart from|excluding|rather than|instead of|other than|not"
    r"|with the exception of|as opposed to)(?: the| a| an| just)? [“\"‘']?$",
    re.IGNORECASE,
)
