"""Who says it: the speaker of a claim that an article only quotes or reports."""

from __future__ import annotations

import re

from index.articles import Span
from qa.answers import Evidence

__all__ = ["is_quoted", "speaker_of"]


def speaker_of(evidence: Evidence, claim: Span) -> str | None:
    """Return the speaker as the excerpt names him, or None where the claim is the article's own or it is not clear.

    A pronoun stands for the one person whom the sentence before names, if that is in the excerpt and names just one.
    """
    sentence = evidence.sentence_text
    words = Span(claim.start - evidence.sentence.start, claim.end - evidence.sentence.start)
    before = evidence.text_of(Span(evidence.span.start, evidence.sentence.start))
    found = _named_in(sentence, words)
    in_quote = Span(claim.start - evidence.span.start, claim.end - evidence.span.start)
    if found is None and is_quoted(evidence.quote, in_quote) and not _REPORTING.search(_outside_quotes(sentence)):
        # The speaker of a quotation of several sentences is named with the first of them, or after this one.
        after = evidence.text_of(Span(evidence.sentence.end, evidence.span.end))
        return _of_quotation(before) or _of_quotation(after)
    if found is None or found.casefold() not in _PRONOUNS:
        return found
    people = [person["name"] for person in _PERSON.finditer(_outside_quotes(before))]
    surnames = {person.split()[-1] for person in people}
    return people[0] if len(surnames) == 1 else None


def is_quoted(sentence: str, words: Span) -> bool:
    """Say whether the words stand between quotation marks, one of which may be in another sentence."""
    opened = sentence.rfind("“", 0, words.start + 1) > sentence.rfind("”", 0, words.start)
    closes = sentence.find("”", max(words.end - 1, 0))
    reopens = sentence.find("“", words.end)
    if opened or (closes >= 0 and (reopens < 0 or closes < reopens)):
        return True
    straight = sentence.count('"', 0, words.start + 1)
    total = sentence.count('"')
    return bool(total) and (straight % 2 == 1 or (total % 2 == 1 and straight == 0))


def _named_in(sentence: str, words: Span) -> str | None:
    """Return whom the sentence names, or the pronoun that it uses, as the one who says the words."""
    for pattern in _SAID:
        for found in pattern.finditer(sentence):
            speaker = Span(*found.span("speaker"))
            if speaker.overlaps(words) or is_quoted(sentence, speaker):
                continue
            is_before = found.end() <= words.start
            # What stands before a "said" with an object of its own was not said by that speaker: "X said that Y".
            if is_before or found.group("close") is not None:
                return _trimmed(found["speaker"])
    return None


def _of_quotation(text: str) -> str | None:
    if "“" not in text and '"' not in text:
        return None
    for pattern in _SAID:
        for found in pattern.finditer(text):
            name = _trimmed(found["speaker"])
            if name.casefold() not in _PRONOUNS and not is_quoted(text, Span(*found.span("speaker"))):
                return name
    return None


def _outside_quotes(text: str) -> str:
    """Return the article's own words, so that nobody named in a quotation is taken for its speaker."""
    return re.sub(r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)", " ", text)


def _trimmed(speaker: str) -> str:
    return speaker.strip(" ,;:–—-")


_VERB = (
    r"(?:said|says|told|tells|announced|announces|wrote|writes|added|adds|argued|argues|claimed|claims|warned|warns|stated"
    r"|declared|explained|insisted|insists|admitted|promised|reported|reports|noted|asked|replied|predicted|suggested"
    r"|confirmed|denied|called|joked|recalled|expects|expected)"
)
_REPORTING = re.compile(rf"\b(?:{_VERB}|according to)\b")
_TITLE = r"(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Cpl|Pte|Sgt|Capt|Fr|Rev|Prof|St|Sen|Rep|Gov)\.?"
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ][\w’'-]+|[A-Z]\.)"
_FULL_NAME = rf"(?:{_TITLE} )*{_CAPITAL}(?:(?: (?:of|de|van|von|al|bin|der|the|for|&))* (?:{_TITLE} )?{_CAPITAL})*"
_DETERMINER = r"(?:[Tt]he|[Aa]n?|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir)"
_ROLE = rf"(?:{_DETERMINER} )?(?:[a-zß-öø-ÿ’'-]+ ){{0,4}}?"
_NO_BODY = r"(?:had|has|have|was|were|is|are|would|will|could|can|did|who|which|that|and|of|in|on|at|by|to|for)\b"
_BODY = (
    rf"(?:{_DETERMINER} (?:(?!{_NO_BODY})[a-zß-öø-ÿ’'-]+ ){{0,2}}(?!{_NO_BODY})[a-zß-öø-ÿ’'-]+"
    r"|[Pp]olice|[Oo]fficials|[Ii]nvestigators|[Pp]rosecutors|[Dd]octors|[Dd]etectives|[Rr]escuers|[Ee]xperts"
    r"|[Ww]itnesses|[Aa]uthorities|[Ll]awyers|[Ee]conomists|[Ss]cientists|[Rr]esearchers)"
)
_PRONOUN = r"(?:[Hh]e|[Ss]he|[Tt]hey|[Ii]t|I|[Ww]e)"
_NOT_A_ROLE = r"(?!(?:and|but|as|that|when|while|who|which|of|in|on|at|after|before|because|if|so|then|also|not|to)\b)"
_SPEAKER = rf"(?P<speaker>{_NOT_A_ROLE}(?:{_ROLE}{_FULL_NAME}|{_PRONOUN}|{_BODY}))"
_APPOSITION = r"(?:, [^,“”\"]{2,90},)?"
_SAID = (
    re.compile(rf"\b[Aa]ccording to {_SPEAKER}(?P<close>)(?=[,.;]|$| (?:which|who|that|published|and)\b)"),
    # "…,” said the manager, Petra Colvin" and "…, says Gen. Aud Rasmund"
    re.compile(rf"(?<=[,”\"?!] ){_VERB} {_SPEAKER}(?P<close>)(?=[,.;:”\"]|$| (?:in|on|at|of|from)\b)"),
    # "…, the coastguard said on Thursday." ends what is reported; "X said that …" begins it.
    re.compile(
        rf"(?:(?<=[,”\"?!] )|^){_SPEAKER}{_APPOSITION} (?:also |later |once )?{_VERB}\b"
        r"(?P<close>(?= *(?:[.,;:”\"]|$|(?:(?:on|in|at|late|early|by|us|reporters|the|a|deputies|yesterday|today|this"
        r"|last|after|during)\b[^,.;“”\"]*[.,;]?)+ *(?:$|but\b|and\b|closing\b))))?"
    ),
    re.compile(rf"\b{_SPEAKER}{_APPOSITION} (?:also |later |once |has |have |had )?{_VERB}\b(?P<close>(?!))?"),
)
_PRONOUNS = frozenset({"he", "she", "they", "it", "i", "we"})
_PERSON = re.compile(
    rf"(?P<name>(?:{_TITLE} )?{_CAPITAL}(?: (?:de|van|von|al|bin|der) | ){_CAPITAL}|{_TITLE} {_CAPITAL})"
)
