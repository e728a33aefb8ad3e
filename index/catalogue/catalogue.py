"""The catalogue: the stores that indexing and answering need, over one database."""

from __future__ import annotations

from pathlib import Path

from index.catalogue.changes import Changes
from index.catalogue.database import Database
from index.catalogue.facts import Facts
from index.catalogue.finding import Finding
from index.catalogue.library import Library
from index.catalogue.origins import Origins
from index.catalogue.schema import prepare
from index.catalogue.sharing import Sharing
from index.catalogue.stories import Stories
from index.catalogue.storing import Storing
from index.catalogue.versions import Versions

__all__ = ["Catalogue"]


class Catalogue(Facts, Storing, Origins, Library, Versions, Finding, Stories, Changes, Sharing):
    """The SQL store; safe to share between threads, one writer at a time."""

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """Open the SQLite file, making it and its tables when new.

        Raises DataFolderError when it is unreadable or of another schema version.
        """
        return cls._prepared(Database.of_file(path))

    @classmethod
    def follow(cls, path: Path) -> Catalogue:
        """Open the SQLite file that another process owns, to read what it stores."""
        return cls(Database.of_file_read_only(path))

    @classmethod
    def connect(cls, url: str) -> Catalogue:
        """Open the PostgreSQL database at a URL, making the tables when they are not there.

        Raises SettingsError when it is no such URL, and DataFolderError when the database cannot be used.
        """
        return cls._prepared(Database.at(url))

    @classmethod
    def _prepared(cls, database: Database) -> Catalogue:
        try:
            prepare(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the file."""
        self.release_claim()
        self.database.close()
