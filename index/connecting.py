"""Connections that are made only to addresses that were checked, and that end in time.

The host is resolved here, each address that it has is checked, and the connection is made to one of those very
addresses: a name that resolves to something else a moment later changes nothing. The name itself goes on to TLS, so
that certificates are checked as ever.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, Protocol

import httpcore

from index.addresses import IPAddress, Reach
from index.errors import FetchError

__all__ = ["GuardedBackend", "Resolver", "SystemResolver"]


class Resolver(Protocol):
    """Turns the name of a host into its addresses."""

    def addresses(self, host: str, port: int) -> list[IPAddress]:
        """Return the addresses, the one to try first in front; raises OSError where there are none."""


class SystemResolver:
    """The operating system's resolver, which gives up in its own time."""

    def addresses(self, host: str, port: int) -> list[IPAddress]:
        """Return the addresses, the one to try first in front; raises OSError where there are none."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        # A link-local address is followed by its network interface.
        return list(dict.fromkeys(ip_address(str(address[0]).partition("%")[0]) for *_, address in found))


class GuardedBackend(httpcore.NetworkBackend):
    """Makes the connections of one request; all of them end `seconds` after this object was made."""

    def __init__(self, resolver: Resolver, reach: Reach, seconds: float) -> None:
        self._resolver = resolver
        self._reach = reach
        self._deadline = _Deadline(seconds)
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that answers; raises AddressRefused when any may not be used."""
        addresses = self._addresses(host, port)
        for address in addresses:
            self._reach.check(address, port, host)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                left = self._deadline.bound(timeout, httpcore.ConnectTimeout)
                stream = self._network.connect_tcp(str(address), port, left, local_address, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        """Refuse: nothing is fetched from a socket of this machine."""
        raise httpcore.UnsupportedProtocol("Unix sockets are not fetched from.")

    def _addresses(self, host: str, port: int) -> list[IPAddress]:
        try:
            return self._resolver.addresses(host, port)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FetchError(f"The host {host} cannot be found: {reason}. Check the address.") from error


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def bound(self, timeout: float | None, kind: type[httpcore.TimeoutException]) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise kind("The time for the whole is over")
        return left if timeout is None else min(timeout, left)


class _TimedStream(httpcore.NetworkStream):
    """A connection on which each step waits no longer than the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.bound(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.bound(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
