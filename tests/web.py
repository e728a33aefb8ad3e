"""A small web on this machine: a real HTTP server with invented pages, and what stands in for names and time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, cast
from zlib import crc32

from index.addresses import IPAddress
from index.visits import Visit

__all__ = ["FakeClock", "FakeMemory", "FakeResolver", "Page", "Visited", "Web", "article_page", "rss", "web"]


@dataclass(frozen=True, slots=True)
class Page:
    """What the server answers: `write`, where given, writes the body itself, to the raw connection."""

    content: bytes | str = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    write: Callable[[Any], None] | None = None


@dataclass(frozen=True, slots=True)
class Visited:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]


class Web:
    """The pages of a server by path, and the requests that came; a path without a page is 404, `/robots.txt` too."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self.pages: dict[str, Page] = {}
        self.visited: list[Visited] = []

    def url(self, path: str = "/", host: str | None = None) -> str:
        """Return the URL of a path, at the server's address or at a name that a resolver knows."""
        return f"http://{host or self.address}:{self.port}{path}"

    def paths(self) -> list[str]:
        """Return the paths that were asked for, but for robots.txt, and forget the requests."""
        paths = [visited.path for visited in self.visited if visited.path != "/robots.txt"]
        self.visited.clear()
        return paths


class FakeResolver:
    """A Resolver with names of its own; of several answers to a name, each is given once and the last ever after."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    def addresses(self, host: str, port: int) -> list[IPAddress]:
        self.asked.append(host)
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        answers = self._answers.get(host)
        if answers is None:
            raise OSError("Name or service not known")
        return [ip_address(address) for address in (answers.pop(0) if len(answers) > 1 else answers[0])]


class FakeClock:
    """A Clock on which waiting takes no time; `slept` has each wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._passed = 0.0

    def seconds(self) -> float:
        return 1_000 + self._passed

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=self._passed)

    def sleep(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        self.slept.append(seconds)
        self._passed += seconds

    def pass_by(self, seconds: float) -> None:
        """Let time go by without anyone waiting."""
        self._passed += seconds


class FakeMemory:
    """A Memory in a dictionary; an article is there until its address is put into `removed`."""

    def __init__(self) -> None:
        self.kept: dict[str, Visit] = {}
        self.removed: set[str] = set()

    def visit(self, url: str) -> Visit | None:
        visit = self.kept.get(url)
        is_there = visit is not None and (visit.refusal is not None or visit.is_list or url not in self.removed)
        return visit if is_there else None

    def note_visits(self, visits: Sequence[Visit]) -> None:
        self.kept |= {visit.url: visit for visit in visits}


@contextmanager
def web(address: str = "127.0.0.1") -> Iterator[Web]:
    """Serve on a free port of an address of this machine."""
    server = ThreadingHTTPServer((address, 0), _Handler)
    served = Web(address, server.server_address[1])
    cast(Any, server).web = served
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rss(*numbers: int, note: str = "") -> Page:
    """Return a feed of `/news/0` and so on, with an ETag of its own; `note` is what it says of each."""
    items = "".join(
        f"<item><title>Story {number}</title><link>/news/{number}</link><description>{note}</description></item>"
        for number in numbers
    )
    feed = f"<rss version='2.0'><channel><title>Canal Courier</title>{items}</channel></rss>"
    return Page(feed, "application/rss+xml", headers={"ETag": f'"{crc32(feed.encode())}"'})


def article_page(number: int, *, head: str = "", body: str = "", length: int = 4) -> str:
    """Return the page of an invented article of so many paragraphs, with a menu and a footer around it."""
    paragraphs = "".join(f"<p>{_SENTENCES[(number + place) % len(_SENTENCES)]}</p>" for place in range(length))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>Story {number} of the canal</title>'
        f'<meta property="og:type" content="article"><meta property="og:site_name" content="Canal Courier">'
        f'<meta property="article:published_time" content="2026-02-{number % 28 + 1:02}T08:00:00Z">{head}</head>'
        f'<body><nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>Story {number} of the canal</h1>'
        f"<p>Lock keeper number {number} spoke on Monday about the year on the water.</p>{paragraphs}</article>{body}"
        "<footer>Canal Courier</footer></body></html>"
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        served: Web = cast(Any, self.server).web
        served.visited.append(Visited(self.path, {name.lower(): value for name, value in self.headers.items()}))
        page = served.pages.get(self.path, Page("<p>There is nothing here.</p>", status=404))
        content = page.content.encode() if isinstance(page.content, str) else page.content
        status = page.status
        etag = page.headers.get("ETag")
        if etag and self.headers.get("If-None-Match") == etag:
            status, content = 304, b""
        self.send_response(status)
        for name, value in page.headers.items():
            self.send_header(name, value)
        if page.media_type:
            self.send_header("Content-Type", page.media_type)
        if page.write is None:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            if page.write is None:
                self.wfile.write(content)
            else:
                page.write(self.wfile)
        except OSError:
            pass  # whoever asked has seen enough

    def log_message(self, format: str, *args: Any) -> None:
        pass


_SENTENCES = (
    "The water stood two hands higher than in the spring before, and the barges came through without waiting.",
    "Eleven families who live on their boats asked the county for a second water tap near the old mill.",
    "A retired engineer counted the fish at the ladder every morning and wrote the numbers on the gate in chalk.",
    "The county board wants to raise the toll by one crown, which the skippers call a small and foolish sum.",
    "Nobody could say when the swing bridge would be painted again, though the paint had been bought in autumn.",
    "Children from the village school drew the locks from memory and left out only the telephone.",
)
