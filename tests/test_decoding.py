from __future__ import annotations

import codecs
import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.decoding import decode
from index.errors import SourceError

FRENCH = "Le maire a déclaré lundi que le pont, fermé après la tempête, rouvrira à la fin de l’été."
RUSSIAN = "В среду совет объявил, что мост через реку будет закрыт до конца сентября для ремонта."
JAPANESE = "市は水曜日、橋を九月末まで閉鎖すると発表した。住民は迂回路を使うことになる。"


@pytest.mark.parametrize("text", ["Plain words.", FRENCH, RUSSIAN, JAPANESE, "🦭 on the bank"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_its_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf16_is_read_in_either_order() -> None:
    assert decode(codecs.BOM_UTF16_BE + FRENCH.encode("utf-16-be")) == FRENCH


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("The minister said “we can’t wait” – and paid £3 for his tea.", "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        ("市政府周三宣布，这座桥将关闭至九月底进行维修。居民需要绕行。", "gb18030"),
    ],
)
def test_older_encodings_are_told_by_their_letters(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ('<meta charset="windows-1250">', "cp1250"),
        ("<meta charset=iso-8859-9>", "cp1254"),
        ('<META http-equiv="Content-Type" content="text/html; charset=ISO-8859-2">', "iso8859-2"),
    ],
)
def test_a_page_is_read_as_it_declares(declaration: str, encoding: str) -> None:
    page = f"<html><head>{declaration}<title>ö</title></head><body>Öç</body></html>"
    assert decode(page.encode(encoding), is_html=True) == page


def test_a_page_that_declares_latin1_means_the_windows_one() -> None:
    page = '<meta charset="iso-8859-1">“Quoted” – for €5'
    assert decode(page.encode("cp1252"), is_html=True) == page


@pytest.mark.parametrize("name", ["no-such", "zlib", "undefined", "utf-16", "idna"])
def test_a_wrong_declaration_does_no_harm(name: str) -> None:
    page = f'<meta charset="{name}">' + FRENCH
    assert decode(page.encode("cp1252"), is_html=True) == page
    assert decode(page.encode(), is_html=True) == page


def test_a_stray_byte_does_not_garble_the_rest() -> None:
    content = (RUSSIAN * 3).encode() + b" \xff " + RUSSIAN.encode()
    assert decode(content) == f"{RUSSIAN * 3} \N{REPLACEMENT CHARACTER} {RUSSIAN}"


@pytest.mark.parametrize("content", [b"\x7fELF\x02\x01\x01\0\0", b"%PDF-1.7\n\0\x01", b"a\0b"])
def test_binary_data_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError, match="binary"):
        decode(content)


def test_noise_is_refused() -> None:
    noise = bytes(byte for byte in os.urandom(20_000) if byte)
    with pytest.raises(SourceError, match="UTF-8"):
        decode(noise)


@given(st.binary(), st.booleans())
def test_any_bytes_are_read_or_refused(content: bytes, is_html: bool) -> None:
    with suppress(SourceError):
        assert decode(content, is_html=is_html).count("\N{REPLACEMENT CHARACTER}") <= len(content)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_every_text_in_utf8_comes_back(text: str) -> None:
    assert decode(codecs.BOM_UTF8 + text.encode()) == text
