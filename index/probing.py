"""Holding a vector index against the catalogue, in a process of its own where the index may bring one down.

Chroma ends the process (SIGSEGV) on a garbled file, and was seen to write one of 882 GB: what cannot be trusted
is first opened by a child with limits of memory, time and file size.
"""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from index.embedding import Vectors
from index.errors import VectorIndexError
from index.sealing import is_as_closed
from index.vectors import ChromaVectors, VectorIndex, embedded_chroma

__all__ = ["ChildProber", "Expected", "Prober", "find_fault", "finds_itself", "main"]

# float16 in the catalogue against float32 in Chroma.
_SAME = 2e-3
# The graph is approximate; a chunk in a few thousand may be out of reach.
_SELF_QUERIES = 100
_MISSES_ALLOWED = 0.02
_SECONDS, _SECONDS_PER_VECTOR = 120, 0.01
_MEMORY_BYTES, _MEMORY_PER_VECTOR = 4 << 30, 20_000
_FILE_BYTES, _FILE_BYTES_PER_VECTOR = 1 << 28, 50_000


@dataclass(frozen=True, slots=True)
class Expected:
    """What a vector index must hold: about `total` vectors, in batches of (ids, float32 (n, dimension)).

    `unsure`, asked after the last batch, gives the ids that may be held or not: those of changes that were not
    followed yet, or that nobody noted to be.
    """

    total: int
    batches: Iterable[tuple[list[str], Vectors]]
    unsure: Callable[[], Collection[str]] = frozenset


class Prober(Protocol):
    """Looks for what is wrong with a generation that no process has open."""

    def doubt(self, generation: int) -> str | None:
        """Return why it must be probed before it is opened, though it was closed in order; None when it need not."""

    def fault(self, generation: int, expected: Expected, is_stopped: Callable[[], bool]) -> str | None:
        """Return what is wrong with it, None when nothing is."""


class ChildProber:
    """Probes collections in Chroma's own store by a child process; `name_of` names that of a generation."""

    def __init__(self, folder: Path, name_of: Callable[[int], str]) -> None:
        self._folder = folder
        self._name_of = name_of

    def doubt(self, generation: int) -> str | None:
        """Return why it must be probed before it is opened, though it was closed in order; None when it need not."""
        is_as_left = is_as_closed(self._folder / self._name_of(generation))
        return None if is_as_left else "its database is not as Chroma closed it"

    def fault(self, generation: int, expected: Expected, is_stopped: Callable[[], bool]) -> str | None:
        """Return what is wrong with it, None when nothing is."""
        return _probed(self._folder, self._name_of(generation), expected, is_stopped)


def find_fault(vectors: VectorIndex, expected: Expected) -> str | None:
    """Compare every id and vector and ask for some chunks by themselves; return what is wrong, None when nothing is.

    Nobody may write to `vectors` meanwhile. Raises VectorIndexError.
    """
    seen: set[str] = set()
    missing: set[str] = set()
    asked, every = [], max(1, expected.total // _SELF_QUERIES)
    for ids, embeddings in expected.batches:
        found = vectors.embeddings(ids)
        for id, embedding in zip(ids, embeddings, strict=True):
            if id not in found:
                missing.add(id)
            elif not _is_same(found[id], embedding):
                return f"the vector of chunk {id} is not the catalogue's"
            elif len(seen) % every == 0:
                asked.append(embedding)
            seen.add(id)
    unsure = set(expected.unsure())
    if lost := missing - unsure:
        return f"{len(lost):,} of {len(seen):,} vectors are missing"
    held = len(seen) - len(missing) + len(vectors.embeddings(sorted(unsure - seen)))
    if (count := vectors.count()) != held:
        return f"it counts {count:,} vectors where {held:,} are known"
    misses = sum(not finds_itself(vectors, embedding) for embedding in asked)
    return f"{misses} of {len(asked)} chunks do not find themselves" if misses > len(asked) * _MISSES_ALLOWED else None


def finds_itself(vectors: VectorIndex, embedding: Vectors) -> bool:
    """Say whether the nearest is as near as the chunk itself; another chunk may have the same words."""
    return any(similarity > 1 - 2 * _SAME for _, similarity in vectors.nearest(embedding, 10))


def _probed(folder: Path, name: str, expected: Expected, is_stopped: Callable[[], bool]) -> str | None:
    paths = [str(Path(__file__).parents[1]), *filter(None, sys.path)]
    with subprocess.Popen(
        [sys.executable, "-m", "index.probing", str(folder), name, str(expected.total)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin
        assert child.stdout
        try:
            _send(child.stdin, expected)
            is_ended = _has_ended(child, _SECONDS + _SECONDS_PER_VECTOR * expected.total, is_stopped)
        finally:
            child.kill()
            with suppress(BrokenPipeError):
                child.stdin.close()
        said = child.stdout.read()
    if said:
        fault: str | None = json.loads(said)
        return fault
    return f"the process that opened it {f'ended with {child.returncode}' if is_ended else 'did not come to an end'}"


def _has_ended(child: subprocess.Popen[bytes], seconds: float, is_stopped: Callable[[], bool]) -> bool:
    """Wait for the end of a process, which needs its input open until then; say whether it came."""
    latest = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < latest and not is_stopped():
        time.sleep(0.02)
    return child.poll() is not None


def main(folder: str, name: str, total: str) -> None:
    """Read what is expected from standard input, compare, and print the fault as a line of JSON."""
    _limit_itself(int(total))
    expected = _received(sys.stdin.buffer, int(total))
    # Chroma's files change hands when the process that asked has died: this one must be gone by then.
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        vectors = ChromaVectors(embedded_chroma(Path(folder)), name)
        fault = find_fault(vectors, expected)
        vectors.close()
    except VectorIndexError as error:
        fault = str(error)
    print(json.dumps(fault), flush=True)
    os._exit(0)


def _is_same(one: Vectors, other: Vectors) -> bool:
    return one.shape == other.shape and bool(np.abs(one - other).max() < _SAME)


def _limit_itself(total: int) -> None:
    try:
        import resource
    except ImportError:
        # Windows has no such limits.
        return
    memory, file = _MEMORY_BYTES + total * _MEMORY_PER_VECTOR, _FILE_BYTES + total * _FILE_BYTES_PER_VECTOR
    for kind, wanted in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file), (resource.RLIMIT_CORE, 0)):
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def _send(pipe: IO[bytes], expected: Expected) -> None:
    # Of a pipe that breaks, the child says why, or has ended.
    with suppress(BrokenPipeError):
        for ids, embeddings in expected.batches:
            content = io.BytesIO()
            np.save(content, embeddings.astype(np.float16), allow_pickle=False)
            _send_part(pipe, json.dumps(ids).encode())
            _send_part(pipe, content.getvalue())
        _send_part(pipe, b"")
        _send_part(pipe, json.dumps(sorted(expected.unsure())).encode())
        pipe.flush()


def _send_part(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(struct.pack("<Q", len(content)) + content)


def _received(pipe: IO[bytes], total: int) -> Expected:
    batches = list(_received_batches(pipe))
    unsure: list[str] = json.loads(_part(pipe))
    return Expected(total, batches, lambda: unsure)


def _received_batches(pipe: IO[bytes]) -> Iterator[tuple[list[str], Vectors]]:
    while ids := _part(pipe):
        yield json.loads(ids), np.load(io.BytesIO(_part(pipe)), allow_pickle=False).astype(np.float32)


def _part(pipe: IO[bytes]) -> bytes:
    (size,) = struct.unpack("<Q", pipe.read(8))
    return pipe.read(size)


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
