"""What processes that share a database agree on: who may use the vector index, and who writes to it now."""

from __future__ import annotations

import sqlalchemy as sa

from index.catalogue.database import Database, Store
from index.errors import DataFolderError

__all__ = ["Hold", "Sharing"]

_TAKE = "SELECT pg_try_advisory_lock{}(hashtextextended(current_schema() || :name, 0))"


class Hold:
    """Something that this process holds until it is released, or until the process ends, however it ends."""

    def __init__(self, connection: sa.Connection | None) -> None:
        self._connection = connection

    def release(self) -> None:
        """Let another process hold it; a second time changes nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Sharing(Store):
    """Takes holds among all processes that share a PostgreSQL database; a file has one owner, who has them all."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._claim = Hold(None)

    def claim_vectors(self, *, with_others: bool) -> None:
        """Claim the vector index until the catalogue is closed: with others where a server keeps it, else alone.

        Raises DataFolderError when another process has claimed it otherwise.
        """
        claim = self._taken("vectors", with_others=with_others)
        if claim is None:
            raise DataFolderError(
                f"Another process uses the catalogue {self.database.name}, and not all that do keep their vectors in"
                " one Chroma server. Give each process the same DATELINE_CHROMA_URL, or stop the other one."
            )
        self._claim = claim

    def take_following(self) -> Hold | None:
        """Hold the right to write to the vector index, or return None when another process does now."""
        return self._taken("following", with_others=False)

    def release_claim(self) -> None:
        """Give up the claim on the vector index."""
        self._claim.release()

    def _taken(self, name: str, *, with_others: bool) -> Hold | None:
        if not self.database.is_server:
            return Hold(None)
        connection = self.database.session()
        statement = sa.text(_TAKE.format("_shared" if with_others else ""))
        if connection.execute(statement, {"name": f" {name}"}).scalar_one():
            return Hold(connection)
        connection.close()
        return None
