"""The data folder and its one owner."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import DataFolderError, DataFolderLocked

__all__ = ["DataFolder", "Owner", "read_owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that owns a data folder; `url` when it is a service.

    Who can read `secret` may do there what the owner's user may: the file that holds it is that user's alone.
    """

    pid: int
    command: str
    since: str
    secret: str = field(repr=False)
    url: str | None = None

    def __str__(self) -> str:
        where = f" at {self.url}" if self.url else ""
        return f"process {self.pid} ({self.command}){where}, since {self.since}"


class DataFolder:
    """An exclusive hold on a folder, for the life of the process.

    The operating system ends the hold with the process, however it ends, so that nothing is ever left
    locked. Chroma corrupts silently when two processes open one folder: this is what prevents it.
    Where servers keep everything, the folder is not `exclusive`: nothing is locked or written there.
    """

    def __init__(self, path: Path, *, command: str, exclusive: bool = True) -> None:
        self.path = path
        self._lock = FileLock(path / "lock", thread_local=False, fallback_to_soft=False)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._owner = Owner(os.getpid(), command, since, secrets.token_urlsafe(32))
        if exclusive:
            self._acquire()

    @property
    def catalogue_file(self) -> Path:
        """The SQLite file of the catalogue."""
        return self.path / "catalogue.sqlite3"

    @property
    def chroma_folder(self) -> Path:
        """The folder of the embedded vector store."""
        return self.path / "chroma"

    @property
    def secret(self) -> str:
        """What shows that a request comes from this machine's owner of the folder."""
        return self._owner.secret

    def announce(self, url: str) -> None:
        """Tell other processes where the service of this one is reached."""
        self._owner = replace(self._owner, url=url)
        if self._lock.is_locked:
            self._write_owner()

    def release(self) -> None:
        """Let another process own the folder; a second time changes nothing."""
        if self._lock.is_locked:
            # Who may no longer write here leaves a name, which nothing trusts; the lock is let go all the same.
            with suppress(OSError):
                _owner_file(self.path).unlink(missing_ok=True)
            self._lock.release()

    def _acquire(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            self._write_owner()
        except Timeout:
            owner = read_owner(self.path)
            raise DataFolderLocked(
                f"The data folder {self.path} is in use by {owner or 'another process'}."
                " Stop that process, or give this one another folder with --data.",
                url=owner.url if owner else None,
            ) from None
        except OSError as error:
            raise DataFolderError(
                f"The data folder {self.path} cannot be used: {error.strerror or error}."
                " Give a folder that this user may write to with --data."
            ) from error

    def _write_owner(self) -> None:
        # Written beside it and renamed: a reader never sees half of it, nor anyone but its owner what is in it.
        fresh = self.path / "owner.json.new"
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self._owner), file)
        fresh.replace(_owner_file(self.path))


def _owner_file(folder: Path) -> Path:
    """Return the file that says who owns a data folder."""
    return folder / "owner.json"


def read_owner(folder: Path) -> Owner | None:
    """Return the process that owns a data folder, or owned it last; None when that is unknown to this user."""
    try:
        return Owner(**json.loads(_owner_file(folder).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
