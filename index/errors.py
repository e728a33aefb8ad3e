"""Every error Dateline raises on purpose.

DatelineError
├── InputError              what was given cannot be used; the message says what is allowed
│   ├── SourceError         a file, folder, record or page holds no readable article
│   │   └── FetchError      an address on the web gave nothing that can be used
│   │       ├── AddressRefused  it may not be fetched from at all
│   │       └── TryLater        it may give something another time
│   └── SettingsError       a setting has a value that is not allowed
├── ArticleNotFound         no such article, or no such version of it
│   └── VersionPruned       that version was there, and is no longer kept
├── JobNotFound             no such job, or one that ended long ago
├── QueueFull               too many jobs wait already
├── SourceNotFound          no such feed, sitemap or folder is looked at
├── DataFolderError         the data folder cannot be used (locked, read-only, newer format)
│   ├── DataFolderLocked    another process owns it
│   └── ModelMismatch       it was embedded by another model than the one now set
├── StorageFull             the disk is full; nothing of the batch in hand was stored
└── VectorIndexError        Chroma failed; the catalogue is unharmed and rebuilds it
"""

from __future__ import annotations

__all__ = [
    "AddressRefused",
    "ArticleNotFound",
    "DataFolderError",
    "DataFolderLocked",
    "DatelineError",
    "FetchError",
    "InputError",
    "JobNotFound",
    "ModelMismatch",
    "QueueFull",
    "SettingsError",
    "SourceError",
    "SourceNotFound",
    "StorageFull",
    "TryLater",
    "VectorIndexError",
    "VersionPruned",
]


class DatelineError(Exception):
    """Root of the tree; its message is written for the person who reads it."""


class InputError(DatelineError):
    """What was given cannot be used."""


class SourceError(InputError):
    """A file, folder, record or page holds no readable article."""


class FetchError(SourceError):
    """An address on the web gave nothing that can be used."""


class AddressRefused(FetchError):
    """An address may not be fetched from: no web address, or not on the public internet."""


class TryLater(FetchError):
    """An address gives nothing now: its host is busy, out of order or out of reach."""


class SettingsError(InputError):
    """A setting has a value that is not allowed."""


class ArticleNotFound(DatelineError):
    """The collection holds no such article, or no such version of it."""


class VersionPruned(ArticleNotFound):
    """That version of the article was replaced, and is no longer kept."""


class JobNotFound(DatelineError):
    """There is no such job, or no longer."""


class QueueFull(DatelineError):
    """Too many jobs wait already."""


class SourceNotFound(DatelineError):
    """No such feed, sitemap or folder is looked at."""


class DataFolderError(DatelineError):
    """The data folder cannot be used as it is."""


class DataFolderLocked(DataFolderError):
    """Another process owns the data folder; `url` is its address when it is a service."""

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url


class ModelMismatch(DataFolderError):
    """The data folder was embedded by another model than the one now set."""


class StorageFull(DatelineError):
    """The disk is full; nothing of the batch in hand was stored."""


class VectorIndexError(DatelineError):
    """Chroma failed; the catalogue is unharmed and can rebuild it."""
