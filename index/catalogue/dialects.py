"""What SQLite and PostgreSQL say differently, said once: text in its own order, large keys, long lists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["Key", "Text", "any_of", "any_of_named"]


class Text(sa.types.TypeDecorator[str]):
    """Text ordered by code point, as dates and moments need it, whatever the language of the database."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        is_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.Text(collation="C") if is_postgresql else sa.Text())

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        # PostgreSQL refuses NUL even in what is only looked for; no stored text has one.
        return value if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")


# Of 64 bits: SQLite has such keys under the name INTEGER only.
Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class _Listed(FunctionElement[str]):
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _listed_by_sqlite(element: _Listed, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Listed, "postgresql")
def _listed_by_postgresql(element: _Listed, compiler: Any, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSON))"


def any_of(column: sa.ColumnElement[str], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a column has one of the values, however many: a statement's variables are limited."""
    storable = [value for value in values if not _NOT_STORED.search(value)]
    listed = _Listed(sa.literal(json.dumps(storable), sa.Text)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def any_of_named(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Return the same condition for a statement that is made once: the values are given by name, as a JSON list."""
    listed = _Listed(sa.bindparam(name, type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


# No stored text has these, and PostgreSQL fails at them.
_NOT_STORED = re.compile(r"[\0\ud800-\udfff]")
