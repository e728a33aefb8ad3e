"""Bytes → text, in the encoding they are most surely written in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from index.errors import SourceError

__all__ = ["decode"]


def decode(content: bytes, *, is_html: bool = False, declared: str | None = None) -> str:
    """Return the text of a file or response; `is_html` has a page's own charset declaration heeded.

    `declared` is the charset that a server names: it comes before the page's own, which may be wrong.

    Raises SourceError on binary data, and where no encoding fits.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    for encoding, errors in _readings(content, is_html=is_html, declared=declared):
        try:
            return content.decode(encoding, errors)
        except (UnicodeError, LookupError):
            continue
    raise SourceError("Its characters are in no encoding that can be told. Save it as UTF-8.")


def _readings(content: bytes, *, is_html: bool, declared: str | None) -> Iterator[tuple[str, str]]:
    """Yield ways to decode the bytes, surest first: by mark, by validity, by declaration, by letters."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "utf-16", "strict"
        return
    if b"\0" in content:
        raise SourceError("It is binary data, not text. Give plain text, Markdown or HTML, best in UTF-8.")
    yield "utf-8", "strict"
    if declared:
        yield _WEB_NAMES.get(declared, declared), "strict"
    if is_html and (found := _CHARSET.search(content[:2048])):
        name = found[1].decode().lower()
        yield _WEB_NAMES.get(name, name), "strict"
    if _is_damaged_utf8(content):
        yield "utf-8", "replace"
    if guess := _guessed_encoding(content[:_GUESS_BYTES]):
        yield guess, "strict"


def _is_damaged_utf8(content: bytes) -> bool:
    # A stray byte or two in a long text: any other encoding would garble every sound character.
    text = content.decode("utf-8", "replace")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("\N{REPLACEMENT CHARACTER}") * 20 < beyond_ascii


def _guessed_encoding(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # only the rare file that is not UTF-8 needs it

    matches = from_bytes(sample)
    # Western letters fit a dozen code pages equally well; of those, cp1252 is by far the most written.
    if any("cp1252" in match.could_be_from_charset for match in matches):
        return "cp1252"
    best = matches.best()
    return best.encoding if best else None


_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# What browsers understand by these names (WHATWG Encoding Standard, 4.2; HTML Standard, 13.2.3.2).
_WEB_NAMES = {
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "utf-16": "utf-8",
}
_GUESS_BYTES = 2**16
