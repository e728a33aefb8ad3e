"""What an article costs: seconds, memory and disk to index it, and memory to serve it, at several sizes of collection.

Run as `python -m benchmarks.scale ARTICLES.jsonl.gz --sizes 1000,5000`. Each size is indexed by `dateline index` in a
fresh folder, killed half-way, and resumed; the folder is then served once. The last run's figures are those in
docs/scale.md. CPU seconds are told beside seconds: on a machine that does other things they are the ones to compare.
With `--without-model`, vectors are made of words' hashes, as many and as long: all but the time to embed is the same.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from zlib import crc32

import numpy as np

from index.catalogue import Catalogue
from index.embedding import Embedder, Vectors

__all__ = ["WordHashes", "main"]

_INDEXED_WITHOUT_MODEL = """
import sys
from pathlib import Path
from benchmarks.scale import WordHashes
from index.indexing import Indexer
from index.sources import Locations
from qa.dateline import Dateline
from qa.settings import Settings

with Dateline(Settings(data=sys.argv[1])) as dateline:
    indexer = Indexer(dateline.catalogue, dateline.dense, WordHashes(dateline.embedder))
    print(indexer.index(Locations(paths=(Path(sys.argv[2]),))).unchanged, "unchanged")
"""
_SERVED = """
import resource, sys
from qa.answers import Question
from qa.dateline import Dateline
from qa.settings import Settings

with Dateline(Settings(data=sys.argv[1])) as dateline:
    dateline.load_model()
    dateline.memory.load()
    dateline.memory.wait()
    dateline.dense.open()
    dateline.answerer.answer(Question("Who said that prices would rise?"))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class WordHashes:
    """An embedder that reads text as the real one does, and makes vectors of as many numbers in no time."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimension, self.max_tokens = embedder.name, embedder.dimension, embedder.max_tokens
        self.token_spans = embedder.token_spans

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dimension), rows L2-normalised: texts that share words are alike."""
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            places = [crc32(word.encode()) for word in set(text.casefold().split())]
            np.add.at(vector, [place % self.dimension for place in places], [1 - (place >> 30 & 2) for place in places])
        normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds by the clock, seconds of CPU, and its largest resident set in bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    said: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a collection of one size cost; `resumed` counts the articles that a second run after a kill left alone."""

    articles: int
    chunks: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    catalogue_bytes: int
    chroma_bytes: int
    serving_bytes: int
    killed_with: int
    resumed: int
    resumed_peak_bytes: int


def main(arguments: list[str] | None = None) -> None:
    """Measure each size, and print a line of JSON for it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("articles", type=Path, help="articles as JSON, one a line, gzipped or not")
    parser.add_argument("--sizes", default="1000,5000", help="how many of them, the first so many each time")
    parser.add_argument("--no-kill", action="store_true", help="leave out the run that is killed and resumed")
    parser.add_argument("--without-model", action="store_true", help="leave out the time to embed")
    chosen = parser.parse_args(arguments)
    for size in map(int, chosen.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            indexing = ("-c", _INDEXED_WITHOUT_MODEL) if chosen.without_model else ("-m", "qa", "index", "--data")
            cost = _cost(chosen.articles, size, Path(folder), indexing, kills=not chosen.no_kill)
            print(json.dumps(asdict(cost)), flush=True)


def _cost(articles: Path, size: int, folder: Path, indexing: tuple[str, ...], *, kills: bool) -> Cost:
    news, data = folder / "news.jsonl", folder / "data"
    opened = gzip.open if articles.suffix == ".gz" else open
    with opened(articles, "rt", encoding="utf-8") as lines:
        news.write_text("".join(islice(lines, size)), encoding="utf-8")
    whole = _run(*indexing, str(data), str(news))
    with closing(Catalogue.open(data / "catalogue.sqlite3")) as catalogue:
        stored, chunks = catalogue.counts()
    served = _run("-c", _SERVED, str(data))
    killed_with, resumed = (
        _killed_and_resumed((*indexing, str(folder / "killed"), str(news)), folder / "killed", stored // 2)
        if kills
        else (0, None)
    )
    return Cost(
        stored,
        chunks,
        whole.seconds,
        whole.cpu_seconds,
        whole.peak_bytes,
        _size(data, "catalogue.sqlite3*"),
        _size(data, "chroma/**/*"),
        int(served.said.split()[-1]) * 1024,
        killed_with,
        int(re.sub(r"\D", "", re.findall(r"([\d,]+) unchanged", resumed.said)[0])) if resumed else 0,
        resumed.peak_bytes if resumed else 0,
    )


def _killed_and_resumed(indexing: tuple[str, ...], data: Path, enough: int) -> tuple[int, Run]:
    """Kill an indexing run once it has stored so many articles; return how many it had, and the run that went on."""
    process = subprocess.Popen([sys.executable, *indexing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and _stored(data) < enough:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return _stored(data), _run(*indexing)


def _stored(data: Path) -> int:
    file = data / "catalogue.sqlite3"
    if not file.exists():
        return 0
    with closing(Catalogue.open(file)) as catalogue:
        return catalogue.counts()[0]


def _run(*arguments: str) -> Run:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, *arguments], stdout=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{arguments} ended with {process.returncode}")
        said.seek(0)
        seconds = time.monotonic() - began
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, said.read())


def _size(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.glob(pattern) if path.is_file())


if __name__ == "__main__":
    main()
