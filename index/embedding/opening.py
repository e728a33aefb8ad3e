"""Settings → the embedder that they name."""

from __future__ import annotations

from typing import Literal

from index.embedding.embedder import DEFAULT_MODEL, Embedder
from index.embedding.packaged import PackagedEmbedder
from index.embedding.reference import SentenceTransformerEmbedder
from index.errors import SettingsError

__all__ = ["Backend", "open_embedder"]

Backend = Literal["onnx", "torch"]


def open_embedder(model: str = DEFAULT_MODEL, backend: Backend | None = None) -> Embedder:
    """Return the packaged model, run by onnxruntime unless `torch` is asked for, or a model's folder, run by torch.

    Raises SettingsError when there is no such model; nothing is loaded yet.
    """
    if model == DEFAULT_MODEL and backend != "torch":
        return PackagedEmbedder()
    if backend == "onnx":
        raise SettingsError(
            f"The embedding model {model!r} cannot be run by onnx, only the packaged {DEFAULT_MODEL!r}."
            " Leave embedding_backend out, or set it to torch."
        )
    return SentenceTransformerEmbedder(model)
