"""Activations in place, on flat arrays; the pullbacks need the output alone.

Loops that write to another array than they read would not use vectors where both are the same memory.
"""

from typing import Any

from chainrule.kernels.compiling import compiled
from chainrule.kernels.loops.elementary import expm1, relu, sigmoid, softplus, step, tanh


@compiled()
def identity_value(x: Any) -> None:
    """x."""


@compiled()
def identity_pullback(y: Any, cotangent: Any) -> None:
    """v."""


@compiled()
def relu_value(x: Any) -> None:
    """max(x, 0)."""
    for i in range(x.size):
        x[i] = relu(x[i])


@compiled()
def relu_pullback(y: Any, cotangent: Any) -> None:
    """v [y > 0]."""
    for i in range(y.size):
        cotangent[i] *= step(y[i])


@compiled()
def sigmoid_value(x: Any) -> None:
    """1 / (1 + e^-x)."""
    for i in range(x.size):
        x[i] = sigmoid(x[i])


@compiled()
def sigmoid_pullback(y: Any, cotangent: Any) -> None:
    """v (y - y^2)."""
    for i in range(y.size):
        cotangent[i] *= y[i] - y[i] * y[i]


@compiled()
def tanh_value(x: Any) -> None:
    """tanh(x)."""
    for i in range(x.size):
        x[i] = tanh(x[i])


@compiled()
def tanh_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - y^2)."""
    for i in range(y.size):
        cotangent[i] -= cotangent[i] * y[i] * y[i]


@compiled()
def softplus_value(x: Any) -> None:
    """max(x, 0) + log(1 + e^-|x|)."""
    for i in range(x.size):
        x[i] = softplus(x[i])


@compiled()
def softplus_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - e^-y)."""
    for i in range(y.size):
        cotangent[i] *= -expm1(-y[i])


@compiled()
def log_sigmoid_value(x: Any) -> None:
    """-softplus(-x)."""
    for i in range(x.size):
        x[i] = -softplus(-x[i])


@compiled()
def log_sigmoid_pullback(y: Any, cotangent: Any) -> None:
    """v (1 - e^y)."""
    for i in range(y.size):
        cotangent[i] *= -expm1(y[i])
