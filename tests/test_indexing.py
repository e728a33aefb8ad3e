"""Indexing stores what is new or changed, skips the rest, and loses nothing when it is interrupted."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from index.articles import ArticleFilter, make_article
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import SourceError, StorageFull
from index.indexing import Indexer, Indexing, Outcome, Progress
from index.sources import Locations
from tests.fakes import FakeEmbedder, fake_vectors, files_limited_to, invented_article, invented_text, ordinary_user

ALL = ArticleFilter()


class Collection:
    """An indexer over a catalogue, with an embedder that notes what it embeds."""

    def __init__(self, path: Path) -> None:
        self.catalogue = Catalogue.open(path)
        self.dense = DenseIndex(self.catalogue, fake_vectors({}))
        self.dense.open()
        self.embedder = FakeEmbedder()
        self.indexer = Indexer(self.catalogue, self.dense, self.embedder)

    def index(
        self,
        *paths: Path,
        prune: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Indexing:
        self.embedder.embedded.clear()
        return self.indexer.index(Locations(paths=paths), prune=prune, progress=progress, is_cancelled=is_cancelled)

    def texts(self) -> dict[str, str]:
        page = self.catalogue.articles(limit=10_000)
        return {summary.id: self.catalogue.article(summary.id).article.text for summary in page.articles}

    def found(self, words: str) -> set[str]:
        """The ids of articles found by both of the rankings."""
        embedding = self.embedder.embed([words])[0]
        lexical = dict(self.catalogue.lexical_ranking(words.split(), 1_000, ALL))
        nearest = dict(self.dense.nearest(embedding, 1_000, ALL))
        return {chunk.article.id for chunk in self.catalogue.chunks(lexical.keys() & nearest.keys(), ALL).values()}


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(tmp_path / "catalogue.sqlite3")
    yield opened
    opened.catalogue.close()


@pytest.fixture
def news(tmp_path: Path) -> Path:
    folder = tmp_path / "news"
    folder.mkdir()
    return folder


def write(news: Path, name: str, text: str) -> Path:
    path = news / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_articles(news: Path, numbers: range, sentences: int = 12) -> None:
    for number in numbers:
        write(news, f"{number:03}.txt", invented_text(number, sentences))


def counts(indexing: Indexing) -> tuple[int, int, int, int]:
    assert indexing.problems == ()
    return indexing.added, indexing.changed, indexing.unchanged, indexing.removed


# Articles given as such


def test_articles_are_added_changed_or_left_alone(collection: Collection) -> None:
    first, second = invented_article(1), invented_article(2)
    assert collection.indexer.index_articles([first, second]) == [
        Outcome(first.id, 1, "added"),
        Outcome(second.id, 1, "added"),
    ]
    embedded = len(collection.embedder.embedded)
    changed = make_article(id=second.id, text="A heron came to the weir.")
    assert collection.indexer.index_articles([first, changed]) == [
        Outcome(first.id, 1, "unchanged"),
        Outcome(second.id, 2, "changed"),
    ]
    assert len(collection.embedder.embedded) == embedded + 1
    assert collection.found("heron weir") == {second.id}
    assert collection.indexer.index_articles([]) == []


def test_of_one_article_given_twice_the_last_is_stored(collection: Collection) -> None:
    old, new = make_article(id="story", text="A heron."), make_article(id="story", text="An otter.")
    collection.indexer.index_articles([new, old])
    assert collection.texts() == {"story": "A heron."}
    assert {outcome.change for outcome in collection.indexer.index_articles([new, old])} == {"unchanged"}
    assert collection.texts() == {"story": "A heron."}
    collection.indexer.index_articles([old, new])
    assert collection.texts() == {"story": "An otter."}


def test_what_another_thread_stored_meanwhile_is_not_stored_twice(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    article, embed = invented_article(1), collection.embedder.embed

    def overtaken(texts: Sequence[str]) -> Vectors:
        monkeypatch.setattr(collection.embedder, "embed", embed)
        assert collection.indexer.index_articles([article]) == [Outcome("story-1", 1, "added")]
        return embed(texts)

    monkeypatch.setattr(collection.embedder, "embed", overtaken)
    assert collection.indexer.index_articles([article]) == [Outcome("story-1", 1, "unchanged")]
    assert collection.catalogue.current_versions(["story-1"])["story-1"][0] == 1


def test_removed_articles_are_found_no_more(collection: Collection) -> None:
    collection.indexer.index_articles([make_article(id="a", text="A heron."), make_article(id="b", text="Two herons.")])
    assert collection.found("heron") == {"a", "b"}
    assert collection.indexer.remove_articles(["a", "unknown"]) == ["a"]
    assert collection.found("heron") == {"b"}
    assert collection.indexer.index_articles([make_article(id="a", text="A heron.")]) == [Outcome("a", 2, "added")]


def test_when_the_disk_is_full_none_is_stored(collection: Collection, tmp_path: Path) -> None:
    collection.indexer.index_articles([invented_article(n) for n in range(3)])
    before = collection.texts()
    log = tmp_path / "catalogue.sqlite3-wal"
    with files_limited_to(log.stat().st_size + 50_000), pytest.raises(StorageFull):
        collection.indexer.index_articles([invented_article(n, sentences=60) for n in range(50)])
    assert collection.texts() == before
    assert len(collection.indexer.index_articles([invented_article(n, sentences=60) for n in range(50)])) == 50
    assert len(collection.texts()) == 50


# Files and folders


def test_files_are_added_changed_skipped_and_removed(collection: Collection, news: Path) -> None:
    write_articles(news, range(6))
    assert counts(collection.index(news)) == (6, 0, 0, 0)
    assert counts(collection.index(news)) == (0, 0, 6, 0)
    assert collection.embedder.embedded == []
    write(news, "003.txt", "A heron came to the weir.")
    (news / "005.txt").unlink()
    assert counts(collection.index(news)) == (0, 1, 4, 0)
    assert len(collection.embedder.embedded) == 1
    assert len(collection.texts()) == 6
    assert counts(collection.index(news, prune=True)) == (0, 0, 5, 1)
    assert len(collection.texts()) == 5
    assert collection.found("heron weir")


def test_an_edited_file_stays_the_same_article(collection: Collection, news: Path) -> None:
    path = write(news, "a.txt", "A heron came to the weir.")
    collection.index(news)
    [id] = collection.texts()
    for version, text in enumerate(("A heron left the weir.", "An otter came.", "A heron came to the weir."), start=2):
        path.write_text(text)
        assert counts(collection.index(news)) == (0, 1, 0, 0)
        assert collection.texts() == {id: text}
        assert collection.catalogue.article(id).number == version
    assert collection.catalogue.article(id, 1).article.text == "A heron came to the weir."


def test_an_id_or_url_in_the_file_decides(collection: Collection, news: Path) -> None:
    path = write(news, "a.md", "---\nid: heron\n---\nA heron came to the weir.")
    collection.index(news)
    path.write_text("---\nid: otter\n---\nAn otter came to the weir.")
    assert counts(collection.index(news)) == (1, 0, 0, 0)
    assert collection.texts().keys() == {"heron", "otter"}
    assert counts(collection.index(news, prune=True)) == (0, 0, 1, 1)
    assert collection.texts().keys() == {"otter"}


def test_two_files_of_one_text_are_one_article_until_one_is_edited(collection: Collection, news: Path) -> None:
    first, second = (write(news, name, "A heron came to the weir.") for name in ("a.txt", "b.txt"))
    assert counts(collection.index(news)) == (1, 0, 1, 0)
    [id] = collection.texts()
    second.write_text("An otter came to the weir.")
    assert counts(collection.index(news)) == (1, 0, 1, 0)
    assert sorted(collection.texts().values()) == ["A heron came to the weir.", "An otter came to the weir."]
    for _ in range(3):
        assert counts(collection.index(news)) == (0, 0, 2, 0)
        assert collection.embedder.embedded == []
    first.write_text("Two herons came to the weir.")
    assert counts(collection.index(news)) == (0, 1, 1, 0)
    assert collection.texts()[id] == "Two herons came to the weir."
    assert counts(collection.index(news, prune=True)) == (0, 0, 2, 0)


def test_two_files_edited_alike_settle_at_once(collection: Collection, news: Path) -> None:
    for text in ("A heron came to the weir.", "An otter came to the weir."):
        for name in ("a.txt", "b.txt"):
            write(news, name, text)
        collection.index(news)
    for prune in (False, True, False):
        assert counts(collection.index(news, prune=prune))[:3] == (0, 0, 2)
    assert list(collection.texts().values()) == ["An otter came to the weir."]


def test_a_moved_file_is_the_same_article(collection: Collection, news: Path) -> None:
    path = write(news, "a.txt", "A heron came to the weir.")
    collection.index(news)
    before = collection.texts()
    path.rename(news / "b.txt")
    assert counts(collection.index(news, prune=True)) == (0, 0, 1, 0)
    assert collection.texts() == before
    write(news, "b.txt", "A heron left the weir.")
    assert counts(collection.index(news)) == (0, 1, 0, 0)


def test_records_of_a_file_are_articles_of_their_own(collection: Collection, news: Path) -> None:
    def records(*numbers: int) -> None:
        written = [json.dumps({"title": f"Report {n}", "text": invented_text(n)}) for n in numbers]
        write(news, "wire.jsonl", "\n".join(written))

    records(1, 2, 3)
    assert counts(collection.index(news)) == (3, 0, 0, 0)
    before = collection.texts()
    records(4, 1, 2, 3)
    assert counts(collection.index(news)) == (1, 0, 3, 0)
    assert before.items() <= collection.texts().items()
    records(4, 3)
    assert counts(collection.index(news, prune=True)) == (0, 0, 2, 2)
    assert len(collection.texts()) == 2


def test_one_bad_file_is_reported_and_the_rest_goes_on(collection: Collection, news: Path) -> None:
    write_articles(news, range(3))
    write(news, "001a.txt", "")
    write(news, "001b.json", "{")
    write(news, "wire.jsonl", '{"text": "A heron."}\nnot json\n{"title": "No text"}\n{"text": "An otter."}')
    indexing = collection.index(news)
    assert (indexing.added, len(collection.texts())) == (5, 5)
    assert [problem.origin.removeprefix(news.as_uri() + "/") for problem in indexing.problems] == [
        "001a.txt",
        "001b.json",
        "wire.jsonl#2",
        "wire.jsonl#3",
    ]
    assert all(problem.reason.endswith(".") for problem in indexing.problems)


def test_progress_is_told_document_by_document(collection: Collection, news: Path) -> None:
    write_articles(news, range(3))
    write(news, "bad.txt", "")
    write(news, "wire.jsonl", '{"text": "A heron."}\n{"text": "An otter."}\n')
    steps: list[Progress] = []
    collection.index(news, progress=steps.append)
    assert [step.done for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.total for step in steps} == {6}
    assert steps[-1].origin == f"{news.as_uri()}/wire.jsonl#2"


def test_a_folder_says_what_collection_it_is(collection: Collection, news: Path) -> None:
    write(news, "collection.toml", 'name = "Kirrow"')
    write_articles(news, range(1))
    collection.index(news)
    assert collection.catalogue.collection().name == "Kirrow"
    (news / "collection.toml").unlink()
    collection.index(news)
    assert collection.catalogue.collection().name == "Kirrow"


def test_a_path_that_leads_nowhere_is_refused(collection: Collection, news: Path) -> None:
    with pytest.raises(SourceError, match="There is no file or folder"):
        collection.index(news / "gone")


# Pruning


def test_what_could_not_be_read_is_not_removed(collection: Collection, news: Path) -> None:
    write_articles(news, range(3))
    write(news, "wire.jsonl", '{"text": "A heron."}\n{"text": "An otter."}')
    write(news, "old.jsonl", '{"text": "A swan."}')
    collection.index(news)
    write(news, "001.txt", "")
    write(news, "wire.jsonl", '{"text": "A heron."}\n{"text": ')
    (news / "old.jsonl").unlink()
    (news / "002.txt").unlink()
    indexing = collection.index(news, prune=True)
    assert (indexing.removed, len(indexing.problems)) == (2, 2)
    assert {text for text in collection.texts().values() if len(text) < 20} == {"A heron.", "An otter."}
    assert len(collection.texts()) == 4


def test_a_folder_that_may_not_be_listed_loses_nothing() -> None:
    with ordinary_user() as place:
        write(place / "news", "closed/a.txt", "A heron came to the weir.")
        write(place / "news", "open/b.txt", "An otter came to the weir.")
        write(place / "news", "open/c.txt", "A swan came to the weir.")
        collection = Collection(place / "catalogue.sqlite3")
        collection.index(place / "news")
        (place / "news" / "open" / "c.txt").unlink()
        (place / "news" / "closed").chmod(0)
        indexing = collection.index(place / "news", prune=True)
        (place / "news" / "closed").chmod(0o700)
        assert (indexing.removed, len(indexing.problems)) == (1, 1)
        assert sorted(collection.texts().values()) == ["A heron came to the weir.", "An otter came to the weir."]
        collection.catalogue.close()


@pytest.mark.parametrize("spelled", ["{}", "{}/", "{}/../news", "{}/./"])
def test_pruning_knows_a_folder_however_its_path_is_spelled(collection: Collection, news: Path, spelled: str) -> None:
    write_articles(news, range(3))
    collection.index(news)
    (news / "001.txt").unlink()
    assert collection.index(Path(spelled.format(news)), prune=True).removed == 1


def test_pruning_knows_a_folder_from_the_working_folder(
    collection: Collection, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_articles(news, range(3))
    collection.index(news)
    (news / "001.txt").unlink()
    monkeypatch.chdir(news)
    assert collection.index(Path(), prune=True).removed == 1


def test_pruning_leaves_alone_what_came_from_elsewhere(collection: Collection, news: Path) -> None:
    for name in ("city", "cityside"):
        write(news, f"{name}/a.txt", f"A heron came to {name}.")
        write(news, f"{name}/b.txt", f"An otter came to {name}.")
    collection.indexer.index_articles([invented_article(1)])
    collection.index(news)
    for name in ("city", "cityside"):
        (news / name / "b.txt").unlink()
    assert collection.index(news / "city", prune=True).removed == 1
    assert len(collection.texts()) == 4
    assert collection.index(news / "cityside" / "a.txt", prune=True).removed == 0


def test_an_empty_folder_removes_nothing(collection: Collection, news: Path) -> None:
    write(news, "mounted/a.txt", "A heron came to the weir.")
    write(news, "here/b.txt", "An otter came to the weir.")
    write(news, "here/c.txt", "A swan came to the weir.")
    collection.index(news)
    (news / "mounted" / "a.txt").unlink()
    (news / "here" / "c.txt").unlink()
    for paths in ([news / "mounted"], [news / "mounted", news / "here"], [news / "here", news / "mounted"]):
        with pytest.raises(SourceError, match=r"No article could be read in .*mounted, so nothing was removed"):
            collection.index(*paths, prune=True)
        assert len(collection.texts()) == 3
    assert collection.index(news / "here", prune=True).removed == 1


# Interruptions


@pytest.mark.parametrize("at", [1, 30, 59])
def test_an_interrupted_run_keeps_whole_batches_and_the_next_goes_on(
    collection: Collection, news: Path, at: int
) -> None:
    write_articles(news, range(60), sentences=80)

    def interrupt(step: Progress) -> None:
        if step.done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.index(news, progress=interrupt)
    stored = collection.texts()
    embedded = set(collection.embedder.embedded)
    assert set(stored.values()) <= {invented_text(number, 80) for number in range(60)}
    indexing = collection.index(news)
    assert counts(indexing) == (60 - len(stored), 0, len(stored), 0)
    assert not embedded & set(collection.embedder.embedded)
    assert collection.index(news).unchanged == 60
    assert collection.embedder.embedded == []
    if at > 30:
        assert 0 < len(stored) < 60


def test_a_cancelled_run_keeps_whole_batches_removes_nothing_and_the_next_goes_on(
    collection: Collection, news: Path
) -> None:
    collection.index(write(news, "gone.txt", invented_text(99)))
    (news / "gone.txt").unlink()
    write_articles(news, range(60), sentences=80)
    asked = iter([False, True])
    first = collection.index(news, prune=True, is_cancelled=lambda: next(asked))
    assert (first.was_cancelled, first.removed) == (True, 0)
    stored = collection.texts()
    assert 1 < len(stored) == first.added + 1 < 61
    assert invented_text(99) in stored.values()
    rest = collection.index(news, prune=True)
    assert (rest.was_cancelled, rest.removed, rest.unchanged) == (False, 1, first.added)


def test_each_article_of_a_large_run_is_whole_and_found(collection: Collection, news: Path) -> None:
    write_articles(news, range(40), sentences=60)
    collection.index(news)
    texts = collection.texts()
    assert sorted(texts.values()) == sorted(invented_text(number, 60) for number in range(40))
    ids = [id for ids, _ in collection.catalogue.all_embeddings(1_000) for id in ids]
    covered = {id: 0 for id in texts}
    for chunk in collection.catalogue.chunks(ids, ALL).values():
        assert chunk.text == chunk.span.of(texts[chunk.article.id])
        covered[chunk.article.id] = max(covered[chunk.article.id], chunk.span.end)
    assert covered == {id: len(text) for id, text in texts.items()}


def test_a_named_pipe_does_not_hold_up_the_run(collection: Collection, news: Path) -> None:
    write_articles(news, range(1))
    os.mkfifo(news / "pipe.txt")
    indexing = collection.index(news)
    assert (indexing.added, len(indexing.problems)) == (1, 1)


def test_one_url_is_one_article_under_whatever_id_it_was_stored_first(collection: Collection, news: Path) -> None:
    url = "https://news.example/ferry"
    collection.indexer.index_articles([make_article(id="ferry", text="The ferry is late.", url=url)])
    told = make_article(text="The ferry has left.", url="HTTPS://News.Example:443/ferry?utm_source=x&fbclid=y#top")
    [outcome] = collection.indexer.index_articles([told])
    assert (outcome.article_id, outcome.version, outcome.change) == ("ferry", 2, "changed")
    write(news, "ferry.json", json.dumps({"text": "The ferry has left.", "url": f"{url}?gclid=z"}))
    assert collection.index(news).unchanged == 1
    assert collection.texts() == {"ferry": "The ferry has left."}
    # Whoever names an id means it.
    collection.indexer.index_articles([make_article(id="other", text="The ferry has left.", url=url)])
    assert collection.texts().keys() == {"ferry", "other"}


def test_old_versions_are_dropped_where_something_is_stored(tmp_path: Path) -> None:
    opened = Collection(tmp_path / "catalogue.sqlite3")
    kept = Indexer(opened.catalogue, opened.dense, opened.embedder, keep_versions=30)
    dropped = Indexer(opened.catalogue, opened.dense, opened.embedder, keep_versions=0)
    for text in ("One.", "Two.", "Three."):
        kept.index_articles([make_article(id="a", text=text)])
    assert opened.catalogue.versions("a").total == 3
    dropped.index_articles([make_article(id="a", text="Three.")])
    assert opened.catalogue.versions("a").total == 3
    dropped.index_articles([make_article(id="b", text="Four.")])
    assert [version.number for version in opened.catalogue.versions("a").versions] == [3]
    assert opened.texts() == {"a": "Three.", "b": "Four."}
    opened.catalogue.close()
