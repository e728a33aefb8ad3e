"""Which addresses may be fetched from: plain http(s) URLs, and hosts on the public internet alone.

A name is judged by what it resolves to when it is connected to, never by how it is spelled: that is done in
`index.connecting`. What is refused here already is what no honest link looks like.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import quote, urljoin, urlsplit

import idna

from index.articles import MAX_URL_CHARS
from index.errors import AddressRefused, SettingsError

__all__ = ["IPAddress", "Reach", "WebAddress", "is_web_address", "parse_address"]

IPAddress = IPv4Address | IPv6Address

_PORTS = {"http": 80, "https": 443}
_PUBLIC_PORTS = (80, 443, 8000, 8080, 8443)


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http or https URL in its parts: `host` in lower-case ASCII, `target` its path and query, no fragment."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Its scheme, host and port as a URL without path, the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The whole URL."""
        return self.origin + self.target

    def join(self, reference: str) -> WebAddress:
        """Return the address that a link or redirect of this one leads to; raises AddressRefused like parse_address."""
        try:
            joined = urljoin(self.url, reference)
        except ValueError as error:
            raise AddressRefused(f"The address {reference[:200]!r} is not valid: {error}.") from error
        return parse_address(joined)


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be connected to: the web's ports on the public internet, and every port in the networks named here."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, networks: str) -> Reach:
        """Return the reach with the networks of a setting, separated by commas; raises SettingsError."""
        try:
            return cls(tuple(ip_network(network.strip()) for network in networks.split(",") if network.strip()))
        except ValueError as error:
            raise SettingsError(
                f"The setting fetch_networks cannot be {networks[:100]!r}: {error}. Write networks such as"
                " 10.1.0.0/16, 127.0.0.0/8 or fd00::/8, with commas between them."
            ) from error

    def check(self, address: IPAddress, port: int, host: str) -> None:
        """Raise AddressRefused unless this address and port may be connected to; `host` is for the message."""
        if any(address in network for network in self.networks):
            return
        if not _is_public(address):
            raise AddressRefused(
                f"The host {host} is at {address}, which is not on the public internet. To fetch from there all the"
                " same, name its network in the setting fetch_networks."
            )
        if port not in _PUBLIC_PORTS:
            raise AddressRefused(
                f"Port {port} of {host} is none that the web uses. Allowed are {', '.join(map(str, _PUBLIC_PORTS))}."
            )


def is_web_address(text: str) -> bool:
    """Say whether a text is meant as a URL rather than a path: it begins with a scheme and two slashes."""
    return bool(_SCHEME.match(text.strip()))


def parse_address(url: str) -> WebAddress:
    """Return a URL's parts, normalised; raises AddressRefused on what is no plain http(s) URL.

    Refused are other schemes, user names and passwords, and hosts that end in a number without being an IP
    address as it is usually written (`2130706433`, `0x7f.1`, `017700000001`).
    """
    url = url.strip()
    if len(url) > MAX_URL_CHARS:
        raise AddressRefused(f"The address has {len(url):,} characters; at most {MAX_URL_CHARS:,} are allowed.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused(f"The address {url[:200]!r} is not valid: {error}.") from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        raise AddressRefused(f"The address {url[:200]!r} is not on the web. Give one with http:// or https://.")
    if _NOT_IN_URLS.search(url) or _NOT_IN_HOSTS.search(parts.netloc):
        raise AddressRefused(
            f"The address {url[:200]!r} has a character or a user name that none may have. Give a plain address."
        )
    if port == 0:
        raise AddressRefused(f"The address {url[:200]!r} has port 0, which nothing listens on.")
    target = quote(parts.path, safe=_KEPT) or "/"
    if parts.query:
        target += "?" + quote(parts.query, safe=_KEPT + "?")
    return WebAddress(scheme, _plain_host(parts.hostname), port or _PORTS[scheme], target)


def _plain_host(host: str) -> str:
    if ":" in host:
        try:
            return IPv6Address(host).compressed
        except ValueError as error:
            raise AddressRefused(f"The host {host[:100]!r} is not a valid IPv6 address.") from error
    host = host.removesuffix(".")
    try:
        host = idna.encode(host, uts46=True).decode()
    except idna.IDNAError as error:
        # Some hosts have an underscore, which names of hosts may not have and the DNS allows.
        if not _LENIENT_HOST.fullmatch(host):
            raise AddressRefused(f"The host {host[:100]!r} is not a valid name: {error}.") from error
    # What the system's resolver would take for a number is refused unless it is one in its usual spelling.
    if _ENDS_IN_NUMBER.search(host):
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise AddressRefused(
                f"The host {host[:100]!r} is a number, but not an IP address as it is usually written."
            ) from error
    return host.lower()


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, IPv6Address):
        # On a network with NAT64 the resolver itself writes public IPv4 addresses in this form (RFC 6052).
        if address in _NAT64:
            return _is_public(IPv4Address(address.packed[-4:]))
        if address not in _GLOBAL_UNICAST:
            return False
    is_special = address.is_multicast or address.is_reserved or address.is_private
    return address.is_global and not is_special and not any(address in network for network in _NOT_PUBLIC)


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NOT_IN_URLS = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_HOSTS = re.compile(r"[@\\%\s<>^|]")
_LENIENT_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")
# As browsers tell it (WHATWG URL Standard, "ends in a number checker").
_ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:\d+|0[xX][0-9A-Fa-f]*)$")
_KEPT = "/%:@!$&'()*+,;=~"
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# What an older Python still takes for public: the IANA registries of special-purpose addresses, as of 2024; Teredo and
# 6to4, which carry an IPv4 address that may be any (RFC 4380, RFC 3056), and 6to4's relays.
_NOT_PUBLIC = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
