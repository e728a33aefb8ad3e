from __future__ import annotations

import gzip
import random
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from index.addresses import Reach, parse_address
from index.connecting import Resolver, SystemResolver
from index.errors import AddressRefused, FetchError, TryLater
from index.fetching import PAGE_TYPES, Fetched, Fetcher, Unmodified
from index.requesting import Limits, Requester, decompressed
from index.visits import Validators
from tests.test_addresses import NOT_PUBLIC
from tests.web import FakeClock, FakeResolver, Page, Web, web

HERE = Reach.parse("127.0.0.1/32")


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def site(server: Web) -> Web:
    server.pages = {"/": Page("<p>Hello.</p>")}
    server.visited = []
    return server


def fetcher(
    reach: Reach = HERE,
    resolver: Resolver | None = None,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
    delay: float = 0,
) -> Fetcher:
    requester = Requester("Dateline-Test/1 (here)", reach, resolver or SystemResolver(), limits or Limits())
    return Fetcher(requester, delay=delay, clock=clock or FakeClock(), chance=random.Random(1))


def content_of(fetched: Fetched | Unmodified) -> bytes:
    assert isinstance(fetched, Fetched)
    return fetched.content


# What comes back


def test_a_page_comes_with_what_the_server_says_of_it(site: Web) -> None:
    headers = {"ETag": '"a1"', "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT"}
    site.pages["/a?b=c"] = Page("Grüße".encode("latin-1"), "Text/HTML; Charset=ISO-8859-1", headers=headers)
    assert fetcher().fetch(site.url("/a?b=c#top")) == Fetched(
        url=site.url("/a?b=c"),
        media_type="text/html",
        charset="iso-8859-1",
        content="Grüße".encode("latin-1"),
        validators=Validators('"a1"', "Sun, 01 Mar 2026 12:00:00 GMT"),
    )
    asked = site.visited[-1].headers
    assert asked["user-agent"] == "Dateline-Test/1 (here)"
    assert asked["host"] == f"127.0.0.1:{site.port}"
    assert asked.keys() == {"host", "user-agent", "accept", "accept-encoding"}


def test_what_has_not_changed_is_not_sent_again(site: Web) -> None:
    site.pages["/"] = Page("<p>Hello.</p>", headers={"ETag": '"a1"', "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT"})
    first = fetcher().fetch(site.url())
    assert isinstance(first, Fetched)
    assert fetcher().fetch(site.url(), validators=first.validators) == Unmodified(site.url())
    assert site.visited[-1].headers["if-modified-since"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    site.pages["/"] = Page("<p>Good evening.</p>", headers={"ETag": '"a2"'})
    assert content_of(fetcher().fetch(site.url(), validators=first.validators)) == b"<p>Good evening.</p>"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 451, 500, 304, 206, 300])
def test_another_status_is_told_and_gives_nothing(site: Web, status: int) -> None:
    site.pages["/"] = Page("<p>No.</p>", status=status)
    with pytest.raises(FetchError, match=str(status)):
        fetcher().fetch(site.url())


def test_only_the_kinds_of_content_that_are_wanted_are_read(site: Web) -> None:
    site.pages["/film"] = Page(b"\0" * 100, "video/mp4")
    site.pages["/feed"] = Page("<rss/>", "application/rss+xml")
    site.pages["/bare"] = Page("<p>Hello.</p>", "")
    assert content_of(fetcher().fetch(site.url("/feed"))) == b"<rss/>"
    for path, kind in (("/film", "video/mp4"), ("/feed", "rss"), ("/bare", "of no stated kind")):
        with pytest.raises(FetchError, match=kind):
            fetcher().fetch(site.url(path), media_types=PAGE_TYPES)


# Where nothing is fetched from


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_resolves_to_an_address_that_is_not_public_is_refused(address: str) -> None:
    resolver = FakeResolver({"news.example": [[address]], "half.example": [["93.184.216.34", address]]})
    for host in ("news.example", "half.example"):
        with pytest.raises(AddressRefused, match="not on the public internet"):
            Requester("Dateline", resolver=resolver).get(parse_address(f"http://{host}/"), max_bytes=100)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "１２７.0.0.1", "0.0.0.0"])
def test_this_machine_is_not_fetched_from_unless_it_is_set(site: Web, host: str) -> None:
    with pytest.raises(AddressRefused):
        fetcher(Reach()).fetch(f"http://{host}:{site.port}/")
    assert site.visited == []


def test_the_connection_goes_to_the_very_address_that_was_checked(site: Web) -> None:
    # The second answer would be refused; asked but once, the resolver does not come to it.
    resolver = FakeResolver({"news.example": [["127.0.0.1"], ["10.0.0.1"]]})
    requester = Requester("Dateline", HERE, resolver)
    assert requester.get(parse_address(site.url(host="news.example")), max_bytes=100).content == b"<p>Hello.</p>"
    assert resolver.asked == ["news.example"]
    assert site.visited[-1].headers["host"] == f"news.example:{site.port}"
    with pytest.raises(AddressRefused):
        requester.get(parse_address(site.url(host="news.example")), max_bytes=100)


def test_an_address_that_does_not_answer_is_passed_over_for_the_next(site: Web) -> None:
    resolver = FakeResolver({"news.example": [["127.0.0.3", "127.0.0.1"]]})
    requester = Requester("Dateline", Reach.parse("127.0.0.0/8"), resolver)
    assert requester.get(parse_address(site.url(host="news.example")), max_bytes=100).status == 200


def test_a_redirect_is_checked_like_a_first_request(site: Web) -> None:
    with web("127.0.0.2") as hidden:
        hidden.pages["/"] = Page("<p>Secret.</p>")
        resolver = FakeResolver({"inner.example": [["127.0.0.2"]], "news.example": [["127.0.0.1"]]})
        for number, target in enumerate(
            [hidden.url(), hidden.url(host="inner.example"), "file:///etc/passwd", "gopher://127.0.0.1:70/_x",
             "http://2130706434/", "//127.0.0.2/", "http://a@127.0.0.1/", "http://169.254.169.254/latest/meta-data/"]
        ):  # fmt: skip
            site.pages[f"/{number}"] = Page(status=302, headers={"Location": target})
            with pytest.raises(AddressRefused):
                fetcher(resolver=resolver).fetch(site.url(f"/{number}", "news.example"))
        assert hidden.visited == []


def test_nothing_is_fetched_through_a_proxy_of_the_environment(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert content_of(fetcher().fetch(site.url())) == b"<p>Hello.</p>"


def test_the_stand_in_for_the_resolver_answers_like_the_systems() -> None:
    for resolver in (SystemResolver(), FakeResolver({"localhost": [["127.0.0.1"]]})):
        assert [str(address) for address in resolver.addresses("127.0.0.1", 80)] == ["127.0.0.1"]
        assert [str(address) for address in resolver.addresses("::1", 80)] == ["::1"]
        assert all(address.is_loopback for address in resolver.addresses("localhost", 80))
        with pytest.raises(OSError, match=r".+"):
            resolver.addresses("no-such-host.invalid", 80)


def test_a_host_that_is_not_found_is_told(site: Web) -> None:
    with pytest.raises(FetchError, match=r"none\.example cannot be found"):
        Requester("Dateline", HERE, FakeResolver({})).get(parse_address("http://none.example/"), max_bytes=100)


# Redirects


def test_redirects_are_followed_to_where_they_end(site: Web) -> None:
    for number, status in enumerate((301, 302, 303, 307, 308)):
        site.pages[f"/{number}"] = Page(status=status, headers={"Location": f"./{number + 1}"})
    site.pages["/5"] = Page("<p>There.</p>")
    assert fetcher().fetch(site.url("/0")) == Fetched(
        site.url("/5"), "text/html", "utf-8", b"<p>There.</p>", Validators()
    )


def test_redirects_in_a_circle_or_to_nowhere_end(site: Web) -> None:
    site.pages["/a"] = Page(status=302, headers={"Location": "/b"})
    site.pages["/b"] = Page(status=302, headers={"Location": "/a"})
    site.pages["/c"] = Page(status=302)
    with pytest.raises(FetchError, match="redirects more than"):
        fetcher().fetch(site.url("/a"))
    assert len(site.paths()) == 9
    with pytest.raises(FetchError, match="302"):
        fetcher().fetch(site.url("/c"))


# How much, and how long


def test_content_is_refused_beyond_its_limit_and_not_read_to_its_end(site: Web) -> None:
    sent: list[int] = []

    def endless(stream: Any) -> None:
        while True:
            stream.write(b"x" * 2**16)
            sent.append(2**16)

    site.pages["/endless"] = Page(write=endless)
    site.pages["/fits"] = Page(b"x" * 1000)
    assert len(content_of(fetcher().fetch(site.url("/fits"), max_bytes=1000))) == 1000
    for path, limit in (("/fits", 999), ("/endless", 2**18)):
        with pytest.raises(FetchError, match="larger than"):
            fetcher().fetch(site.url(path), max_bytes=limit)
    assert sum(sent) < 2**26


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
def test_compressed_content_is_unpacked(site: Web, coding: str) -> None:
    text = random.Random(1).randbytes(200_000)
    packed = zlib.compress(text) if coding == "deflate" else gzip.compress(text[:9]) + gzip.compress(text[9:])
    site.pages["/"] = Page(packed, headers={"Content-Encoding": coding})
    assert content_of(fetcher().fetch(site.url(), max_bytes=200_000)) == text


def test_a_bomb_does_not_go_off(site: Web) -> None:
    bomb = gzip.compress(bytes(2**26), 1)
    assert len(bomb) < 2**19
    site.pages["/"] = Page(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match=r"larger than 1\.0 MiB"):
        fetcher().fetch(site.url(), max_bytes=2**20)
    with pytest.raises(FetchError, match="larger than"):
        decompressed(bomb, 2**20)


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"cut off", mtime=0)[:-9]),
        ("gzip", b""),
        ("br", b"x"),
        ("gzip, gzip", b"x"),
    ],
)
def test_unsound_or_unknown_compression_is_told(site: Web, coding: str, content: bytes) -> None:
    site.pages["/"] = Page(content, headers={"Content-Encoding": coding})
    with pytest.raises(FetchError, match="compressed"):
        fetcher().fetch(site.url())


def test_a_server_that_drips_is_left_when_the_time_is_over(site: Web) -> None:
    def drip(stream: Any) -> None:
        for _ in range(100):
            stream.write(b"x")
            stream.flush()
            time.sleep(0.05)

    site.pages["/"] = Page(write=drip)
    with pytest.raises(TryLater, match="in time"):
        fetcher(limits=Limits(total=0.3)).fetch(site.url())


def test_a_server_that_never_finishes_its_headers_is_left_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = parse_address(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        for limits in (Limits(read=0.1), Limits(total=0.1)):
            with pytest.raises(TryLater, match="in time"):
                Requester("Dateline", HERE, limits=limits).get(address, max_bytes=100)
    with pytest.raises(TryLater, match="cannot be reached"):
        Requester("Dateline", HERE).get(address, max_bytes=100)


def test_tls_is_spoken_to_the_checked_address_in_the_name_of_the_host() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            connection, _ = listening.accept()
            with connection:
                heard.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")  # no TLS, so no trust

        thread = threading.Thread(target=listen)
        thread.start()
        resolver = FakeResolver({"news.example": [["127.0.0.1"]]})
        address = parse_address(f"https://news.example:{listening.getsockname()[1]}/")
        with pytest.raises(TryLater, match="cannot be reached"):
            Requester("Dateline", HERE, resolver).get(address, max_bytes=100)
        thread.join()
    assert b"news.example" in heard[0]


# Manners


def test_robots_txt_is_heeded_and_asked_for_once(site: Web) -> None:
    site.pages["/robots.txt"] = Page(
        "User-agent: *\nDisallow: /\n\nUser-agent: dateline-test\nDisallow: /private/\nAllow: /private/*.html$",
        "text/plain",
    )
    polite = fetcher()
    site.pages |= {"/private/x": Page("no"), "/private/x.html": Page("yes"), "/public": Page("yes")}
    assert content_of(polite.fetch(site.url("/public"))) == b"yes"
    assert content_of(polite.fetch(site.url("/private/x.html"))) == b"yes"
    with pytest.raises(FetchError, match=r"robots\.txt"):
        polite.fetch(site.url("/private/x"))
    site.pages["/way"] = Page(status=301, headers={"Location": "/private/x"})
    with pytest.raises(FetchError, match=r"robots\.txt"):
        polite.fetch(site.url("/way"))
    assert [visited.path for visited in site.visited].count("/robots.txt") == 1
    assert "/private/x" not in site.paths()


def test_robots_txt_is_asked_for_again_the_next_day(site: Web) -> None:
    clock = FakeClock()
    polite = fetcher(clock=clock)
    polite.fetch(site.url())
    site.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /", "text/plain")
    polite.fetch(site.url())
    clock.pass_by(24 * 3600)
    with pytest.raises(FetchError, match=r"robots\.txt"):
        polite.fetch(site.url())


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_host_whose_robots_txt_cannot_be_had_is_left_alone_for_now(site: Web, status: int) -> None:
    site.pages["/robots.txt"] = Page(status=status)
    clock = FakeClock()
    polite = fetcher(clock=clock)
    for _ in range(2):
        with pytest.raises(TryLater, match=r"robots\.txt"):
            polite.fetch(site.url())
    assert len(site.visited) == 1
    del site.pages["/robots.txt"]
    clock.pass_by(300)
    assert isinstance(polite.fetch(site.url()), Fetched)


def test_a_robots_txt_that_leads_inside_is_not_followed_there(site: Web) -> None:
    site.pages["/robots.txt"] = Page(status=302, headers={"Location": "http://127.0.0.2/robots.txt"})
    with pytest.raises(AddressRefused):
        fetcher().fetch(site.url())
    assert site.paths() == []


def test_requests_to_one_host_keep_their_distance(site: Web) -> None:
    clock = FakeClock()
    resolver = FakeResolver({name: [["127.0.0.1"]] for name in ("a.example", "b.example")})
    polite = fetcher(clock=clock, resolver=resolver, delay=2)
    polite.fetch(site.url(host="a.example"))
    polite.fetch(site.url(host="b.example"))
    assert clock.slept == []
    polite.fetch(site.url(host="a.example"))
    assert clock.slept == [2]
    clock.pass_by(1.5)
    polite.fetch(site.url(host="a.example"))
    assert clock.slept == [2, 0.5]


def test_a_greater_distance_that_robots_txt_asks_for_is_kept(site: Web) -> None:
    site.pages["/robots.txt"] = Page("User-agent: *\nCrawl-delay: 7", "text/plain")
    clock = FakeClock()
    polite = fetcher(clock=clock, delay=1)
    for _ in range(2):
        polite.fetch(site.url())
    assert clock.slept == [7]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_host_is_asked_again_after_ever_longer_rests(site: Web, status: int) -> None:
    site.pages["/"] = Page(status=status)
    clock = FakeClock()
    polite = fetcher(clock=clock)
    with pytest.raises(TryLater, match=str(status)):
        polite.fetch(site.url())
    assert len(site.paths()) == 3
    first, second = clock.slept
    assert 1 <= first <= 2 <= second <= 4
    site.pages["/"] = Page("<p>Hello.</p>")
    assert isinstance(polite.fetch(site.url()), Fetched)
    assert 4 <= clock.slept[2] <= 8


@pytest.mark.parametrize("asked", ["20", "Sun, 01 Mar 2026 12:00:20 GMT"])
def test_the_rest_that_a_host_asks_for_is_given_to_it(site: Web, asked: str) -> None:
    site.pages["/"] = Page(status=429, headers={"Retry-After": asked})
    clock = FakeClock()
    with pytest.raises(TryLater):
        fetcher(clock=clock).fetch(site.url())
    assert 20 <= clock.slept[0] <= 21


def test_a_host_that_asks_for_a_long_rest_is_not_waited_for(site: Web) -> None:
    site.pages["/"] = Page(status=503, headers={"Retry-After": "3600"})
    clock = FakeClock()
    polite = fetcher(clock=clock)
    for _ in range(2):
        with pytest.raises(TryLater, match="left alone"):
            polite.fetch(site.url())
    assert clock.slept == []
    assert site.paths() == ["/"]
    clock.pass_by(3601)
    site.pages["/"] = Page("<p>Hello.</p>")
    assert isinstance(polite.fetch(site.url()), Fetched)


def test_a_host_that_is_out_of_reach_is_soon_given_up_for_a_while(site: Web) -> None:
    def cut(stream: Any) -> None:
        stream.close()

    site.pages["/"] = Page(headers={"Content-Length": "100"}, write=cut)
    polite = fetcher()
    for reason in ("broke off", "broke off", "left alone"):
        with pytest.raises(TryLater, match=reason):
            polite.fetch(site.url())
    assert len(site.paths()) == 2
