"""Text → vectors: the Embedder protocol, the packaged model and any other of the sentence-transformers kind."""

from index.embedding.embedder import DEFAULT_MODEL, Embedder, Vectors
from index.embedding.opening import open_embedder

__all__ = ["DEFAULT_MODEL", "Embedder", "Vectors", "open_embedder"]
