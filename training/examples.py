"""Labelled questions → training examples: one question, one window of text, and where in it the answer stands.

Only data whose licence lets a trained model be given away is read: SQuADShifts (CC BY 4.0), QAMR (MIT),
PolicyQA (MIT), COVID-QA (Apache-2.0) and a part of SQuAD 2.0 (CC BY-SA 4.0). The last four SQuAD articles by
title are kept apart to measure on.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.alterations import altered

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["COURSES", "Course", "Example", "Labelled", "examples", "held_out_squad", "read_labelled"]

QUESTION_TOKENS = 48
WINDOW_TOKENS = 168
_HELD_OUT_ARTICLES = 4
_EXCLUDED_SOURCES = ("subjqa",)
_NEGATIVES = 12


@dataclass(frozen=True, slots=True)
class Course:
    """What an epoch shows: each source so many times, and how often an answered question once more without an answer.

    It is then `altered`, or asked of a text that is a `look_alike`, or of what stands `beside` its answer.
    """

    shares: Mapping[str, float]
    altered: float
    look_alike: float
    beside: float


COURSES = {
    "broad": Course({"squad2": 2, "squadshifts": 1, "qamr": 1, "policyqa": 0.4, "covidqa": 1}, 0.0, 0.25, 0.15),
    # After the broad one: the sources whose texts hold most that could be mistaken for an answer.
    "adversarial": Course(
        {
            "squad2": 2,
            "squadshifts_new_wiki": 0.5,
            "squadshifts": 0.15,
            "qamr": 0.15,
            "policyqa": 0.03,
            "covidqa": 0.3,
        },
        altered=0.5,
        look_alike=0.12,
        beside=0.08,
    ),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question over a text, its accepted answers as (start, end) in code points; none when the text does not tell."""

    source: str
    question: str
    text: str
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What the reader is shown: `[CLS] question [SEP] text [SEP]` as token ids.

    `start` and `end` are the answer's first and last token in `ids`, or 0 and 0 when the text does not answer;
    `is_relevant` says whether the text is at least about what is asked.
    """

    ids: tuple[int, ...]
    text_begins: int
    start: int
    end: int
    is_relevant: bool


def read_labelled(reading: Path, squad: Path) -> list[Labelled]:
    """Return every question that may be trained on."""
    with gzip.open(reading, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"] not in _EXCLUDED_SOURCES]
    kept = [_tidied(Labelled(row["source"], row["question"], row["context"], _places(row["answers"]))) for row in rows]
    held_out = _held_out_titles(squad)
    return kept + [labelled for title, labelled in _squad(squad) if title not in held_out]


def held_out_squad(squad: Path) -> list[Labelled]:
    """Return the questions of the last four articles by title, which are never trained or tuned on."""
    held_out = _held_out_titles(squad)
    return [labelled for title, labelled in _squad(squad) if title in held_out]


def _squad(path: Path) -> Iterator[tuple[str, Labelled]]:
    for article in json.loads(path.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                places = tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in asked["answers"])
                yield article["title"], Labelled("squad2", asked["question"], paragraph["context"], places)


def _held_out_titles(path: Path) -> frozenset[str]:
    titles = sorted(article["title"] for article in json.loads(path.read_text(encoding="utf-8"))["data"])
    return frozenset(titles[-_HELD_OUT_ARTICLES:])


def _places(answers: Sequence[dict[str, object]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(a["start"]), int(a["start"]) + len(str(a["text"]))) for a in answers)  # type: ignore[call-overload]


def _tidied(labelled: Labelled) -> Labelled:
    """Write QAMR's tokenised sentences (`It 's late , he said .`) as people do, answers moved along."""
    if not labelled.source.startswith("qamr"):
        return labelled
    pieces: list[str] = []
    moved: dict[int, int] = {}
    length = previous = 0
    for gap in _TOKEN_GAPS.finditer(labelled.text):
        kept = labelled.text[previous : gap.start()]
        moved.update({previous + number: length + number for number in range(len(kept) + 1)})
        pieces.append(kept)
        length += len(kept)
        previous = gap.end()
    rest = labelled.text[previous:]
    moved.update({previous + number: length + number for number in range(len(rest) + 1)})
    places = tuple((moved[s], moved[e]) for s, e in labelled.answers if s in moved and e in moved)
    return Labelled(labelled.source, labelled.question, "".join([*pieces, rest]), places)


def examples(labelled: Sequence[Labelled], tokenizer: Tokenizer, *, course: Course, seed: int) -> Iterator[Example]:
    """Yield one epoch of examples in random order, with windows and negatives drawn anew for each seed.

    Many windows more do not answer: the question altered so that its text does not, another text that a word search
    finds for the question, or a part of the very text that does not hold the answer.
    """
    draw = random.Random(seed)
    texts = sorted({one.text for one in labelled})
    encoded = dict(zip(texts, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True))
    look_alikes = _look_alikes(labelled, texts)
    drawn = [index for index, one in enumerate(labelled) for _ in range(_times(one, course, draw))]
    draw.shuffle(drawn)
    for index in drawn:
        one = labelled[index]
        question = tokenizer.encode(one.question, add_special_tokens=False).ids[:QUESTION_TOKENS]
        others = [texts[number] for number in look_alikes[index]]
        if one.source.startswith("qamr") and draw.random() < 0.3:
            one = _among_others(one, [other for other in others if len(other) < 400][: draw.randint(1, 2)], draw)
            encoded[one.text] = tokenizer.encode(one.text, add_special_tokens=False)
        yield _window(one, question, encoded[one.text], draw)
        if not one.answers:
            continue
        if draw.random() < course.altered and (unanswered := _altered(one, others, draw)):
            asked = tokenizer.encode(unanswered.question, add_special_tokens=False).ids[:QUESTION_TOKENS]
            yield _window(unanswered, asked, encoded[one.text], draw)
        chance = draw.random()
        if chance < course.look_alike and others:
            yield _negative(question, encoded[draw.choice(others)], draw)
        elif chance < course.look_alike + course.beside:
            beside = _beside(one, question, encoded[one.text], draw)
            if beside is not None:
                yield beside


def _times(one: Labelled, course: Course, draw: random.Random) -> int:
    """Return how often an epoch shows a question; of its sources' names, the course's first that fits counts."""
    share = next(share for source, share in course.shares.items() if one.source.startswith(source))
    return int(share) + (draw.random() < share % 1)


def _altered(one: Labelled, others: Sequence[str], draw: random.Random) -> Labelled | None:
    """Return the question as one that its text does not answer, or None where it cannot be altered."""
    question = altered(one.question, one.text, [one.text[s:e] for s, e in one.answers], others, draw)
    return None if question is None else Labelled(one.source, question, one.text, ())


def _look_alikes(labelled: Sequence[Labelled], texts: Sequence[str]) -> list[list[int]]:
    """Return for each question the texts most like it in words that neither are its own nor hold its answer."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", max_df=max(len(texts) // 10, 2))
    by_text = words.fit_transform(texts).T.tocsr()
    lowered = [text.casefold() for text in texts]
    found: list[list[int]] = []
    for start in range(0, len(labelled), 1_000):
        batch = labelled[start : start + 1_000]
        likeness = (words.transform([one.question for one in batch]) @ by_text).tocsr()
        for row, one in enumerate(batch):
            values = likeness.data[likeness.indptr[row] : likeness.indptr[row + 1]]
            columns = likeness.indices[likeness.indptr[row] : likeness.indptr[row + 1]]
            best = columns[values.argsort()[::-1][: _NEGATIVES * 2]].tolist()
            answers = [one.text[s:e].casefold() for s, e in one.answers]
            fair = [n for n in best if texts[n] != one.text and not any(a in lowered[n] for a in answers)]
            found.append(fair[:_NEGATIVES])
    return found


def _among_others(one: Labelled, others: Sequence[str], draw: random.Random) -> Labelled:
    """Put a lone sentence among others of its kind, as it would stand in an article."""
    before = [other for other in others if draw.random() < 0.5]
    after = [other for other in others if other not in before]
    shift = sum(len(other) + 1 for other in before)
    places = tuple((start + shift, end + shift) for start, end in one.answers)
    return Labelled(one.source, one.question, " ".join([*before, one.text, *after]), places)


def _answer_tokens(one: Labelled, text: Encoding, draw: random.Random) -> tuple[int, int] | None:
    if not one.answers:
        return None
    start, end = draw.choice(one.answers)
    inside = [n for n, (begin, stop) in enumerate(text.offsets) if begin < end and stop > start]
    return (inside[0], inside[-1]) if inside else None


def _window(one: Labelled, question: Sequence[int], text: Encoding, draw: random.Random) -> Example:
    """Cut the text to a window that holds the answer, beginning with a sentence where one begins nearby."""
    answer = _answer_tokens(one, text, draw)
    length = len(text.ids)
    if length <= WINDOW_TOKENS:
        return _example(question, text.ids, answer, is_relevant=True)
    first, last = answer or (draw.randrange(length),) * 2
    earliest, latest = max(0, last + 1 - WINDOW_TOKENS), min(first, max(0, length - WINDOW_TOKENS // 2))
    begin = draw.randint(min(earliest, latest), latest)
    begin = next((n for n in range(begin, latest + 1) if _begins_sentence(text, n)), begin)
    window = text.ids[begin : begin + WINDOW_TOKENS]
    inside = None if answer is None or last - begin >= len(window) else (first - begin, last - begin)
    return _example(question, window, inside, is_relevant=True)


def _begins_sentence(text: Encoding, number: int) -> bool:
    return number == 0 or text.tokens[number - 1] in {".", "!", "?"}


def _negative(question: Sequence[int], text: Encoding, draw: random.Random) -> Example:
    begin = draw.randint(0, max(0, len(text.ids) - WINDOW_TOKENS))
    return _example(question, text.ids[begin : begin + WINDOW_TOKENS], None, is_relevant=False)


def _beside(one: Labelled, question: Sequence[int], text: Encoding, draw: random.Random) -> Example | None:
    """Return a part of the answer's own text without any of its answers, or None when too little is left."""
    answers = [one.text[s:e].casefold() for s, e in one.answers]
    ends = [0, *(n + 1 for n, token in enumerate(text.tokens) if token in {".", "!", "?"}), len(text.ids)]
    first = min(n for n, (_, stop) in enumerate(text.offsets) if stop > min(s for s, _ in one.answers))
    last = max(n for n, (begin, _) in enumerate(text.offsets) if begin < max(e for _, e in one.answers))
    parts = [(0, max(end for end in ends if end <= first)), (min(end for end in ends if end > last), len(text.ids))]
    fair = []
    for begin, end in parts:
        end = min(end, begin + WINDOW_TOKENS)
        if end - begin >= 20:
            shown = one.text[text.offsets[begin][0] : text.offsets[end - 1][1]].casefold()
            if not any(answer in shown for answer in answers):
                fair.append((begin, end))
    if not fair:
        return None
    begin, end = draw.choice(fair)
    return _example(question, text.ids[begin:end], None, is_relevant=True)


def _example(
    question: Sequence[int], window: Sequence[int], answer: tuple[int, int] | None, *, is_relevant: bool
) -> Example:
    text_begins = len(question) + 2
    ids = (_CLS, *question, _SEP, *window, _SEP)
    start, end = (answer[0] + text_begins, answer[1] + text_begins) if answer else (0, 0)
    return Example(ids, text_begins, start, end, is_relevant)


_CLS, _SEP = 101, 102  # of BERT's uncased vocabulary, which MiniLM shares
_TOKEN_GAPS = re.compile(r" (?=[,.;:?!%)\]’']|n['’]t\b)|(?<=[(\[$£€]) ")
