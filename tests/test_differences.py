"""What changed between two versions is told word by word, and leaves out nothing of either."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.web.differences import ChangedPiece, differences, word_differences

lines = st.lists(st.sampled_from(["fog", "ferry", "late", "hurt.", "It,", "61"]), min_size=1).map(" ".join)
texts = st.lists(lines).map("\n\n".join)


def kept(text: str) -> tuple[ChangedPiece, ...]:
    return (ChangedPiece(text, "kept"),)


def test_an_edited_sentence_is_told_word_by_word() -> None:
    assert word_differences("The ferry left two hours late.", "The ferry left four hours late, at noon.") == (
        ChangedPiece("The ferry left", "kept"),
        ChangedPiece(" two", "removed"),
        ChangedPiece(" four", "added"),
        ChangedPiece(" hours", "kept"),
        ChangedPiece(" late.", "removed"),
        ChangedPiece(" late, at noon.", "added"),
    )


def test_each_paragraph_stands_beside_the_one_that_it_comes_from() -> None:
    old = "The ferry left.\n\nNobody was hurt in the fog.\n\nGone for good."
    new = "A headline.\n\nThe ferry left.\n\nNobody was hurt in the thick fog."
    assert differences(old, new) == (
        (ChangedPiece("A headline.", "added"),),
        kept("The ferry left."),
        (
            ChangedPiece("Nobody was hurt in the", "kept"),
            ChangedPiece(" thick", "added"),
            ChangedPiece(" fog.", "kept"),
        ),
        (ChangedPiece("Gone for good.", "removed"),),
    )


def test_the_same_text_has_no_differences() -> None:
    assert differences("One.\n\nTwo.", "One.\n\nTwo.") == (kept("One."), kept("Two."))


@settings(max_examples=100, deadline=None)
@given(texts, texts)
def test_both_texts_can_be_read_from_it(old: str, new: str) -> None:
    for text, absent in ((old, "added"), (new, "removed")):
        told = [[piece.text for piece in pieces if piece.change != absent] for pieces in differences(old, new)]
        assert "\n\n".join("".join(pieces) for pieces in told if pieces).split() == text.split()


@pytest.mark.parametrize("unit", ["fog ", "fog\n\n"])
def test_a_text_without_end_is_told_as_a_whole(unit: str) -> None:
    old, new = (unit * 4_000).strip(), ("fog " + unit * 4_001).strip()
    changes = {piece.change for pieces in differences(old, new) for piece in pieces}
    assert changes == {"removed", "added"}
