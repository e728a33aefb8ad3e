"""Files that were sent to the service: kept in the data folder until the job that reads them has ended."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from index.errors import InputError, StorageFull
from index.sources import find_files
from qa.dateline import Dateline

__all__ = ["kept_files"]

_NAME_CHARS = 100


def kept_files(dateline: Dateline, files: Sequence[tuple[str, bytes]]) -> Path:
    """Write (name, content) of each file to a new folder, which is returned.

    Raises InputError on none, and on a kind of file that cannot be read; StorageFull.
    """
    uploads = dateline.folder.path / "uploads"
    _sweep(uploads, dateline)
    if not files:
        raise InputError("Choose at least one file.")
    folder = uploads / uuid.uuid4().hex[:16]
    try:
        for number, (name, content) in enumerate(files):
            path = folder / str(number) / _plain(name)
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            find_files([path])
    except (OSError, InputError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, InputError):
            raise InputError(str(error).replace(f"{path.parent}/", "")) from error
        raise StorageFull(f"The files could not be kept: {error.strerror}. Free space, and send them again.") from error
    return folder


def _plain(name: str) -> str:
    """Return a file name without folders, and without what hides it."""
    last = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name.lstrip(".") or "file"
    return last[-_NAME_CHARS:].lstrip(".")


def _sweep(uploads: Path, dateline: Dateline) -> None:
    """Delete what jobs that ended without reading it to the end left behind."""
    wanted = "".join(job.wanted for job in dateline.jobs.jobs(limit=1_000) if not job.has_ended)
    for folder in uploads.iterdir() if uploads.is_dir() else ():
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)
