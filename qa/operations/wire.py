"""Operations between processes: lines of JSON, and values that become JSON and themselves again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from index import errors
from index.errors import DatelineError

__all__ = ["UNEXPLAINED", "Begun", "Failed", "Given", "Line", "Told", "decoded", "encoded", "error_of", "failure_of"]

T = TypeVar("T")


class Begun(msgspec.Struct, frozen=True, tag=True):
    """The operation is a job of this id, which goes on without whoever asked for it."""

    job: str


class Told(msgspec.Struct, frozen=True, tag=True):
    """How far the operation is."""

    done: int
    total: int
    what: str


class Given(msgspec.Struct, frozen=True, tag=True):
    """What the operation gave; the last line."""

    value: msgspec.Raw


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Why it gave nothing: the name of an error in index.errors, and its message; the last line."""

    kind: str
    message: str


UNEXPLAINED = Failed("DatelineError", "The service failed to do this; its log says why. What was stored stays stored.")
Line = Begun | Told | Given | Failed


def encoded(value: object) -> bytes:
    """Return a value as JSON."""
    return msgspec.json.encode(value, enc_hook=str)


def decoded(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return the value of a kind that JSON stands for; raises msgspec.MsgspecError."""
    return msgspec.json.decode(raw, type=kind, dec_hook=_path)


def failure_of(error: DatelineError) -> Failed:
    """Return an error as it goes to another process."""
    return Failed(type(error).__name__, str(error))


def error_of(failed: Failed) -> DatelineError:
    """Return the error that was raised in another process."""
    kind = getattr(errors, failed.kind, DatelineError)
    return kind(failed.message) if kind.__name__ in errors.__all__ else DatelineError(failed.message)


def _path(kind: type[Any], value: Any) -> Any:
    return Path(value) if kind is Path else value
