"""Finding files and reading them: paths → raw documents, with no look at their prose."""

from __future__ import annotations

import codecs
import gzip
import json
import os
import stat
import tomllib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, cast

from index.articles import Collection, normalise_line
from index.decoding import decode
from index.errors import SourceError

__all__ = [
    "ALLOWED_FILES",
    "COLLECTION_FILE",
    "DOCUMENT_BYTES_LIMIT",
    "JSON_BYTES_LIMIT",
    "LINE_BYTES_LIMIT",
    "Kind",
    "Locations",
    "RawDocument",
    "Unreadable",
    "count_documents",
    "find_files",
    "is_readable_kind",
    "read_collection",
    "read_file",
]

Kind = Literal["text", "markdown", "html", "record"]

DOCUMENT_BYTES_LIMIT = 64 * 2**20
JSON_BYTES_LIMIT = 256 * 2**20
LINE_BYTES_LIMIT = 16 * 2**20
COLLECTION_FILE = "collection.toml"
ALLOWED_FILES = "files ending in .txt, .md, .html, .htm, .json or .jsonl, each also with .gz after it"


@dataclass(frozen=True, slots=True)
class Locations:
    """Where articles are to be read: files and folders, pages, feeds and sitemaps, the last three by their address.

    `urls` may be addresses of feeds and sitemaps as well as of pages. Of what a feed or sitemap lists, only what it
    says is of the day `since` or later is read.
    """

    paths: tuple[Path, ...] = ()
    urls: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    since: str | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that is to be fetched from the web."""
        return (*self.urls, *self.feeds, *self.sitemaps)


@dataclass(frozen=True, slots=True)
class RawDocument:
    """What a file or page says, before anyone looks for the article in it.

    `origin` is the file's URI, for a record followed by `#` and its number (in .jsonl its line's), from 1.
    `content` is a record's JSON object, else the file's text. `modified_at` is the file's time, in UTC. Of a page
    from the web, `origin` is the address that was asked for and `url` where it was found; `published_at` is what a
    feed or sitemap says of it.
    """

    origin: str
    kind: Kind
    content: str | dict[str, object]
    modified_at: datetime
    url: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or record that gives no document, and why, in words for the person who named it."""

    origin: str
    reason: str


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the absolute paths of all files to read, sorted, each file once; folders are searched to the bottom.

    Hidden entries and other kinds of file are passed over in folders. A folder that cannot be listed is
    itself returned, so that reading it reports why. Raises SourceError on a path that leads nowhere and
    on a named file of another kind.
    """
    found: list[Path] = []
    for path in paths:
        try:
            found += _files_under(path) if path.is_dir() else _named_file(path)
        except OSError as error:
            raise SourceError(f"{str(path)!r} cannot be reached: {error.strerror}. Allow it to be read.") from error
    # A link keeps its own name: only that may tell what kind of file it is.
    by_target = {os.path.realpath(path): path for path in sorted(map(_absolute, found), reverse=True)}
    return sorted(by_target.values())


def is_readable_kind(path: Path) -> bool:
    """Say whether a file's name is one of those that hold articles."""
    return _suffix(path.name) in _KINDS


def count_documents(path: Path) -> int:
    """Return about how many documents `read_file` will yield, for showing progress: the lines of a .jsonl, else 1."""
    if _suffix(path.name) != ".jsonl":
        return 1
    try:
        with _opened(path) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b"")) or 1
    except (OSError, EOFError, zlib.error):
        return 1


def read_file(path: Path) -> Iterator[RawDocument | Unreadable]:
    """Yield the file's documents in order, and an Unreadable for whatever in it cannot be read; raises nothing."""
    origin = _absolute(path).as_uri()
    try:
        yield from _documents(path, origin)
    except SourceError as error:
        yield Unreadable(origin, str(error))
    except EOFError:
        yield Unreadable(origin, "The gzip data ends too early: the file was cut off. Copy or download it again.")
    except (gzip.BadGzipFile, zlib.error) as error:
        yield Unreadable(origin, f"The file is not sound gzip ({error}). Compress it again, or drop .gz from its name.")
    except FileNotFoundError:
        yield Unreadable(origin, "The file is not there, or no longer. Check the path.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Unreadable(origin, f"The file cannot be read: {reason}. Allow it to be read, or leave it out.")


def read_collection(folder: Path) -> Collection | None:
    """Return what the folder's collection.toml says, or None where there is none.

    Raises SourceError on a file that cannot be read, is not TOML, or has other keys or types
    than `name`, `description` (texts) and `questions` (a list of texts).
    """
    path = folder / COLLECTION_FILE
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Allow it to be read, or remove it.") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is not valid TOML: {error}. Correct it, or remove it.") from error
    name, description, questions = table.pop("name", ""), table.pop("description", ""), table.pop("questions", [])
    if table:
        raise SourceError(f"{path} has the unknown key {next(iter(table))!r}. {_COLLECTION_KEYS}")
    if not isinstance(questions, list) or not all(isinstance(text, str) for text in (name, description, *questions)):
        raise SourceError(f"{path} has a value of the wrong type. {_COLLECTION_KEYS}")
    return Collection(
        name=normalise_line(name) or None,
        description=normalise_line(description) or None,
        questions=tuple(filter(None, map(normalise_line, questions))),
    )


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))


def _suffix(name: str) -> str:
    return Path(name.lower().removesuffix(".gz")).suffix


def _files_under(folder: Path) -> list[Path]:
    found: list[Path] = []
    entered = {os.path.realpath(folder)}

    def keep_unlisted(error: OSError) -> None:
        found.append(Path(os.fsdecode(error.filename)))

    for name, folders, files in os.walk(folder, onerror=keep_unlisted, followlinks=True):
        parent = Path(name)
        targets = {os.path.realpath(parent / inner): inner for inner in sorted(folders) if not inner.startswith(".")}
        folders[:] = [inner for target, inner in targets.items() if target not in entered]
        entered.update(targets)
        found += [parent / file for file in files if not file.startswith(".") and _suffix(file) in _KINDS]
    return found


def _named_file(path: Path) -> list[Path]:
    if not path.exists() and not path.is_symlink():
        raise SourceError(f"There is no file or folder {str(path)!r}. Give folders, or {ALLOWED_FILES}.")
    if path.name == COLLECTION_FILE:
        return []
    if _suffix(path.name) not in _KINDS:
        raise SourceError(f"{str(path)!r} is not a kind of file that holds articles. Give folders, or {ALLOWED_FILES}.")
    return [path]


def _documents(path: Path, origin: str) -> Iterator[RawDocument | Unreadable]:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise SourceError("The folder cannot be listed. Allow it to be read, or leave it out.")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("It is not a regular file but a device, pipe or socket. Give its content as a file.")
    suffix = _suffix(path.name)
    kind = _KINDS.get(suffix)
    if kind is None:
        raise SourceError(f"It is not a kind of file that holds articles. Allowed are {ALLOWED_FILES}.")
    modified_at = datetime.fromtimestamp(min(max(status.st_mtime, 0), _LAST_SECOND), UTC)
    with _opened(path) as stream:
        if kind != "record":
            yield RawDocument(origin, kind, _text_of(stream, kind), modified_at)
            return
        for number, record in _records_of_lines(stream) if suffix == ".jsonl" else _records(stream):
            place = f"{origin}#{number}"
            if isinstance(record, SourceError):
                yield Unreadable(place, f"{'Line' if suffix == '.jsonl' else 'Record'} {number}: {record}")
            else:
                yield RawDocument(place, kind, record, modified_at)


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")


def _text_of(stream: BinaryIO, kind: Kind) -> str:
    text = decode(_whole(stream, DOCUMENT_BYTES_LIMIT), is_html=kind == "html")
    if not text.strip():
        raise SourceError(_EMPTY)
    return text


def _whole(stream: BinaryIO, limit: int) -> bytes:
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise SourceError(f"The file holds more than {limit >> 20} MiB, which is the most one may hold. Split it.")
    if not content.strip():
        raise SourceError(_EMPTY)
    return content


def _records(stream: BinaryIO) -> Iterable[tuple[int, dict[str, object] | SourceError]]:
    value = _parsed(_whole(stream, JSON_BYTES_LIMIT))
    if isinstance(value, dict) and "articles" in value:
        value = value["articles"]
        if not isinstance(value, list):
            raise SourceError("Its 'articles' is not a list. Write a list of JSON objects, one for each article.")
    if value == []:
        raise SourceError("It holds an empty list. Write one JSON object for each article.")
    return enumerate(map(_record, value if isinstance(value, list) else [value]), 1)


def _records_of_lines(stream: BinaryIO) -> Iterator[tuple[int, dict[str, object] | SourceError]]:
    is_empty = True
    for number, line in enumerate(_lines(stream), 1):
        if isinstance(line, SourceError):
            yield number, line
        elif number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError("It is UTF-16, which cannot be read line by line. Save it as UTF-8.")
        elif line.strip():
            try:
                yield number, _record(_parsed(line))
            except SourceError as error:
                yield number, error
        else:
            continue
        is_empty = False
    if is_empty:
        raise SourceError(_EMPTY)


def _lines(stream: BinaryIO) -> Iterator[bytes | SourceError]:
    while line := stream.readline(LINE_BYTES_LIMIT + 1):
        if len(line) <= LINE_BYTES_LIMIT or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):  # skipped piece by piece, never held whole
            line = stream.readline(LINE_BYTES_LIMIT)
        yield SourceError(f"It is longer than {LINE_BYTES_LIMIT >> 20} MiB, which is the most a line may hold.")


def _record(value: object) -> dict[str, object] | SourceError:
    if isinstance(value, dict):
        return value
    return SourceError(f"It is {_JSON_NAMES[type(value)]}, not an object. Write each article as one JSON object.")


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise SourceError(f"It is not valid JSON: {error.msg}, at character {error.pos + 1}.") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"It is not valid UTF-8 at byte {error.start + 1}. Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise SourceError("Its JSON has a number too long or a nesting too deep for an article.") from error


_KINDS: dict[str, Kind] = {
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "record",
    ".jsonl": "record",
}
_JSON_NAMES = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
_COLLECTION_KEYS = "Allowed are name and description, each a text in quotes, and questions, a list of such texts."
_EMPTY = "The file is empty. Give one with an article in it."
_LAST_SECOND = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
