"""The packaged model: all-MiniLM-L6-v2 with int8 products, run by onnxruntime without PyTorch."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from index.embedding.embedder import DEFAULT_MODEL, Vectors
from index.errors import SettingsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

__all__ = ["PackagedEmbedder"]

_FOLDER = Path(__file__).parent.parent / "models" / "embedder"
_DIMENSION = 384
_WINDOW = 256
# The model as shipped has 0.997 and more; a processor's or a file's fault would leave far less.
_FIDELITY = 0.99


class PackagedEmbedder:
    """The packaged embedding model; read at the first use, so that building this object costs nothing.

    A text is alone in its pass: int8 activations share a scale over a whole batch, so company would change its vector.
    Several go side by side, one thread each. `folder` holds embedder.onnx, tokenizer.json and references.json, as
    `python -m training.embedder` writes them.
    """

    name = DEFAULT_MODEL
    dimension = _DIMENSION
    max_tokens = _WINDOW - 2

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: tuple[InferenceSession, Tokenizer] | None = None
        self._threads = ThreadPoolExecutor(_cores(), thread_name_prefix="embedding")

    def token_spans(self, text: str) -> Sequence[tuple[int, int]]:
        """Return each word piece's (start, end) in code points, without special tokens."""
        _, tokenizer = self._loaded()
        return tokenizer.encode(text, add_special_tokens=False).offsets

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (n, dimension), rows L2-normalised, in the order of `texts`.

        A single text is embedded in the thread that asks, so that no question waits behind an indexing run.
        """
        if not texts:
            return np.empty((0, _DIMENSION), dtype=np.float32)
        each = map if len(texts) == 1 else self._threads.map
        return np.stack(list(each(partial(_vector, *self._loaded()), texts)))

    def _loaded(self) -> tuple[InferenceSession, Tokenizer]:
        with self._lock:
            if self._parts is None:
                try:
                    tokenizer = _tokenizer(self._folder)
                    session = _session(self._folder)
                    fidelity = _fidelity(session, tokenizer, self._folder)
                    if fidelity < _FIDELITY:
                        session = _session(self._folder, is_careful=True)
                        fidelity = _fidelity(session, tokenizer, self._folder)
                # What is raised depends on which of the folder's files is at fault.
                except Exception as error:
                    raise SettingsError(
                        f"The packaged embedding model in {self._folder} cannot be loaded: {str(error)[:300]}."
                        " Install Dateline again, or set DATELINE_EMBEDDING_BACKEND=torch."
                    ) from error
                if fidelity < _FIDELITY:
                    raise SettingsError(
                        f"The packaged embedding model in {self._folder} is not what it should be on this machine: its"
                        f" vectors have a cosine of {fidelity:.3f} to those it was shipped with, and {_FIDELITY} is the"
                        " least. Install Dateline again, or set DATELINE_EMBEDDING_BACKEND=torch."
                    )
                self._parts = session, tokenizer
            return self._parts


def _vector(session: InferenceSession, tokenizer: Tokenizer, text: str) -> Vectors:
    ids = tokenizer.encode(text).ids
    if len(ids) > _WINDOW:
        # The last one ends every text.
        ids = [*ids[: _WINDOW - 1], ids[-1]]
    return cast(Vectors, session.run(["vector"], {"ids": np.array(ids, dtype=np.int64)})[0])


def _session(folder: Path, *, is_careful: bool = False) -> InferenceSession:
    """Open the model; `is_careful` takes products the way, half as fast, that overflows on no processor."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", str(int(is_careful)))
    return InferenceSession(str(folder / "embedder.onnx"), options, providers=["CPUExecutionProvider"])


def _tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    # Chunks are counted to the end, so that nothing is left out of them.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _fidelity(session: InferenceSession, tokenizer: Tokenizer, folder: Path) -> float:
    """Return the least cosine of the reference texts' vectors to those of float32."""
    references = json.loads((folder / "references.json").read_text(encoding="utf-8"))
    return min(
        float(_vector(session, tokenizer, each["text"]) @ np.array(each["vector"], dtype=np.float32))
        for each in references
    )


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
