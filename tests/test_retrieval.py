"""Questions find passages: by words and by meaning, within the bounds, of one moment."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.articles import Article, ArticleFilter, make_article
from index.embedding import Vectors
from qa.answers import QUESTION_CHARS_LIMIT
from qa.dateline import Dateline
from qa.retrieval import search_words
from tests.fakes import FakeEmbedder, invented_article, invented_text
from tests.small import SmallCollection, question

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path)
    yield collection
    collection.close()


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SmallCollection, list[Article]]]:
    collection = SmallCollection(tmp_path_factory.mktemp("dated"))
    moments = [None, "2025-03-01", "2025-03-01T00:00:00Z", "2025-03-01T14:05:00Z", "2025-03-01T23:59:59Z"]
    moments += ["2025-02-28", "2025-03-02", "2025-03-02T00:00:00Z", "2024-12-31", "2026-01-01T08:00:00Z"]
    articles = [
        make_article(id=f"a{n}", text=f"Ferry number {n}.", source=source, published_at=moment)
        for n, (moment, source) in enumerate((m, s) for m in moments for s in ("Gazette", "Wire", None))
    ]
    collection.store(*articles)
    yield collection, articles
    collection.close()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path_factory.mktemp("shelf"))
    collection.store(make_article(id="a", text="A ferry left Garrow."))
    yield collection
    collection.close()


class MeaningEmbedder(FakeEmbedder):
    """A stand-in that knows that a doctor is a physician, and nothing of serial numbers: as real models do."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        texts = [re.sub(r"\bdoctors?\b", "physician", text, flags=re.IGNORECASE) for text in texts]
        return super().embed([re.sub(r"\w*\d\w*", "", text) for text in texts])


class TestHybrid:
    @pytest.fixture
    def hybrid(self, tmp_path: Path) -> Iterator[SmallCollection]:
        collection = SmallCollection(tmp_path, MeaningEmbedder())
        collection.store(
            make_article(id="words", text="Crew hauled a crate stencilled KX4471 up from that wreck."),
            make_article(id="meaning", text="Every physician was needed."),
            # More of the question's other words than any ranking takes in, so that neither finds its own by chance.
            *(make_article(id=f"other-{n}", text=f"Which of them? Where was it, and who? {n}") for n in range(150)),
        )
        yield collection
        collection.close()

    def test_finds_what_only_the_words_tell(self, hybrid: SmallCollection) -> None:
        asked = question("Where was KX4471, and who was it?")
        nearest = hybrid.dense.nearest(hybrid.retriever.embed(asked), 100, asked.filters)
        assert not {"words"} & {
            chunk.article.id for chunk in hybrid.catalogue.chunks(dict(nearest), asked.filters).values()
        }
        assert hybrid.find(asked.text).passages[0].article.id == "words"

    def test_finds_what_only_the_meaning_tells(self, hybrid: SmallCollection) -> None:
        assert hybrid.catalogue.lexical_ranking(search_words("doctors"), 100, question("doctors").filters) == []
        assert hybrid.find("doctors").passages[0].article.id == "meaning"

    def test_ranks_by_both(self, hybrid: SmallCollection) -> None:
        hybrid.store(make_article(id="both", text="A physician, or doctor, was needed."))
        assert [p.article.id for p in hybrid.find("doctor").passages[:2]] == ["both", "meaning"]

    def test_finds_by_the_title_too(self, small: SmallCollection) -> None:
        small.store(make_article(id="a", title="Lighthouse sold", text="It went for one crown."), invented_article(1))
        assert small.find("lighthouse").passages[0].article.id == "a"

    @pytest.mark.parametrize(
        ("asked", "written"),
        [
            ("Will the US pay?", "The U.S. pays."),
            ("Will the U.S. pay?", "The US pays."),
            ("Did T.I. sing?", "T.I. sang."),
        ],
    )
    def test_acronyms_are_found_with_dots_and_without(self, small: SmallCollection, asked: str, written: str) -> None:
        others = (make_article(id=f"a{n}", text=f"Will it pay to sing? Section {n}.u and s.") for n in range(5))
        small.store(make_article(id="z", text=f"{written} Nothing else."), *others)
        words = [word for word in search_words(asked) if word not in ("pay", "sing")]
        assert len(words) == 1
        assert "z" in [passage.article.id for passage in small.find(asked).passages[:1]]

    def test_is_at_home_in_the_demo(self, demo: Dateline) -> None:
        asked = question("A brass instrument from the sixteenth century was pinched")
        found = demo.answerer.search(asked, 3).passages
        assert "astrolabe" in found[0].article.title


class TestBounds:
    """What is found is exactly what the bounds allow, by a second reckoning over the articles."""

    times = st.none() | st.sampled_from(
        ["2025-02-28", "2025-03-01", "2025-03-01T14:05:00Z", "2025-03-01T15:05:00+01:00", "2025-03-02", "2023-01-01"]
    )

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        published_from=times,
        published_to=times,
        as_of=times,
        sources=st.none() | st.sampled_from([(), ("Gazette",), ("Gazette", "Wire"), ("Nowhere",)]),
        article_ids=st.none() | st.lists(st.sampled_from(["a3", "a9", "a10", "a29", "b"]), max_size=4).map(tuple),
    )
    @example(
        published_from=None, published_to="2025-03-01", as_of="2025-03-01T14:05:00Z", sources=None, article_ids=None
    )
    def test_bounds_are_exact(
        self,
        dated: tuple[SmallCollection, list[Article]],
        published_from: str | None,
        published_to: str | None,
        as_of: str | None,
        sources: tuple[str, ...] | None,
        article_ids: tuple[str, ...] | None,
    ) -> None:
        collection, articles = dated

        def is_allowed(article: Article) -> bool:
            at = article.published_at and _first_moment(article.published_at)
            ends = [_last_moment(end) for end in (published_to, as_of) if end]
            return (
                (sources is None or article.source in sources)
                and (article_ids is None or article.id in article_ids)
                and (published_from is None or bool(at and at >= _first_moment(published_from)))
                and all(at and at <= end for end in ends)
            )

        found = collection.find(
            "Which ferry?",
            as_of=as_of,
            published_from=published_from,
            published_to=published_to,
            sources=sources,
            article_ids=article_ids,
        )
        assert {p.article.id for p in found.passages} == {a.id for a in articles if is_allowed(a)}

    def test_bounds_hold_where_more_is_allowed_than_is_compared_exactly(
        self, small: SmallCollection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.dense._EXACT_SCAN_LIMIT", 20)
        small.store(*(invented_article(n) for n in range(200)), make_article(text="The mayor opposed it."))
        passages = small.find("Which mayor opposed a tram line?", 50, published_from="2025-09-01").passages
        assert len(passages) == 50
        assert all((p.article.published_at or "") >= "2025-09-01" for p in passages)


def _first_moment(time: str) -> datetime:
    moment = datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _last_moment(time: str) -> datetime:
    return _first_moment(time) if "T" in time else _first_moment(time) + timedelta(days=1, microseconds=-1)


class TestPassages:
    @settings(max_examples=100, deadline=None)
    @given(any_text, any_text, any_text)
    def test_text_is_the_span_of_the_article(
        self, shelf: SmallCollection, before: str, between: str, after: str
    ) -> None:
        article = make_article(id="b", text=f"{before} ferry {between} \U0001f6a2 ferry\n\n{after} ferry")
        shelf.store(article)
        passages = shelf.find("ferry", article_ids=("b",)).passages
        assert passages
        for passage in passages:
            assert passage.text == passage.span.of(article.text) != ""
            assert all(passage.span.start <= s.start < s.end <= passage.span.end for s in passage.sentences)

    def test_are_ranked_from_one_the_most_relevant_first(self, small: SmallCollection) -> None:
        small.store(*(invented_article(n) for n in range(20)))
        passages = small.find("Who repainted the old lighthouse?", 15).passages
        assert [p.rank for p in passages] == list(range(1, 16))
        assert [p.relevance for p in passages] == sorted((p.relevance for p in passages), reverse=True)
        assert all(-1 <= p.similarity <= 1.001 and p.relevance <= 1.001 for p in passages)

    def test_one_article_does_not_crowd_out_the_others(self, small: SmallCollection) -> None:
        crowd = "\n\n".join(
            f"The ferry to Garrow sank, says ferry report {n} on Garrow. {invented_text(n)}" for n in range(20)
        )
        small.store(make_article(id="crowd", text=crowd))
        small.store(*(make_article(id=f"alone-{n}", text=f"A ferry left. {invented_text(n)}") for n in range(6)))
        counts = Counter(p.article.id for p in small.find("When did the ferry to Garrow sink?", 10).passages)
        assert counts["crowd"] == 4

    def test_every_article_comes_once_before_any_comes_again_in_the_second_half(self, small: SmallCollection) -> None:
        crowd = "\n\n".join(
            f"The lighthouse lamp failed again, report {number} of the keeper says." for number in range(60)
        )
        small.store(make_article(id="crowd", text=crowd))
        small.store(*(make_article(id=f"other-{n}", text=f"A lighthouse on island {n}. " * 3) for n in range(6)))
        ids = [passage.article.id for passage in small.find("Which lighthouse lamp failed?", limit=6).passages]
        assert ids[:3] == ["crowd"] * 3
        assert len(set(ids[3:])) == 3
        assert "crowd" not in ids[3:]

    def test_the_beginning_of_an_article_comes_before_the_same_words_further_down(self, small: SmallCollection) -> None:
        said = "The harbour bell rang at noon for the lost boats."
        rest = "\n\n".join(f"Nothing at all happened on day {number} of the long quiet winter." for number in range(90))
        small.store(
            make_article(id="late", text=f"{rest}\n\n{said}"), make_article(id="early", text=f"{said}\n\n{rest}")
        )
        first, second = small.find(said, limit=2).passages
        assert (first.article.id, first.span.start) == ("early", 0)
        assert first.relevance > second.relevance

    def test_one_article_may_fill_what_no_other_claims(self, small: SmallCollection) -> None:
        small.store(invented_article(1, sentences=200))
        assert len(small.find("Who repainted the old lighthouse?", 10).passages) == 10

    def test_an_empty_collection_has_none(self, small: SmallCollection) -> None:
        found = small.find("Who repainted the old lighthouse?")
        assert found.passages == ()
        assert found.embedding.shape == (FakeEmbedder.dimension,)

    @pytest.mark.parametrize("limit", [1, 3])
    def test_are_no_more_than_asked_for(self, small: SmallCollection, limit: int) -> None:
        small.store(*(invented_article(n) for n in range(5)))
        assert len(small.find("the mayor", limit).passages) == limit


class TestTime:
    """What a question says of its time decides between near equals, and keeps nothing from being found."""

    MONTHS = tuple(f"2026-{month:02}-10" for month in range(1, 12))

    @pytest.fixture
    def diary(self, small: SmallCollection) -> SmallCollection:
        small.store(
            *(make_article(id=day, text="A ferry left Garrow.", published_at=day) for day in self.MONTHS),
            make_article(id="undated", text="A ferry left Garrow."),
        )
        return small

    def first(self, collection: SmallCollection, text: str, **bounds: Any) -> str:
        return collection.find(text, **bounds).passages[0].article.id

    @pytest.mark.parametrize(
        ("text", "bounds", "first"),
        [
            ("Which ferry left in March?", {}, "2026-03-10"),
            ("Which ferry left on 9 May 2026?", {}, "2026-05-10"),
            ("Which ferry left this month?", {}, "2026-11-10"),
            ("Which ferry left last month?", {}, "2026-10-10"),
            ("Which ferry left last month?", {"as_of": "2026-08-01"}, "2026-07-10"),
            ("Which ferry left last month?", {"as_of": "2026-08-01T10:00:00Z"}, "2026-07-10"),
            ("Which was the latest ferry to leave?", {}, "2026-11-10"),
            ("Which was the latest ferry to leave?", {"as_of": "2026-08-01"}, "2026-07-10"),
        ],
    )
    def test_what_appeared_then_comes_first(
        self, diary: SmallCollection, text: str, bounds: dict[str, Any], first: str
    ) -> None:
        assert self.first(diary, text, **bounds) == first

    @pytest.mark.parametrize("text", ["Which ferry left in March?", "Which was the latest ferry?"])
    def test_everything_else_is_still_found(self, diary: SmallCollection, text: str) -> None:
        assert {p.article.id for p in diary.find(text).passages} == {*self.MONTHS, "undated"}

    @pytest.mark.parametrize("text", ["Which ferry left in 1945?", "Which ferry left in March 2019?"])
    def test_a_time_without_articles_changes_nothing(self, diary: SmallCollection, text: str) -> None:
        assert len({p.relevance for p in diary.find(text).passages}) == 1

    @pytest.mark.parametrize("text", ["Which ferry left in March?", "The latest ferry?"])
    def test_articles_without_dates_are_ranked_as_ever(
        self, small: SmallCollection, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small.store(*(make_article(id=f"a{n}", text=f"A ferry left. {invented_text(n)}") for n in range(9)))
        heeding = small.find(text).passages
        monkeypatch.setattr("qa.retrieval._TIME_BONUS", 0.0)
        assert heeding == small.find(text).passages

    def test_the_better_article_wins_over_the_better_date(self, small: SmallCollection) -> None:
        """The date may be that of the event, of which an article years later tells best."""
        small.store(
            make_article(id="told", text="The Silver Tern sank off Garrow in March 2026.", published_at="2026-10-01"),
            make_article(id="then", text="Bakers were paid for bread.", published_at="2026-03-15"),
        )
        assert self.first(small, "Where did the Silver Tern sink in March 2026?") == "told"


def test_an_article_stored_anew_meanwhile_is_found_whole_in_its_old_or_its_new_version(small: SmallCollection) -> None:
    """Every version's sentences carry its own word, so that a mixture would show."""
    texts = {
        word: "\n\n".join(f"The {word} ferry left. {invented_text(n)}" for n in range(8)) for word in ("red", "blue")
    }
    versions = [make_article(id="ferry", title="Ferry", text=text) for text in texts.values()]
    small.store(versions[0], *(invented_article(n) for n in range(5)))
    asked, stop, problems = list[int](), threading.Event(), list[str]()

    def ask() -> None:
        while not stop.is_set():
            passages = [p for p in small.find("When did the ferry leave?", 10).passages if p.article.id == "ferry"]
            colours = {word for word, text in texts.items() for p in passages if p.span.of(text) == p.text}
            if len(colours) != 1 or len({p.article.version for p in passages}) != 1:
                problems.append(f"{colours} in {[(p.article.version, p.rank) for p in passages]}")
            asked.append(len(passages))

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for stored, article in enumerate(cycle(reversed(versions)), start=1):
        small.store(article)
        if stored >= 12 and len(asked) >= 30:
            break
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []


@pytest.mark.parametrize("times", [1, 100])
def test_what_is_replaced_just_while_it_is_looked_for_is_found_all_the_same(
    small: SmallCollection, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """The vector index has dropped the version that the catalogue still holds at the moment of the question."""
    small.store(make_article(id="quay", text="Zebras are seldom stolen."), *map(invented_article, range(5)))
    nearest, changes = small.dense.nearest, list(range(times))

    def busy(embedding: Vectors, limit: int, wanted: ArticleFilter) -> list[tuple[str, float]]:
        if changes:
            told = make_article(id="quay", text=f"Zebras are seldom stolen, {changes.pop()} say.")
            writer.submit(small.store, told).result()
        return nearest(embedding, limit, wanted)

    monkeypatch.setattr(small.dense, "nearest", busy)
    with ThreadPoolExecutor(1) as writer:
        found = small.find("stolen zebras")
    [passage] = [passage for passage in found.passages if passage.article.id == "quay"]
    stored = small.catalogue.article("quay", passage.article.version).article
    assert passage.span.of(stored.text) == passage.text
    assert found.passages[0] == passage
    assert found.index_generation == passage.article.version


class TestSearchWords:
    @pytest.mark.parametrize(
        ("question", "words"),
        [
            ("Which countries would send troops?", ("countries", "send", "troops")),
            ("Who is it?", ("who", "is", "it")),
            ("", ()),
            ("?!… — «»", ()),
            ("Türkiye’s troops; Sant’Elmo", ("türkiye", "troops", "sant", "elmo")),
            ("Didn't the Assembly's Speaker resign?", ("assembly", "speaker", "resign")),
            ("Has the US agreed?", ("us", "agreed")),
            ("Will they tell us?", ("will", "they", "tell", "us")),
            ("HAS THE US AGREED?", ("agreed",)),
            ("ferry FERRY Ferry", ("ferry",)),
            ("哪些国家会派遣军队？", ("哪些国家会派遣军队",)),
            ("B-52 or C_3?", ("b", "52", "c", "3")),
            ('"OR" NEAR(a b) *:^', ("near", "b")),
            ("Isn’t it what we’ll see?", ("see",)),
            ("Did the U.S. ask J.P. or the U.N. first?", ("us", "ask", "jp", "un", "first")),
        ],
    )
    def test_leaves_out_what_any_text_holds(self, question: str, words: tuple[str, ...]) -> None:
        assert search_words(question) == words

    def test_a_very_long_question_is_looked_for_by_its_first_words(self) -> None:
        words = search_words(" ".join(f"w{n}" for n in range(400)))
        assert words == tuple(f"w{n}" for n in range(64))

    @settings(max_examples=200, deadline=None)
    @given(any_text)
    def test_every_word_stands_in_the_question(self, text: str) -> None:
        words = search_words(text)
        assert len(set(words)) == len(words)
        assert all(word and word in text.replace(".", "").casefold() for word in words)
        assert bool(words) == any(character.isalnum() for character in text)

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=QUESTION_CHARS_LIMIT).filter(lambda text: any(map(str.isalnum, text))))
    @example("NEAR(ferry, 1) AND ferry* NOT :x ^ferry OR {a b}")
    @example("哪些国家会派遣军队？")
    @example("the of and")
    def test_whatever_is_asked_can_be_looked_for(self, shelf: SmallCollection, text: str) -> None:
        assert [p.article.id for p in shelf.find(text, article_ids=("a",)).passages] == ["a"]
        assert "a" in {p.article.id for p in shelf.find(text).passages}
