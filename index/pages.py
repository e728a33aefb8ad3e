"""Pages from the web that hold no article, or only the beginning of one, by what they say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from index.lines import count_words

__all__ = ["feeds_in", "refuse_page"]

# With this many words of its own a page is an article, whatever else stands on it.
_SHORT = 150


def refuse_page(page: str, url: str, text: str) -> str | None:
    """Return why a page is not to be stored, or None where it may be; `text` is the article that was found in it."""
    from lxml.html import document_fromstring

    if not page.strip():
        return "The page is empty."
    tree = document_fromstring(page.encode("utf-8", "replace"), parser=_parser())
    title = " ".join((tree.findtext(".//title") or "").split())
    declared = _declared_types(tree, page)
    if _FOR_SUBSCRIBERS.search(page) or _meta(tree, "article:content_tier") == "locked":
        return "The page says that its article is for subscribers only. Save its text, if you may read it."
    is_short = count_words(text) < _SHORT
    if is_short:
        words = " ".join(" ".join(tree.xpath(_VISIBLE_TEXT)).split())
        for pattern, reason in _REASONS:
            if pattern.search(title) or (pattern in _ALSO_IN_TEXT and pattern.search(words)):
                return reason
        if _CONSENT_PLACE.search(_place_of(url)):
            return _COOKIE_WALL
        if any(kind.startswith("video") for kind in declared) and "article" not in declared:
            return "The page shows a video, and has no article beside it."
    if _is_front(url) or ("article" not in declared and _is_list(tree, declared)):
        return "The page is a list of articles, not one." + _feed_advice(tree, url)
    return None


def feeds_in(page: str, url: str) -> list[str]:
    """Return the addresses of the feeds that a page says it has."""
    from lxml.html import document_fromstring

    return _feeds_of(document_fromstring(page.encode("utf-8", "replace"), parser=_parser()), url)


def _parser() -> Any:
    from lxml.html import HTMLParser

    return HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)


def _feeds_of(tree: Any, url: str) -> list[str]:
    from urllib.parse import urljoin

    links = tree.xpath("//link[contains(@rel, 'alternate')][contains(@type, 'rss') or contains(@type, 'atom')]/@href")
    return [urljoin(url, str(link)) for link in links]


def _feed_advice(tree: Any, url: str) -> str:
    feeds = _feeds_of(tree, url)
    return f" Its feed is {feeds[0][:200]}: give that." if feeds else " Give an article's own address, or a feed."


def _declared_types(tree: Any, page: str) -> set[str]:
    """Return what the page says it is: `article`, `video…`, `list` and others, in lower case."""
    kinds = {_meta(tree, "og:type").partition(".")[0]}
    for kind in _SCHEMA_TYPE.findall(page):
        lower = kind.lower()
        kinds.add("article" if lower.endswith(("article", "posting")) else "video" if lower == "videoobject" else lower)
    return kinds


def _meta(tree: Any, name: str) -> str:
    found = tree.xpath("//meta[@property=$name or @name=$name]/@content", name=name)
    return str(found[0]).strip().lower() if found else ""


def _is_front(url: str) -> bool:
    # Front pages describe the articles that they show, so that they look like one.
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query


def _is_list(tree: Any, declared: set[str]) -> bool:
    if declared & {"collectionpage", "itemlist", "searchresultspage"} and not tree.xpath("//article//time"):
        return True
    if _meta(tree, "article:published_time") or len(tree.xpath("//article")) == 1:
        return False
    # Links alone say little, as menus are long. A list has them in its middle, each with a sentence at most.
    linked = sum(count_words(text) for text in _texts(tree, "//a"))
    return linked * 2 > count_words(" ".join(_texts(tree, "//body")))


def _texts(tree: Any, path: str) -> Iterator[str]:
    for element in tree.xpath(path):
        yield str(element.text_content())


def _place_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"


_VISIBLE_TEXT = "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]"
_FOR_SUBSCRIBERS = re.compile(r"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false\b", re.IGNORECASE)
_SCHEMA_TYPE = re.compile(r"[\"']@type[\"']\s*:\s*\[?\s*[\"'](\w{3,40})[\"']")
_CONSENT_PLACE = re.compile(r"^consent\.|/(?:cookie-?)?consent\b|/privacy-?gate\b", re.IGNORECASE)
_COOKIE_WALL = "The page asks for consent to cookies before it shows anything. Save the article's text instead."
_PAYWALL = re.compile(
    r"\b(?:subscribe|register|sign (?:up|in)|log ?in|become a (?:subscriber|member)) (?:now )?"
    r"(?:to|and) (?:continue|keep|read|unlock|access)\b"
    r"|\bto (?:continue|keep) reading\b|\balready a (?:subscriber|member)\?"
    r"|\bthis (?:article|story|content|page) is (?:only |exclusively |reserved )?(?:available )?(?:for|to) "
    r"(?:our |paying |registered )*(?:subscribers|members)\b",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\bbefore you continue\b|\bwe (?:value|care about|respect) your privacy\b"
    r"|\b(?:accept|agree to|consent to)(?: the use of| all| our)? cookies to (?:continue|read|view|access)\b",
    re.IGNORECASE,
)
_ROBOT_CHECK = re.compile(
    r"^just a moment\b|\battention required\b|\baccess denied\b|\bare you a robot\b|\bverify(?:ing)? (?:that )?you are"
    r" (?:a )?human\b|\b(?:please )?enable javascript (?:and cookies )?to continue\b|\bunusual traffic\b",
    re.IGNORECASE,
)
_MISSING = re.compile(r"^(?:error )?404\b|\b(?:page|article|story) (?:was )?not found\b", re.IGNORECASE)
_REASONS = (
    (_ROBOT_CHECK, "The page wants to see a person's browser first. Save the article's text instead."),
    (_MISSING, "The page says that there is no such page. Check the address."),
    (_CONSENT, _COOKIE_WALL),
    (_PAYWALL, "The page shows only the beginning, the rest is for subscribers. Save its text, if you may read it."),
)
_ALSO_IN_TEXT = (_ROBOT_CHECK, _CONSENT, _PAYWALL)
