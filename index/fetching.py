"""Fetching from the web: a URL → its content, politely, following redirects, each checked like a first request."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from index.addresses import WebAddress, parse_address
from index.clocks import Clock, SystemClock
from index.errors import FetchError, TryLater
from index.manners import BUSY_STATUSES, ROBOTS_BYTES, Manners
from index.requesting import Reply, Requester
from index.visits import Validators

__all__ = [
    "ANY_TYPES",
    "PAGE_BYTES",
    "PAGE_TYPES",
    "Fetched",
    "Fetcher",
    "Unmodified",
]

PAGE_BYTES = 10 * 2**20
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
ANY_TYPES = PAGE_TYPES | {
    "text/xml",
    "application/xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "text/plain",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
}
_REDIRECTS = 8
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """Content as it came; `url` is where it was found in the end, `charset` what the server says it is written in."""

    url: str
    media_type: str
    charset: str | None
    content: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class Unmodified:
    """The content is what it was when the validators were given."""

    url: str


class Fetcher:
    """Fetches what it may fetch, host by host in turn; one thread at a time."""

    def __init__(
        self,
        requester: Requester,
        *,
        delay: float = 1.0,
        clock: Clock | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._requester = requester
        self._manners = Manners(
            clock=clock or SystemClock(),
            product=requester.user_agent.partition(" ")[0].partition("/")[0],
            delay=delay,
            read_robots=self._robots,
            chance=chance or random.Random(),
        )

    def fetch(
        self,
        url: str,
        *,
        media_types: frozenset[str] = ANY_TYPES,
        max_bytes: int = PAGE_BYTES,
        validators: Validators | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Fetched | Unmodified:
        """Return what is at the URL, or that it has not changed since the validators were given.

        Raises AddressRefused where it may not be fetched from, TryLater where it may be had another time and when it
        is cancelled, FetchError where it cannot be had.
        """
        address = parse_address(url)
        conditions = (validators or Validators()).headers
        for _ in range(_REDIRECTS + 1):
            self._manners.check_robots(address)
            reply = self._asked(address, is_cancelled, max_bytes=max_bytes, media_types=media_types, headers=conditions)
            if reply.status == 304 and conditions:
                return Unmodified(address.url)
            if reply.status == 200:
                return _fetched(reply)
            address = _next_address(reply)
        raise FetchError(f"It redirects more than {_REDIRECTS} times. Give the address where it ends.")

    def _asked(self, address: WebAddress, is_cancelled: Callable[[], bool], **wanted: Any) -> Reply:
        """Ask the host when its turn has come, again after a rest when it is busy."""
        for _ in range(_ATTEMPTS):
            self._manners.wait_for_turn(address, is_cancelled)
            try:
                reply = self._requester.get(address, **wanted)
            except TryLater:
                self._manners.note_unreachable(address)
                raise
            if reply.status not in BUSY_STATUSES:
                self._manners.note_answer(address)
                return reply
            self._manners.note_busy(address, reply.headers)
        raise TryLater(f"{address.host} is busy or out of order (status {reply.status}). Try again later.")

    def _robots(self, address: WebAddress) -> Reply:
        for _ in range(_REDIRECTS + 1):
            reply = self._requester.get(address, max_bytes=ROBOTS_BYTES, is_cut=True)
            if not _is_redirect(reply):
                return reply
            address = _next_address(reply)
        return reply


def _is_redirect(reply: Reply) -> bool:
    return reply.status in (301, 302, 303, 307, 308) and bool(reply.headers.get("location"))


def _next_address(reply: Reply) -> WebAddress:
    if _is_redirect(reply):
        return reply.address.join(reply.headers["location"])
    raise FetchError(_STATUS_REASONS.get(reply.status, f"The server answered with status {reply.status}."))


def _fetched(reply: Reply) -> Fetched:
    parameters = reply.headers.get("content-type", "").split(";")[1:]
    named = dict(parameter.strip().lower().partition("=")[::2] for parameter in parameters)
    return Fetched(
        url=reply.address.url,
        media_type=reply.media_type,
        charset=named.get("charset", "").strip("\"' ") or None,
        content=reply.content,
        validators=Validators(reply.headers.get("etag", ""), reply.headers.get("last-modified", "")),
    )


_STATUS_REASONS = {
    401: "The page wants a login (status 401). Save its text, if you may read it.",
    402: "The page wants a payment (status 402). Save its text, if you may read it.",
    403: "The server does not let us fetch the page (status 403). Save its text, if you may read it.",
    404: "There is no such page (status 404). Check the address.",
    410: "The page is gone for good (status 410). Leave it out.",
    451: "The page is withheld for legal reasons (status 451).",
}
