"""Write the trained reader as one int8 ONNX file: `python -m training.export NETWORK OUT`.

Attention, layer normalisation and GELU are fused, weights quantised per channel, activations as they come (dynamic).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model

from training.model import ReaderNetwork, packaged_encoder

__all__ = ["export"]

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(network: ReaderNetwork, out: Path, *, is_quantised: bool = True) -> None:
    """Write a network that takes int64 (batch, tokens) three times and gives `span` and `verdict` logits in float32."""
    network.eval()
    # The fusion knows attention in this form only.
    network.encoder.set_attn_implementation("eager")
    ids = torch.randint(1_000, 2_000, (2, 16))
    with tempfile.TemporaryDirectory() as folder:
        plain, fused = Path(folder) / "plain.onnx", Path(folder) / "fused.onnx"
        torch.onnx.export(
            network,
            (ids, torch.ones_like(ids), torch.zeros_like(ids)),
            str(plain),
            input_names=list(_INPUTS),
            output_names=["span", "verdict"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*_INPUTS, "span")} | {"verdict": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        config = network.encoder.config
        optimised = optimize_model(
            str(plain),
            model_type="bert",
            num_heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            opt_level=0,
        )
        if not is_quantised:
            optimised.save_model_to_file(str(out))
            return
        optimised.save_model_to_file(str(fused))
        quantize_dynamic(
            fused,
            out,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Attention", "EmbedLayerNormalization"],
            # Shape inference stops at the fused operators.
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )


def main() -> None:
    """Read a state or a checkpoint, and write the ONNX file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--float", action="store_true", help="leave the weights in float32")
    options = parser.parse_args()
    network = ReaderNetwork(packaged_encoder())
    saved = torch.load(options.network, weights_only=True, map_location="cpu")
    network.load_state_dict(saved.get("network", saved))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    export(network, options.out, is_quantised=not options.float)


if __name__ == "__main__":
    main()
