"""Backups: the catalogue as it is at one moment, in one file, and a data folder made of it again.

A backup is a ZIP archive of the catalogue and of a description that has its digest. Chroma's files are not in it:
they are derived, and damage in them may be latent.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from index.catalogue import Catalogue
from index.catalogue.checking import Checking
from index.catalogue.copying import Copying
from index.catalogue.schema import known_revisions
from index.errors import DataFolderError, InputError, StorageFull
from index.folder import DataFolder

__all__ = ["Backup", "back_up", "read_backup", "restore"]

Progress = Callable[[int, int, str], None]

_CATALOGUE, _DESCRIPTION = "catalogue.sqlite3", "backup.json"
_OWN_FILES = frozenset({"lock", "owner.json"})
_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds; `sha256` is of the catalogue in it, `written_by` the Dateline that made it."""

    made_at: str
    written_by: str
    revision: str
    articles: int
    chunks: int
    bytes: int
    sha256: str


def back_up(catalogue: Catalogue, file: Path, progress: Progress = lambda done, total, what: None) -> Backup:
    """Write a backup of the catalogue while it is in use; `progress` is told (done, total, what is done).

    Raises InputError when the file is there already, StorageFull, or DataFolderError where it is not SQLite's.
    """
    if file.exists():
        raise InputError(f"The file {file} is there already, and is not overwritten. Name one that is not there yet.")
    part, copy = file.with_name(f"{file.name}.part"), file.with_name(f"{file.name}.catalogue")
    try:
        with _disk_told_plainly(file):
            Copying(catalogue.database).copy_to(copy, lambda done, total: progress(done, total, "copying"))
            backup = _described(copy)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(_DESCRIPTION, json.dumps(asdict(backup), indent=2))
                with copy.open("rb") as source, archive.open(_CATALOGUE, "w", force_zip64=True) as target:
                    _pour(source, target, lambda done: progress(done, backup.bytes, "packing"))
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(file)
            return backup
    finally:
        part.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)


def read_backup(file: Path) -> Backup:
    """Return what a backup says that it holds; raises InputError when it is none, or a newer Dateline made it."""
    try:
        with zipfile.ZipFile(file) as archive:
            backup = Backup(**json.loads(archive.read(_DESCRIPTION)))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise InputError(f"The file {file} is no backup of Dateline, or is damaged: {error}.") from error
    newest = known_revisions()[-1]
    if backup.revision > newest:
        raise InputError(
            f"The backup {file} was made by Dateline {backup.written_by} (revision {backup.revision}); this one reads"
            f" revisions up to {newest}. Restore it with that Dateline or a newer one."
        )
    return backup


def restore(
    file: Path, path: Path, *, overwrites: bool = False, progress: Progress = lambda done, total, what: None
) -> Backup:
    """Make a data folder of a backup, whose digest and whole database are checked before anything is replaced.

    The vectors are built when the folder is first served. Raises InputError when the backup is damaged or newer, or
    the folder is not empty and `overwrites` is False; DataFolderLocked when a process owns it.
    """
    backup = read_backup(file)
    if path.exists() and not overwrites and any(entry.name not in _OWN_FILES for entry in path.iterdir()):
        raise InputError(
            f"The data folder {path} is not empty. Name another with --data, or overwrite it with --force."
        )
    folder = DataFolder(path, command="dateline restore")
    fresh = path / f"{_CATALOGUE}.restored"
    try:
        with _disk_told_plainly(path):
            _unpack(file, fresh, backup, progress)
            progress(backup.bytes, backup.bytes, "checking")
            _check(file, fresh, backup)
            for ending in ("-wal", "-shm"):
                folder.catalogue_file.with_name(_CATALOGUE + ending).unlink(missing_ok=True)
            fresh.replace(folder.catalogue_file)
            shutil.rmtree(folder.chroma_folder, ignore_errors=True)
    finally:
        for leftover in path.glob(f"{fresh.name}*"):
            leftover.unlink()
        folder.release()
    return backup


def _described(copy: Path) -> Backup:
    with closing(Catalogue.open(copy)) as catalogue:
        articles, chunks = catalogue.counts()
    return Backup(
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        written_by=_own_version(),
        revision=known_revisions()[-1],
        articles=articles,
        chunks=chunks,
        bytes=copy.stat().st_size,
        sha256=_digest(copy),
    )


def _unpack(file: Path, fresh: Path, backup: Backup, progress: Progress) -> None:
    try:
        with zipfile.ZipFile(file) as archive, archive.open(_CATALOGUE) as source, fresh.open("wb") as target:
            _pour(source, target, lambda done: progress(done, backup.bytes, "unpacking"))
            target.flush()
            os.fsync(target.fileno())
    except (zipfile.BadZipFile, KeyError, EOFError, ValueError, zipfile.LargeZipFile) as error:
        raise InputError(f"The backup {file} is damaged: {error}. Nothing was restored.") from error
    if _digest(fresh) != backup.sha256:
        raise InputError(f"The backup {file} is damaged: its catalogue is not what was put in. Nothing was restored.")


def _check(file: Path, fresh: Path, backup: Backup) -> None:
    """Open what was unpacked, bring its tables along, and hold it against its description."""
    with closing(Catalogue.open(fresh)) as catalogue:
        damage = Checking(catalogue.database).damage()
        if damage or catalogue.counts() != (backup.articles, backup.chunks):
            told = damage[0] if damage else "it holds another number of articles than it says"
            raise InputError(f"The backup {file} is damaged: {told}. Nothing was restored.")
        Copying(catalogue.database).become_another()


def _pour(source: IO[bytes], target: IO[bytes], progress: Callable[[int], None]) -> None:
    done = 0
    while piece := source.read(_BYTES_AT_ONCE):
        target.write(piece)
        done += len(piece)
        progress(done)


@contextmanager
def _disk_told_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise StorageFull(f"There is no room for {path} ({error.strerror}). Free space, try again.") from error
        raise DataFolderError(f"{path} cannot be written: {error.strerror or error}.") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _own_version() -> str:
    try:
        return version("dateline")
    except PackageNotFoundError:
        return "unknown"
