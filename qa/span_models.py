"""Question and texts → logits of where an answer begins and ends: the SpanModel protocol, and who keeps it."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.errors import SettingsError
from index.recent import Recent

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

__all__ = ["PACKAGED_READER", "OnnxSpanModel", "SpanLogits", "SpanModel", "TransformersSpanModel", "open_span_model"]

PACKAGED_READER = "dateline-reader"
_MAX_TOKENS = 512
_QUESTION_TOKENS = 64
# About 5 MB.
_TEXTS_KEPT = 1_024

Logits = NDArray[np.float32]
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class SpanLogits:
    """What a model sees in one text.

    `start` and `end` are float32 (tokens,), `offsets` the tokens' int (tokens, 2) code points in the text, and `none`
    is the sum of both logits of "no answer here". `answers` and `relevant` are the logits of the verdicts that this
    text answers, and that it is about what is asked.
    """

    start: Logits
    end: Logits
    offsets: NDArray[np.int64]
    none: float
    answers: float
    relevant: float


class SpanModel(Protocol):
    """Reads a question against texts; safe to share between threads."""

    @property
    def name(self) -> str:
        """The model's name."""

    def read(self, question: str, texts: Sequence[str]) -> list[SpanLogits]:
        """Return what the model sees in each text, in their order; what does not fit its window is not seen."""

    def load(self) -> None:
        """Load the model now rather than at the first use; raises SettingsError when it cannot be."""


def open_span_model(name: str) -> SpanModel:
    """Return the packaged reader, or the extractive model in a folder; raises SettingsError when there is none."""
    if name == PACKAGED_READER:
        return OnnxSpanModel(Path(__file__).parent / "models" / "reader")
    folder = Path(os.path.expanduser(name)).resolve()  # noqa: PTH111  Path's own raises on an unknown user
    if (folder / "reader.onnx").is_file():
        return OnnxSpanModel(folder)
    if (folder / "config.json").is_file():
        return TransformersSpanModel(folder)
    raise SettingsError(
        f"The reader {name!r} is neither {PACKAGED_READER!r}, 'none', nor the folder of an extractive"
        " question-answering model (with config.json and tokenizer.json in it). Models are not downloaded; give the"
        " path of one that is here."
    )


class _FolderModel(Generic[M]):
    """A model in a folder with its tokenizer.json, loaded at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: tuple[Tokenizer, M] | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._folder.name

    def load(self) -> None:
        """Load the model now rather than at the first use; raises SettingsError when it cannot be."""
        self._loaded()

    def _loaded(self) -> tuple[Tokenizer, M]:
        with self._lock:
            if self._parts is None:
                try:
                    self._parts = _tokenizer(self._folder), self._opened(self._folder)
                # What is raised depends on which of the folder's files is at fault.
                except Exception as error:
                    raise SettingsError(
                        f"The reader in {self._folder} cannot be loaded: {str(error)[:300]}."
                    ) from error
            return self._parts

    @staticmethod
    def _opened(folder: Path) -> M:
        raise NotImplementedError


class OnnxSpanModel(_FolderModel["InferenceSession"]):
    """A reader as `training/export.py` writes it; run by onnxruntime, without PyTorch.

    What it saw is kept for a while: it is asked the same of the same texts when a filter is taken away, or when
    something else was indexed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._seen: Recent[tuple[str, str], SpanLogits] = Recent(_TEXTS_KEPT)
        # As many texts side by side as there are cores, whoever asks: a long question then holds up no short one.
        self._cores = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reading")

    def read(self, question: str, texts: Sequence[str]) -> list[SpanLogits]:
        """Return what the model sees in each text, in their order; what does not fit its window is not seen."""
        tokenizer, session = self._loaded()
        seen = {text: logits for text in texts if (logits := self._seen.get((question, text)))}
        fresh = [text for text in dict.fromkeys(texts) if text not in seen]
        encodings = _encoded(tokenizer, question, fresh)
        for text, logits in zip(fresh, self._cores.map(partial(_run, session), encodings), strict=True):
            seen[text] = logits
            self._seen.keep((question, text), logits)
        return [seen[text] for text in texts]

    @staticmethod
    def _opened(folder: Path) -> InferenceSession:
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.log_severity_level = 3
        # Two texts side by side on two cores are read faster than one after the other on both.
        options.intra_op_num_threads = 1
        return InferenceSession(str(folder / "reader.onnx"), options, providers=["CPUExecutionProvider"])


def _run(session: InferenceSession, encoding: Encoding) -> SpanLogits:
    """Read one text alone: activations are quantised over a whole batch, so that company would change what is seen."""
    inputs = np.array([[encoding.ids], [encoding.attention_mask], [encoding.type_ids]], dtype=np.int64)
    named = dict(zip(("input_ids", "attention_mask", "token_type_ids"), inputs, strict=True))
    # A text that is alone needs no attention mask, and a reader may have been written without.
    wanted = {each.name: named[each.name] for each in session.get_inputs()}
    span, verdict = session.run(["span", "verdict"], wanted)
    return _span_logits(encoding, span[0], *map(float, verdict[0]))


class TransformersSpanModel(_FolderModel[Any]):
    """Any extractive question-answering model of the transformers kind, run by PyTorch."""

    def read(self, question: str, texts: Sequence[str]) -> list[SpanLogits]:
        """Return what the model sees in each text; both verdicts come from the odds against "no answer"."""
        tokenizer, model = self._loaded()
        import torch

        found = []
        for encoding in _encoded(tokenizer, question, texts):
            inputs = {"input_ids": encoding.ids, "attention_mask": encoding.attention_mask}
            if getattr(model.config, "type_vocab_size", 0) > 1:
                inputs["token_type_ids"] = encoding.type_ids
            with torch.inference_mode():
                logits = model(**{name: torch.tensor([values]) for name, values in inputs.items()})
            span = torch.stack([logits.start_logits[0], logits.end_logits[0]], dim=1).float().numpy()
            inside = np.array([sequence == 1 for sequence in encoding.sequence_ids])
            odds = float(span[inside].max(axis=0).sum() - span[0].sum()) if inside.any() else 0.0
            found.append(_span_logits(encoding, span, odds, odds))
        return found

    @staticmethod
    def _opened(folder: Path) -> Any:
        os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        from transformers import AutoModelForQuestionAnswering

        return AutoModelForQuestionAnswering.from_pretrained(str(folder), local_files_only=True).eval()


def _span_logits(encoding: Encoding, span: Logits, answers: float, relevant: float) -> SpanLogits:
    inside = [number for number, sequence in enumerate(encoding.sequence_ids) if sequence == 1]
    begin, end = (inside[0], inside[-1] + 1) if inside else (0, 0)
    offsets = np.array(encoding.offsets[begin:end], dtype=np.int64).reshape(-1, 2)
    return SpanLogits(span[begin:end, 0], span[begin:end, 1], offsets, float(span[0].sum()), answers, relevant)


def _tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS, strategy="only_second")
    return tokenizer


def _encoded(tokenizer: Tokenizer, question: str, texts: Sequence[str]) -> list[Encoding]:
    """Return question and text together for each text; a question that would leave the texts no room is cut."""
    # As second text, which may be cut to the model's window, unlike the first.
    offsets = tokenizer.encode("", question, add_special_tokens=False).offsets
    if len(offsets) > _QUESTION_TOKENS:
        question = question[: offsets[_QUESTION_TOKENS - 1][1]]
    return tokenizer.encode_batch([(question, text) for text in texts])
