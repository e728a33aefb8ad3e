"""Training examples show the answer where it stands, leave out what may not be used, and hold none in a negative."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from training.examples import (
    COURSES,
    QUESTION_TOKENS,
    WINDOW_TOKENS,
    Example,
    Labelled,
    examples,
    held_out_squad,
    read_labelled,
)

TOWNS = ("Port Ellery", "Garrow", "Kirrow", "Aldhaven", "Lethmar", "Grauben")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(Path(__file__).parent.parent / "qa" / "models" / "reader" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def long_text(town: str) -> str:
    filler = " ".join(f"The council of {town} met for the {n}th time and spoke of its bridges." for n in range(30))
    return f"{filler} The mayor of {town} is Mara Quill, a baker. {filler}"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The two files, of our own making, in the form of the real ones."""
    folder = tmp_path_factory.mktemp("labelled")

    def row(source: str, question: str, text: str, answer: str) -> dict[str, Any]:
        place = {"text": answer, "start": text.index(answer)}
        return {"source": source, "question": question, "context": text, "answers": [place], "answerable": True}

    rows = [row("squadshifts_new_wiki", f"Who is mayor of {town}?", long_text(town), "Mara Quill") for town in TOWNS]
    tokenised = "It 's late in Garrow , said Quill ( 54 ) , who could n't stay ."
    rows += [
        row("qamr_wikinews", "Who said that it is late?", tokenised, "Quill"),
        row("subjqa", "Good?", "Yes.", "Yes"),
    ]
    with gzip.open(folder / "reading.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    squad = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": f"{title} has two mills.",
                    "qas": [
                        {
                            "question": f"What has {title}?",
                            "answers": [{"text": "two mills", "answer_start": len(title) + 5}],
                        },
                        {"question": f"Who owns {title}?", "answers": []},
                    ],
                }
            ],
        }
        for title in TOWNS
    ]
    (folder / "squad.json").write_text(json.dumps({"data": squad}), encoding="utf-8")
    return folder / "reading.jsonl.gz", folder / "squad.json"


@pytest.fixture(scope="module")
def labelled(files: tuple[Path, Path]) -> list[Labelled]:
    return read_labelled(*files)


@pytest.fixture(scope="module")
def epoch(labelled: list[Labelled], tokenizer: Tokenizer) -> list[Example]:
    return [
        example for seed in range(8) for example in examples(labelled, tokenizer, course=COURSES["broad"], seed=seed)
    ]


def test_what_may_not_be_trained_on_is_left_out(labelled: list[Labelled], files: tuple[Path, Path]) -> None:
    apart = {one.text for one in held_out_squad(files[1])}
    assert apart == {f"{title} has two mills." for title in sorted(TOWNS)[-4:]}
    assert not apart & {one.text for one in labelled}
    assert {one.source for one in labelled} == {"squadshifts_new_wiki", "qamr_wikinews", "squad2"}


def test_tokenised_sentences_are_written_as_people_do(labelled: list[Labelled]) -> None:
    [one] = [one for one in labelled if one.source == "qamr_wikinews"]
    assert one.text == "It's late in Garrow, said Quill (54), who couldn't stay."
    [(start, end)] = one.answers
    assert one.text[start:end] == "Quill"


def test_the_answer_stands_where_it_is_said_to(epoch: list[Example], tokenizer: Tokenizer) -> None:
    shown = {tokenizer.decode(list(example.ids[example.start : example.end + 1])) for example in epoch if example.start}
    assert shown == {"mara quill", "quill", "two mills"}


def test_windows_fit_and_begin_after_the_question(epoch: list[Example]) -> None:
    for example in epoch:
        assert len(example.ids) <= QUESTION_TOKENS + WINDOW_TOKENS + 3
        assert example.ids[example.text_begins - 1] == example.ids[-1]
        assert example.start == example.end == 0 or example.text_begins <= example.start <= example.end
        assert example.is_relevant or example.start == 0


def test_negatives_hold_no_answer(epoch: list[Example], tokenizer: Tokenizer) -> None:
    negatives = [example for example in epoch if not example.start]
    assert any(example.is_relevant for example in negatives)
    assert any(not example.is_relevant for example in negatives)
    for example in negatives:
        question = tokenizer.decode(list(example.ids[1 : example.text_begins - 1]))
        text = tokenizer.decode(list(example.ids[example.text_begins :]))
        assert "mayor" not in question or "quill" not in text


def test_the_adversarial_course_asks_what_the_text_does_not_tell(
    labelled: list[Labelled], tokenizer: Tokenizer
) -> None:
    course = COURSES["adversarial"]
    shown = [example for seed in range(12) for example in examples(labelled, tokenizer, course=course, seed=seed)]
    questions = {
        (tokenizer.decode(list(example.ids[1 : example.text_begins - 1])), example.start > 0) for example in shown
    }
    asked = {one.question.lower() for one in labelled}
    assert {answered for question, answered in questions if question.replace(" ?", "?") not in asked} == {False}


def test_the_same_seed_gives_the_same_epoch(labelled: list[Labelled], tokenizer: Tokenizer) -> None:
    once, again, other = (list(examples(labelled, tokenizer, course=COURSES["broad"], seed=seed)) for seed in (1, 1, 2))
    assert once == again != other
