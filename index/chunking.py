"""Text → sentences → chunks of whole sentences, with exact offsets and nothing lost."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from index.articles import Article, Chunk, Span

__all__ = ["Chunker", "Tokenizer", "split_sentences"]

# An unknown word is one token however long it is, but a chunk is to stay readable.
_CHARACTERS_PER_TOKEN = 16
_STRAIGHT_QUOTES = str.maketrans("“”„‟«»‘’‚", '""""""\'\'\'')
_LONE_ABBREVIATION = re.compile(r"[A-Z][a-z]{0,3}\.")
_GAPS = ("", " ", "\n")
_ENDLESS_WORD = re.compile(r"\S{200,}")


class Tokenizer(Protocol):
    """Counts text as an embedding model sees it."""

    def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return each word piece's (start, end) in code points, without special tokens."""


class Chunker:
    """Packs consecutive sentences into chunks of at most `max_tokens` word pieces, title included.

    Neighbouring chunks share `overlap` sentences where there is room, so that an answer whose
    reason stands one sentence earlier is still found. `max_tokens` is the model's window less its
    special tokens.
    """

    def __init__(self, tokenizer: Tokenizer, max_tokens: int, target_tokens: int = 160, overlap: int = 1) -> None:
        self._tokenizer = tokenizer
        self._title_limit = max_tokens // 4
        self._max_tokens = max_tokens
        self._target_tokens = target_tokens
        self._overlap = overlap

    def chunk(self, article: Article) -> tuple[Chunk, ...]:
        """Return the chunks of an article in order; together they cover all of its text but spaces."""
        room = self._max_tokens - self._count(self._heading(article))
        sentences = split_sentences(article.text)
        sizes = self._sizes(article.text, sentences)
        pieces = [
            piece
            for sentence, size in zip(sentences, sizes, strict=True)
            for piece in self._fitting(article.text, sentence, size, room)
        ]
        groups = _grouped(pieces, min(self._target_tokens, room), self._overlap)
        return tuple(
            Chunk(ordinal, Span(spans[0].start, spans[-1].end), tuple(spans)) for ordinal, spans in enumerate(groups)
        )

    def embedded_texts(self, article: Article, chunks: Iterable[Chunk]) -> list[str]:
        """Return what is embedded for chunks: the title, so that each knows its story, and the chunk's text."""
        heading = self._heading(article)
        return [f"{heading}\n{chunk.span.of(article.text)}".lstrip() for chunk in chunks]

    def _heading(self, article: Article) -> str:
        """Return the title, cut to a quarter of the window, unless it only repeats the text's first words."""
        if article.has_derived_title:
            return ""
        spans = self._tokenizer.token_spans(article.title)
        if len(spans) <= self._title_limit:
            return article.title
        return article.title[: spans[self._title_limit - 1][1]]

    def _count(self, text: str) -> int:
        return len(self._tokenizer.token_spans(text))

    def _sizes(self, text: str, sentences: Sequence[Span]) -> list[int]:
        """Count the tokens of all sentences in one go, or of one that touches another alone: a cut word has others."""
        starts = [start for start, _ in self._tokenizer.token_spans(text)]
        return [
            bisect_left(starts, sentence.end) - bisect_left(starts, sentence.start)
            if _stands_apart(text, sentence)
            else self._count(sentence.of(text))
            for sentence in sentences
        ]

    def _fitting(self, text: str, piece: Span, size: int, room: int) -> Iterator[tuple[Span, int]]:
        """Yield the piece with its size in tokens, or the pieces it must be cut into to fit the window."""
        size = max(size, _least_size(piece))
        if size <= room:
            yield piece, size
            return
        cut = _middle_break(text, piece)
        for half in (_stripped(text, Span(piece.start, cut)), _stripped(text, Span(cut, piece.end))):
            half_size = self._count(half.of(text)) if _least_size(half) <= room else 0
            yield from self._fitting(text, half, half_size, room)


def split_sentences(text: str) -> list[Span]:
    """Return the spans of the sentences of a normalised text, in order, without surrounding space.

    Every line ends a sentence; within a line the Punkt model of nupunkt decides (Kiss & Strunk 2006),
    which knows "U.S.", initials and quotes.
    """
    sentences: list[Span] = []
    for line in re.finditer(r"[^\n]+", text):
        offset = line.start()
        for start, end in _joined(line.group(), _punkt(_simplified(line.group()))):
            span = _stripped(text, Span(offset + start, offset + end))
            if span.start < span.end:
                sentences.append(span)
    return sentences


def _stands_apart(text: str, piece: Span) -> bool:
    return text[max(0, piece.start - 1) : piece.start] in _GAPS and text[piece.end : piece.end + 1] in _GAPS


def _least_size(piece: Span) -> int:
    return (piece.end - piece.start) // _CHARACTERS_PER_TOKEN


def _simplified(line: str) -> str:
    """Return a line of the same length for the splitter alone.

    It was trained on straight quotes, and its time grows with the square of a word's length.
    """
    return _ENDLESS_WORD.sub(lambda word: "x" * (len(word[0]) - 1) + word[0][-1], line.translate(_STRAIGHT_QUOTES))


def _punkt(line: str) -> list[tuple[int, int]]:
    spans = _splitter()(line)
    # The splitter may leave out what stands before its first or after its last sentence.
    starts = [0, *(start for start, _ in spans[1:])]
    return list(zip(starts, [*starts[1:], len(line)], strict=True))


@lru_cache(maxsize=1)
def _splitter():  # type: ignore[no-untyped-def]
    import nupunkt

    return nupunkt.sent_spans


def _joined(line: str, spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join what the splitter cut too eagerly: a rank from its name, bare punctuation, "U.R." from "planes"."""
    begin: int | None = None
    for number, (start, end) in enumerate(spans):
        begin = start if begin is None else begin
        piece, following = line[start:end].strip(), line[end : end + 2].strip()
        is_fragment = _LONE_ABBREVIATION.fullmatch(piece) or not any(c.isalnum() for c in piece)
        if number == len(spans) - 1 or not (is_fragment or following[:1].islower()):
            yield begin, end
            begin = None


def _grouped(pieces: list[tuple[Span, int]], limit: int, overlap: int) -> Iterator[list[Span]]:
    """Yield runs of pieces of about equal size, none over `limit` unless a single piece is."""
    start = 0
    while start < len(pieces):
        size, end = pieces[start][1], start + 1
        while end < len(pieces) and size + pieces[end][1] <= limit:
            size += pieces[end][1]
            end += 1
        yield [span for span, _ in pieces[start:end]]
        if end == len(pieces):
            return
        # Step back only as far as the new chunk still reaches a sentence it has not had.
        back, shared = end, 0
        while back > start + 1 and end - back < overlap and shared + pieces[back - 1][1] + pieces[end][1] <= limit:
            back -= 1
            shared += pieces[back][1]
        start = back


def _middle_break(text: str, span: Span) -> int:
    """Return the space nearest to the middle of the span, else the middle itself."""
    middle = (span.start + span.end) // 2
    before, after = text.rfind(" ", span.start + 1, middle), text.find(" ", middle, span.end - 1)
    spaces = [place for place in (before, after) if place != -1]
    return min(spaces, key=lambda place: abs(place - middle), default=middle)


def _stripped(text: str, span: Span) -> Span:
    piece = span.of(text)
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))
