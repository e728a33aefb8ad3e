"""Of what a language model writes, only what its excerpts show becomes a statement."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.articles import Span
from qa.answers import ArticleReference, Citation, Statement
from qa.verifying import split_written, verified

EXCERPTS = {
    1: "Biologist Noor Vestergaard found 312 of them in January. She credits the new fish pass at Lock 4, which cost"
    " 86,000 crowns.",
    2: "Tamarre could send as many as 900 soldiers, Foreign Minister Leïla Touvrin told us, but only if the United"
    " Republics keeps fighter aircraft on call to protect them.",
    3: "Varnholt will not send troops. Lorvania will send 1.2 million litres of fuel on Feb. 27, said Ida Marlow.",
    5: "Brenmark will send 350 soldiers, its cabinet decided, reversing the refusal of the previous government.",
    6: "Twelve people died in the sinking of the Silver Tern, coastguard spokeswoman Hanne Birk said.",
    7: "The sinking killed 15 people, nine of whom lived on Garrow.",
    4: "President Ilse Karn and the baker Odd Fenwick signed the treaty, in which twelve villages share the canal.",
}
HEADINGS = {1: ("Eels return to the Tarn canal", "Tarn Valley News")}


def citations() -> dict[int, Citation]:
    return {
        number: Citation(
            number,
            ArticleReference(f"a{number}", 1, *HEADINGS.get(number, ("Who sends what", "The Post")), None, None),
            Span(0, len(quote)),
            quote,
            0.9,
        )
        for number, quote in EXCERPTS.items()
    }


def check(sentence: str) -> Statement | None:
    return verified(sentence, citations())


@pytest.mark.parametrize(
    "sentence",
    [
        "Noor Vestergaard found 312 of them in January [1].",
        "The new fish pass at Lock 4 cost 86,000 crowns. [1]",
        "Biologist Vestergaard found 312 eels in the Tarn canal [1].",
        "Tamarre could send up to 900 soldiers [2].",
        "Tamarre could send 900 soldiers only if the United Republics keeps aircraft on call [2].",
        "Varnholt will not send troops [3].",
        "Lorvania will send 1,200,000 litres of fuel on 27 February [3].",
        "Ida Marlow said Lorvania will send fuel; Varnholt will not send troops [3].",
        "12 villages share the canal [4].",
        "The treaty was signed by President Karn and the baker Fenwick [4].",
        "- **Odd Fenwick** signed the treaty [4]",
        "Tamarre wants the United Republics to keep fighter aircraft on call to protect its soldiers [2].",
        "Brenmark will send 350 soldiers, its cabinet decided [5].",
        "Brenmark will send 350 soldiers [5], Lorvania 1.2 million litres of fuel [3].",
        "Brenmark will send 350 soldiers [5], while Varnholt will not send troops [3].",
        "The articles differ: twelve people died according to the coastguard [6], another says 15 were killed [7].",
        "According to Tarn Valley News, Noor Vestergaard found 312 of them in January [1].",
    ],
)
def test_what_the_excerpts_show_is_said(sentence: str) -> None:
    assert check(sentence) is not None


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Noor Vestergaard found 312 of them in January.", "cites nothing"),
        ("Noor Vestergaard found 312 of them in January [9].", "cites what is not there"),
        ("Noor Vestergaard found 312 of them in January [0][-1][x].", "cites no number"),
        ("Noor Vestergaard found 312 of them in January [3].", "cites another"),
        ("Noor Vestergaard found 321 of them in January [1].", "number"),
        ("Noor Vestergaard found three hundred of them in January [1].", "number in words"),
        ("Noor Vestergaard found 312 of them in March [1].", "month"),
        ("Noor Vestergaard found 312 of them on Monday in January [1].", "day"),
        ("The new fish pass cost 86,000 million crowns [1].", "scale"),
        ("The new fish pass cost 86 crowns [1].", "other number"),
        ("Lorvania will send 1.2 million litres of fuel on 26 February [3].", "date"),
        ("Biologist Ida Vestergaard found 312 of them in January [1].", "first name"),
        ("Biologist Noor Marlow found 312 of them in January [1].", "last name"),
        ("Ilse Fenwick signed the treaty [4].", "two people in one"),
        ("Brenmark could send as many as 900 soldiers [2].", "name first in the sentence"),
        ("As many as 900 soldiers could be sent by Brenmark [2].", "name"),
        ("The US will send 350 soldiers [5].", "name that is a little word in capitals"),
        ("Varnholt will send troops [3].", "denial lost"),
        ("Varnholt will send 350 soldiers [3][5].", "two countries in one"),
        ("Brenmark refused to send 350 soldiers [5].", "denial made up"),
        ("Lorvania will not send 1.2 million litres of fuel [3].", "denial made up"),
        ("Noor Vestergaard never found 312 of them in January [1].", "denial made up"),
        ("Tamarre will send 900 soldiers [2].", "condition lost"),
        ("The treaty collapsed amid furious protests over fishing [4].", "other words"),
        ("Noor Vestergaard found 312 of them, see evil.example/now [1].", "link"),
        ("Noor Vestergaard found [312 of them](http://evil.example) in January [1].", "link"),
        ("<b>Noor Vestergaard</b> found 312 of them in January [1].", "markup"),
        ("Noor Vestergaard found 312 of them in January `rm -rf` [1].", "code"),
        ("[1]", "says nothing"),
        ("... [1]", "says nothing"),
        ("I cannot help with that request [1].", "refusal"),
        ("NO ANSWER", "none"),
        ("Noor Vestergaard found 312 of them in January, and " * 12 + "so on [1].", "endless"),
        # The first letter is a Greek one.
        ("Νoor Vestergaard found 312 of them in January [1].", "look-alike"),
    ],
)
def test_what_they_do_not_show_is_not(sentence: str, why: str) -> None:
    assert check(sentence) is None, why


@pytest.mark.parametrize(
    ("sentence", "text", "cited"),
    [
        ("The pass cost 86,000 crowns [1].", "The pass cost 86,000 crowns.", (1,)),
        ("The pass cost 86,000 crowns. [1]", "The pass cost 86,000 crowns.", (1,)),
        ("The pass cost 86,000 crowns.[1][9] ", "The pass cost 86,000 crowns.", (1,)),
        ("The pass [9] cost 86,000 crowns [1, 1].", "The pass cost 86,000 crowns.", (1,)),
        ("The pass cost 86,000 crowns【1】.", "The pass cost 86,000 crowns.", (1,)),
        ("The pass cost 86,000 crowns [1; 8].", "The pass cost 86,000 crowns.", (1,)),
        ("* The pass cost\u200b 86,000 crowns [1]", "The pass cost 86,000 crowns", (1,)),
        ("2. The pass cost 86,000 crowns [1]", "The pass cost 86,000 crowns", (1,)),
        (
            "Varnholt will not send troops [3], Odd Fenwick signed [4].",
            "Varnholt will not send troops, Odd Fenwick signed.",
            (3, 4),
        ),
    ],
)
def test_markers_are_taken_out_and_unknown_ones_forgotten(sentence: str, text: str, cited: tuple[int, ...]) -> None:
    assert check(sentence) == Statement(text, cited)


TEXTS = [
    "The U.S. will send 3.2 million crowns. [1] Dr. Fenwick agreed on Nov. 21 [2][3]. “Not now,” he said. [4]",
    "Varnholt will not send troops [3].\n- Lorvania will [1]\n- Tamarre may [2]\n\nThat is all.",
    "No markers at all. Nothing to cite! Is it? Yes.",
    "One sentence [1]",
    "Ends in a marker that is cut off. [1",
    "Twelve died.[1] The Silver Tern sank.[2]",
    "  \n ",
    "",
]


@given(st.sampled_from(TEXTS), st.data())
def test_sentences_are_the_same_however_the_text_arrives(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=30)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(split_written(pieces)) == list(split_written([text]))


@pytest.mark.parametrize(("text", "count"), list(zip(TEXTS, [3, 4, 4, 1, 1, 2, 0, 0], strict=True)))
def test_sentences_keep_the_markers_behind_them(text: str, count: int) -> None:
    sentences = list(split_written([text]))
    assert len(sentences) == count
    assert "".join(sentences).split() == text.split()
    assert not any(sentence.lstrip().startswith("[") for sentence in sentences)


def test_a_sentence_is_told_before_the_text_ends() -> None:
    arrived: list[str] = []

    def pieces() -> Iterator[str]:
        for piece in ["Twelve died. ", "[1] ", "The ferry ", "sank. [2]"]:
            arrived.append(piece)
            yield piece

    assert next(split_written(pieces())).strip() == "Twelve died. [1]"
    assert len(arrived) == 3


@given(st.text(max_size=200), st.sampled_from(["[1]", "[2]", "[3]", "[4]"]))
def test_whatever_is_written_is_checked_without_failing(text: str, marker: str) -> None:
    statement = check(f"{text} {marker}")
    assert statement is None or statement.citations
