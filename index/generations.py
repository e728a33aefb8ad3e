"""The generations of the vector index: which one answers, how it follows the catalogue, and how it is healed."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import inf

import numpy as np

from index.catalogue import Catalogue
from index.embedding import Vectors
from index.errors import DatelineError, StorageFull, VectorIndexError
from index.probing import Expected, Prober, find_fault, finds_itself
from index.vectors import WRITE_BATCH, VectorIndex

__all__ = ["Embeddings", "Generations", "Progress", "TakeOver"]

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
# Given how many at a time, yields (ids, float32 (n, dimension)).
Embeddings = Callable[[int], Iterator[tuple[list[str], Vectors]]]
# Given a generation's number, and the last change that it has followed, makes it the one in use.
TakeOver = Callable[[int, int], None]

_READ_BATCH = 1_000
# So few are rebuilt sooner than a child process has imported Chroma.
_PROBED_FROM = 2_000
_SELF_QUERIES = 20
# Chroma never uses a deleted vector's place again: files and questions grow with every vector that was ever added.
_ADDED_AT_LEAST, _ADDED_FOR_EACH = 5_000, 3
# Seconds that a follower waits for its turn, and how often numbers are compared while others change them.
_PATIENCE, _COUNTS = 0.3, 5
# Seconds before each further attempt to heal; the last one goes on for ever.
_PAUSES = (1, 2, 5, 15, 60, 300)


class Generations:
    """Opens the active generation when it can be trusted, and builds the next one when it cannot.

    `open_vectors` opens the vector index of a generation's number. `prober` looks for faults before
    anything is opened; without one, what is in doubt is rebuilt. Where the generations are shared with other
    processes, one at a time follows or rebuilds, and all go along to the generation that one of them made active.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        open_vectors: Callable[[int], VectorIndex],
        prober: Prober | None = None,
        *,
        is_shared: bool = False,
    ) -> None:
        self._catalogue = catalogue
        self._open_vectors = open_vectors
        self._prober = prober
        self._is_shared = is_shared
        self._number = 0
        # Held to write to the active generation or to change it for another; to build one takes the other lock.
        self._lock = threading.RLock()
        self._building = threading.Lock()
        self._is_still = False
        self._is_untouched = True
        self._vectors: VectorIndex | None = None
        self._users: Counter[int] = Counter()
        self._guard = threading.Condition()
        self._heals_beside = False
        self._wanted: tuple[str, bool] | None = None
        self._healing: threading.Thread | None = None
        self._stop = threading.Event()
        self._turns = _Turns()
        self._condition = ""

    @property
    def is_healthy(self) -> bool:
        """Say whether a generation answers."""
        return self._vectors is not None

    @property
    def condition(self) -> str:
        """In what state the vector index is, in a few words."""
        if not self._is_untouched:
            return self._condition
        return f"to be checked: {doubt}" if (doubt := self._doubt()) else "in step, or followed when it is next opened"

    def open(self, progress: Progress | None = None, *, beside: bool = False) -> None:
        """Open the active generation and follow what it missed, or heal it when it cannot be trusted.

        With `beside`, all healing from now on goes on in a thread; else it is done before this returns,
        `progress` is told (chunks done, chunks in all) of it, and VectorIndexError is raised when Chroma
        cannot be opened even anew.
        """
        self._stop.clear()
        self._is_untouched, self._heals_beside = False, beside
        if self._vectors is not None:
            return
        doubt = self._doubt()
        fault = None if doubt else self._reopened()
        if reason := doubt or fault or self._wear():
            if beside:
                self._heal_beside(reason, is_doubt=doubt is not None)
            else:
                self._mend(reason, doubt is not None, progress)

    def close(self) -> None:
        """Close the active generation; a clean close is what makes it trusted at the next opening."""
        self._stop.set()
        if healing := self._healing:
            healing.join()
        with self._building, self._lock:
            vectors = self._exchange(None)
            self._is_untouched, self._condition = False, "closed"
            if self._retired(vectors) and self._catalogue.fact("vectors_unfinished") == "yes":
                self._catalogue.record_fact("vectors_unfinished", "no")

    @contextmanager
    def active(self) -> Iterator[VectorIndex | None]:
        """Give the active generation, which is not closed before the block ends; None while there is none."""
        if self._is_behind:
            if self._heals_beside:
                self._heal_beside("another process has rebuilt it", is_doubt=True)
            yield None
            return
        with self._guard:
            vectors = self._vectors
            self._users[id(vectors)] += 1
        try:
            yield vectors
        finally:
            with self._guard:
                self._users[id(vectors)] -= 1
                self._guard.notify_all()

    def follow(self) -> None:
        """Bring the active generation up to the catalogue; one that is not open yet is opened for it."""
        if self._is_untouched and self._catalogue.pending_changes(1):
            self.open()
        if self._building.locked():
            return
        with self._turn(_PATIENCE) as is_mine, self._lock:
            vectors = self._vectors
            # Who has the turn follows this change too, or the next one who does.
            if vectors is None or self._is_still or not is_mine:
                return
            try:
                if self._is_behind:
                    self._go_along()
                else:
                    self._follow(vectors)
            except VectorIndexError as error:
                self.fail(vectors, error)
        if self._heals_beside and self._healing is None and (wear := self._wear()):
            self._heal_beside(wear, is_doubt=False)

    def fail(self, vectors: VectorIndex, error: VectorIndexError) -> None:
        """Answer with `vectors` no longer, as it failed, and heal."""
        # Whoever holds the lock meets the failure too; a question is not to wait for a rebuild.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._vectors is not vectors:
                return
            self._exchange(None)
            self._condition = f"failed, to be rebuilt: {error}"
            self._mark_unfinished()
        except StorageFull:
            log.warning("The failure of the vector index could not be recorded: the disk is full.")
        finally:
            self._lock.release()
        self._retired(vectors)
        if self._heals_beside:
            self._heal_beside(str(error), is_doubt=self._is_shared)
        else:
            log.warning("The vector index failed; it is rebuilt at the next start. %s", error)

    def rebuild(
        self,
        progress: Progress | None = None,
        embeddings: Embeddings | None = None,
        take_over: TakeOver | None = None,
    ) -> None:
        """Build the next generation from the catalogue, make it the active one, and drop the old one.

        Until then the old generation answers, or an exact comparison does. Raises VectorIndexError. With other
        `embeddings` than the catalogue's, `take_over` makes them and the generation those in use.
        """
        self._is_untouched = False
        with self._turn(), self._standing_still():
            self._mark_unfinished()
            # What changes from here on is followed after the rebuild; what changed before is in it.
            followed = self._catalogue.last_change()
            # No number is used twice: what a rebuild that was killed left behind is never opened, only deleted.
            number = max(self._generation, int(self._catalogue.fact("newest_vector_generation") or 0)) + 1
            self._catalogue.record_fact("newest_vector_generation", str(number))
            built_of = f"{self._catalogue.counts()[1]} {self._catalogue.newest_key()}"
            fresh = self._open_vectors(number)
            try:
                self._fill(fresh, (embeddings or self._catalogue.all_embeddings)(WRITE_BATCH), progress)
                with self._lock:
                    (take_over or self._take_over)(number, followed)
                    self._catalogue.record_fact("vectors_built_of", built_of)
                    old, self._number = self._exchange(fresh), number
                    self._condition = "in step"
            except BaseException:
                _close(fresh)
                raise
        self._retired(old)
        try:
            fresh.drop_others()
        except VectorIndexError as error:
            log.warning("The old vector index could not be deleted: %s", error)
        self.follow()

    def fault(self) -> str | None:
        """Hold the active generation against the catalogue; return what is wrong with it, None when nothing is."""
        if self._is_untouched:
            return self._fault_of_unopened()
        with self._turn(), self._standing_still(), self.active() as vectors:
            if vectors is None:
                return f"no vector index answers ({self._condition})"
            try:
                return find_fault(vectors, self._expected())
            except VectorIndexError as error:
                return str(error)

    def _fault_of_unopened(self) -> str | None:
        if not self._catalogue.counts()[1]:
            return None
        if self._prober:
            return self._prober.fault(self._generation, self._expected(), self._stop.is_set)
        vectors = None
        try:
            vectors = self._open_vectors(self._generation)
            return find_fault(vectors, self._expected())
        except VectorIndexError as error:
            return str(error)
        finally:
            _close(vectors)

    @property
    def _generation(self) -> int:
        return int(self._catalogue.fact("vector_generation") or 0)

    def _doubt(self) -> str | None:
        """Return why the active generation is to be looked at before it is opened, None when it need not be."""
        if not self._is_shared and self._catalogue.fact("vectors_unfinished") == "yes":
            return "it was not closed after it was last written to"
        return self._prober.doubt(self._generation) if self._prober else None

    def _reopened(self) -> str | None:
        """Open the active generation and bring it up to the catalogue; return what is wrong with it, else None."""
        with self._turn(), self._lock:
            number, vectors = self._generation, None
            try:
                vectors = self._open_vectors(number)
                fault = self._followed_to(vectors)
            except VectorIndexError as error:
                fault = str(error)
            if fault is not None:
                _close(vectors)
                return fault
            before, self._number = self._exchange(vectors), number
            self._condition = "in step"
        if before is not None:
            self._retired(before)
        return None

    def _followed_to(self, vectors: VectorIndex) -> str | None:
        """Bring a generation up to the catalogue; return what is wrong with their numbers, None when they agree."""
        for _ in range(_COUNTS):
            before = self._catalogue.generation
            self._follow(vectors)
            held, stored = vectors.count(), self._catalogue.counts()[1]
            if held == stored:
                return None
            if self._catalogue.generation == before:
                return f"it holds {held:,} vectors, the catalogue {stored:,}"
        # Others store without a pause: what they add is followed later.
        return None

    def _heal_beside(self, reason: str, *, is_doubt: bool) -> None:
        with self._guard:
            self._wanted = (reason, is_doubt)
            self._condition = f"being checked and rebuilt: {reason}"
            if self._healing is None:
                self._healing = threading.Thread(target=self._keep_healing, name="healing", daemon=True)
                self._healing.start()

    def _keep_healing(self) -> None:
        while True:
            with self._guard:
                wanted, self._wanted = self._wanted, None
                if wanted is None or self._stop.is_set():
                    self._healing = None
                    return
            self._mend_at_last(*wanted)

    def _mend_at_last(self, reason: str, is_doubt: bool) -> None:
        """Heal, however often it takes: a disk may be full, or a server away, for a while."""
        for attempt in range(1_000_000_000):
            try:
                return self._mend(reason, is_doubt)
            except DatelineError as error:
                if self._stop.is_set():
                    return None
                pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
                self._condition = f"not rebuilt yet, tried again every {pause} s: {error}"
                log.warning("The vector index could not be rebuilt; tried again in %d s. %s", pause, error)
                if self._stop.wait(pause):
                    return None
        return None

    def _mend(self, reason: str, is_doubt: bool, progress: Progress | None = None) -> None:
        """Open what is in doubt when probing finds it whole, else rebuild, and say so."""
        if is_doubt or self._is_shared:
            fault = (None if self._is_shared else self._probed(reason)) or self._reopened()
            if fault is None:
                log.warning("The vector index was checked and found whole, though %s.", reason)
                return
            reason = fault if fault == reason else f"{reason}, and {fault}"
        began = time.monotonic()
        self.rebuild(progress)
        chunks, seconds = self._catalogue.counts()[1], time.monotonic() - began
        log.warning("The vector index was rebuilt from the catalogue (%s chunks, %.1f s): %s.", chunks, seconds, reason)

    def _probed(self, doubt: str) -> str | None:
        """Return what is wrong with the active generation: the doubt itself, when it is not worth probing."""
        if self._prober is None or self._catalogue.counts()[1] < _PROBED_FROM:
            return doubt
        return self._prober.fault(self._generation, self._expected(), self._stop.is_set)

    def _expected(self) -> Expected:
        return Expected(
            self._catalogue.counts()[1],
            self._unless_stopped(self._catalogue.all_embeddings(_READ_BATCH)),
            lambda: {change.chunk_id for change in self._catalogue.pending_changes(1_000_000)},
        )

    def _take_over(self, number: int, followed: int) -> None:
        """Make a generation the one in use, which holds all changes up to `followed`."""
        self._catalogue.record_fact("vector_generation", str(number))
        self._catalogue.forget_changes(up_to=followed)

    def _wear(self) -> str | None:
        """Return why the active generation is to be built anew though nothing is wrong with it, else None."""
        chunks, key = map(int, (self._catalogue.fact("vectors_built_of") or "0 0").split())
        added, live = chunks + self._catalogue.newest_key() - key, self._catalogue.counts()[1]
        if added <= max(_ADDED_AT_LEAST, _ADDED_FOR_EACH * live):
            return None
        return f"it was given {added:,} vectors, of which {live:,} are left"

    def _fill(
        self, fresh: VectorIndex, batches: Iterable[tuple[list[str], Vectors]], progress: Progress | None
    ) -> None:
        """Add all of these embeddings, and hold some against what is then found."""
        done, total = 0, self._catalogue.counts()[1]
        sampled: list[Vectors] = []
        for ids, embeddings in self._unless_stopped(batches):
            fresh.add(ids, embeddings)
            done += len(ids)
            sampled.append(embeddings[0])
            self._condition = f"being rebuilt, {done:,} of {max(done, total):,} chunks"
            if progress:
                progress(done, max(done, total))
        if (held := fresh.count()) != done:
            raise VectorIndexError(f"Of {done:,} vectors, a new vector index holds {held:,}.")
        asked = sampled[:: max(1, len(sampled) // _SELF_QUERIES)]
        misses = sum(not finds_itself(fresh, embedding) for embedding in asked)
        if misses > len(asked) // 10:
            raise VectorIndexError(f"{misses} of {len(asked)} chunks do not find themselves in a new vector index.")
        fresh.settle()

    def _unless_stopped(self, batches: Iterable[tuple[list[str], Vectors]]) -> Iterator[tuple[list[str], Vectors]]:
        for batch in batches:
            if self._stop.is_set():
                raise VectorIndexError("The collection is being closed; the next start begins anew.")
            yield batch

    def _follow(self, vectors: VectorIndex) -> None:
        newest: tuple[str, Vectors] | None = None
        while changes := self._catalogue.pending_changes(WRITE_BATCH):
            self._mark_unfinished()
            added = [(change.chunk_id, change.embedding) for change in changes if change.embedding is not None]
            removed = [change.chunk_id for change in changes if change.embedding is None]
            if added:
                vectors.add([id for id, _ in added], np.stack([embedding for _, embedding in added]))
                newest = added[-1]
            if removed:
                vectors.remove(removed)
            self._catalogue.forget_changes(up_to=changes[-1].sequence)
            if newest and newest[0] in removed:
                newest = None
        if newest:
            if not finds_itself(vectors, newest[1]):
                raise VectorIndexError(f"Chunk {newest[0]}, just added to the vector index, does not find itself.")
            vectors.settle()

    @contextmanager
    def _turn(self, patience: float = inf) -> Iterator[bool]:
        """Take this process's turn to write, where others may too; say whether it came within so many seconds."""
        if not self._is_shared or self._turns.held:
            yield True
            return
        deadline = time.monotonic() + patience
        while (hold := self._catalogue.take_following()) is None and time.monotonic() < deadline:
            if self._stop.wait(0.1):
                raise VectorIndexError("The collection is being closed; the next start begins anew.")
        self._turns.held = hold is not None
        try:
            yield hold is not None
        finally:
            self._turns.held = False
            if hold is not None:
                hold.release()

    @property
    def _is_behind(self) -> bool:
        """Say whether another process has made a newer generation active."""
        return self._is_shared and self._vectors is not None and self._generation > self._number

    def _go_along(self) -> None:
        if fault := self._reopened():
            raise VectorIndexError(fault)

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Let no change be followed: changes wait in the catalogue, and are compared exactly."""
        with self._building:
            with self._lock:
                self._is_still = True
            try:
                yield
            finally:
                self._is_still = False

    def _exchange(self, vectors: VectorIndex | None) -> VectorIndex | None:
        """Make another generation, or none, the active one, and return the one that was."""
        with self._guard:
            before, self._vectors = self._vectors, vectors
        return before

    def _retired(self, vectors: VectorIndex | None) -> bool:
        """Close what is no longer active once nobody asks it any more; say whether it closed cleanly."""
        with self._guard:
            self._guard.wait_for(lambda: not self._users[id(vectors)], timeout=60)
        return _close(vectors)

    def _mark_unfinished(self) -> None:
        # A server's store does not suffer when one of its clients ends.
        if not self._is_shared and self._catalogue.fact("vectors_unfinished") != "yes":
            self._catalogue.record_fact("vectors_unfinished", "yes")


class _Turns(threading.local):
    """Whether this thread has its turn already."""

    held = False


def _close(vectors: VectorIndex | None) -> bool:
    if vectors is None:
        return False
    try:
        vectors.close()
    except VectorIndexError as error:
        log.warning("The vector index did not close cleanly: %s", error)
        return False
    return True
