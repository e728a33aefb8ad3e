"""Seals: in what state Chroma's files were left, so that damage is found before Chroma reads them.

A garbled file of the graph ends the process when Chroma reads it, and a shortened one gives wrong answers. The
database beside them fails more gently and changes whenever Chroma opens it: another one only leaves a doubt.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

__all__ = ["changed_file", "is_as_closed", "seal"]

_SEAL = "seal.json"
_DATABASE = "chroma.sqlite3"
_SMALL_BYTES = 1_000_000
_UNREADABLE = (OSError, ValueError, TypeError, AttributeError, LookupError)


def seal(place: Path, *, is_closed: bool) -> None:
    """Note size, time and BLAKE2b of the graph's files in a collection's folder, and the database's once it is closed.

    A file that is as it was at the last seal is not read again. A graph that is being written meanwhile, or that
    claims an absurd size, is not sealed: the seal that was there stands, and no longer fits.
    """
    known: dict[str, Any] = _read(place)["graph"]
    files = _graph_files(place)
    before = {name: _signature(path) for name, path in files.items()}
    if _is_absurd(before):
        return
    graph = {
        name: known[name] if known.get(name, [])[:2] == before[name] else [*before[name], _digest(path)]
        for name, path in files.items()
    }
    if {name: _signature(path) for name, path in _graph_files(place).items()} != before:
        return
    fresh = place / f"{_SEAL}.new"
    sealed = {"graph": graph, "database": _digest(place / _DATABASE) if is_closed else None}
    fresh.write_text(json.dumps(sealed), encoding="utf-8")
    fresh.replace(place / _SEAL)


def changed_file(place: Path) -> str | None:
    """Return the name of a file of the graph that is not as it was sealed, None when all are."""
    try:
        sealed: dict[str, Any] = _read(place)["graph"]
        files = _graph_files(place)
        for name in sorted(files.keys() | sealed.keys()):
            # Sizes come first, as a damaged file may claim to be huge.
            if name not in files or name not in sealed or files[name].stat().st_size != sealed[name][0]:
                return name
        return next((name for name, path in files.items() if _digest(path) != sealed[name][2]), None)
    except _UNREADABLE:
        return _SEAL


def is_as_closed(place: Path) -> bool:
    """Say whether the database is as it was when Chroma closed it; so is one that was never made."""
    try:
        database = place / _DATABASE
        return bool(_read(place)["database"] == (_digest(database) if database.exists() else None))
    except _UNREADABLE:
        return False


def _read(place: Path) -> dict[str, Any]:
    file = place / _SEAL
    sealed: dict[str, Any] = {"graph": {}, "database": None}
    return {**sealed, **json.loads(file.read_text(encoding="utf-8"))} if file.exists() else sealed


def _graph_files(place: Path) -> dict[str, Path]:
    return {path.relative_to(place).as_posix(): path for path in sorted(place.glob("*/*"))}


def _signature(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _is_absurd(signatures: dict[str, list[int]]) -> bool:
    """Say whether the links of the few vectors of the upper layers claim more room than all vectors take."""
    sizes = {name.rpartition("/")[2]: size for name, (size, _) in signatures.items()}
    return sizes.get("link_lists.bin", 0) > sizes.get("data_level0.bin", 0) + _SMALL_BYTES


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
