"""The layers of rows and the activations as ONNX operators.

Each function of `OPERATORS` stands for the forward of one rule, in the dtype of its input. As in the rules,
exponentials are of numbers of at most 0, so that none overflows. Members of an ensemble have a leading axis.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.export.onnx_graph import Graph, Tensor
from chainrule.networks.layers import Layer
from chainrule.rules.activations import SELU_ALPHA, SELU_SCALE
from chainrule.rules.rule import Rule

Operator: TypeAlias = Callable[[Graph, Tensor, Layer, Sequence[Array]], Tensor]
"""From the graph, the input, the layer and its parameters to the output."""

OPERATORS: dict[str, Operator] = {}
"""By the name of the rule."""

HUGE = 1e18
"""Its square is a float32, and adding 1 to the square changes nothing in float64."""


def onnx_operator(*of: Rule) -> Callable[[Operator], Operator]:
    """A decorator: export layers of these rules, which may be a user's own, by this function.

    Examples
    --------
    >>> from chainrule import rules
    >>> from chainrule.export import onnx_operator
    >>> square = rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v)
    >>> @onnx_operator(square)
    ... def of_square(graph, x, layer, parameters):
    ...     return graph.add("Mul", x, x)
    >>> OPERATORS.pop("square") is of_square  # the example leaves nothing behind
    True
    """

    def register(function: Operator) -> Operator:
        OPERATORS.update((rule.name, function) for rule in of)
        return function

    return register


def _simple(name: str, **attributes: Any) -> Operator:
    """One operator without parameters."""
    return lambda graph, x, layer, parameters: graph.add(name, x, **attributes)


onnx_operator(rules.relu)(_simple("Relu"))
onnx_operator(rules.tanh)(_simple("Tanh"))
onnx_operator(rules.sigmoid)(_simple("Sigmoid"))
onnx_operator(rules.softmax)(_simple("Softmax", axis=-1))
onnx_operator(rules.log_softmax)(_simple("LogSoftmax", axis=-1))


@onnx_operator(rules.identity, rules.dropout)
def same(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The input; dropout is for training."""
    return x


@onnx_operator(rules.affine, rules.linear)
def affine(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """x W + b, or x W."""
    product = graph.add("MatMul", x, parameters[0])
    return product if len(parameters) == 1 else graph.add("Add", product, parameters[1])


@onnx_operator(rules.scaling)
def scaling(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """s * x."""
    return graph.add("Mul", x, parameters[0])


def decay(graph: Graph, x: Tensor) -> Tensor:
    """q = e^-|x|."""
    return graph.add("Exp", graph.add("Neg", graph.add("Abs", x)))


@onnx_operator(rules.softplus)
def softplus(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """max(x, 0) + log(1 + q)."""
    return graph.add("Add", graph.add("Relu", x), graph.add("Log", graph.add("Add", decay(graph, x), 1.0)))


@onnx_operator(rules.log_sigmoid)
def log_sigmoid(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """-softplus(-x)."""
    return graph.add("Neg", softplus(graph, graph.add("Neg", x), layer, parameters))


@onnx_operator(rules.selu)
def selu(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """l x, or l a (e^x - 1) for x <= 0."""
    below = graph.add("Sub", graph.add("Exp", graph.add("Min", x, 0.0)), 1.0)
    return graph.add("Mul", graph.add("Add", graph.add("Relu", x), graph.add("Mul", below, SELU_ALPHA)), SELU_SCALE)


@onnx_operator(rules.mish)
def mish(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """x u / (u + r), with u = 1 + 2 q, r = 2 q^2 for x > 0 and u = q (q + 2), r = 2 below."""
    q, positive = decay(graph, x), graph.add("Greater", x, 0.0)
    upper = graph.add("Add", graph.add("Mul", q, 2.0), 1.0)
    lower = graph.add("Mul", q, graph.add("Add", q, 2.0))
    u = graph.add("Where", positive, upper, lower)
    rest = graph.add("Where", positive, graph.add("Mul", graph.add("Mul", q, q), 2.0), 2.0)
    return graph.add("Mul", x, graph.add("Div", u, graph.add("Add", u, rest)))


@onnx_operator(rules.smooth_clip)
def smooth_clip(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """x / sqrt(1 + (x / limit)^2)."""
    return smoothly_clipped(graph, x, layer.options.get("limit", 3.0))


def smoothly_clipped(graph: Graph, x: Tensor, limit: float) -> Tensor:
    """x / sqrt(1 + (x / limit)^2), by x within limit * HUGE, whose squares do not overflow."""
    x = graph.add("Clip", x, -HUGE, HUGE)
    share = graph.add("Div", x, limit)
    return graph.add("Div", x, graph.add("Sqrt", graph.add("Add", graph.add("Mul", share, share), 1.0)))


@onnx_operator(rules.parametric_activation)
def parametric_activation(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """(1 - a) x + a f(x)."""
    (share,) = parameters
    inner = Layer(rules.get(layer.options.get("activation", "mish")), (), layer.in_shape, layer.out_shape)
    value = operator_of(inner)(graph, x, inner, ())
    return graph.add("Add", graph.add("Mul", x, 1 - share), graph.add("Mul", value, share))


@onnx_operator(rules.embedding)
def embedding(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """The rows of the table for the codes, side by side."""
    dtype = x.dtype
    found = graph.add("Gather", graph.constant(parameters[0].astype(dtype)), graph.cast(x, np.int64), axis=0)
    return graph.add("Reshape", found, np.array([0, *layer.out_shape], np.int64))


@onnx_operator(rules.periodic_embedding)
def periodic_embedding(graph: Graph, x: Tensor, layer: Layer, parameters: Sequence[Array]) -> Tensor:
    """cos(2 pi f x + b) in float64, whole turns taken off f x, which is exact for float32."""
    frequency, phase = (values.astype(np.float64) for values in parameters)
    turns = graph.add("Mul", graph.add("Unsqueeze", graph.cast(x, np.float64), np.array([2])), frequency)
    part = graph.add("Sub", turns, graph.add("Round", turns))
    waves = graph.add("Cos", graph.add("Add", graph.add("Mul", part, 2 * math.pi), phase))
    return graph.cast(graph.add("Reshape", waves, np.array([0, *layer.out_shape], np.int64)), x.dtype)


def operator_of(layer: Layer) -> Operator:
    """The operator of a layer.

    Raises
    ------
    ValueError
        If there is none; the message names the layer, and how to add one.
    """
    found = OPERATORS.get(layer.rule.name)
    if found is None:
        raise ValueError(
            f"the layer {str(layer)!r} has no ONNX operator: give its rule one with chainrule.export.onnx_operator"
        )
    return found
