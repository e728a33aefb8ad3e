"""How well copies of a story are found: `python -m benchmarks.copies FILE`, a file of articles as JSON Lines.

What is right is decided without the index's own means, by every pair's sets of words: copies share at least
nine tenths of all words that either has, or one has at least 19 of 20 words of the other, which was cut.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import sparse

from index.articles import Article
from index.catalogue import Catalogue, EmbeddedArticle
from index.copies import Wording, tell_one_story
from index.errors import InputError
from index.extraction import extract
from index.sources import Unreadable, read_file

_ALIKE = 0.9
_CUT = 0.95
# Of fewer different words, any two texts share too much.
_FEWEST_WORDS = 20
_AT_ONCE = 500

Pairs = set[tuple[str, str]]


def main(path: Path) -> None:
    """Store the articles of a file, and print how the links compare with the rule."""
    articles = list(_articles(path))
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Catalogue.open(Path(folder) / "catalogue.sqlite3")
        began = time.perf_counter()
        nothing = np.empty((0, 1), dtype=np.float32)
        for start in range(0, len(articles), 100):
            batch = articles[start : start + 100]
            catalogue.store([EmbeddedArticle(article, (), nothing) for article in batch])
        took = time.perf_counter() - began
        linked = _linked(catalogue, [article.id for article in articles])
        catalogue.close()
    words = {article.id: Wording.of(article.text) for article in articles}
    right = _right([article.id for article in articles], words)
    found = linked & right
    missed = [pair for pair in right - linked if not tell_one_story(words[pair[0]], words[pair[1]])]
    print(f"{len(articles):,} articles, {1000 * took / len(articles):.1f} ms each to store without chunks")
    print(f"{len(right):,} pairs are copies by the rule, {len(linked):,} are linked, {len(found):,} are both")
    print(f"precision {len(found) / (len(linked) or 1):.3f}, recall {len(found) / (len(right) or 1):.3f}")
    print(f"{len(missed):,} were not linked because a figure, a denial or a fifth of the words differs")


def _articles(path: Path) -> Iterator[Article]:
    for document in read_file(path):
        if not isinstance(document, Unreadable):
            try:
                yield extract(document)
            except InputError as error:
                print(f"{document.origin}: {error}", file=sys.stderr)


def _linked(catalogue: Catalogue, ids: list[str]) -> Pairs:
    of_story: dict[int, list[str]] = {}
    for id, story in catalogue.stories(ids).items():
        of_story.setdefault(story, []).append(id)
    return {pair for members in of_story.values() for pair in combinations(sorted(members), 2)}


def _right(ids: list[str], words: dict[str, Wording]) -> Pairs:
    """Return the pairs of articles that are copies by their sets of words."""
    places: dict[str, int] = {}
    sets = [sorted({places.setdefault(word, len(places)) for word in words[id].words}) for id in ids]
    starts = np.cumsum([0, *map(len, sets)])
    flat = np.array([place for each in sets for place in each])
    having = sparse.csr_matrix((np.ones(len(flat), dtype=np.int32), flat, starts), shape=(len(ids), len(places)))
    sizes = np.diff(starts)
    pairs: Pairs = set()
    for start in range(0, len(ids), _AT_ONCE):
        shared = (having[start : start + _AT_ONCE] @ having.T).tocoo()
        one, other = shared.row + start, shared.col
        smaller, larger = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
        is_copy = (shared.data >= _ALIKE * (smaller + larger - shared.data)) | (shared.data >= _CUT * smaller)
        is_copy &= (one < other) & (smaller >= _FEWEST_WORDS) & (shared.data > larger // 4)
        pairs |= {tuple(sorted((ids[a], ids[b]))) for a, b in zip(one[is_copy], other[is_copy], strict=True)}
    return pairs


if __name__ == "__main__":
    main(Path(sys.argv[1]))
