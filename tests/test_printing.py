"""What the terminal prints: the same in a pipe as on a screen, less the colours; tables fit the terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import msgspec
import pytest

from qa.answers import Reason
from qa.printing import print_answer, print_table
from qa.web.bodies import AnswerBody, CitationBody, CitedArticle, PassageBody, SpanBody, StatementBody

WIRE = CitedArticle("a", 1, "Ferry [lost]", "Wire", None, "2025-11-21T16:45:00Z")


def answered(statements: list[StatementBody], citations: list[CitationBody], **fields: Any) -> AnswerBody:
    basis = {"passages": [], "confidence": 0.9, "answered_by": "x", "index_generation": 1, "timings_ms": {}}
    status: Any = "answered" if statements else "not_found"
    told = {"id": "i", "question": "Who?", "status": status, "reason": None, "answer": "", **basis, **fields}
    return AnswerBody(statements=statements, citations=citations, **told)


LAMP = msgspec.structs.replace(WIRE, source="The [Lamp]")
DEATHS = answered(
    [
        StatementBody("Twelve people", [1, 2], None, "Hanne Birk"),
        StatementBody("at least [four]", [2], "earlier", None),
        StatementBody("Nine", [2], "differs", "[b]Jo[/b]"),
    ],
    [
        CitationBody(1, "In all, Twelve people died.\nThat was said.", 40, 83, 0.9, WIRE, [SpanBody(48, 61)], []),
        CitationBody(2, "It killed at least [four].", 0, 26, 0.9, WIRE, [SpanBody(10, 25)], [LAMP]),
    ],
)
PRINTED = """\
Twelve people [1][2] (said Hanne Birk)
at least [four] [2] (earlier)
Nine [2] (said [b]Jo[/b]; sources differ)

[1] Wire · 2025-11-21 · Ferry [lost]
    In all, Twelve people died.
    That was said.

[2] Wire · 2025-11-21 · Ferry [lost]
    It killed at least [four].
    also in: The [Lamp]
"""


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_in_a_pipe_every_mark_is_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    print_answer(DEATHS)
    assert capsys.readouterr().out == PRINTED


def test_a_terminal_shows_the_same_and_lifts_out_the_words_that_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_answer(DEATHS)
    shown = screen.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert [line.rstrip() for line in plain.splitlines()] == PRINTED.splitlines()
    quotes = shown[shown.index("In all") :]
    assert re.findall(r"\x1b\[1m(.*?)\x1b\[0m", quotes) == ["Twelve people", "at least [four]"]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("off_topic", "Nothing in them is about this."),
        ("not_told", "Some are about this, but none tells what was asked."),
        ("outside_dates", "Outside the dates that were set, there is an answer."),
    ],
)
def test_abstaining_tells_why_and_calls_no_excerpt_an_answer(
    reason: Reason, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    passage = PassageBody("It rained.", 0, 10, 0.3, 1, WIRE)
    print_answer(answered([], [], reason=reason, passages=[passage]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["The articles do not answer this.", said, "", "Nearest passages, which do not answer it:"]
    print_answer(answered([], [], reason=reason))
    assert capsys.readouterr().out == f"The articles do not answer this.\n{said}\n"


HEADER = ("measure", "all", "factoid", "unanswerable")
SECTIONS = [
    ("Retrieval", [("recall", "0.792\n0.688–0.896", "1.000\n1.000–1.000", "–")]),
    ("Text as [bold]text[/]", [("answer F1", "0.093", "", ":smile:")]),
]


def test_in_a_pipe_each_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(HEADER, SECTIONS)
    assert capsys.readouterr().out == (
        "measure                    all              factoid  unanswerable\n"
        "recall     0.792 (0.688–0.896)  1.000 (1.000–1.000)             –\n"
        "answer F1                0.093                            :smile:\n"
    )


@pytest.mark.parametrize(("width", "tables"), [(80, 1), (40, 2), (30, 3), (10, 3)])
def test_on_a_terminal_columns_without_room_stand_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, tables: int
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    print_table(HEADER, SECTIONS)
    said = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert all(len(line) <= width for line in said.splitlines())
    if width > 10:
        assert said.count("measure") == said.count("Retrieval") == tables
        assert said.count("unanswerable") == said.count("0.688–0.896") == said.count(":smile:") == 1
        assert "[bold]" in said
