"""BERT's encoder as an ONNX graph that reads one text at a time, in float32 or with int8 products.

Written operator by operator, because what an exporter and a fusing optimiser make of it is slower on a CPU: their one
operator for a skip connection and its layer normalisation takes a quarter of the whole pass, the two plain ones a
twentieth. A text is alone in its pass, so there is neither padding nor a mask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

__all__ = ["EncoderGraph", "Floats", "Plan", "Shape", "Weights"]

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]
Shape = Sequence[int | str]

_MICROSOFT = "com.microsoft"
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Plan:
    """How the product named like its weights is taken in int8.

    Its inputs' columns are divided by `smoothing` (inputs,) and its weights' rows multiplied with it, so that no
    column alone sets the step of all int8 values (SmoothQuant, Xiao et al. 2023); the columns that are True in
    `apart` (inputs,) are taken in float32 beside it.
    """

    smoothing: Floats
    apart: NDArray[np.bool_]


class EncoderGraph:
    """A graph that grows from its inputs to its outputs; `weights` are named as in a BertModel's state.

    Products without a plan are taken in float32. `read_by` tells of each product, by its name, what it reads.
    """

    def __init__(self, weights: Weights, heads: int, plans: Mapping[str, Plan] | None = None) -> None:
        self.read_by: dict[str, str] = {}
        self._weights, self._heads, self._plans = weights, heads, plans or {}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add an operator; return the name of what it gives."""
        name = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name, domain=domain, **attributes))
        return name

    def constant(self, value: NDArray[Any] | Sequence[int]) -> str:
        """Add a constant; return its name."""
        name = f"constant_{len(self._constants)}"
        array = value if isinstance(value, np.ndarray) else np.array(value, dtype=np.int64)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def model(self, inputs: Mapping[str, Shape], outputs: Mapping[str, tuple[str, Shape]]) -> onnx.ModelProto:
        """Return the model from int64 inputs to float32 outputs, each with its name inside the graph and its shape."""
        for name, (inside, _) in outputs.items():
            self._nodes.append(helper.make_node("Identity", [inside], [name]))
        takes = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in inputs.items()]
        gives = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, (_, shape) in outputs.items()]
        graph = helper.make_graph(self._nodes, "encoder", takes, gives, self._constants)
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def encoder(self, ids: str, types: str | None = None) -> str:
        """Add the encoder over word pieces (tokens,), and which text each is of; return states (tokens, width)."""
        states = self._normalised(self._embedded(ids, types), "embeddings.LayerNorm")
        layers = {name.split(".")[2] for name in self._weights if name.startswith("encoder.layer.")}
        for number in range(len(layers)):
            layer = f"encoder.layer.{number}"
            attended = self._attended(states, layer)
            states = self._normalised(self.add("Add", attended, states), f"{layer}.attention.output.LayerNorm")
            widened = self._widened(states, f"{layer}.intermediate.dense", f"{layer}.output.dense")
            states = self._normalised(self.add("Add", widened, states), f"{layer}.output.LayerNorm")
        return states

    def product(self, states: str, name: str) -> str:
        """Add a linear layer in float32; return what it gives, (…, outputs)."""
        weight, bias = self._linear(name)
        return self._plain(states, weight, bias)

    def _embedded(self, ids: str, types: str | None) -> str:
        places, kinds = (self._weights[f"embeddings.{of}_embeddings.weight"] for of in ("position", "token_type"))
        length = self.add("Shape", ids)
        place = self.add("Slice", self.constant(places), self.constant([0]), length)
        kind = self.constant(kinds[:1]) if types is None else self.add("Gather", self.constant(kinds), types)
        return self.add("Add", self.add("Add", self._words(ids), place), kind)

    def _words(self, ids: str) -> str:
        words = self._weights["embeddings.word_embeddings.weight"]
        if not self._plans:
            return self.add("Gather", self.constant(words), ids)
        rounded, steps = _rounded(words.T)
        rows = self.add("Cast", self.add("Gather", self.constant(rounded.T), ids), to=TensorProto.FLOAT)
        return self.add("Mul", rows, self.add("Gather", self.constant(steps[:, None]), ids))

    def _normalised(self, states: str, name: str) -> str:
        gain, bias = (self.constant(self._weights[f"{name}.{kind}"]) for kind in ("weight", "bias"))
        return self.add("LayerNormalization", states, gain, bias, axis=-1, epsilon=_EPSILON)

    def _attended(self, states: str, layer: str) -> str:
        output = f"{layer}.attention.output.dense"
        parts = [self._linear(f"{layer}.attention.self.{part}") for part in ("query", "key", "value")]
        if output in self._plans:
            # What attention gives is a mean of values, so its columns are smoothed where the values are made.
            smoothing, (weight, bias) = self._plans[output].smoothing, parts[2]
            parts[2] = weight / smoothing[:, None], bias / smoothing
        together = self._smoothed_product(
            states, f"{layer}.attention.self", *map(np.concatenate, zip(*parts, strict=True))
        )
        name, width = f"split_{len(self._nodes)}", len(parts[0][1])
        pieces = [f"{name}_{number}" for number in range(3)]
        one = self.add("Unsqueeze", together, self.constant([0]))
        self._nodes.append(helper.make_node("Split", [one, self.constant([width] * 3)], pieces, name, axis=2))
        attended = self.add("MultiHeadAttention", *pieces, domain=_MICROSOFT, num_heads=self._heads)
        attended = self.add("Squeeze", attended, self.constant([0]))
        self.read_by[output] = attended
        weight, bias = self._linear(output)
        if output not in self._plans:
            return self._plain(attended, weight, bias)
        return self._int8(attended, weight * self._plans[output].smoothing, bias)

    def _widened(self, states: str, first: str, second: str) -> str:
        """Add both layers and what is between; inner columns that are too loud for int8 go their own way."""
        (widen, widen_bias), (narrow, bias) = self._linear(first), self._linear(second)
        plan = self._plans.get(second)
        quiet = np.ones(len(widen), dtype=bool) if plan is None else ~plan.apart
        inner = self._smoothed_product(states, first, widen[quiet], widen_bias[quiet])
        inner = self.add("Gelu", inner, domain=_MICROSOFT)
        self.read_by[second] = inner
        if plan is None:
            return self._plain(inner, narrow, bias)
        loud = self._plain(states, widen[plan.apart], widen_bias[plan.apart])
        loud = self.add("MatMul", self.add("Gelu", loud, domain=_MICROSOFT), self.constant(narrow[:, plan.apart].T))
        return self.add("Add", self._smoothed(inner, narrow[:, quiet], bias, plan.smoothing[quiet]), loud)

    def _smoothed_product(self, states: str, name: str, weight: Floats, bias: Floats) -> str:
        self.read_by[name] = states
        if name not in self._plans:
            return self._plain(states, weight, bias)
        return self._smoothed(states, weight, bias, self._plans[name].smoothing)

    def _smoothed(self, states: str, weight: Floats, bias: Floats, smoothing: Floats) -> str:
        return self._int8(self.add("Mul", states, self.constant(1 / smoothing)), weight * smoothing, bias)

    def _int8(self, states: str, weight: Floats, bias: Floats) -> str:
        rounded, steps = _rounded(weight.T)
        constants = self.constant(rounded), self.constant(steps), "", self.constant(bias)
        return self.add("DynamicQuantizeMatMul", states, *constants, domain=_MICROSOFT)

    def _plain(self, states: str, weight: Floats, bias: Floats) -> str:
        return self.add("Add", self.add("MatMul", states, self.constant(weight.T)), self.constant(bias))

    def _linear(self, name: str) -> tuple[Floats, Floats]:
        return self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]


def _rounded(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return weights (inputs, outputs) as int8, and the step of each output's."""
    steps = np.maximum(np.abs(weight).max(axis=0) / 127, np.finfo(np.float32).tiny)
    return np.rint(weight / steps).astype(np.int8), steps.astype(np.float32)
