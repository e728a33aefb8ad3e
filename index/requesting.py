"""One request to the web: a checked address → a reply, bounded in time and in bytes as they come out of compression."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

import httpcore

from index.addresses import Reach, WebAddress
from index.connecting import GuardedBackend, Resolver, SystemResolver
from index.errors import FetchError, TryLater

__all__ = ["GZIP_MARK", "Limits", "Reply", "Requester", "decompressed"]

GZIP_MARK = b"\x1f\x8b"
_STEP_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a request may take, in seconds; `total` counts from the connection to the last byte."""

    connect: float = 10
    read: float = 20
    total: float = 60


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; header names are in lower case. `content` is empty unless the status is 200."""

    address: WebAddress
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def media_type(self) -> str:
        """The kind of content as the server tells it, in lower case; empty when it does not."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Requester:
    """Sends GET requests, follows nothing, remembers nothing, and takes no proxy from the environment.

    A proxy would resolve the names itself, and so undo the check of the addresses.
    """

    user_agent: str
    reach: Reach = field(default_factory=Reach)
    resolver: Resolver = field(default_factory=SystemResolver)
    limits: Limits = field(default_factory=Limits)

    def get(
        self,
        address: WebAddress,
        *,
        max_bytes: int,
        media_types: frozenset[str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_cut: bool = False,
    ) -> Reply:
        """Return the reply; its content is decompressed, and of one of the media types unless any will do.

        Where `is_cut`, content beyond `max_bytes` is left out, else refused. Raises AddressRefused, TryLater
        where the host does not answer or breaks off, and FetchError on what it sends.
        """
        seconds = {"connect": self.limits.connect, "read": self.limits.read, "write": self.limits.read}
        backend = GuardedBackend(self.resolver, self.reach, self.limits.total)
        sent = {"host": address.origin.partition("://")[2], "user-agent": self.user_agent, **_ACCEPTED}
        sent |= headers or {}
        url = httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target)
        try:
            with (
                httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=backend) as pool,
                pool.stream("GET", url, headers=list(sent.items()), extensions={"timeout": seconds}) as reply,
            ):
                told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reply.headers}
                answer = Reply(address, reply.status, told, b"")
                if reply.status != 200:
                    return answer
                _check_media_type(answer, media_types)
                content = b"".join(_bounded(_decoded(reply.iter_stream(), told), max_bytes, is_cut=is_cut))
        except httpcore.TimeoutException as error:
            raise TryLater(f"{address.host} did not answer in time. Try again later.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            raise TryLater(f"{address.host} cannot be reached, or broke off: {str(error)[:200]}.") from error
        except zlib.error as error:
            raise FetchError("What it sent is not soundly compressed. Try again later.") from error
        return Reply(address, answer.status, told, content)


def decompressed(content: bytes, max_bytes: int) -> bytes:
    """Return gzipped content unpacked, and other content as it is.

    Raises FetchError beyond `max_bytes` and on unsound gzip.
    """
    if not content.startswith(GZIP_MARK):
        return content
    try:
        return b"".join(_bounded(_unzipped(iter([content])), max_bytes))
    except zlib.error as error:
        raise FetchError("The gzip data is not sound. Try again later.") from error


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


def _check_media_type(reply: Reply, media_types: frozenset[str] | None) -> None:
    if media_types is not None and reply.media_type not in media_types:
        told = reply.media_type[:100] or "of no stated kind"
        raise FetchError(f"It is {told}, not a page, feed or sitemap. Give the address of an article, feed or sitemap.")


def _decoded(pieces: Iterator[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return pieces
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"It is compressed as {coding[:40]!r}, which was not asked for. Try again later.")
    return _unzipped(pieces)


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what gzip or zlib data unpacks to, never more than a step at a time."""
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    for piece in pieces:
        while piece:
            if unpacker.eof:  # gzip files may stand one behind the other
                unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
            yield unpacker.decompress(piece, _STEP_BYTES)
            piece = unpacker.unconsumed_tail or unpacker.unused_data.lstrip(b"\0")
    while not unpacker.eof:  # what was read in full may not have come out in full yet
        rest = unpacker.decompress(b"", _STEP_BYTES)
        if not rest:
            raise zlib.error("cut off")
        yield rest


def _bounded(pieces: Iterator[bytes], max_bytes: int, *, is_cut: bool = False) -> Iterator[bytes]:
    left = max_bytes
    for piece in pieces:
        if len(piece) > left:
            if not is_cut:
                raise FetchError(f"It is larger than {max_bytes / 2**20:,.1f} MiB, which is the most it may be.")
            yield piece[:left]
            return
        left -= len(piece)
        yield piece


_ACCEPTED = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5", "accept-encoding": "gzip"}
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
