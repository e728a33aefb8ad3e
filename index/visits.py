"""What is remembered of an address on the web, so that what has not changed is not fetched again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Memory", "Validators", "Visit"]


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask later whether its content has changed (RFC 9110, 8.8); empty where it gave none."""

    etag: str = ""
    last_modified: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request that wants the content only when it has changed."""
        told = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of an address when it was last fetched.

    `refusal` says why a page gave no article; it is None where one was stored, and for feeds and sitemaps. `stamp`
    is what the feed or sitemap that led there said of the page, empty where none did.
    """

    url: str
    validators: Validators
    stamp: str = ""
    refusal: str | None = None
    is_list: bool = False


class Memory(Protocol):
    """Where visits are kept."""

    def visit(self, url: str) -> Visit | None:
        """Return the last visit of an address; None, too, when the article that came of it is there no more."""

    def note_visits(self, visits: Sequence[Visit]) -> None:
        """Keep these visits in place of earlier ones of the same addresses."""
