"""Tables are plain in a pipe and fit the terminal."""

from __future__ import annotations

import re

import pytest

from qa.printing import print_table

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
