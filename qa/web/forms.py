"""What was typed into the question form → a question, or what is wrong beside each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from index.articles import ArticleFilter, normalise_time
from index.errors import InputError
from qa.answering import checked_question
from qa.answers import MAX_CITATIONS_LIMIT, QUESTION_CHARS_LIMIT, SOURCES_LIMIT, Question
from qa.web.wording import human_date

__all__ = [
    "AskForm",
    "Field",
    "Parameters",
    "SourceChoice",
    "blank_form",
    "read_form",
    "source_choices",
    "whole_number",
]

T = TypeVar("T")


class Parameters(Protocol):
    """A query string's parameters, as Litestar's MultiDict holds them."""

    def get(self, name: str, default: str) -> str:
        """Return the first value of a parameter."""

    def getall(self, name: str, default: list[str]) -> list[str]:
        """Return every value of a parameter, in order."""


@dataclass(frozen=True, slots=True)
class Field:
    """A form field as it was filled in; `error` is empty when nothing is wrong with it."""

    name: str
    value: str = ""
    error: str = ""

    @property
    def is_day(self) -> bool:
        """Say whether a date picker can hold the value; what it cannot hold it would silently drop."""
        return re.fullmatch(r"|\d{4}-\d{2}-\d{2}", self.value) is not None


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """A source to tick, with its number of articles."""

    name: str
    articles: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AskForm:
    """The question form with everything that was typed into it."""

    question: Field
    sources: tuple[SourceChoice, ...]
    sources_error: str
    published_from: Field
    published_to: Field
    as_of: Field
    max_citations: Field

    @property
    def narrowed_by(self) -> tuple[str, ...]:
        """What was given besides the question, in words."""
        said = (
            (self.published_from, "from"),
            (self.published_to, "to"),
            (self.as_of, "as of"),
            (self.max_citations, "citations at most"),
        )
        names = tuple(choice.name for choice in self.sources if choice.is_chosen)
        return names + tuple(_said(field, words) for field, words in said if field.value)

    @property
    def has_wrong_filter(self) -> bool:
        """Say whether something other than the question is wrong."""
        fields = (self.published_from, self.published_to, self.as_of, self.max_citations)
        return bool(self.sources_error) or any(field.error for field in fields)

    @property
    def question_limit(self) -> int:
        """The most characters that a question may have."""
        return QUESTION_CHARS_LIMIT

    @property
    def citations_limit(self) -> int:
        """The most citations that can be asked for."""
        return MAX_CITATIONS_LIMIT

    @property
    def citations_default(self) -> int:
        """The number of citations when none is asked for."""
        return Question("").max_citations


def blank_form(sources: Sequence[tuple[str, int]]) -> AskForm:
    """Return the form before anything was typed."""
    return AskForm(
        Field("question"),
        source_choices(sources, ()),
        "",
        Field("published_from"),
        Field("published_to"),
        Field("as_of"),
        Field("max_citations"),
    )


def read_form(parameters: Parameters, sources: Sequence[tuple[str, int]]) -> tuple[AskForm, Question | None]:
    """Return the form as it was filled in, and the question, or None where a field has an error."""
    text, asked = _read(parameters, "question", _question_text)
    published_from, first = _read(parameters, "published_from", _time)
    published_to, last = _read(parameters, "published_to", _time)
    as_of, moment = _read(parameters, "as_of", _time)
    citations, most = _read(parameters, "max_citations", _citation_count)
    chosen = tuple(dict.fromkeys(filter(None, parameters.getall("source", []))))
    # "~" sorts after every character of a moment: a day as upper end includes all of its moments.
    if first and last and first > last + "~":
        published_to = Field("published_to", published_to.value, "This is before the first day. Swap the two.")
    too_many = ""
    if len(chosen) > SOURCES_LIMIT:
        too_many = f"{len(chosen)} sources are chosen; at most {SOURCES_LIMIT} may be. Choose fewer, or none for all."
    form = AskForm(text, source_choices(sources, chosen), too_many, published_from, published_to, as_of, citations)
    if asked is None or most is None or form.has_wrong_filter:
        return form, None
    filters = ArticleFilter(sources=chosen or None, published_from=first or None, published_to=last or None)
    return form, Question(asked, most, filters, moment or None)


def source_choices(sources: Sequence[tuple[str, int]], chosen: Iterable[str]) -> tuple[SourceChoice, ...]:
    """Return every source, and those chosen that the collection no longer has."""
    articles = {**dict.fromkeys(chosen, 0), **dict(sources)}
    wanted = set(chosen)
    order = [name for name, _ in sources] + sorted(wanted.difference(name for name, _ in sources))
    return tuple(SourceChoice(name, articles[name], name in wanted) for name in order)


def whole_number(text: str, name: str) -> int:
    """Return the number; raises InputError on anything but up to nine digits."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InputError(f"The {name} is {text[:60]!r}; it must be a whole number of at most nine digits.")
    return int(text)


def _read(parameters: Parameters, name: str, check: Callable[[str], T]) -> tuple[Field, T | None]:
    # A browser sends each line end of a text area as two characters, which the limit must not count twice.
    value = parameters.get(name, "").replace("\r\n", "\n").strip()
    try:
        return Field(name, value), check(value)
    except InputError as error:
        return Field(name, value, str(error)), None


def _question_text(value: str) -> str:
    if not value:
        raise InputError("Type a question first.")
    return checked_question(Question(value)).text


def _time(value: str) -> str:
    return normalise_time(value) if value else ""


def _citation_count(value: str) -> int:
    number = whole_number(value, "number of citations") if value else Question("").max_citations
    if not 1 <= number <= MAX_CITATIONS_LIMIT:
        raise InputError(f"The number of citations is {number}; it may be 1 to {MAX_CITATIONS_LIMIT}.")
    return number


def _said(field: Field, words: str) -> str:
    if field.name == "max_citations":
        return f"{field.value} {words}"
    return f"{words} {human_date(field.value) if field.is_day else field.value}"
