from __future__ import annotations

import gzip
import json
import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Collection
from index.errors import SourceError
from index.sources import (
    DOCUMENT_BYTES_LIMIT,
    JSON_BYTES_LIMIT,
    LINE_BYTES_LIMIT,
    RawDocument,
    Unreadable,
    count_documents,
    find_files,
    read_collection,
    read_file,
)

MIB = 2**20


def write(path: Path, content: str | bytes = "Some words.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def only_reason(path: Path) -> str:
    """Return why the file gives nothing but one Unreadable."""
    (unreadable,) = read_file(path)
    assert isinstance(unreadable, Unreadable)
    assert unreadable.origin == path.as_uri()
    return unreadable.reason


def contents(path: Path) -> list[object]:
    return [document.content for document in read_file(path) if isinstance(document, RawDocument)]


class TestFindFiles:
    def test_finds_every_kind_in_folders_sorted_and_passes_over_the_rest(self, tmp_path: Path) -> None:
        wanted = ["a.HTML", "b/c.txt", "b/d/e.jsonl.gz", "f.htm", "g.json", "h.md", "i.txt.gz"]
        for name in [*wanted, "j.pdf", "k.gz", ".hidden.txt", ".git/l.txt", "collection.toml", "txt"]:
            write(tmp_path / name)
        assert find_files([tmp_path]) == [tmp_path / name for name in wanted]

    def test_gives_each_file_once_however_it_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = write(tmp_path / "a" / "b.txt")
        (tmp_path / "a" / "link.txt").symlink_to(file)
        monkeypatch.chdir(tmp_path / "a")
        assert find_files([tmp_path, file, Path("b.txt"), Path("../a/b.txt"), Path()]) == [file]

    def test_a_link_to_a_file_of_any_name_counts_by_its_own(self, tmp_path: Path) -> None:
        write(tmp_path / "blobs" / "0a1b2c", "Some words.")
        link = tmp_path / "articles" / "a.txt"
        link.parent.mkdir()
        link.symlink_to("../blobs/0a1b2c")
        assert find_files([link.parent]) == [link]
        assert contents(link) == ["Some words."]

    def test_follows_links_to_folders_but_not_in_circles(self, tmp_path: Path) -> None:
        write(tmp_path / "elsewhere" / "a.txt")
        folder = tmp_path / "articles"
        folder.mkdir()
        (folder / "linked").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "back").symlink_to(folder)
        assert find_files([folder]) == [folder / "linked" / "a.txt"]

    def test_a_hidden_file_is_taken_when_named(self, tmp_path: Path) -> None:
        file = write(tmp_path / ".notes.txt")
        assert find_files([file]) == [file]

    def test_collection_toml_is_no_article_even_when_named(self, tmp_path: Path) -> None:
        assert find_files([write(tmp_path / "collection.toml")]) == []

    def test_a_named_file_of_another_kind_is_refused_with_what_is_allowed(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"report\.pdf.*\.txt, \.md, \.html"):
            find_files([write(tmp_path / "report.pdf")])

    def test_a_missing_path_is_refused_by_its_name(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"no file or folder .*missing\.txt"):
            find_files([tmp_path / "missing.txt"])

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
    def test_a_folder_that_cannot_be_listed_is_reported_when_read(self, tmp_path: Path) -> None:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o000)
        assert find_files([tmp_path]) == [locked]
        assert "cannot be listed" in only_reason(locked)


class TestReadFile:
    @pytest.mark.parametrize(
        ("name", "kind"),
        [("a.txt", "text"), ("a.md", "markdown"), ("a.html", "html"), ("a.htm", "html"), ("a.TXT.gz", "text")],
    )
    def test_a_file_gives_one_document(self, tmp_path: Path, name: str, kind: str) -> None:
        path = write(tmp_path / name, "Élan in Skarn.")
        os.utime(path, (0, 1_900_000_000))
        (document,) = read_file(path)
        assert isinstance(document, RawDocument)
        assert (document.origin, document.kind, document.content) == (path.as_uri(), kind, "Élan in Skarn.")
        assert document.modified_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)

    def test_the_origin_is_absolute_and_plain(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = write(tmp_path / "a b.txt")
        monkeypatch.chdir(tmp_path)
        (document,) = read_file(Path("elsewhere/../a b.txt"))
        assert document.origin == path.as_uri()

    @pytest.mark.parametrize("seconds", [-(2**40), 2**33, 2**38])
    def test_a_file_time_out_of_bounds_is_no_obstacle(self, tmp_path: Path, seconds: int) -> None:
        path = write(tmp_path / "a.txt")
        try:
            os.utime(path, (0, seconds))
        except OSError:
            pytest.skip("this file system keeps no such time")
        assert contents(path) == ["Some words."]

    @pytest.mark.parametrize("name", ["a.txt", "a.html", "a.json", "a.jsonl", "a.md.gz", "a.jsonl.gz"])
    @pytest.mark.parametrize("content", ["", " \n\n\t\n"])
    def test_an_empty_file(self, tmp_path: Path, name: str, content: str) -> None:
        assert "empty" in only_reason(write(tmp_path / name, content))

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "not there" in only_reason(tmp_path / "a.txt")

    def test_a_link_to_itself(self, tmp_path: Path) -> None:
        link = tmp_path / "a.txt"
        link.symlink_to(link)
        assert find_files([tmp_path]) == [link]
        assert "cannot be read" in only_reason(link)

    def test_a_path_no_system_allows(self) -> None:
        assert "cannot be read" in only_reason(Path("/a\0b.txt"))

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.txt")
        assert "not a regular file" in only_reason(tmp_path / "a.txt")

    def test_another_kind_of_file(self, tmp_path: Path) -> None:
        assert ".jsonl" in only_reason(write(tmp_path / "a.pdf"))

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
    def test_a_file_that_may_not_be_read(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.txt")
        path.chmod(0)
        assert "Permission denied" in only_reason(path)

    def test_binary_data(self, tmp_path: Path) -> None:
        assert "binary" in only_reason(write(tmp_path / "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))

    @pytest.mark.parametrize("name", ["a.txt.gz", "a.json.gz", "a.jsonl.gz"])
    def test_what_is_no_gzip(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"Just some words.")
        assert "gzip" in only_reason(tmp_path / name)

    @pytest.mark.parametrize("name", ["a.txt.gz", "a.json.gz"])
    def test_gzip_that_was_cut_off(self, tmp_path: Path, name: str) -> None:
        path = write(tmp_path / name, b'["Some words."]' * 100)
        path.write_bytes(path.read_bytes()[:-12])
        assert "cut off" in only_reason(path)

    def test_gzip_with_damage_inside(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.txt.gz", os.urandom(1000).hex())
        damaged = bytearray(path.read_bytes())
        damaged[300:310] = bytes(10)
        path.write_bytes(damaged)
        assert "gzip" in only_reason(path)

    @pytest.mark.parametrize(("name", "limit"), [("a.txt.gz", DOCUMENT_BYTES_LIMIT), ("a.json.gz", JSON_BYTES_LIMIT)])
    def test_a_gzip_bomb_is_not_unpacked_further_than_its_limit(self, tmp_path: Path, name: str, limit: int) -> None:
        member = gzip.compress(b" " * MIB)
        (tmp_path / name).write_bytes(member * (2 * limit // MIB))
        assert f"more than {limit // MIB} MiB" in only_reason(tmp_path / name)


class TestRecords:
    def test_each_line_of_jsonl_is_numbered_as_editors_do(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl.gz", '\ufeff{"text": "One."}\n\n{"text": "Drei: ß"}\r\n')
        first, third = read_file(path)
        assert isinstance(first, RawDocument)
        assert isinstance(third, RawDocument)
        assert (first.origin, first.content) == (f"{path.as_uri()}#1", {"text": "One."})
        assert (third.origin, third.content) == (f"{path.as_uri()}#3", {"text": "Drei: ß"})

    def test_a_bad_line_is_reported_and_the_others_go_on(self, tmp_path: Path) -> None:
        bad = [b"{", b"[1]", b'"\xff"', b"null", b"1" * 5000, b"[" * 100_000, b'{"text": 1e99999', b"\0", b"3", b"true"]
        path = write(tmp_path / "a.jsonl", b"\n".join([b'{"text": "First."}', *bad, b'{"text": "Last."}']))
        assert contents(path) == [{"text": "First."}, {"text": "Last."}]
        unreadable = [value for value in read_file(path) if isinstance(value, Unreadable)]
        assert [value.origin for value in unreadable] == [f"{path.as_uri()}#{number}" for number in range(2, 12)]
        assert all(value.reason.startswith(f"Line {number}: ") for number, value in enumerate(unreadable, 2))
        assert "a list, not an object" in unreadable[1].reason

    def test_a_line_over_the_limit_is_skipped(self, tmp_path: Path) -> None:
        long = b'{"text": "' + b"x" * (2 * LINE_BYTES_LIMIT) + b'"}'
        path = write(tmp_path / "a.jsonl.gz", b"\n".join([b'{"text": "First."}', long, b'{"text": "Last."}', long]))
        assert [getattr(value, "content", None) for value in read_file(path)] == [
            {"text": "First."}, None, {"text": "Last."}, None,
        ]  # fmt: skip

    def test_a_line_as_long_as_the_limit_is_read(self, tmp_path: Path) -> None:
        frame = b'{"text": ""}'
        line = frame[:-2] + b"x" * (LINE_BYTES_LIMIT - len(frame)) + frame[-2:]
        assert len(contents(write(tmp_path / "a.jsonl", line + b"\n" + line))) == 2

    def test_jsonl_is_read_up_to_where_it_was_cut_off(self, tmp_path: Path) -> None:
        path = write(
            tmp_path / "a.jsonl.gz", b"\n".join(b'{"text": "%s"}' % os.urandom(2000).hex().encode() for _ in range(50))
        )
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        *documents, last = read_file(path)
        assert len(documents) >= 20
        assert all(isinstance(document, RawDocument) for document in documents)
        assert isinstance(last, Unreadable)
        assert "cut off" in last.reason

    def test_utf16_jsonl_is_one_problem_and_not_one_for_each_line(self, tmp_path: Path) -> None:
        assert "UTF-16" in only_reason(
            write(tmp_path / "a.jsonl", '{"text": "One."}\n\n{"text": "Two."}'.encode("utf-16"))
        )

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
    @pytest.mark.parametrize("form", ["one", "list", "articles"])
    def test_json_holds_one_record_or_a_list(self, tmp_path: Path, encoding: str, form: str) -> None:
        record = {"text": "Grüße."}
        value: object = {"one": record, "list": [record, record], "articles": {"articles": [record, record]}}[form]
        path = write(tmp_path / "a.json", json.dumps(value, ensure_ascii=False).encode(encoding))
        documents = list(read_file(path))
        numbers = [1] if form == "one" else [1, 2]
        assert [document.origin for document in documents] == [f"{path.as_uri()}#{number}" for number in numbers]
        assert contents(path) == [record] * len(numbers)

    def test_a_record_that_is_no_object_is_reported_alone(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.json", '[{"text": "One."}, ["Two."], {"text": "Three."}]')
        assert contents(path) == [{"text": "One."}, {"text": "Three."}]
        (unreadable,) = [value for value in read_file(path) if isinstance(value, Unreadable)]
        assert unreadable == Unreadable(
            f"{path.as_uri()}#2", "Record 2: It is a list, not an object. Write each article as one JSON object."
        )

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ('{"text": ', "not valid JSON: .* at character 10"),
            ("[]", "empty list"),
            ('{"articles": []}', "empty list"),
            ('{"articles": "none"}', "'articles' is not a list"),
            ("[" * 100_000, "nesting too deep"),
            ("9" * 10_000, "number too long"),
        ],
    )
    def test_json_without_records(self, tmp_path: Path, content: str, reason: str) -> None:
        path = write(tmp_path / "a.json", content)
        (unreadable,) = read_file(path)
        assert isinstance(unreadable, Unreadable)
        assert re.search(reason, unreadable.reason)


class TestCountDocuments:
    @pytest.mark.parametrize(
        ("name", "content", "count"),
        [("a.txt", "One.", 1), ("a.jsonl", "{}\n{}\n{}\n", 3), ("a.jsonl.gz", "{}\n{}\n", 2), ("a.jsonl", "", 1)],
    )
    def test_tells_how_much_is_to_come(self, tmp_path: Path, name: str, content: str, count: int) -> None:
        assert count_documents(write(tmp_path / name, content)) == count

    @pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
    def test_counts_one_problem_where_nothing_can_be_read(self, tmp_path: Path, name: str) -> None:
        assert count_documents(tmp_path / name) == 1
        (tmp_path / name).write_bytes(b"no gzip")
        assert count_documents(tmp_path / name) == 1


class TestCollection:
    def test_reads_what_a_folder_says_of_itself(self, tmp_path: Path) -> None:
        write(tmp_path / "collection.toml", 'name = " The  Herald "\nquestions = ["Who rang the bell?", " "]\n')
        assert read_collection(tmp_path) == Collection("The Herald", None, ("Who rang the bell?",))

    def test_a_folder_need_not_say_anything(self, tmp_path: Path) -> None:
        assert read_collection(tmp_path) is None
        assert read_collection(write(tmp_path / "a.txt")) is None

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"name = ", "not valid TOML"),
            (b"name = 'a\xff'", "not valid TOML"),
            (b"a = " + b"[" * 100_000, "not valid TOML"),
            (b"name = 3", "wrong type"),
            (b"questions = 'Who?'", "wrong type"),
            (b"questions = ['Who?', 3]", "wrong type"),
            (b"question = ['Who?']", "unknown key 'question'"),
        ],
    )
    def test_what_is_malformed_is_refused(self, tmp_path: Path, content: bytes, reason: str) -> None:
        write(tmp_path / "collection.toml", content)
        with pytest.raises(SourceError, match=reason):
            read_collection(tmp_path)

    def test_what_cannot_be_read_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "collection.toml").mkdir()
        with pytest.raises(SourceError, match="cannot be read"):
            read_collection(tmp_path)


@settings(deadline=None)
@given(
    content=st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "articles", "id"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    name=st.sampled_from(["a.txt", "a.md", "a.html", "a.json", "a.jsonl"]),
    packing=st.sampled_from(["", "gz", "gz in name only"]),
)
def test_reading_never_raises_and_always_says_something(content: bytes, name: str, packing: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (f"{name}.gz" if packing else name)
        path.write_bytes(gzip.compress(content) if packing == "gz" else content)
        values = list(read_file(path))
        assert values
        assert count_documents(path) >= 1
        assert all(value.reason for value in values if isinstance(value, Unreadable))
