"""Every operation by its name: what a command may have the service do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.operations.asking import ANSWER
from qa.operations.indexing import INDEX, INDEX_FILES
from qa.operations.library import LIST_ARTICLES, LIST_VERSIONS, REMOVE_ARTICLES, SHOW_ARTICLE
from qa.operations.operation import Operation
from qa.operations.reembedding import REEMBED
from qa.operations.sources import ADD_SOURCE, LIST_SOURCES, REFRESH_SOURCE, REMOVE_SOURCE
from qa.operations.upkeep import BACK_UP, REBUILD, STATE, VERIFY

__all__ = ["OPERATIONS"]

OPERATIONS: Mapping[str, Operation[Any, Any]] = {
    operation.name: operation
    for operation in (
        *(ANSWER, INDEX, INDEX_FILES, LIST_ARTICLES, SHOW_ARTICLE, LIST_VERSIONS, REMOVE_ARTICLES),
        *(REBUILD, STATE, VERIFY, BACK_UP, REEMBED),
        *(ADD_SOURCE, LIST_SOURCES, REMOVE_SOURCE, REFRESH_SOURCE),
    )
}
