"""A graph of ONNX operators as it is built: each call adds a node and returns its output.

Operators are those of opset 13, and LabelEncoder of opset 2 of ai.onnx.ml, which ONNX Runtime has had since 2020. Of
these operators it has float64 versions, except where `image_operators` says otherwise; that of Cos, for waves of
features, since version 1.29.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.extras import import_extra

OPSET, ML_OPSET = 13, 2
IR_VERSION = 7
"""The format of files that came with opset 13."""
ML = "ai.onnx.ml"
LARGEST_FILE = 2**31 - 1
"""Most bytes of a file of protocol buffers."""

_RESULTS: dict[str, Any] = {
    **dict.fromkeys(("Less", "LessOrEqual", "Greater", "Equal", "Not"), bool),
    **dict.fromkeys(("ArgMax", "LabelEncoder"), np.int64),
}
"""The dtypes of results that are not those of the first input."""


@dataclass(frozen=True)
class Tensor:
    """A value of the graph: an input, a constant or the output of a node."""

    name: str
    dtype: np.dtype[Any]


@dataclass
class Graph:
    """The nodes, constants and inputs so far."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.onnx = import_extra("onnx", "onnx", "the export to ONNX needs onnx")

    def input(self, name: str, dtype: Any, width: int) -> Tensor:
        """An input of shape (rows, width), declared before all nodes; strings are the dtype object."""
        self.inputs.append(self._described(name, np.dtype(dtype), ["rows", width]))
        self.names.add(name)
        return Tensor(name, np.dtype(dtype))

    def output(self, name: str, value: Tensor, shape: Sequence[Any]) -> None:
        """Declare a value as an output of the graph under a name."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [value.name], [name], name=name))
        self.outputs.append(self._described(name, value.dtype, shape))

    def constant(self, values: Any, like: Tensor | None = None) -> Tensor:
        """A constant array; floats take the dtype of `like`."""
        values = np.asarray(values)
        if like is not None and values.dtype.kind == "f" and like.dtype.kind == "f":
            values = values.astype(like.dtype)
        name, helper = self._fresh("constant"), self.onnx.helper
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        if values.dtype.kind == "O":
            encoded = [text.encode() for text in values.ravel().tolist()]
            self.constants.append(helper.make_tensor(name, kind, values.shape, encoded))
        else:
            self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return Tensor(name, values.dtype)

    def add(self, operator: str, *inputs: Any, dtype: Any = None, domain: str = "", **attributes: Any) -> Tensor:
        """The output of a new node; other inputs are constants, whose floats have the dtype of the first Tensor.

        `dtype` is that of the output, by default that of the first input, or of the second for Where.
        """
        like = next(one for one in inputs[operator == "Where" :] if isinstance(one, Tensor))
        tensors = [one if isinstance(one, Tensor) else self.constant(one, like) for one in inputs]
        name = self._fresh(operator)
        made = self.onnx.helper.make_node(
            operator, [one.name for one in tensors], [name], name=name, domain=domain, **attributes
        )
        self.nodes.append(made)
        return Tensor(name, np.dtype(dtype or _RESULTS.get(operator, like.dtype)))

    def cast(self, value: Tensor, dtype: Any) -> Tensor:
        """The value in a dtype."""
        if value.dtype == np.dtype(dtype):
            return value
        return self.add("Cast", value, dtype=dtype, to=self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def columns(self, value: Tensor, numbers: Array) -> Tensor:
        """Some columns of a matrix."""
        return self.add("Gather", value, np.asarray(numbers, np.int64), axis=1)

    def beside(self, parts: Sequence[Tensor]) -> Tensor:
        """Matrices side by side."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=1)

    def model(self, notes: dict[str, str], version: str) -> Any:
        """The complete ModelProto, with notes as its metadata.

        Raises
        ------
        ValueError
            If the constants do not fit into one file.
        """
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "chainrule", self.inputs, self.outputs, self.constants)
        domains = [helper.make_opsetid("", OPSET)]
        if any(node.domain == ML for node in self.nodes):
            domains.append(helper.make_opsetid(ML, ML_OPSET))
        model = helper.make_model(graph, opset_imports=domains, ir_version=IR_VERSION)
        model.producer_name, model.producer_version = "chainrule", version
        helper.set_model_props(model, notes)
        if model.ByteSize() > LARGEST_FILE:
            raise ValueError(f"the model takes {model.ByteSize():,} bytes as ONNX, whose files hold {LARGEST_FILE:,}")
        return model

    def _described(self, name: str, dtype: np.dtype[Any], shape: Sequence[Any]) -> Any:
        helper = self.onnx.helper
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape)

    def _fresh(self, operator: str) -> str:
        """A name that no other value has; columns of tables may have any names."""
        number = len(self.names)
        while (name := f"{operator}_{number}") in self.names:
            number += 1
        self.names.add(name)
        return name
