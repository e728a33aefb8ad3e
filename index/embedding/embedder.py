"""What every embedding model offers: the Embedder protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.chunking import Tokenizer

__all__ = ["DEFAULT_MODEL", "Embedder", "Vectors"]

DEFAULT_MODEL = "all-MiniLM-L6-v2"

Vectors = NDArray[np.float32]


class Embedder(Tokenizer, Protocol):
    """Turns texts into vectors whose dot product is their similarity; safe to share between threads."""

    @property
    def name(self) -> str:
        """The model's name, as recorded in the catalogue: models of one name may be exchanged."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Word pieces of a text that are read, special tokens not counted."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dimension), rows L2-normalised, in the order of `texts`."""
