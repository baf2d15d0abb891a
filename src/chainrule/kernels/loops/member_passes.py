"""The passes of many networks with hidden layers, forward and backward, in one call.

Python's threads would otherwise wait for each other's calls. SciPy's BLAS takes the products.
"""

from typing import Any

import numpy as np

from chainrule.kernels.compiling import compiled
from chainrule.kernels.loops.activation_loops import (
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
from chainrule.kernels.loops.loss_loops import cross_entropy_by_class, total

ACTIVATIONS = ("identity", "relu", "sigmoid", "tanh", "softplus", "log_sigmoid")
"""The names of the activations; their places are their numbers below."""


@compiled()
def add_bias_of_rows(products: Any, bias: Any) -> None:
    """products + bias, in place, with an output of all samples in each row."""
    for i in range(products.shape[0]):
        constant = bias[i]
        for j in range(products.shape[1]):
            products[i, j] += constant


@compiled()
def sum_of_rows(cotangent: Any, sums: Any) -> None:
    """The sum of each row, which is the cotangent of that bias."""
    for i in range(cotangent.shape[0]):
        sums[i] = total(cotangent[i])


@compiled()
def fold(factors: Any, weights: Any, folded: Any) -> None:
    """Each weight times the factor of its input."""
    for m in range(weights.shape[0]):
        for o in range(weights.shape[1]):
            for i in range(weights.shape[2]):
                folded[m, o, i] = weights[m, o, i] * factors[m, i]


@compiled()
def unfold(cotangent: Any, factors: Any, weights: Any, to_factors: Any, to_weights: Any) -> None:
    """The pullback of `fold`."""
    to_factors[:] = 0
    for m in range(weights.shape[0]):
        for o in range(weights.shape[1]):
            for i in range(weights.shape[2]):
                slope = cotangent[m, o, i]
                to_factors[m, i] += slope * weights[m, o, i]
                to_weights[m, o, i] = slope * factors[m, i]


@compiled(stored=False)
def activate(x: Any, number: Any) -> None:
    """Write the values of an activation over its input."""
    if number == 1:
        relu_value(x)
    elif number == 2:
        sigmoid_value(x)
    elif number == 3:
        tanh_value(x)
    elif number == 4:
        softplus_value(x)
    elif number == 5:
        log_sigmoid_value(x)


@compiled(stored=False)
def pull_back(y: Any, cotangent: Any, number: Any) -> None:
    """Write the pullback of an activation over the cotangent."""
    if number == 1:
        relu_pullback(y, cotangent)
    elif number == 2:
        sigmoid_pullback(y, cotangent)
    elif number == 3:
        tanh_pullback(y, cotangent)
    elif number == 4:
        softplus_pullback(y, cotangent)
    elif number == 5:
        log_sigmoid_pullback(y, cotangent)


@compiled(stored=False)
def as_one(of_members: Any) -> Any:
    """The rows of all members in one matrix."""
    return of_members.reshape(of_members.shape[0] * of_members.shape[1], of_members.shape[2])


@compiled()
def passes_of_members(
    x: Any,
    labels: Any,
    shares: Any,
    smoothing: Any,
    layers: Any,
    slopes: Any,
    outputs: Any,
    cotangents: Any,
    activations: Any,
    logits: Any,
    losses: Any,
    room: Any,
) -> None:
    """The losses of members on their batches, or on one, and the gradients of their means.

    `layers` are tuples of weights and biases, and `slopes` of their gradients; there are outputs and cotangents for
    each hidden layer.
    """
    (weights, biases), (to_weights, to_biases) = layers, slopes
    shared, last = len(x) == 1, len(outputs)
    if shared:
        np.dot(as_one(weights[0]), x[0].T, as_one(outputs[0]))
    for m in range(len(losses)):
        if not shared:
            np.dot(weights[0][m], x[m].T, outputs[0][m])
        for layer in range(last):
            output = outputs[layer][m]
            if layer > 0:
                np.dot(weights[layer][m], outputs[layer - 1][m], output)
            add_bias_of_rows(output, biases[layer][m])
            activate(output.reshape(output.size), activations[layer])
        np.dot(weights[last][m], outputs[last - 1][m], logits)
        add_bias_of_rows(logits, biases[last][m])
        of_member = labels[0 if len(labels) == 1 else m]
        cross_entropy_by_class(logits, of_member, shares[m], smoothing, losses[m], room)
        cotangent = logits
        for layer in range(last, 0, -1):
            output, below = outputs[layer - 1][m], cotangents[layer - 1][m]
            sum_of_rows(cotangent, to_biases[layer][m])
            np.dot(cotangent, output.T, to_weights[layer][m])
            np.dot(weights[layer][m].T, cotangent, below)
            pull_back(output.reshape(output.size), below.reshape(below.size), activations[layer - 1])
            cotangent = below
        sum_of_rows(cotangent, to_biases[0][m])
        if not shared:
            np.dot(cotangent, x[m], to_weights[0][m])
    if shared:
        np.dot(as_one(cotangents[0]), x[0], as_one(to_weights[0]))
