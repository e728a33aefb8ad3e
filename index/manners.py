"""How a guest behaves on the web: what robots.txt allows, one request at a time, and rest where rest is asked for."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from index.addresses import WebAddress
from index.clocks import Clock
from index.errors import FetchError, TryLater

if TYPE_CHECKING:
    from protego import Protego

    from index.requesting import Reply

__all__ = ["BUSY_STATUSES", "Manners"]

BUSY_STATUSES = frozenset({429, 502, 503, 504})
ROBOTS_BYTES = 512 * 2**10
_ROBOTS_SECONDS = 24 * 3600
_ROBOTS_RETRY_SECONDS = 300
_LONGEST_DELAY = 30.0
_LONGEST_WAIT = 60.0
_FIRST_REST = 2.0
_UNREACHABLE_REST = 300.0
_LONGEST_REST = 24 * 3600.0


@dataclass(slots=True)
class _Host:
    free_at: float = 0
    resting_until: float = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Robots:
    rules: Protego | None
    until: float
    refusal: FetchError | None = None


@dataclass(slots=True)
class Manners:
    """What is due to each host; one thread at a time.

    `delay` is the least time in seconds from one request to a host to the next; robots.txt may ask for more.
    """

    clock: Clock
    product: str
    delay: float
    read_robots: Callable[[WebAddress], Reply]
    chance: random.Random = field(default_factory=random.Random)
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _robots: dict[str, _Robots] = field(default_factory=dict)

    def check_robots(self, address: WebAddress) -> None:
        """Raise FetchError where the host's robots.txt does not let us fetch this address (RFC 9309)."""
        robots = self._robots_of(address)
        if robots.rules is None:
            if robots.refusal:
                raise type(robots.refusal)(str(robots.refusal))
        elif not robots.rules.can_fetch(address.url, self.product):
            raise FetchError(f"The robots.txt of {address.host} asks not to fetch it. Leave it out.")

    def wait_for_turn(self, address: WebAddress, is_cancelled: Callable[[], bool]) -> None:
        """Wait until the host may be asked again.

        Raises TryLater at once where that would take longer than a minute, and when it is cancelled.
        """
        host = self._hosts.setdefault(address.host, _Host())
        now = self.clock.seconds()
        if host.resting_until - now > _LONGEST_WAIT:
            raise TryLater(
                f"{address.host} asked to be left alone for a while, {host.resting_until - now:,.0f} seconds more."
                " Try again then."
            )
        wait = max(host.free_at, host.resting_until) - now
        if wait > 0:
            self.clock.sleep(wait, is_cancelled)
        if is_cancelled():
            raise TryLater("It was not fetched, as an end was asked for. Run the same again to go on.")
        host.free_at = self.clock.seconds() + self._delay_of(address)

    def note_answer(self, address: WebAddress) -> None:
        """Note that the host answers as it should."""
        self._hosts.setdefault(address.host, _Host()).failures = 0

    def note_busy(self, address: WebAddress, headers: Mapping[str, str]) -> None:
        """Note that the host is busy: it rests as long as it asks for, else twice as long each time, by chance."""
        host = self._hosts.setdefault(address.host, _Host())
        host.failures += 1
        rest = _FIRST_REST * 2 ** min(host.failures - 1, 16) * self.chance.uniform(0.5, 1.0)
        asked = self._asked_rest(headers.get("retry-after", ""))
        if asked is not None:
            rest = asked + self.chance.uniform(0, 1)
        host.resting_until = self.clock.seconds() + min(rest, _LONGEST_REST)

    def note_unreachable(self, address: WebAddress) -> None:
        """Note that the host did not answer: after the second time in a row it is left alone for some minutes."""
        host = self._hosts.setdefault(address.host, _Host())
        host.failures += 1
        rest = _FIRST_REST if host.failures == 1 else _UNREACHABLE_REST
        host.resting_until = self.clock.seconds() + rest

    def _asked_rest(self, retry_after: str) -> float | None:
        """Return the seconds that a Retry-After header asks for, in either of its forms (RFC 9110, 10.2.3)."""
        written = retry_after.strip()
        if written.isascii() and written.isdigit():
            return float(written[:9])
        try:
            moment = parsedate_to_datetime(written)
        except (TypeError, ValueError, IndexError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self.clock.now()).total_seconds())

    def _delay_of(self, address: WebAddress) -> float:
        robots = self._robots.get(address.origin)
        asked = robots.rules.crawl_delay(self.product) if robots and robots.rules else None
        return max(self.delay, min(asked or 0.0, _LONGEST_DELAY))

    def _robots_of(self, address: WebAddress) -> _Robots:
        known = self._robots.get(address.origin)
        if known is None or known.until <= self.clock.seconds():
            known = self._robots[address.origin] = self._fetched_robots(address)
        return known

    def _fetched_robots(self, address: WebAddress) -> _Robots:
        from protego import Protego

        now = self.clock.seconds()
        try:
            reply = self.read_robots(address.join("/robots.txt"))
        except TryLater as error:
            refusal = TryLater(f"The robots.txt of {address.host} cannot be had, so it is left alone: {error}")
            return _Robots(None, now + _ROBOTS_RETRY_SECONDS, refusal)
        except FetchError as error:
            return _Robots(None, now + _ROBOTS_SECONDS, error)
        if reply.status == 200:
            return _Robots(Protego.parse(reply.content.decode("utf-8", "replace")), now + _ROBOTS_SECONDS)
        if reply.status >= 500 or reply.status == 429:
            refusal = TryLater(f"The robots.txt of {address.host} gives status {reply.status}, so it is left alone.")
            return _Robots(None, now + _ROBOTS_RETRY_SECONDS, refusal)
        return _Robots(None, now + _ROBOTS_SECONDS)
