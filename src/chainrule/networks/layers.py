"""Layers: a rule, the parameters among its inputs, and the width of what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule import rules
from chainrule.rules.rule import Rule

Initialiser = Callable[[np.random.Generator, tuple[int, ...]], Any]


def glorot_uniform(stream: np.random.Generator, shape: tuple[int, ...], *, gain: float = 6.0) -> Any:
    """Uniform within +-sqrt(gain / (fan_in + fan_out)), for a matrix or for the bias of a layer of that shape."""
    bound = math.sqrt(gain / max(sum(shape), 1))
    return stream.uniform(-bound, bound, shape)


def zeros(stream: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Zeros."""
    return np.zeros(shape)


@dataclass(frozen=True)
class Parameter:
    """A learned input of a layer's rule.

    Parameters
    ----------
    name : str
        As the rule calls it: weight, bias, ...
    shape : tuple of int
    penalised : bool
        Whether it is a weight, to which penalties apply; the others are biases.
    initial : callable
        ``initial(generator, shape)`` returns the first values.
    """

    name: str
    shape: tuple[int, ...]
    penalised: bool = False
    initial: Initialiser = zeros

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Layer:
    """One rule of a network. Its first input is what the layer before put out, the others are its parameters.

    Parameters
    ----------
    rule : Rule
    parameters : tuple of Parameter
        In the order of the rule's inputs after the first.
    in_features, out_features : int, optional
        The widths; None where the rule takes any width and keeps it. For images the numbers of entries.
    dropout_rate : float
        For the dropout rule only, whose mask is drawn anew at every training step.
    options : mapping
        Keyword arguments of the rule's forward.
    in_shape, out_shape : tuple of int, optional
        For images: channels, height and width, before and after; (features,) where images end.
    """

    rule: Rule
    parameters: tuple[Parameter, ...] = ()
    in_features: int | None = None
    out_features: int | None = None
    dropout_rate: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)
    in_shape: tuple[int, ...] | None = None
    out_shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        wanted = self.rule.inputs[1:]
        given = tuple(parameter.name for parameter in self.parameters)
        if wanted != given and self.rule is not rules.dropout:
            raise ValueError(f"a layer of {self.rule.name} needs the parameters {wanted}, got {given}")


def linear(in_features: int, out_features: int, *, bias: bool = True, gain: float = 6.0) -> Layer:
    """y = x W + b, or y = x W without bias, with Glorot's uniform first values.

    >>> [parameter.shape for parameter in linear(4, 3).parameters]
    [(4, 3), (3,)]
    """
    for name, width in (("in_features", in_features), ("out_features", out_features)):
        if width < 1:
            raise ValueError(f"{name}: expected a width of at least 1, got {width}")

    def weight_values(stream: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return glorot_uniform(stream, shape, gain=gain)

    def bias_values(stream: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return glorot_uniform(stream, (in_features, out_features), gain=gain)[0]

    weight = Parameter("weight", (in_features, out_features), penalised=True, initial=weight_values)
    if not bias:
        return Layer(rules.linear, (weight,), in_features, out_features)
    return Layer(
        rules.affine,
        (weight, Parameter("bias", (out_features,), initial=bias_values)),
        in_features,
        out_features,
    )


def activation(rule: str | Rule) -> Layer:
    """A rule applied to what the layer before put out, by name or as it is.

    >>> activation("tanh").rule.formula
    'y = tanh(x)'
    """
    if isinstance(rule, str):
        if rule not in rules.activation_names():
            raise ValueError(f"no activation is named {rule!r}; there are {', '.join(rules.activation_names())}")
        rule = rules.get(rule)
    return Layer(rule)


def dropout(rate: float) -> Layer:
    """Set each entry to 0 with probability `rate` while training, and scale the others by 1 / (1 - rate)."""
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: expected a rate from 0 up to, but not including, 1, got {rate}")
    return Layer(rules.dropout, dropout_rate=rate)
