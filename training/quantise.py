"""Float32 weights and a few texts → an encoder's graph whose products are taken in int8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnxruntime import InferenceSession, SessionOptions

from index.extraction import extract
from index.sources import Unreadable, find_files, read_file
from training.graph import EncoderGraph, Floats, Plan, Weights

__all__ = ["demo_paragraphs", "quantised"]

# Between leaving columns as they are and making all equally loud, where the products err least.
_EXPONENT = 0.7
# A few of an inner layer's 1,536 columns are ten times as loud as the others, and most of the error.
_APART = 32

Inputs = Mapping[str, NDArray[np.int64]]


def quantised(
    draw: Callable[[EncoderGraph], onnx.ModelProto], weights: Weights, heads: int, texts: Iterable[Inputs]
) -> onnx.ModelProto:
    """Return what `draw` makes of an encoder whose products are int8, fitted to what they read of the texts."""
    probe = EncoderGraph(weights, heads)
    loudest = _loudest(draw(probe), probe.read_by, texts)
    return draw(EncoderGraph(weights, heads, {name: _plan(name, columns) for name, columns in loudest.items()}))


def demo_paragraphs() -> list[tuple[str, str]]:
    """Return the demo's articles in pieces of three paragraphs, each with its title: our own text, to fit scales to."""
    pieces = []
    for file in find_files([Path(str(resources.files("qa"))) / "demo"]):
        for raw in read_file(file):
            if not isinstance(raw, Unreadable):
                article = extract(raw)
                lines = article.text.splitlines()
                pieces += [(article.title, "\n".join(lines[n : n + 3])) for n in range(0, len(lines), 3)]
    return pieces


def _loudest(model: onnx.ModelProto, read_by: Mapping[str, str], texts: Iterable[Inputs]) -> dict[str, Floats]:
    """Return the largest magnitude in each column (inputs,) of what each product reads."""
    names = list(dict.fromkeys(read_by.values()))
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    session = InferenceSession(model.SerializeToString(), SessionOptions(), providers=["CPUExecutionProvider"])
    seen = [[np.abs(states).max(axis=0) for states in session.run(names, dict(inputs))] for inputs in texts]
    loudest = dict(zip(names, map(np.array, zip(*seen, strict=True)), strict=True))
    return {product: loudest[name].max(axis=0) for product, name in read_by.items()}


def _plan(product: str, loudest: Floats) -> Plan:
    apart = np.zeros(len(loudest), dtype=bool)
    if product.endswith(".output.dense") and not product.endswith("attention.output.dense"):
        apart[np.argsort(-loudest)[:_APART]] = True
    smoothing = np.maximum(loudest, 1e-5) ** _EXPONENT
    return Plan((smoothing / np.exp(np.log(smoothing).mean())).astype(np.float32), apart)
