"""What changes in folders, as it happens: batches of files to index again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.sources import is_readable_kind

__all__ = ["Changes", "watch_folders"]

# A file that is being written, or a folder that is being copied, comes to rest in that time.
_REST_MS = 1_600
_LOOK_MS = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """Files and folders that are new or altered and still there, sorted, and whether any went away."""

    paths: tuple[Path, ...] = ()
    has_removals: bool = False


def watch_folders(
    folders: Sequence[Path], stop: threading.Event | None = None, *, rest_ms: int = _REST_MS
) -> Iterator[Changes]:
    """Yield no changes once the folders are watched, then what changes in them, until `stop` is set.

    What changes while the caller is busy with one batch is in the next. Raises KeyboardInterrupt as it comes.
    """
    from watchfiles import Change, watch  # a native library, for this alone

    has_begun = False
    for batch in watch(
        *folders,
        watch_filter=lambda change, path: _is_watched(Path(path), folders, is_gone=change == Change.deleted),
        debounce=rest_ms,
        step=min(rest_ms, 100),
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        ignore_permission_denied=True,
    ):
        if batch or not has_begun:
            has_begun = True
            paths = {Path(path) for _, path in batch}
            there = sorted(path for path in paths if path.exists())
            yield Changes(tuple(there), len(there) < len(paths))


def _is_watched(path: Path, folders: Sequence[Path], *, is_gone: bool) -> bool:
    """Say whether indexing would look at a file or folder: of a known kind, and nowhere hidden."""
    inner = next((path.relative_to(folder) for folder in folders if path.is_relative_to(folder)), path)
    is_hidden = any(part.startswith(".") for part in inner.parts)
    return not is_hidden and (is_gone or is_readable_kind(path) or path.is_dir())
