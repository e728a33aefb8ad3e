"""The operation that goes over to another embedding model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.embedding import open_embedder
from index.embedding.opening import Backend
from index.errors import InputError
from index.reembedding import Reembedded, Reembedder
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["REEMBED", "Reembed"]


@dataclass(frozen=True, slots=True)
class Reembed:
    """The model to go over to, as the settings name it; a folder by its absolute path."""

    embedding_model: str
    embedding_backend: Backend | None = None


def _reembed(dateline: Dateline, wanted: Reembed, watch: Watch) -> Reembedded:
    if dateline.is_service and dateline.settings.workers > 1:
        raise InputError(
            "The service's workers know only the model that they were started with. Stop the service, and run"
            " 'dateline reembed' without it, or beside one with a single worker."
        )
    embedder = open_embedder(wanted.embedding_model, wanted.embedding_backend)
    reembedder = Reembedder(dateline.catalogue, dateline.dense, embedder)
    return reembedder.reembed(watch.tell, watch.is_cancelled, lambda: dateline.go_over_to(embedder))


REEMBED = Operation("reembed", Reembed, Reembedded, _reembed, is_job=True)
