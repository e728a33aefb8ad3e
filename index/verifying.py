"""Verifying: every promise about what is stored, held against what is stored; and mending what can be made again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.catalogue import Catalogue, EmbeddedArticle
from index.catalogue.checking import CheckedChunk, CheckedVersion, Checking
from index.catalogue.mending import Mending
from index.catalogue.storing import chunk_id
from index.chunking import Chunker
from index.dense import DenseIndex
from index.embedding import Embedder

__all__ = ["Finding", "Promise", "Verifier"]

Promise = Literal["database", "texts", "chunks", "embeddings", "full text", "vectors", "references", "stories"]
Progress = Callable[[int, int, str], None]

# float16, so that a normalised vector is only about as long as one.
_LENGTH_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as promised; `where` is an article's id, with its version, or empty.

    `remedy` says what to do about what cannot be made again from the rest, and is empty where `repair` can.
    """

    promise: Promise
    where: str
    what: str
    remedy: str = ""


class Verifier:
    """Holds a collection against its promises, and mends it; `embedder` is used to make chunks anew."""

    def __init__(self, catalogue: Catalogue, dense: DenseIndex, embedder: Embedder) -> None:
        self._catalogue = catalogue
        self._checking = Checking(catalogue.database)
        self._mending = Mending(catalogue.database)
        self._dense = dense
        self._embedder = embedder

    def count(self) -> int:
        """Return the number of versions that are looked at."""
        return self._checking.count_versions()

    def findings(
        self, progress: Progress = lambda done, total, what: None, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Finding]:
        """Yield what is not as promised; `progress` is told (versions done, versions in all, what is looked at).

        Ends early, without a word, once cancelled. All of the catalogue is read as of one moment.
        """
        total = self.count()
        progress(0, total, "database")
        can_compare = True
        if damage := self._checking.words_damage():
            yield Finding("full text", "", damage)
        with self._catalogue.database.one_moment():
            yield from self._database_findings()
            dimension = self._dimension()
            for done, version in enumerate(self._checking.stored_versions(), start=1):
                if is_cancelled():
                    return
                for finding in _version_findings(version, dimension):
                    can_compare &= finding.promise != "embeddings"
                    yield finding
                progress(done, total, version.article.id)
            yield from self._reference_findings()
            yield from self._story_findings()
        if is_cancelled() or not can_compare:
            return
        progress(total, total, "vectors")
        if fault := self._dense.fault():
            yield Finding("vectors", "", fault)

    def repair(
        self,
        findings: Sequence[Finding],
        progress: Progress = lambda done, total, what: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make again what the findings say is wrong, so far as it can be made from the rest."""
        found: dict[Promise, list[Finding]] = {}
        for finding in findings:
            if not finding.remedy:
                found.setdefault(finding.promise, []).append(finding)
        if "references" in found:
            self._mending.drop_orphans()
        wrongly_cut = list(dict.fromkeys(f.where for f in (*found.get("chunks", []), *found.get("embeddings", []))))
        for done, where in enumerate(wrongly_cut, start=1):
            if is_cancelled():
                return
            self._chunk_anew(where)
            progress(done, len(wrongly_cut), where)
        if "full text" in found:
            self._mending.remake_words(lambda done, total: progress(done, total, "full text"))
        if "stories" in found:
            self._catalogue.link(self._catalogue.unlinked())
        if found.keys() - {"stories"}:
            self._dense.rebuild(lambda done, total: progress(done, total, "vectors"))

    def _chunk_anew(self, where: str) -> None:
        id, _, number = where.rpartition(" version ")
        version = self._catalogue.article(id, int(number))
        self._catalogue.claim_model(self._embedder.name, self._embedder.dimension)
        chunker = Chunker(self._embedder, self._embedder.max_tokens)
        chunks = chunker.chunk(version.article)
        texts = chunker.embedded_texts(version.article, chunks)
        self._mending.replace_chunks(EmbeddedArticle(version.article, chunks, self._embedder.embed(texts)), int(number))

    def _dimension(self) -> int | None:
        """Return the length of an embedding, as the model's record has it."""
        recorded = re.search(r"\((\d+) dimensions\)", self._catalogue.fact("embedding_model") or "")
        return int(recorded[1]) if recorded else None

    def _database_findings(self) -> Iterator[Finding]:
        # Newer SQLites tell of full text, too, which is found already.
        for line in (line for line in self._checking.damage() if "chunk_words" not in line):
            yield Finding("database", "", line, "Restore a backup, or index the articles into a new data folder.")
        if surplus := self._checking.surplus_words():
            yield Finding("full text", "", f"it holds {surplus:+,} chunks against the catalogue")
        if self._catalogue.counts()[1] and self._dimension() is None:
            yield Finding(
                "embeddings", "", "no model is recorded for them", "Index the articles into a new data folder."
            )

    def _reference_findings(self) -> Iterator[Finding]:
        for id, what in self._checking.inconsistencies():
            is_lost = "version" in what and "chunk" not in what
            yield Finding("references", id, what, "Restore a backup, or index this article again." if is_lost else "")

    def _story_findings(self) -> Iterator[Finding]:
        if unlinked := self._catalogue.unlinked():
            yield Finding("stories", "", f"{len(unlinked):,} articles were never compared with others, to find copies")


def _version_findings(version: CheckedVersion, dimension: int | None) -> Iterator[Finding]:
    where = f"{version.article.id} version {version.version}"
    if version.article.content_hash != version.content_hash:
        yield Finding(
            "texts", where, "its text or metadata is not what was stored", "Restore a backup, or index it again."
        )
        return
    if not version.is_current:
        return
    for what in _chunk_faults(version):
        yield Finding("chunks", where, what)
    for chunk in version.chunks:
        if fault := _embedding_fault(chunk, dimension):
            yield Finding("embeddings", where, f"chunk {chunk.chunk.ordinal}: {fault}")
        if not chunk.has_words:
            yield Finding("full text", where, f"chunk {chunk.chunk.ordinal}: full text has other words than the text")


def _chunk_faults(version: CheckedVersion) -> Iterator[str]:
    """Say what is wrong with where a version's chunks and sentences lie; nothing of the text may be left out."""
    text, end = version.article.text, 0
    for number, stored in enumerate(version.chunks):
        chunk = stored.chunk
        if chunk.ordinal != number or stored.id != chunk_id(version.article, version.version, chunk):
            yield f"chunk {number}: its number or id is not its own"
        bounds = [(chunk.span.start, chunk.span.start), *((s.start, s.end) for s in chunk.sentences)]
        is_in_order = all(one[1] <= two[0] < two[1] for one, two in itertools.pairwise(bounds))
        is_covered = bool(chunk.sentences) and (chunk.sentences[0].start, chunk.sentences[-1].end) == (
            chunk.span.start,
            chunk.span.end,
        )
        if not (0 <= chunk.span.start < chunk.span.end <= len(text) and is_in_order and is_covered):
            yield f"chunk {number}: its sentences do not lie in order from its start to its end"
            continue
        places = [end, *(place for sentence in chunk.sentences for place in (sentence.start, sentence.end))]
        gaps = [text[one:two] for one, two in zip(places[::2], places[1::2], strict=False)]
        if any(gap.strip() for gap in gaps):
            yield f"chunk {number}: text before or within it is in no sentence"
        end = max(end, chunk.span.end)
    if text[end:].strip():
        yield "the end of the text is in no chunk"


def _embedding_fault(stored: CheckedChunk, dimension: int | None) -> str | None:
    if dimension is None:
        return None
    if len(stored.embedding) != 2 * dimension:
        return f"its embedding has {len(stored.embedding):,} bytes, not {2 * dimension:,}"
    length = float(np.linalg.norm(np.frombuffer(stored.embedding, dtype=np.float16).astype(np.float32)))
    # Written so that a length which is no number is a fault too.
    return None if abs(length - 1) <= _LENGTH_TOLERANCE else f"its embedding has the length {length:.3g}, not 1"
