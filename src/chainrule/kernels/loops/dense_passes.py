"""Dense layers of one activation: all products and passes of a batch in one call each way.

`networks.dense_layers` describes the arguments. SciPy's BLAS takes the products.
"""

from typing import Any

import numpy as np

from chainrule.kernels.compiling import compiled
from chainrule.kernels.loops.activation_loops import (
    identity_pullback,
    identity_value,
    log_sigmoid_pullback,
    log_sigmoid_value,
    relu_pullback,
    relu_value,
    sigmoid_pullback,
    sigmoid_value,
    softplus_pullback,
    softplus_value,
    tanh_pullback,
    tanh_value,
)


@compiled(stored=False)
def _matrix(flat: Any, start: Any, rows: Any, columns: Any) -> Any:
    return flat[start : start + rows * columns].reshape(rows, columns)


# Each loop runs over whole arrays: a sum of indices, which could be negative, would be checked for each entry.


@compiled(stored=False)
def _add_bias(products: Any, bias: Any) -> None:
    for i in range(products.shape[0]):
        for j in range(bias.size):
            products[i, j] += bias[j]


@compiled(stored=False)
def _sum_rows(cotangent: Any, total: Any) -> None:
    total[:] = 0
    for i in range(cotangent.shape[0]):
        for j in range(total.size):
            total[j] += cotangent[i, j]


@compiled(stored=False)
def _masked(x: Any, mask: Any, out: Any) -> None:
    for i in range(mask.size):
        out[i] = x[i] * mask[i]


def _passes(activate: Any, pull: Any) -> Any:
    """The forward and the backward pass with this activation between the layers."""

    @compiled(stored=False, inline=True)
    def forward(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
        outputs, masks, inputs, _ = buffers
        rows, at, last = x.shape[0], 0, layers.shape[0] - 1
        for number in range(last + 1):
            before, width, weight, bias = layers[number]
            y = logits if number == last else _matrix(outputs, at, rows, width)
            h = x if number == 0 else _matrix(inputs, at - rows * before, rows, before)
            np.dot(h, _matrix(theta, weight, before, width), y)
            _add_bias(y, theta[bias : bias + width])
            if number < last:
                stop = at + rows * width
                activate(outputs[at:stop])
                _masked(outputs[at:stop], masks[at:stop], inputs[at:stop])
                at = stop

    @compiled(stored=False, inline=True)
    def backward(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
        outputs, masks, inputs, cotangents = buffers
        rows, at, last = x.shape[0], outputs.size, layers.shape[0] - 1
        for number in range(last, -1, -1):
            before, width, weight, bias = layers[number]
            _sum_rows(v, gradient[bias : bias + width])
            at -= rows * before
            h = x if number == 0 else _matrix(inputs, at, rows, before)
            np.dot(h.T, v, _matrix(gradient, weight, before, width))
            if number > 0:
                to_h = _matrix(cotangents, at, rows, before)
                np.dot(v, _matrix(theta, weight, before, width).T, to_h)
                stop = at + rows * before
                _masked(cotangents[at:stop], masks[at:stop], cotangents[at:stop])
                pull(outputs[at:stop], cotangents[at:stop])
                v = to_h
            elif to_x.size > 0:
                np.dot(v, _matrix(theta, weight, before, width).T, to_x)

    return forward, backward


# numba keeps machine code of functions with names of their own only, so there is a pair for each activation.

_identity_forward, _identity_backward = _passes(identity_value, identity_pullback)


@compiled()
def dense_identity(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _identity_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_identity_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _identity_backward(x, theta, layers, buffers, v, gradient, to_x)


_relu_forward, _relu_backward = _passes(relu_value, relu_pullback)


@compiled()
def dense_relu(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _relu_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_relu_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _relu_backward(x, theta, layers, buffers, v, gradient, to_x)


_sigmoid_forward, _sigmoid_backward = _passes(sigmoid_value, sigmoid_pullback)


@compiled()
def dense_sigmoid(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _sigmoid_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_sigmoid_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _sigmoid_backward(x, theta, layers, buffers, v, gradient, to_x)


_tanh_forward, _tanh_backward = _passes(tanh_value, tanh_pullback)


@compiled()
def dense_tanh(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _tanh_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_tanh_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _tanh_backward(x, theta, layers, buffers, v, gradient, to_x)


_softplus_forward, _softplus_backward = _passes(softplus_value, softplus_pullback)


@compiled()
def dense_softplus(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _softplus_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_softplus_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _softplus_backward(x, theta, layers, buffers, v, gradient, to_x)


_log_sigmoid_forward, _log_sigmoid_backward = _passes(log_sigmoid_value, log_sigmoid_pullback)


@compiled()
def dense_log_sigmoid(x: Any, theta: Any, layers: Any, buffers: Any, logits: Any) -> None:
    """The forward pass."""
    _log_sigmoid_forward(x, theta, layers, buffers, logits)


@compiled()
def dense_log_sigmoid_pullback(x: Any, theta: Any, layers: Any, buffers: Any, v: Any, gradient: Any, to_x: Any) -> None:
    """The backward pass."""
    _log_sigmoid_backward(x, theta, layers, buffers, v, gradient, to_x)
