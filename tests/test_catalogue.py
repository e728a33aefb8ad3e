"""The catalogue stores all of an article or none of it, finds what it holds, and shows old or new, never a mixture."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.articles import ArticleFilter, Chunk, Collection, Span, make_article
from index.catalogue import Catalogue, EmbeddedArticle
from index.errors import ArticleNotFound, DataFolderError, InputError, ModelMismatch, StorageFull
from tests.fakes import embedded, files_limited_to, invented_article
from tests.postgres import PostgresServer

ALL = ArticleFilter()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite3"


@pytest.fixture(params=["sqlite", "postgresql"])
def reopen(request: pytest.FixtureRequest, path: Path) -> Callable[[], Catalogue]:
    """What opens the same catalogue each time, on either database."""
    if request.param == "sqlite":
        return lambda: Catalogue.open(path)
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.new_url()
    return lambda: Catalogue.connect(url)


@pytest.fixture
def catalogue(reopen: Callable[[], Catalogue]) -> Iterator[Catalogue]:
    opened = reopen()
    yield opened
    opened.close()


def chunk_ids(catalogue: Catalogue) -> list[str]:
    return [id for ids, _ in catalogue.all_embeddings(100) for id in ids]


def state(catalogue: Catalogue) -> tuple[object, ...]:
    """Everything that storing could have changed."""
    return (
        catalogue.generation,
        catalogue.counts(),
        catalogue.articles(limit=1_000),
        catalogue.chunks(chunk_ids(catalogue), ALL),
        [change.sequence for change in catalogue.pending_changes(10_000)],
        catalogue.lexical_ranking(["the", "of", "a"], 1_000, ALL),
        catalogue.origins_under(""),
    )


# Storing, versions, removing


def test_what_is_stored_is_read_back(catalogue: Catalogue) -> None:
    article = make_article(
        text="The quay was sold.\n\nThe board wept.",
        title="Quay",
        url="https://news.example/quay",
        source="Harbour Post",
        authors=["Ida Moen", "Ø. Vik"],
        published_at="2025-02-27T14:05:00Z",
        language="en",
    )
    [stored] = catalogue.store([embedded(article)])
    assert catalogue.article(article.id) == stored
    assert (stored.article, stored.number, stored.is_current) == (article, 1, True)
    assert catalogue.current_versions([article.id, "unknown"]) == {article.id: (1, article.content_hash)}
    [summary] = catalogue.articles().articles
    assert (summary.id, summary.version, summary.title, summary.characters) == (article.id, 1, "Quay", 35)
    assert (summary.source, summary.url, summary.authors) == (article.source, article.url, article.authors)
    assert (summary.published_at, summary.stored_at) == (article.published_at, stored.stored_at)


@given(st.text() | st.text(st.sampled_from("a .\n\U0001f469\u200d\U0001f3fdé\u0301語م\u2067\0\ud800")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_every_chunk_is_verbatim_in_its_article(catalogue: Catalogue, text: str) -> None:
    try:
        article = make_article(text=text, id="story")
    except InputError:
        return
    catalogue.store([embedded(article)])
    version = catalogue.article("story")
    assert version.article == article
    chunks = catalogue.chunks(chunk_ids(catalogue), ALL)
    assert sorted((chunk.span, chunk.sentences) for chunk in chunks.values()) == [
        (chunk.span, chunk.sentences) for chunk in embedded(article).chunks
    ]
    for chunk in chunks.values():
        assert chunk.text == chunk.span.of(version.article.text)
        assert (chunk.article, chunk.version) == (replace(article, text=""), version.number)


def test_a_batch_is_stored_whole_or_not_at_all(catalogue: Catalogue) -> None:
    catalogue.store([embedded(invented_article(1), "file:///1.txt")])
    before = state(catalogue)
    good, changed, bad = (embedded(invented_article(n), f"file:///{n}.txt") for n in (2, 1, 3))
    changed = replace(changed, article=replace(changed.article, title="Changed"))
    with pytest.raises(ValueError, match="shorter"):
        catalogue.store([good, changed, replace(bad, embeddings=bad.embeddings[:-1])])
    assert state(catalogue) == before
    catalogue.store([good, changed, bad])
    assert catalogue.counts()[0] == 3


def test_a_new_version_takes_the_place_of_the_old_one_whose_text_stays_readable(catalogue: Catalogue) -> None:
    old = make_article(id="story", text="The heron left the weir.")
    new = make_article(id="story", text="The kingfisher came to the weir.")
    catalogue.store([embedded(old)])
    old_ids = chunk_ids(catalogue)
    [stored] = catalogue.store([embedded(new)])
    assert (stored.number, catalogue.article("story").article) == (2, new)
    assert (catalogue.article("story", 1).article, catalogue.article("story", 1).is_current) == (old, False)
    assert catalogue.lexical_ranking(["heron"], 10, ALL) == []
    assert catalogue.articles(words=["heron"]).total == 0
    assert len(catalogue.lexical_ranking(["weir"], 10, ALL)) == 1
    assert catalogue.chunks(old_ids, ALL) == {}
    assert catalogue.embeddings(old_ids)[0] == []
    assert not set(old_ids) & set(chunk_ids(catalogue))
    assert catalogue.counts() == (1, 1)


def test_a_removed_article_is_gone_and_its_version_numbers_are_never_used_again(catalogue: Catalogue) -> None:
    article = invented_article(1)
    catalogue.store([embedded(article, "file:///1.txt")])
    catalogue.store([embedded(replace(article, title="Again"))])
    first_ids = chunk_ids(catalogue)
    assert catalogue.remove(["unknown", article.id, article.id]) == [article.id]
    assert catalogue.remove([article.id]) == []
    for version in (None, 1, 2):
        with pytest.raises(ArticleNotFound, match="story-1"):
            catalogue.article(article.id, version)
    assert (catalogue.counts(), chunk_ids(catalogue), catalogue.articles().total) == ((0, 0), [], 0)
    assert catalogue.lexical_ranking(["the"], 10, ALL) == []
    assert catalogue.origins_under("") == []
    [stored] = catalogue.store([embedded(article)])
    assert stored.number == 3
    assert not set(first_ids) & set(chunk_ids(catalogue))


def test_the_generation_grows_with_what_can_be_found_and_only_then(catalogue: Catalogue) -> None:
    generations = [catalogue.generation]
    for change in (
        lambda: catalogue.store([embedded(invented_article(1))]),
        lambda: catalogue.store([embedded(invented_article(1, sentences=5))]),
        lambda: catalogue.remove(["story-1"]),
    ):
        change()
        generations.append(catalogue.generation)
    assert generations == sorted(set(generations))
    catalogue.remove(["story-1"])
    catalogue.record_fact("colour", "blue")
    assert catalogue.generation == generations[-1]


# Filters


DATED = {
    "none": None,
    "day-before": "2025-02-26",
    "day": "2025-02-27",
    "morning": "2025-02-27T08:00:00Z",
    "evening": "2025-02-27T20:00:00Z",
    "last-second": "2025-02-27T23:59:59Z",
    "day-after": "2025-02-28",
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (ALL, set(DATED)),
        (ArticleFilter(published_from="2025-02-27"), {"day", "morning", "evening", "last-second", "day-after"}),
        (ArticleFilter(published_to="2025-02-27"), {"day-before", "day", "morning", "evening", "last-second"}),
        (ArticleFilter(None, "2025-02-27", "2025-02-27"), {"day", "morning", "evening", "last-second"}),
        (ArticleFilter(published_from="2025-02-27T08:00:00Z"), {"morning", "evening", "last-second", "day-after"}),
        (ArticleFilter(published_to="2025-02-27T08:00:00Z"), {"day-before", "day", "morning"}),
        (ArticleFilter(published_to="2025-02-26T23:59:59Z"), {"day-before"}),
        (ArticleFilter(published_from="2025-03-01"), set()),
        (ArticleFilter(sources=("Wire",)), {"day", "evening"}),
        (ArticleFilter(sources=("Wire", "Post")), {"day", "evening", "morning"}),
        (ArticleFilter(sources=("wire", "%", "")), set()),
        (ArticleFilter(sources=()), set()),
        (ArticleFilter(article_ids=("day", "none", "unknown")), {"day", "none"}),
        (ArticleFilter(article_ids=()), set()),
        (ArticleFilter(("Wire",), "2025-02-27T00:00:01Z", "2025-02-28", ("day", "evening", "morning")), {"evening"}),
    ],
)  # fmt: skip
def test_filters_are_exact_wherever_they_apply(catalogue: Catalogue, wanted: ArticleFilter, expected: set[str]) -> None:
    sources = {"day": "Wire", "evening": "Wire", "morning": "Post"}
    for id, date in DATED.items():
        article = make_article(id=id, text=f"The weir of {id}.", published_at=date, source=sources.get(id))
        catalogue.store([embedded(article)])
    every = chunk_ids(catalogue)
    article_of = {id: chunk.article.id for id, chunk in catalogue.chunks(every, ALL).items()}
    assert {chunk.article.id for chunk in catalogue.chunks(every, wanted).values()} == expected
    assert {article_of[id] for id, _ in catalogue.lexical_ranking(["weir"], 100, wanted)} == expected
    assert {article_of[id] for id in catalogue.candidate_ids(wanted, 100) or ()} == expected
    page = catalogue.articles(wanted=wanted, limit=100)
    assert ({summary.id for summary in page.articles}, page.total) == (expected, len(expected))


def test_a_filter_applies_before_the_limit(catalogue: Catalogue) -> None:
    catalogue.store([embedded(make_article(id=f"loud-{n}", text="weir weir weir", source="Loud")) for n in range(30)])
    catalogue.store(
        [embedded(make_article(id="quiet", text="There was once a weir in a longer text.", source="Quiet"))]
    )
    assert len(catalogue.lexical_ranking(["weir"], 5, ArticleFilter(sources=("Quiet",)))) == 1


def test_candidates_are_all_or_none(catalogue: Catalogue) -> None:
    catalogue.store([embedded(make_article(id=f"s-{n}", text="One.", source="Wire")) for n in range(5)])
    wire = ArticleFilter(sources=("Wire",))
    assert len(catalogue.candidate_ids(wire, 5) or ()) == 5
    assert catalogue.candidate_ids(wire, 4) is None


def test_very_many_ids_are_no_matter(catalogue: Catalogue) -> None:
    """SQLite takes 32,766 variables in a statement, on some systems 250,000."""
    catalogue.store([embedded(invented_article(n)) for n in range(3)])
    ids = [f"unknown-{n}" for n in range(260_000)]
    wanted = ArticleFilter(article_ids=(*ids, "story-1"))
    assert [summary.id for summary in catalogue.articles(wanted=wanted).articles] == ["story-1"]
    there = chunk_ids(catalogue)
    assert set(catalogue.chunks(ids[:40_000] + there, ALL)) == set(there)
    assert set(catalogue.embeddings(ids[:40_000] + there)[0]) == set(there)
    assert len(catalogue.current_versions([*ids[:40_000], "story-1", "story-2"])) == 2


# Words


ODD_WORDS = [
    '"',
    '""',
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "title:",
    "*",
    "^",
    "-",
    "+",
    "(",
    ")",
    "'",
    ";--",
    "",
    " ",
    "\0",
    "a\0b",
]


@pytest.mark.parametrize("word", ODD_WORDS)
def test_operators_in_words_are_words(catalogue: Catalogue, word: str) -> None:
    catalogue.store([embedded(make_article(id="quay", text="A quay, a crane."))])
    assert catalogue.lexical_ranking([word], 10, ALL) == []
    assert len(catalogue.lexical_ranking([word, "quay"], 10, ALL)) == 1
    assert catalogue.articles(words=[word]).total in (0, 1)
    assert catalogue.articles(words=["quay", "crane", "ship"]).total == 0


@given(st.lists(st.text()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_any_words_can_be_looked_for(catalogue: Catalogue, words: list[str]) -> None:
    if not catalogue.counts()[0]:
        catalogue.store([embedded(make_article(id="quay", text="A quay, a crane."))])
    assert len(catalogue.lexical_ranking([*words, "quay"], 10, ALL)) == 1
    assert catalogue.articles(words=words).total <= 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Türkiye agreed.", "turkiye"),
        ("Turkiye agreed.", "Türkiye"),
        ("The Müller inquiry.", "MULLER"),
        ("Việt Nam voted.", "viet"),
        ("Two ferries sank.", "ferry"),
        ("They negotiated.", "negotiating"),
        ("Москва молчит.", "МОСКВА"),
    ],
)
def test_words_are_found_whatever_their_accents_case_and_ending(catalogue: Catalogue, text: str, word: str) -> None:
    catalogue.store([embedded(make_article(text=text))])
    assert len(catalogue.lexical_ranking([word], 10, ALL)) == 1
    assert catalogue.articles(words=[word]).total == 1


def test_ranking_is_best_first_positive_and_limited(catalogue: Catalogue) -> None:
    catalogue.store(
        [
            embedded(make_article(id="both", text="The weir and the heron.")),
            embedded(make_article(id="one", text="The weir and the otter, which some people like to watch.")),
            embedded(make_article(id="none", text="The bank and the rate.")),
        ]
    )
    ranked = catalogue.lexical_ranking(["weir", "heron"], 10, ALL)
    assert len(ranked) == 2
    assert ranked[0][1] > ranked[1][1] > 0
    assert catalogue.chunks([ranked[0][0]], ALL)[ranked[0][0]].article.id == "both"
    assert catalogue.lexical_ranking(["weir", "heron"], 1, ALL) == ranked[:1]
    assert catalogue.lexical_ranking([], 10, ALL) == []


def test_title_words_find_an_article_but_a_made_up_title_counts_once(catalogue: Catalogue) -> None:
    catalogue.store([embedded(make_article(id="titled", title="Heron census", text="Counting began."))])
    catalogue.store([embedded(make_article(id="untitled", text="Otter census"))])
    assert len(catalogue.lexical_ranking(["heron"], 10, ALL)) == 1
    assert len(catalogue.lexical_ranking(["otter"], 10, ALL)) == 1


def test_the_library_is_paged_newest_first(catalogue: Catalogue) -> None:
    for id, date in (("b", "2025-01-02"), ("a", "2025-01-03T10:00:00Z"), ("d", None), ("c", "2025-01-03")):
        catalogue.store([embedded(make_article(id=id, text="The weir.", published_at=date, source=id.upper()))])
    pages = [catalogue.articles(limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [[summary.id for summary in page.articles] for page in pages] == [["a", "c"], ["b", "d"], []]
    assert {page.total for page in pages} == {4}
    assert catalogue.sources() == [("A", 1), ("B", 1), ("C", 1), ("D", 1)]


def test_the_library_is_searched_for_all_of_the_words_by_their_beginnings(catalogue: Catalogue) -> None:
    catalogue.store([embedded(make_article(id="a", text="The weir and the heron."))])
    catalogue.store([embedded(make_article(id="b", text="The weir and the otter."))])

    def found(*words: str) -> set[str]:
        return {summary.id for summary in catalogue.articles(words=words).articles}

    assert found("weir") == {"a", "b"}
    assert found("weir", "heron") == found("heron", "weir") == found("her", "wei") == {"a"}
    assert found("heron", "otter") == set()


# Facts and origins


def test_another_model_is_refused(catalogue: Catalogue) -> None:
    catalogue.claim_model("small", 384)
    catalogue.claim_model("small", 384)
    for name, dimension in (("large", 384), ("small", 768)):
        with pytest.raises(ModelMismatch, match=r"embedded with small \(384 dimensions\)"):
            catalogue.claim_model(name, dimension)


def test_a_collection_is_what_its_folder_last_said(catalogue: Catalogue) -> None:
    assert catalogue.collection() == Collection()
    for collection in (Collection("Kirrow", "A town.", ("Who sank?",)), Collection(description="“Só”")):
        catalogue.record_collection(collection)
        assert catalogue.collection() == collection


def test_an_article_lives_as_long_as_any_of_its_origins(catalogue: Catalogue) -> None:
    article = invented_article(1)
    catalogue.store([embedded(article, "file:///a.txt")])
    catalogue.note_origins([("file:///b.txt", article.id), ("file:///b.txt", article.id)])
    assert catalogue.forget_origins([("file:///a.txt", article.id)]) == []
    assert catalogue.counts()[0] == 1
    assert catalogue.forget_origins([("file:///b.txt", article.id), ("file:///b.txt", "unknown")]) == [article.id]
    assert catalogue.counts()[0] == 0


def test_an_origin_names_its_article_only_when_no_other_gives_it_too(catalogue: Catalogue) -> None:
    article, other = invented_article(1), invented_article(2)
    catalogue.store([embedded(article, "file:///a.txt")])
    assert catalogue.article_from("file:///a.txt") == article.id
    catalogue.note_origins([("file:///b.txt", article.id)])
    assert catalogue.article_from("file:///a.txt") is None
    # Once b gives another article, a is again the only one to give this.
    catalogue.store([embedded(other, "file:///b.txt")])
    catalogue.note_origins([("file:///b.txt", other.id)])
    assert catalogue.article_from("file:///a.txt") == article.id
    assert catalogue.article_from("file:///b.txt") == other.id
    catalogue.remove([article.id])
    assert catalogue.article_from("file:///a.txt") is None


def test_the_only_origin_of_an_article_is_kept_so_that_pruning_finds_it(catalogue: Catalogue) -> None:
    article, other = invented_article(1), invented_article(2)
    catalogue.store([embedded(article, "file:///a.txt")])
    catalogue.store([embedded(other, "file:///a.txt")])
    catalogue.note_origins([("file:///a.txt", other.id)])
    assert set(catalogue.origins_under("file:///")) == {("file:///a.txt", article.id), ("file:///a.txt", other.id)}


def test_origins_are_found_by_folder_to_the_letter(catalogue: Catalogue) -> None:
    places = ["file:///news_a/1", "file:///newsXa/1", "file:///NEWS_A/1", "file:///news%25/1", "file:///news_a/1#2"]
    catalogue.store([embedded(invented_article(1), places[0])])
    catalogue.note_origins([(place, "story-1") for place in places[1:]])
    assert {origin for origin, _ in catalogue.origins_under("file:///news_a")} == {places[0], places[4]}
    assert {origin for origin, _ in catalogue.origins_under("file:///news%25")} == {places[3]}


# Changes for the vector index


def test_changes_are_listed_until_they_are_forgotten(catalogue: Catalogue) -> None:
    first = embedded(invented_article(1))
    catalogue.store([first])
    ids = chunk_ids(catalogue)
    changes = catalogue.pending_changes(100)
    assert [change.chunk_id for change in changes] == ids
    for change, embedding in zip(changes, first.embeddings, strict=True):
        assert change.embedding == pytest.approx(embedding, abs=1e-3)
    assert catalogue.last_change() == changes[-1].sequence
    catalogue.forget_changes(up_to=changes[0].sequence)
    assert catalogue.pending_changes(100)[0].sequence == changes[1].sequence
    catalogue.remove(["story-1"])
    assert {change.embedding is None for change in catalogue.pending_changes(100)} == {True}
    catalogue.forget_changes()
    assert (catalogue.pending_changes(100), catalogue.last_change()) == ([], 0)
    catalogue.store([first])
    assert catalogue.last_change() > changes[-1].sequence


def test_embeddings_are_kept_to_a_thousandth(catalogue: Catalogue) -> None:
    stored = [embedded(invented_article(n)) for n in range(20)]
    catalogue.store(stored)
    kept = np.concatenate([embeddings for _, embeddings in catalogue.all_embeddings(7)])
    assert kept.dtype == np.float32
    assert kept == pytest.approx(np.concatenate([one.embeddings for one in stored]), abs=1e-3)


# Files


def test_it_is_all_there_after_reopening(reopen: Callable[[], Catalogue]) -> None:
    first = reopen()
    first.store([embedded(invented_article(n), f"file:///{n}") for n in range(3)])
    first.store([embedded(invented_article(1, sentences=3))])
    before, id = state(first), first.id
    first.close()
    again = reopen()
    assert (state(again), again.id) == (before, id)
    assert again.article("story-1", 1).article == invented_article(1)
    again.close()


def test_two_catalogues_have_different_ids(tmp_path: Path) -> None:
    one, other = Catalogue.open(tmp_path / "one"), Catalogue.open(tmp_path / "other")
    assert one.id != other.id
    one.close()
    other.close()


@pytest.mark.parametrize("content", [b"garbage " * 1_000, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_a_file_that_is_no_catalogue_is_told_plainly(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DataFolderError, match=r"catalogue\.sqlite3 cannot be used"):
        Catalogue.open(path)
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_catalogue_is_told_plainly(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DataFolderError, match=r"catalogue\.sqlite3 cannot be used"):
        Catalogue.open(path)


READINGS: dict[str, Callable[[Catalogue], object]] = {
    "articles": lambda damaged: damaged.articles(limit=100),
    "article": lambda damaged: damaged.article("story-50"),
    "all embeddings": chunk_ids,
    "candidates": lambda damaged: damaged.candidate_ids(ALL, 10_000),
    "ranking": lambda damaged: damaged.lexical_ranking(["the", "of"], 1_000, ALL),
    "storing": lambda damaged: damaged.store([embedded(invented_article(1))]),
}


@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_a_damaged_catalogue_is_told_plainly(path: Path, read: Callable[[Catalogue], object]) -> None:
    whole = Catalogue.open(path)
    whole.store([embedded(invented_article(n, sentences=40)) for n in range(60)])
    whole.close()
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(200_000)
        file.write(b"\xaa" * (size - 200_000))
    damaged = Catalogue.open(path)
    with pytest.raises(DataFolderError, match=r"catalogue\.sqlite3 cannot be used: "):
        read(damaged)
    damaged.close()


# A full disk


def test_when_a_file_cannot_grow_nothing_of_the_batch_is_stored(path: Path) -> None:
    catalogue = Catalogue.open(path)
    catalogue.store([embedded(invented_article(n)) for n in range(5)])
    before = state(catalogue)
    batch = [embedded(invented_article(n, sentences=60)) for n in range(60)]
    with files_limited_to(path.with_name(path.name + "-wal").stat().st_size + 100_000):
        with pytest.raises(StorageFull, match="Nothing was stored"):
            catalogue.store(batch)
        assert state(catalogue) == before
    assert [version.number for version in catalogue.store(batch)] == [2] * 5 + [1] * 55
    catalogue.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte, where this user may mount one."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mounted], capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield mounted
    subprocess.run(["umount", "-l", mounted], check=True)


def test_a_full_disk_stores_nothing_of_the_batch_and_loses_nothing(tiny_disk: Path) -> None:
    catalogue = Catalogue.open(tiny_disk / "catalogue.sqlite3")
    stored = 0
    with pytest.raises(StorageFull, match="free space"):  # noqa: PT012
        for stored in range(0, 1_000, 5):
            before = state(catalogue)
            catalogue.store([embedded(invented_article(n, sentences=40)) for n in range(stored, stored + 5)])
    assert stored
    assert state(catalogue) == before
    catalogue.close()
    elsewhere = Path(shutil.copytree(tiny_disk, tiny_disk.parent / "elsewhere"))
    reopened = Catalogue.open(elsewhere / "catalogue.sqlite3")
    assert state(reopened) == before
    reopened.close()


# Threads


def test_readers_see_the_old_or_the_new_version_never_a_mixture(catalogue: Catalogue) -> None:
    texts = {
        word: " ".join(f"The {word} of sentence {n} stood by the weir until noon." for n in range(60 + 40 * place))
        for place, word in enumerate(("heron", "otter"))
    }
    both = [embedded(make_article(id="story", text=text)) for text in texts.values()]
    catalogue.store(both[:1])
    done = threading.Event()
    failures: list[object] = []
    looks = set()

    def store_in_turn() -> None:
        for turn in range(30):
            catalogue.store([both[(turn + 1) % 2]])
        done.set()

    def read() -> None:
        while not done.is_set():
            chunks = catalogue.chunks([id for ids, _ in catalogue.all_embeddings(7) for id in ids], ALL)
            versions = {chunk.version for chunk in chunks.values()}
            for version in versions:
                text = catalogue.article("story", version).article.text
                looks.add(text)
                if any(chunk.text != chunk.span.of(text) for chunk in chunks.values()):
                    failures.append(("text", version))
            if len(versions) > 1:
                failures.append(("mixture", versions))

    readers = [threading.Thread(target=read) for _ in range(2)]
    writer = threading.Thread(target=store_in_turn)
    for thread in (*readers, writer):
        thread.start()
    for thread in (writer, *readers):
        thread.join()
    assert failures == []
    assert looks == set(texts.values())


def test_more_chunks_than_one_statement_takes_are_still_of_one_moment(catalogue: Catalogue) -> None:
    """All chunks of a version are asked for while the next one takes its place: all of them are there, or none."""
    article = make_article(id="story", text="heron\n" * 600)
    spans = [Span(start, start + 5) for start in range(0, 600 * 6, 6)]
    chunks = tuple(Chunk(ordinal, span, (span,)) for ordinal, span in enumerate(spans))
    story = EmbeddedArticle(article, chunks, np.ones((len(chunks), 4), dtype=np.float32))
    catalogue.store([story])
    done = threading.Event()
    counts = set()

    def read() -> None:
        while not done.is_set():
            counts.add(len(catalogue.chunks(catalogue.candidate_ids(ALL, 5_000) or (), ALL)))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        catalogue.store([story])
    done.set()
    reader.join()
    assert counts <= {0, 600}
    assert 600 in counts


def test_all_that_is_read_in_one_moment_is_of_that_moment(catalogue: Catalogue) -> None:
    catalogue.store([embedded(invented_article(1))])
    with catalogue.database.one_moment():
        assert catalogue.generation == 1
        catalogue.store([embedded(replace(invented_article(1), text="Anew."))])
        catalogue.remove(["story-1"])
        with catalogue.database.one_moment():
            assert catalogue.article("story-1").number == 1
        assert (catalogue.generation, catalogue.counts()[0]) == (1, 1)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(catalogue.counts).result() == (0, 0)
    assert (catalogue.generation, catalogue.counts()[0]) == (3, 0)


def test_writers_in_many_threads_lose_nothing(catalogue: Catalogue) -> None:
    def store(start: int) -> None:
        for number in range(start, start + 5):
            catalogue.store(
                [embedded(invented_article(number)), embedded(make_article(id="shared", text=f"No. {number}"))]
            )

    threads = [threading.Thread(target=store, args=(start,)) for start in range(0, 40, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalogue.counts()[0] == 41
    assert catalogue.article("shared").number == 40
