"""Raw document → article: clean text, title, date, byline, canonical URL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.articles import MAX_TEXT_CHARS, Article, make_article, normalise_time
from index.errors import InputError, SourceError
from index.furniture import clean_page
from index.lines import count_words, line_key, read_date, without_site
from index.pages import refuse_page
from index.sources import RawDocument

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["PAGE_WORDS_MINIMUM", "extract"]

PAGE_WORDS_MINIMUM = 20


def extract(document: RawDocument) -> Article:
    """Return the article in a document, ready to store.

    Raises SourceError where there is none, and where a field of it is not as it must be.
    """
    try:
        if isinstance(document.content, dict):
            return _from_record(document.content)
        match document.kind:
            case "text":
                return _from_text(_bounded(document.content))
            case "markdown":
                return _from_markdown(_bounded(document.content))
            case "html":
                return _from_html(document.content, document)
            case "record":
                raise SourceError("The record is text, not a JSON object. Write each article as one JSON object.")
    except SourceError:
        raise
    except InputError as error:
        raise SourceError(str(error)) from error
    except UnicodeEncodeError as error:
        raise SourceError(f"A field holds half a character, {error.object[error.start]!a}. Remove it.") from error


def _bounded(text: str) -> str:
    # The parsers' time is not spent on what make_article would refuse anyway.
    if len(text) > MAX_TEXT_CHARS:
        raise SourceError(f"The file has {len(text):,} characters; at most {MAX_TEXT_CHARS:,} are allowed. Split it.")
    return text


def _from_record(record: Mapping[str, object]) -> Article:
    id = record.get("id")
    return make_article(
        text=_text_in(record, "text") or "",
        title=_text_in(record, "title"),
        id=str(id) if isinstance(id, int) and not isinstance(id, bool) else _text_in(record, "id"),
        url=_text_in(record, "url"),
        source=_text_in(record, "source"),
        authors=_authors_in(record),
        published_at=_text_in(record, "published_at"),
        language=_text_in(record, "language"),
    )


def _text_in(record: Mapping[str, object], key: str) -> str | None:
    value = record.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise SourceError(f"Its {key!r} is {value!r:.60}, which is not text. Write it in quotes.")


def _authors_in(record: Mapping[str, object]) -> list[str]:
    value = record.get("authors")
    names = [value] if isinstance(value, str) else value or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SourceError(f"Its 'authors' is {value!r:.60}. Write a name, or a list of names, each in quotes.")
    return names


def _from_text(content: str) -> Article:
    page = clean_page(content)
    return make_article(text=page.text, title=page.title, authors=page.authors, published_at=page.published_at)


def _from_html(content: str, document: RawDocument) -> Article:
    from trafilatura import bare_extraction  # slow to import, and needed for pages alone

    with _parser_errors("page"):
        found = bare_extraction(
            content,
            url=document.url,
            favor_precision=True,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=_DATE_SEARCH,
            prune_xpath="//template | //*[@hidden]",
        )
        text = "" if found is None or isinstance(found, dict) else found.text or ""
        if document.url and (refusal := refuse_page(content, document.url, text)):
            raise SourceError(refusal)
    if found is None or isinstance(found, dict) or not text:
        raise SourceError(_NO_ARTICLE)
    title = _own_title(found.title, found.sitename)
    page = clean_page("\n\n".join(_plain_lines(text)), title)
    if count_words(page.text) < PAGE_WORDS_MINIMUM:
        raise SourceError(_NO_ARTICLE)
    url = _own_url(found.url, document.url) if document.url else _article_url(found.url)
    language = _LANGUAGE.search(content[:_OPENING_CHARS])
    return make_article(
        text=_LIST_MARK.sub("", page.text),
        title=page.title,
        url=url,
        source=found.sitename or _host_of(url),
        authors=tuple(found.author.split("; ")) if found.author else page.authors,
        published_at=_published_at(content, found.date) or page.published_at or document.published_at,
        language=language[1] if language else None,
    )


@contextmanager
def _parser_errors(what: str) -> Iterator[None]:
    try:
        yield
    except SourceError:
        raise
    except Exception as error:  # whatever a parser makes of a broken file, it is the file that must be named
        raise SourceError(f"The {what} cannot be parsed ({type(error).__name__}). Save it anew, or as text.") from error


def _own_title(title: str | None, site: str | None) -> str | None:
    """Return the page's title without the site's name behind it."""
    if title and site and line_key(title).endswith(line_key(site)):
        return without_site(title)
    return title


def _plain_lines(text: str) -> Iterator[str]:
    """Yield the lines without the bars around table rows; a row's cells stay apart by ` | `."""
    for line in text.split("\n"):
        if not _TABLE_RULE.fullmatch(line):
            yield line.strip("| ") if line.startswith("|") else line


def _article_url(url: str | None) -> str | None:
    # Some sites give their own address as that of every article, which would make them all one.
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    is_article = parts.scheme in ("http", "https") and parts.hostname and (parts.path.strip("/") or parts.query)
    return url if is_article else None


def _own_url(stated: str | None, found_at: str) -> str:
    """Return the address that a page states as its own, where it is one of its site, else the one it was found at.

    Otherwise any page could put itself in the place of another site's article.
    """
    url = _article_url(stated)
    own, other = _site_of(found_at), _site_of(url or "")
    is_of_site = bool(other) and (own == other or own.endswith(f".{other}") or other.endswith(f".{own}"))
    return url if url and is_of_site and "." in other else found_at


def _site_of(url: str) -> str:
    return _SUBSITE.sub("", urlsplit(url).hostname or "")


def _host_of(url: str | None) -> str | None:
    return (urlsplit(url).hostname or "").removeprefix("www.") if url else None


def _published_at(page: str, day: str | None) -> str | None:
    """Return the day, with the time of day where the page's metadata tells it."""
    for moment in _MOMENT.findall(page) if day else ():
        if moment.startswith(day):
            try:
                return normalise_time(moment)
            except InputError:
                continue
    return day


def _from_markdown(content: str) -> Article:
    from markdown_it import MarkdownIt

    fields, body = _front_matter(content)
    with _parser_errors("Markdown"):
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
        blocks = list(_blocks_of(tokens))
    heading = next((place for place, (tag, _) in enumerate(blocks) if tag == "h1"), None)
    if heading is not None:
        title = fields.setdefault("title", blocks[heading][1])
        if line_key(str(title)) == line_key(blocks[heading][1]):
            del blocks[heading]
    return _from_record({**fields, "text": "\n\n".join(text for _, text in blocks)})


def _front_matter(content: str) -> tuple[dict[str, object], str]:
    """Split Markdown into the fields of its front matter, named as in a record, and the rest."""
    import yaml

    match = _FRONT_MATTER.match(content)
    if not match:
        return {}, content
    try:
        # Every value stays the text that it is: no "no" becomes false, no impossible day an error.
        front = yaml.load(match[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        reason = str(error).split("\n")[0][:200]
        raise SourceError(f"The front matter between the --- lines is not valid YAML: {reason}. Correct it.") from error
    if not isinstance(front, dict):
        return {}, content
    fields = {key: value for key, value in front.items() if value not in ("", "~", "null")}
    for other_name, name in (("author", "authors"), ("date", "published_at")):
        if other_name in fields:
            fields.setdefault(name, fields[other_name])
    day = fields.get("published_at")
    if isinstance(day, str):
        fields["published_at"] = read_date(day) or day
    return fields, content[match.end() :]


def _blocks_of(tokens: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Yield the tag and plain text of each paragraph, heading, list item, table row and code block."""
    from trafilatura import html2txt

    cells: list[str] | None = None
    for before, token in zip([None, *tokens], tokens, strict=False):
        match token.type:
            case "tr_open":
                cells = []
            case "tr_close":
                yield "tr", " | ".join(cells or ())
                cells = None
            case "inline" if cells is not None:
                cells.append(_plain(token.children or ()))
            case "inline":
                yield before.tag if before else "", _plain(token.children or ())
            case "html_block":
                yield "", html2txt(f"<html><body>{token.content}</body></html>")
            case "fence" | "code_block":
                yield "code", token.content


def _plain(tokens: Sequence[Token]) -> str:
    return "".join(_INLINE.get(token.type, token.content) for token in tokens)


_NO_ARTICLE = (
    f"No article was found in the page: at least {PAGE_WORDS_MINIMUM} words of running text are needed."
    " Save the article's own page, or its text."
)
# Only what a page says of its own date counts, not a date somewhere in its text. The bounds keep old archives
# readable, and the outcome the same whatever this computer's clock says.
_DATE_SEARCH = {"original_date": True, "extensive_search": False, "min_date": "1600-01-01", "max_date": "2200-01-01"}
_MOMENT = re.compile(
    r"(?:article:published_time|datePublished)[\"']?\s*(?::|[^<>]{0,200}?(?:content|datetime)=)\s*"
    r"[\"'](\d{4}-\d\d-\d\d[T ][^\"']{5,30})[\"']"
)
_LANGUAGE = re.compile(r"<html\b[^>]{0,500}?\slang\s{0,9}=\s{0,9}[\"']?([A-Za-z][A-Za-z-]{1,19})", re.IGNORECASE)
_OPENING_CHARS = 10_000
_SUBSITE = re.compile(r"^(?:www|m|mobile|amp)\.(?=.*\.)")
_TABLE_RULE = re.compile(r"[|: -]+")
_LIST_MARK = re.compile(r"^- ", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)
_INLINE = {"softbreak": " ", "hardbreak": "\n", "image": "", "html_inline": ""}
