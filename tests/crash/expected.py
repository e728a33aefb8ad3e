"""What a collection may hold after a crash, and whether it does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.folder import DataFolder
from index.verifying import Verifier
from tests.crash.busy import dense_index
from tests.fakes import FakeEmbedder, invented_text

__all__ = ["Broken", "Change", "Expected", "Opened", "Report", "check", "texts_of"]

ALL = ArticleFilter()


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass(frozen=True, slots=True)
class Change:
    """Articles, by number, that were given so many sentences, or removed by none; acknowledged or not."""

    numbers: tuple[int, ...]
    sentences: int
    is_acknowledged: bool

    def texts(self) -> dict[str, str | None]:
        """What it makes of each article."""
        return {f"story-{n}": invented_text(n, self.sentences) if self.sentences else None for n in self.numbers}


@dataclass(slots=True)
class Expected:
    """The texts that each article may have now: one, unless a change was not acknowledged."""

    texts: dict[str, set[str | None]] = field(default_factory=dict)
    acknowledged: int = 0
    # The articles that tell whether the last change happened: it made of them what they could not be before.
    telling: set[str] = field(default_factory=set)

    def apply(self, changes: Sequence[Change]) -> None:
        """Let changes have happened, one after another."""
        for change in changes:
            self.acknowledged += change.is_acknowledged and bool(change.numbers)
            texts = change.texts()
            self.telling = {id for id, text in texts.items() if text not in self.texts.get(id, {None})}
            for id, text in texts.items():
                before = set() if change.is_acknowledged else self.texts.get(id, {None})
                self.texts[id] = {*before, text}

    def settle(self, found: dict[str, str], last: Change | None) -> None:
        """Hold what is there against what may be, and take it for what is; the last change is whole or not at all."""
        for id, allowed in self.texts.items():
            if found.get(id) not in allowed:
                raise Broken(f"{id} is {'lost' if id not in found else 'of a text that it must not have'}")
        if strangers := found.keys() - self.texts.keys():
            raise Broken(f"nobody stored {sorted(strangers)}")
        if last and not last.is_acknowledged:
            happened = {found.get(id) == text for id, text in last.texts().items() if id in self.telling}
            if len(happened) > 1:
                raise Broken("a change is there in part")
        self.texts = {id: {found.get(id)} for id in self.texts}


@dataclass(frozen=True, slots=True)
class Report:
    """What a check met: the articles that answer, and the lines of the log that tell of healing."""

    articles: int
    healed: tuple[str, ...]


def check(path: Path, expected: Expected, last: Change | None = None) -> Report:
    """Open a folder as a service does, and hold everything in it against every promise; raises Broken."""
    with _listening() as lines, closing(Opened(path)) as opened:
        texts = texts_of(opened.catalogue)
        expected.settle(texts, last)
        if findings := list(Verifier(opened.catalogue, opened.dense, FakeEmbedder()).findings()):
            raise Broken(f"verify finds: {findings[0].promise} {findings[0].where} {findings[0].what}")
        for id in texts:
            opened.check_answers(id)
    if (path / "chroma").exists() and len(list((path / "chroma").iterdir())) > 1:
        raise Broken("an old generation is left")
    return Report(len(texts), tuple(lines))


def texts_of(catalogue: Catalogue) -> dict[str, str]:
    """The current text of every article."""
    page = catalogue.articles(limit=10_000)
    assert len(page.articles) == page.total
    return {summary.id: catalogue.article(summary.id).article.text for summary in page.articles}


class Opened:
    """A folder opened as a service does, healed when it needs to be."""

    def __init__(self, path: Path) -> None:
        self.folder = DataFolder(path, command="check")
        self.catalogue = Catalogue.open(self.folder.catalogue_file)
        self.dense: DenseIndex = dense_index(self.folder, self.catalogue)
        self.dense.open()
        if not self.dense.is_healthy:
            raise Broken("the vector index does not heal")

    def check_answers(self, id: str) -> None:
        """Hold that an article is found by its words and by its embeddings."""
        wanted = ArticleFilter(article_ids=(id,))
        [(ids, embeddings)] = self.catalogue.all_embeddings(10_000, wanted)
        words = [word for word in self.catalogue.article(id).article.text.split()[:12] if word.isalpha()]
        if not self.catalogue.lexical_ranking(words, 5, wanted):
            raise Broken(f"{id} is not found by its words")
        for chunk_id, embedding in zip(ids[::5], embeddings[::5], strict=True):
            found = self.dense.nearest(embedding, 10, ALL)
            if chunk_id not in dict(found) and (not found or found[0][1] < 0.996):
                raise Broken(f"{id} is not found by its embedding")

    def close(self) -> None:
        self.dense.close()
        self.catalogue.close()
        self.folder.release()


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Give the lines that tell of healing meanwhile."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    listener, log = Listener(), logging.getLogger("index.generations")
    log.addHandler(listener)
    try:
        yield lines
    finally:
        log.removeHandler(listener)
