"""Operations in the running service that owns the data folder, over loopback HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import httpx
import msgspec

from index.errors import DatelineError
from index.folder import Owner
from qa.operations.operation import UNWATCHED, Operation, Watch
from qa.operations.wire import Begun, Given, Line, Told, decoded, encoded, error_of

__all__ = ["RemoteOperations", "reached_service"]

W = TypeVar("W")
G = TypeVar("G")
_CONNECT_SECONDS, _WELCOME_SECONDS = 5, 30


class RemoteOperations:
    """Operations on a collection that a service holds open; the owner's secret lets this process in."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        # The owner is on this machine: a proxy of the environment has no business here.
        self._client = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {secret}", "content-type": "application/json"},
            timeout=httpx.Timeout(_CONNECT_SECONDS, read=None),
            trust_env=False,
        )

    def run(self, operation: Operation[W, G], wanted: W, watch: Watch = UNWATCHED) -> G:
        """Run one in the service; to be interrupted ends it there, too."""
        job = ""
        try:
            with self._lines(operation.name, encoded(wanted)) as lines:
                for line in lines:
                    if isinstance(line, Begun):
                        job = line.job
                    elif isinstance(line, Told):
                        watch.tell(line.done, line.total, line.what)
                    elif isinstance(line, Given):
                        return decoded(line.value, operation.given)
                    else:
                        raise error_of(line)
        except KeyboardInterrupt:
            if job:
                self._cancel(job)
                raise KeyboardInterrupt("Its job in the service is cancelled.") from None
            raise
        goes_on = "It goes on when the service is started again." if job else "Run the same command to go on."
        raise DatelineError(f"The service at {self._url} has stopped. What was stored stays stored. {goes_on}")

    def is_welcome(self) -> bool:
        """Say whether the service answers and takes the secret."""
        try:
            return self._client.get("/operator", timeout=_WELCOME_SECONDS).status_code == 204
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _cancel(self, job: str) -> None:
        # When the service is gone, there is nothing to cancel.
        with suppress(httpx.HTTPError):
            self._client.delete(f"/api/jobs/{job}", timeout=_WELCOME_SECONDS)

    @contextmanager
    def _lines(self, name: str, body: bytes) -> Iterator[Iterator[Line]]:
        try:
            with self._client.stream("POST", f"/operator/{name}", content=body) as response:
                if response.status_code != 200:
                    raise DatelineError(_refusal(response.read()))
                yield _received(response)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise DatelineError(
                f"The service at {self._url} owns the data folder but did not do this ({error}). Run the command"
                " again, or stop the service."
            ) from error


def reached_service(owner: Owner) -> RemoteOperations | None:
    """Return the operations of the service that owns a folder, None when the owner is none or gone."""
    if owner.url is None:
        return None
    operations = RemoteOperations(owner.url, owner.secret)
    if operations.is_welcome():
        return operations
    operations.close()
    return None


def _received(response: httpx.Response) -> Iterator[Line]:
    # Whoever reads this misses the last line, which says enough.
    with suppress(httpx.TransportError):
        for line in response.iter_lines():
            yield msgspec.json.decode(line, type=Line)


def _refusal(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body)["detail"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        return f"The service refused: {body[:200]!r}."
