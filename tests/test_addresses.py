from __future__ import annotations

from ipaddress import ip_address

import pytest

from index.addresses import Reach, is_web_address, parse_address
from index.errors import AddressRefused, SettingsError


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://news.example/a", "https://news.example/a"),
        (" HTTP://News.Example:80 ", "http://news.example/"),
        ("https://news.example:8443/a?b=c#d", "https://news.example:8443/a?b=c"),
        ("http://münchen.example/über uns?q=ä", "http://xn--mnchen-3ya.example/%C3%BCber%20uns?q=%C3%A4"),
        ("http://news.example./%7Ea", "http://news.example/%7Ea"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://[2606:4700:0::1]:8080/", "http://[2606:4700::1]:8080/"),
        # Digits in other letters are digits: what the connection is made to is judged later.
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),
    ],
)
def test_a_url_is_written_in_one_way(given: str, url: str) -> None:
    assert parse_address(given).url == url


@pytest.mark.parametrize(
    "given",
    [
        "file:///etc/passwd",
        "gopher://news.example/",
        "ftp://news.example/",
        "data:text/html,<p>",
        "javascript:alert(1)",
        "//news.example/",
        "news.example/a",
        "",
        "http://",
        "http:///path",
        "http://user@news.example/",
        "http://user:word@news.example/",
        "http://news.example\\@127.0.0.1/",
        "http://news.example\t/",
        "http://news.example/a\r\nx: y",
        "http://news%2eexample/",
        "http://new s.example/",
        "http://news.example:0/",
        "http://news.example:65536/",
        "http://news.example:port/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[::ffff:1.2.3.4.5]/",
        "http://-.example-/" + "a" * 3_000,
        "http://" + "a" * 70 + ".example/",
        "http://news..example/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(given: str) -> None:
    with pytest.raises(AddressRefused):
        parse_address(given)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.01", "256.1.1.1", "1.2.3", "a.0x"]
)
def test_a_number_counts_only_as_an_ip_address_in_its_usual_spelling(host: str) -> None:
    with pytest.raises(AddressRefused, match="number"):
        parse_address(f"http://{host}/")


def test_a_link_is_followed_from_where_it_stands() -> None:
    address = parse_address("https://news.example/a/b?c")
    assert address.join("d").url == "https://news.example/a/d"
    assert address.join("//other.example").url == "https://other.example/"
    for reference in ("file:///etc/passwd", "http://[x", "gopher://127.0.0.1:6379/_x"):
        with pytest.raises(AddressRefused):
            address.join(reference)


def test_what_is_meant_as_an_address_is_told_from_a_path() -> None:
    assert all(map(is_web_address, ["https://a.example", "FILE:///etc", " gopher://x"]))
    assert not any(map(is_web_address, ["news", "./a//b", "/a", "C:\\news", "feeds/https:x"]))


NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::808:808", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1"),
    *("3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="not on the public internet"):
        Reach().check(ip_address(address), 443, "news.example")


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.140", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_public_address_is_reached_on_the_ports_of_the_web(address: str) -> None:
    for port in (80, 443, 8080):
        Reach().check(ip_address(address), port, "news.example")
    for port in (22, 25, 3306, 6379, 9200):
        with pytest.raises(AddressRefused, match=f"Port {port}"):
            Reach().check(ip_address(address), port, "news.example")


def test_networks_are_reached_by_an_explicit_setting_and_no_others_with_them() -> None:
    reach = Reach.parse("127.0.0.0/8, fd00::/8,")
    reach.check(ip_address("127.0.0.1"), 6379, "here")
    reach.check(ip_address("fd00::5"), 9000, "there")
    for address in ("10.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"):
        with pytest.raises(AddressRefused):
            reach.check(ip_address(address), 80, "elsewhere")
    for wrong in ("localhost", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(SettingsError, match="fetch_networks"):
            Reach.parse(wrong)
