"""A process that stores and removes articles until it is killed, and says what it begins and what it has done.

Run as `python -m tests.crash.busy FOLDER SEED`.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.folder import DataFolder
from index.indexing import Indexer
from index.vectors import ChromaVectors, embedded_chroma
from tests.fakes import FakeEmbedder, invented_article

__all__ = ["dense_index"]


def dense_index(folder: DataFolder, catalogue: Catalogue) -> DenseIndex:
    """Return a dense index in Chroma's own store, not opened yet."""
    store = embedded_chroma(folder.chroma_folder)
    return DenseIndex(catalogue, lambda number: ChromaVectors(store, f"dateline-{catalogue.id}-g{number}"))


def main(path: Path, seed: int) -> None:
    """Store and remove without end; one line of JSON before and after each change."""
    chance = random.Random(seed)
    folder = DataFolder(path, command="busy")
    catalogue = Catalogue.open(folder.catalogue_file)
    print(json.dumps("open"), flush=True)
    dense = dense_index(folder, catalogue)
    dense.open()
    indexer = Indexer(catalogue, dense, FakeEmbedder())
    while True:
        numbers = chance.sample(range(60), chance.randrange(1, 9))
        sentences = 0 if chance.random() < 0.2 else chance.randrange(4, 120)
        print(json.dumps([numbers, sentences]), flush=True)
        if sentences:
            indexer.index_articles([invented_article(number, sentences) for number in numbers])
        else:
            indexer.remove_articles([f"story-{number}" for number in numbers])
        print(json.dumps("done"), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
