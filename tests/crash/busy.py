"""A process that changes a collection until it is killed, and says what it begins and what came of it.

Run as `python -m tests.crash.busy FOLDER SEED [FAULT]`. With a fault it makes some changes and ends: `full:BYTES` lets
no file grow beyond, `refused:CHANGES` takes the right to write, and with `small` it is the disk itself that fills.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
from pathlib import Path

from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.errors import DatelineError
from index.folder import DataFolder
from index.indexing import Indexer
from index.probing import ChildProber
from index.reembedding import Reembedder
from index.vectors import ChromaVectors, embedded_chroma
from tests.fakes import FakeEmbedder, OtherFakeEmbedder, invented_article

__all__ = ["ARTICLES", "dense_index", "embedder_of"]

ARTICLES = 60
_CHANGES_WITH_A_FAULT = 12
_NOBODY = 65_534


def dense_index(folder: DataFolder, catalogue: Catalogue) -> DenseIndex:
    """Return a dense index in Chroma's own store, not opened yet."""
    store = embedded_chroma(folder.chroma_folder)

    def name_of(generation: int) -> str:
        return f"dateline-{catalogue.id}-g{generation}"

    prober = ChildProber(folder.chroma_folder, name_of)
    return DenseIndex(catalogue, lambda number: ChromaVectors(store, name_of(number)), prober)


def embedder_of(catalogue: Catalogue) -> FakeEmbedder:
    """Return the embedder that a catalogue goes with."""
    other = OtherFakeEmbedder()
    return other if (catalogue.fact("embedding_model") or "").startswith(other.name) else FakeEmbedder()


def other_than(embedder: FakeEmbedder) -> FakeEmbedder:
    """Return the embedder that this one is not."""
    return FakeEmbedder() if isinstance(embedder, OtherFakeEmbedder) else OtherFakeEmbedder()


def main(path: Path, seed: int, fault: str = "") -> None:
    """Change things without end, or some of them with a fault; a line of JSON before and after each change."""
    chance = random.Random(seed)
    kind, _, amount = fault.partition(":")
    folder = DataFolder(path, command="busy")
    catalogue = Catalogue.open(folder.catalogue_file)
    print(json.dumps("begun"), flush=True)
    dense = dense_index(folder, catalogue)
    dense.open(beside=chance.random() < 0.5)
    print(json.dumps("open"), flush=True)
    embedder = embedder_of(catalogue)
    indexer = Indexer(catalogue, dense, embedder)
    if kind == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(amount), resource.RLIM_INFINITY))
    for change in range(_CHANGES_WITH_A_FAULT if fault else 1_000_000):
        if kind == "refused" and change == int(amount):
            os.seteuid(_NOBODY)
        numbers = chance.sample(range(ARTICLES), chance.randrange(1, 9))
        sentences = 0 if chance.random() < 0.2 else chance.randrange(4, 120)
        upkeep = chance.choices(("", "rebuild", "reembed"), (85, 10, 5))[0]
        print(json.dumps([[], 0] if upkeep else [numbers, sentences]), flush=True)
        try:
            if upkeep == "rebuild":
                dense.rebuild()
            elif upkeep == "reembed":
                Reembedder(catalogue, dense, other_than(embedder)).reembed()
                embedder = embedder_of(catalogue)
                indexer = Indexer(catalogue, dense, embedder)
            elif sentences:
                indexer.index_articles([invented_article(number, sentences) for number in numbers])
            else:
                indexer.remove_articles([f"story-{number}" for number in numbers])
        except DatelineError as error:
            print(json.dumps({"refused": str(error)}), flush=True)
        else:
            print(json.dumps("done"), flush=True)
    try:
        dense.close()
        catalogue.close()
        folder.release()
    except DatelineError as error:
        print(json.dumps({"refused": str(error)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
