"""Which other outlets have what is cited: copies of the article, as far as they have these very words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from index.articles import Span
from index.copies import Wording
from qa.answers import ArticleReference, Citation

__all__ = ["Copies", "with_outlets"]

# The copies of an article, by its id.
Copies = Mapping[str, tuple[ArticleReference, ...]]


def with_outlets(
    citations: Iterable[Citation], copies: Copies, text_of: Callable[[ArticleReference], str]
) -> tuple[Citation, ...]:
    """Name with each citation the other outlets that have its words: a copy may have been cut before them."""
    return tuple(
        replace(citation, also_in=_outlets(citation, copies[citation.article.id], text_of))
        if citation.article.id in copies
        else citation
        for citation in citations
    )


def _outlets(
    citation: Citation, copies: Iterable[ArticleReference], text_of: Callable[[ArticleReference], str]
) -> tuple[ArticleReference, ...]:
    quote, start = Wording.of(citation.quote), citation.span.start
    answers = [Wording.of(Span(span.start - start, span.end - start).of(citation.quote)) for span in citation.answers]
    outlets: dict[str, ArticleReference] = {}
    for copy in copies:
        if copy.source and copy.source != citation.article.source and copy.source not in outlets:
            words = Wording.of(text_of(copy))
            if words.holds(quote) and all(map(words.says, answers)):
                outlets[copy.source] = copy
    return tuple(outlets.values())
