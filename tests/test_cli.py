"""The `dateline` command as people run it: a process, with its output, its exit code and its signals."""

from __future__ import annotations

import csv
import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from index.errors import InputError
from qa.cli import cli
from qa.web.wording import reason_told
from tests.fakes import invented_text
from tests.shell import SECONDS, Shell

LIGHTHOUSE = """---
title: Skerry lighthouse sold
source: Harbour Post
date: 2026-01-12
---
The Skerry lighthouse near Şile was sold for one crown on Monday. Keeper Odd Fenwick turned the key himself.

Its lamp was lit for 141 years.
"""
BRIDGE = {
    "id": "bridge",
    "title": "Hask bridge to close",
    "source": "Harbour Post",
    "published_at": "2026-02-20",
    "text": "The Hask bridge will close to all traffic on April 7, the county said on Friday. Rust was found in it.",
}
ASKED = "When was the Skerry lighthouse sold?"
ANSWER = "Monday"
SENTENCE = "The Skerry lighthouse near Şile was sold for one crown on Monday."
OFF_TOPIC = "How do I reset a forgotten email password?"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, subprocess.CompletedProcess[str]]:
    """A collection in the folder `data`, indexed from the folder `articles`, and what indexing it said."""
    shell = Shell(tmp_path_factory.mktemp("shell"))
    articles = shell.folder / "articles"
    articles.mkdir()
    (articles / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    (articles / "bridge.json").write_text(json.dumps(BRIDGE), encoding="utf-8")
    (articles / "broken.json").write_text("{", encoding="utf-8")
    # What is given as a file is taken beside what is found in a folder.
    (shell.folder / "alone.txt").write_text("Eels in the canal\n\nYoung eels were counted in the Tarn canal.", "utf-8")
    return shell, shell.run("index", "articles", "alone.txt", expect=1)


@pytest.fixture(scope="module")
def service(indexed: tuple[Shell, Any]) -> Iterator[str]:
    """The URL of a service over a copy of the collection, which `dateline --data served` is to find by itself."""
    shutil.copytree(indexed[0].folder / "data", indexed[0].folder / "served")
    with indexed[0].serve("--data", "served") as (_, url):
        yield url


@pytest.fixture
def collection(indexed: tuple[Shell, Any]) -> Shell:
    return indexed[0]


class TestWithoutACollection:
    def test_help_lists_every_command(self, shell: Shell) -> None:
        said = shell.run("--help").stdout
        for name in ("serve", "index", "ask", "articles", "rebuild", "status", "eval", "eval-compare", "eval-chunks"):
            assert re.search(rf"^  {name} ", said, re.MULTILINE)
        assert shell.run("--version").stdout.startswith("dateline, version ")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ("ask ", "Missing argument"),
            ("ask ?", "The question has no words"),
            ("ask Who? --max-citations 99", "max_citations is 99"),
            ("ask Who? --as-of soon", "'soon' is not understood"),
            ("ask Who? --data=", "The setting --data cannot be ''"),
            ("frobnicate", "No such command 'frobnicate'"),
            ("serve --port many", "The setting --port cannot be 'many'"),
            ("serve --config gone.toml", "gone.toml is not there"),
            ("articles list --search ?!", "The search '?!' has no words"),
            ("articles list --limit 0", "'--limit'"),
            ("eval gone.jsonl", "gone.jsonl cannot be read"),
            ("eval-compare gone.json gone.json", "gone.json cannot be read as a run"),
            ("eval-compare a.json b.json --json gone/c.json", "gone/c.json cannot be written"),
            ("eval-chunks gone", "gone cannot be read"),
        ],
    )
    def test_wrong_usage_is_told_and_exits_with_2(self, shell: Shell, arguments: str, told: str) -> None:
        said = shell.run(*arguments.split(), expect=2)
        assert told in said.stderr
        assert said.stdout == ""
        assert list(shell.folder.iterdir()) == []

    def test_a_taken_port_is_told_before_anything_is_opened(self, shell: Shell) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as taken:
            port = str(taken.getsockname()[1])
            said = shell.run("serve", "--port", port, expect=1)
        assert f"cannot listen on 127.0.0.1 port {port}" in said.stderr
        assert "--port" in said.stderr
        assert list(shell.folder.iterdir()) == []

    def test_a_path_that_is_not_there_exits_with_2(self, shell: Shell) -> None:
        assert "no file or folder 'nowhere'" in shell.run("index", "nowhere", expect=2).stderr
        assert list(shell.folder.iterdir()) == []

    def test_a_data_folder_that_cannot_be_made_exits_with_1(self, shell: Shell) -> None:
        (shell.folder / "file").write_text("")
        said = shell.run("status", "--data", "file/data", expect=1)
        assert "cannot be used" in said.stderr
        assert "--data" in said.stderr


class TestIndex:
    def test_stores_what_can_be_read_and_tells_what_cannot(
        self, indexed: tuple[Shell, subprocess.CompletedProcess[str]]
    ) -> None:
        said = indexed[1]
        assert said.stdout == "3 added, 0 changed, 0 unchanged, 0 removed, 1 not indexed\n"
        assert re.fullmatch(r"dateline: \S+/broken\.json: It is not valid JSON: .+\n", said.stderr)

    def test_prunes_what_is_there_no_more(self, collection: Shell, tmp_path: Path) -> None:
        data, articles = tmp_path / "data", collection.folder / "articles"
        shutil.copytree(collection.folder / "data", data)
        (articles / "bridge.json").rename(tmp_path / "bridge.json")
        (articles / "new.txt").write_text("A bakery opened in Tarn on Sunday, with 38 kinds of bread.", "utf-8")
        try:
            said = collection.run("index", "articles", "--prune", "--data", str(data), expect=1)
        finally:
            (articles / "new.txt").unlink()
            (tmp_path / "bridge.json").rename(articles / "bridge.json")
        assert said.stdout == "1 added, 0 changed, 1 unchanged, 1 removed, 1 not indexed\n"
        listed = collection.run("articles", "list", "--data", str(data)).stdout
        assert "bridge" not in listed
        assert "bakery" in listed
        assert "eels" in listed.lower()

    def test_what_was_stored_before_ctrl_c_stays(self, shell: Shell) -> None:
        (shell.folder / "articles").mkdir()
        for number in range(60):
            (shell.folder / "articles" / f"{number:02}.txt").write_text(invented_text(number, 100), "utf-8")
        with shell.start("index", "articles") as process:
            while not (stored := _stored_articles(shell.folder / "data")):
                assert process.poll() is None, process.communicate()
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert out == ""
        assert re.fullmatch(r"\n?dateline: interrupted\. What was stored stays stored; .+\n", err)
        said = shell.run("status")
        assert said.stderr == ""
        assert "in step" in said.stdout
        count = int(re.search(r"^articles +(\d+)$", said.stdout, re.MULTILINE)[1])  # type: ignore[index]
        assert stored <= count < 60


def _stored_articles(data: Path) -> int:
    """Count what another process has committed so far."""
    try:
        with closing(sqlite3.connect(f"file:{data / 'catalogue.sqlite3'}?mode=ro", uri=True)) as catalogue:
            return int(catalogue.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


class TestCollection:
    def test_articles_are_listed_newest_first_with_tabs_in_a_pipe(self, collection: Shell) -> None:
        said = collection.run("articles", "list")
        assert said.stderr == ""
        rows = [line.split("\t") for line in said.stdout.splitlines()]
        assert rows[0] == ["2026-02-20", "Harbour Post", "bridge", "Hask bridge to close"]
        assert [row[3] for row in rows[1:]] == ["Skerry lighthouse sold", "Eels in the canal"]
        assert all(re.fullmatch(r"[0-9a-f]{20}", row[2]) for row in rows[1:])

    def test_listed_articles_can_be_searched_and_limited(self, collection: Shell) -> None:
        assert "lighthouse" in collection.run("articles", "list", "--search", "key fenwick").stdout
        assert collection.run("articles", "list", "--source", "Nobody").stdout == ""
        said = collection.run("articles", "list", "--limit", "1")
        assert len(said.stdout.splitlines()) == 1
        assert said.stderr == "1 of 3 articles; see more with --limit\n"

    def test_an_article_is_shown_as_it_is_stored(self, collection: Shell) -> None:
        said = collection.run("articles", "show", "bridge")
        assert BRIDGE["text"] in said.stdout
        assert "bridge, version 1 (current)" in said.stdout
        assert "no article 'nope'" in collection.run("articles", "show", "nope", expect=1).stderr
        assert "version 9" in collection.run("articles", "show", "bridge", "--version", "9", expect=1).stderr

    def test_the_versions_of_an_article_are_listed(self, collection: Shell) -> None:
        [row] = [line.split("\t") for line in collection.run("articles", "versions", "bridge").stdout.splitlines()]
        assert (row[0], row[2], row[3]) == ("1", "", "Hask bridge to close")

    def test_articles_are_removed(self, collection: Shell, tmp_path: Path) -> None:
        data = tmp_path / "data"
        shutil.copytree(collection.folder / "data", data)
        said = collection.run("articles", "remove", "bridge", "nope", "--data", str(data), expect=1)
        assert said.stdout == "1 removed\n"
        assert "no article 'nope'" in said.stderr
        assert "bridge" not in collection.run("articles", "list", "--data", str(data)).stdout

    def test_status_and_rebuild(self, collection: Shell) -> None:
        assert collection.run("rebuild").stdout == "3 chunks in the vector index\n"
        said = collection.run("status")
        assert said.stderr == ""
        told = dict(re.findall(r"^(.+?)  +(.+)$", said.stdout, re.MULTILINE))
        assert (told["articles"], told["chunks"]) == ("3", "3")
        # A command that looks at numbers alone does not open the vector index to see.
        assert told["vector index"] == "in step, or followed when it is next opened"
        assert told["data folder"] == str(collection.folder / "data")
        assert told["embedding model"].startswith("all-MiniLM-L6-v2")

    def test_settings_come_from_variables_and_a_file(self, collection: Shell, tmp_path: Path) -> None:
        elsewhere = Shell(tmp_path)
        data = str(collection.folder / "data")
        assert re.search(r"^articles +3$", elsewhere.run("status", DATELINE_DATA=data).stdout, re.MULTILINE)
        (tmp_path / "my.toml").write_text(f"data = {json.dumps(data)}", encoding="utf-8")
        assert re.search(r"^articles +3$", elsewhere.run("status", "--config", "my.toml").stdout, re.MULTILINE)

    def test_a_pipe_that_closes_early_is_no_failure(self, collection: Shell) -> None:
        with collection.start("articles", "list") as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == ""
            assert process.wait(timeout=SECONDS) == 1


class TestService:
    def test_a_question_is_answered_through_it(self, collection: Shell, service: str) -> None:
        said = collection.run("ask", ASKED, "--data", "served")
        assert said.stderr == ""
        lines = said.stdout.splitlines()
        assert lines[0] == f"{ANSWER} [1]"
        assert "[1] Harbour Post · 2026-01-12 · Skerry lighthouse sold" in lines
        assert any(SENTENCE in line for line in lines if line.startswith("    "))

    def test_a_terminal_that_cannot_show_every_letter_is_no_failure(self, collection: Shell, service: str) -> None:
        said = collection.run("ask", ASKED, "--data", "served", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
        assert "lighthouse near ?ile was sold" in said.stdout

    def test_abstaining_is_no_failure(self, collection: Shell, service: str) -> None:
        said = collection.run("ask", OFF_TOPIC, "--data", "served")
        assert said.stderr == ""
        first, reason, *rest = said.stdout.splitlines()
        assert first == "The articles do not answer this."
        assert reason in (reason_told("off_topic"), reason_told("not_told"))
        assert rest[:2] == ["", "Nearest passages, which do not answer it:"]

    def test_the_dates_can_be_the_reason(self, collection: Shell, service: str) -> None:
        said = collection.run("ask", ASKED, "--as-of", "2025-12-31", "--data", "served")
        assert said.stdout == "The articles do not answer this.\nOutside the dates that were set, there is an answer.\n"

    def test_bounds_reach_it(self, collection: Shell, service: str) -> None:
        asked = (
            "ask",
            ASKED,
            "--json",
            "--data",
            "served",
            "--source",
            "Harbour Post",
            "--from",
            "2026-02-01",
            "--to",
            "2026-03-01",
        )
        body = json.loads(collection.run(*asked, "--as-of", "2026-02-20").stdout)
        assert {passage["article"]["id"] for passage in body["passages"]} == {"bridge"}

    def test_other_commands_go_through_it_and_print_the_same(self, collection: Shell, service: str) -> None:
        for arguments in ("articles list", "articles show bridge", "articles show nope", "rebuild", "index articles"):
            expect = 1 if arguments in ("articles show nope", "index articles") else 0
            there = collection.run(*arguments.split(), "--data", "served", expect=expect)
            here = collection.run(*arguments.split(), expect=expect)
            assert (there.stdout, there.stderr) == (here.stdout, here.stderr)
        assert f"{collection.folder}/served" in collection.run("status", "--data", "served").stdout
        (collection.folder / "later.txt").write_text("A kiosk opened in Tarn on Friday and sells only maps.", "utf-8")
        said = collection.run("index", "later.txt", "--data", "served")
        assert said.stdout == "1 added, 0 changed, 0 unchanged, 0 removed\n"
        id = collection.run("articles", "list", "--search", "kiosk", "--data", "served").stdout.split("\t")[2]
        assert httpx.get(f"{service}/api/articles/{id}").status_code == 200
        assert collection.run("articles", "remove", id, "--data", "served").stdout == "1 removed\n"
        assert httpx.get(f"{service}/api/articles/{id}").status_code == 404

    def test_a_second_service_is_told_who_owns_the_folder(self, collection: Shell, service: str) -> None:
        said = collection.run("serve", "--port", "0", "--data", "served", expect=1)
        assert said.stdout == ""
        assert re.search(rf"in use by process \d+ \(dateline serve\) at {service}.+--data", said.stderr)


def test_an_answer_in_json_is_the_api_s_and_a_service_ends_in_order(collection: Shell) -> None:
    with collection.serve() as (process, url):
        told = httpx.get(f"{url}/api/answer", params={"question": ASKED}).json()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, err) == (0, "", "")
    # Neither a word nor a rebuild: the folder was left in order. Now the command answers by itself.
    said = collection.run("ask", ASKED, "--json")
    assert said.stderr == ""
    body = json.loads(said.stdout)
    told.pop("timings_ms")
    assert set(body.pop("timings_ms")) == {"embed", "retrieve", "read", "total"}
    assert body == told
    assert body["statements"][0]["text"] == ANSWER


class TestInThisProcess:
    """What needs the model and no process of its own."""

    def test_an_empty_collection_says_how_to_fill_it(self, tmp_path: Path) -> None:
        said = CliRunner().invoke(cli, ["ask", "Which ferry sank?", "--data", str(tmp_path)])
        assert said.exit_code == 0
        assert said.stdout == "The articles do not answer this.\nNothing in them is about this.\n"
        assert "dateline index" in said.stderr

    def test_questions_are_measured_told_and_compared(self, collection: Shell, tmp_path: Path) -> None:
        known = {"id": "k", "question": ASKED, "answers": ["on Monday"], "evidence": [{"article_id": "lighthouse"}]}
        unknown = {"question": OFF_TOPIC, "answers": [], "evidence": [], "answerable": False}
        path, run, report = (tmp_path / name for name in ("questions.jsonl", "run.json", "report.html"))
        path.write_text(f"{json.dumps(known)}\n{json.dumps(unknown)}\n", encoding="utf-8")
        arguments = ["eval", str(path), "--data", str(collection.folder / "data")]
        said = CliRunner().invoke(cli, [*arguments, "--json", str(run), "--html", str(report)])
        assert (said.exit_code, said.stderr) == (0, "")
        assert re.search(r"^measure +all$", said.stdout, re.MULTILINE)
        assert re.search(r"^questions +2$", said.stdout, re.MULTILINE)
        assert re.search(r"^citations verbatim +1\.000 \(1\.000–1\.000\)$", said.stdout, re.MULTILINE)
        written = json.loads(run.read_text("utf-8"))
        assert written["measures"]["all"]["abstaining_recall"]["value"] == 1
        assert next((row["id"], row["status"]) for row in written["rows"]) == ("k", "answered")
        assert (written["about"]["articles"], written["about"]["answered_by"]) == (3, "extractive")
        assert "Evaluation of questions.jsonl" in report.read_text("utf-8")

        # At a threshold that nothing reaches, the one answer is lost.
        other = tmp_path / "other.json"
        printed = CliRunner().invoke(cli, [*arguments, "--answer-threshold", "1", "--json"])
        other.write_text(printed.stdout, encoding="utf-8")
        compared = CliRunner().invoke(cli, ["eval-compare", str(run), str(other)])
        assert (compared.exit_code, compared.stderr) == (0, "")
        assert re.search(
            r"^first citation contains answer +1\.000 +0\.000 +-1\.000 .+ 0 +1 +0$", compared.stdout, re.MULTILINE
        )
        assert "1 questions changed" in compared.stdout
        assert "  worse: first citation contains answer" in compared.stdout
        told = json.loads(CliRunner().invoke(cli, ["eval-compare", str(run), str(other), "--json"]).stdout)
        assert told["changed"][0]["second"] == "(abstained)"

        one = CliRunner().invoke(cli, [*arguments, "--limit", "1", "--json", "-"])
        assert len(json.loads(one.stdout)["rows"]) == 1
        undated = CliRunner().invoke(cli, [*arguments, "--as-of-asked"])
        assert isinstance(undated.exception, InputError)
        assert "'asked_at'" in str(undated.exception)

    def test_chunks_are_measured(self, tmp_path: Path) -> None:
        text = "Young eels were counted in the Tarn canal.\n\nThe Hask bridge will close to all traffic on April 7."
        reference = {"content": text[:42], "start_index": 0, "end_index": 42}
        (tmp_path / "news.md").write_text(text, encoding="utf-8")
        with (tmp_path / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
            lines = [["question", "references", "corpus_id"], ["What was counted?", json.dumps([reference]), "news"]]
            csv.writer(file).writerows(lines)
        arguments = ["eval-chunks", str(tmp_path), "--target-tokens", "10", "--overlap", "0", "--retrieved", "1"]
        said = CliRunner().invoke(cli, arguments)
        assert (said.exit_code, said.stderr) == (0, "")
        assert re.search(r"^chunks +2$", said.stdout, re.MULTILINE)
        assert re.search(r"^all +100\.0 \(100\.0–100\.0\) ±0\.0", said.stdout, re.MULTILINE)
        told = json.loads(CliRunner().invoke(cli, [*arguments[:2], "--json"]).stdout)
        assert (told["about"]["chunks"], told["measures"]["news"]["recall"]["value"]) == (1, 1)
