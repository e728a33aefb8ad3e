"""Full text: which chunks hold which words, and how telling that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

__all__ = ["Words"]


class Words(Protocol):
    """The words of every chunk, by the chunk's key: stemmed by Porter, without case and diacritics."""

    def make_tables(self, connection: sa.Connection) -> None:
        """Make what full text needs beside the catalogue's tables."""

    def add(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> None:
        """Let chunks be found, each given as (key, title, body)."""

    def remove(self, connection: sa.Connection, keys: Sequence[int]) -> None:
        """Let chunks be found no more."""

    def remake_tables(self, connection: sa.Connection) -> None:
        """Drop what `make_tables` makes, in whatever state it is, and make it anew, without any chunk."""

    def differing(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> list[int]:
        """Return the keys of those chunks, given as (key, title, body), that are not found by just these words."""

    def damage(self, connection: sa.Connection) -> str | None:
        """Return what is wrong with how the words are indexed, None when nothing is; needs to be able to write."""

    def count(self, connection: sa.Connection) -> int:
        """Return the number of chunks that can be found."""

    def holding(self, word: str) -> sa.Select[int]:
        """Return the selection of the keys of all chunks that hold a word that begins so."""

    def ranking(
        self, connection: sa.Connection, words: Sequence[str], limit: int, required: Sequence[sa.ColumnElement[bool]]
    ) -> list[tuple[str, float]]:
        """Return (chunk id, BM25) of the chunks that hold any of the words, the best first; BM25 is positive.

        What is required holds for the chunks' versions. Several words in one, "u s", are looked for side by side.
        """
