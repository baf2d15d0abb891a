"""Mixtures of networks on views of the same features: their logits, and the gradients of their log-loss.

    loss_i = -log sum_m w_m p_m(y_i | x_i)
    grad loss_i = sum_m r_im grad (-log p_m(y_i | x_i)),      r_im = w_m p_m(y_i | x_i) / sum_l w_l p_l(y_i | x_i)

The gradient of each network is that of its own loss, which its formulas give; r_im is the share of network m in the
probability of the label. Softmax regression is a network without hidden layers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule import rules
from chainrule.arrays import Array
from chainrule.estimators.blocks_of_rows import Logits, Worker, input_gradients, network_logits
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.estimators.mixtures import at_labels, mixed_logits
from chainrule.networks import Network, mlp
from chainrule.training import Objective


@dataclass(frozen=True)
class NetworkInputs:
    """The inputs of networks, as a function of the features.

    Attributes
    ----------
    inputs : callable
        From features to inputs.
    pullback : callable
        From features and the gradient by the inputs to the gradient by the features.
    """

    inputs: Callable[[Array], Array]
    pullback: Callable[[Array, Array], Array]


SAME = NetworkInputs(lambda features: features, lambda features, cotangent: cotangent)
"""The features themselves."""


@dataclass(frozen=True)
class WeightedNetwork:
    """A network of a mixture, with a logit for each class.

    Attributes
    ----------
    weight : float
        Above 0; the weights of a mixture sum to 1.
    network : Network
    parameters : ndarray
        Flat.
    view : NetworkInputs
    """

    weight: float
    network: Network
    parameters: Array
    view: NetworkInputs = SAME


def linear_part(weight: float, coef: Array, intercept: Array) -> WeightedNetwork:
    """Softmax regression as a part; a single logit o, of two classes, becomes -o/2 and o/2."""
    if len(coef) == 1:
        coef, intercept = np.vstack([-coef, coef]) / 2, np.hstack([-intercept, intercept]) / 2
    network = mlp(coef.shape[1], (), len(coef))
    return WeightedNetwork(weight, network, network.pack([coef.T, intercept]))


def mixture_logits(parts: Sequence[WeightedNetwork], encoding: ClassEncoding, features: Array) -> Logits:
    """The logits of the mixture, in the dtype of the features.

    Parameters
    ----------
    parts : sequence of WeightedNetwork
    encoding : ClassEncoding
    features : (n, d) array
    """
    dtype, views = features.dtype, list(dict.fromkeys(part.view for part in parts))
    every = [network_logits(part.network, part.parameters.astype(dtype, copy=False), features) for part in parts]
    weights = np.array([part.weight for part in parts])

    def worker() -> Worker:
        workers = [one.worker() for one in every]

        def mixture(block: Array) -> Array:
            inputs = {view: view.inputs(block) for view in views}
            logs = np.empty((len(parts), len(block), parts[0].network.out_features), dtype)
            for out, part, logits_of in zip(logs, parts, workers, strict=True):
                out[...] = rules.log_softmax(logits_of(inputs[part.view]))
            return mixed_logits(encoding, logs, weights)

        return mixture

    step, threads = min(one.step for one in every), max(one.threads for one in every)
    return Logits(features, encoding.n_outputs, dtype, step, threads, worker)


def mixture_gradients(parts: Sequence[WeightedNetwork], features: Array, y: Array) -> Array:
    """The gradient of each row's log-loss by its features, in float64.

    Parameters
    ----------
    parts : sequence of WeightedNetwork
    features : (n, d) array
    y : (n,) array of int
        Class numbers.

    Examples
    --------
    >>> part = linear_part(1.0, np.array([[1.0]]), np.array([0.0]))
    >>> mixture_gradients([part], np.array([[0.0]]), np.array([1]))  # p - 1 with p = 1/2
    array([[-0.5]])
    """
    features = features.astype(np.float64)
    logs, gradients = np.empty((len(parts), len(y))), np.empty((len(parts), *features.shape))
    for number, part in enumerate(parts):
        inputs, theta = part.view.inputs(features), part.parameters.astype(np.float64)
        logits = network_logits(part.network, theta, inputs).results(np.copy)
        logs[number] = np.log(part.weight) + at_labels(rules.log_softmax(logits), y)
        own = input_gradients(Objective(part.network), theta, inputs, y, prepare=lambda block: block)
        gradients[number] = part.view.pullback(features, own)
    shares = np.exp(logs - np.logaddexp.reduce(logs, axis=0))
    return np.einsum("mn,mnd->nd", shares, gradients)
