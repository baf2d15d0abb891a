"""The fitted classifiers as ONNX operators, from features to logits, and from logits to labels and probabilities."""

from functools import singledispatch
from itertools import groupby
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.estimators.class_encoding import BINARY, MULTILABEL, ClassEncoding
from chainrule.estimators.conv import ConvClassifier
from chainrule.estimators.network_classifier import NetworkClassifier
from chainrule.estimators.network_mixtures import SAME
from chainrule.estimators.softmax_regression import SoftmaxRegression
from chainrule.estimators.tabular import TabularClassifier
from chainrule.export.encoder_nodes import encoded
from chainrule.export.onnx_graph import Graph, Tensor
from chainrule.export.row_operators import operator_of
from chainrule.networks import Network


def dtype_of(classifier: Any) -> np.dtype[Any]:
    """The dtype in which a fitted classifier computes for features of this dtype."""
    if isinstance(classifier, NetworkClassifier):
        return np.result_type(classifier.coefs_[0])
    return np.result_type(classifier.coef_.dtype if isinstance(classifier, SoftmaxRegression) else np.float32)


@singledispatch
def logits(classifier: Any, graph: Graph, x: Tensor) -> Tensor:
    """The logits of a fitted classifier, in the dtype of the features x: one for two classes, else one for each.

    Raises
    ------
    TypeError
        For other models.
    """
    raise TypeError(f"expected a fitted classifier of chainrule, or a Pipeline of one, got {type(classifier).__name__}")


@logits.register
def _(classifier: SoftmaxRegression, graph: Graph, x: Tensor) -> Tensor:
    coef = classifier.coef_.toarray() if is_sparse(classifier.coef_) else classifier.coef_
    found = graph.add("Add", graph.add("MatMul", x, coef.T), classifier.intercept_)
    return found if classifier.temperature_ == 1 else graph.add("Div", found, float(classifier.temperature_))


@logits.register
def _(classifier: NetworkClassifier, graph: Graph, x: Tensor) -> Tensor:
    if isinstance(classifier, ConvClassifier):
        x = _images(classifier, graph, x)
    return network_logits_of(classifier._network, classifier._theta(), graph, x)


@logits.register
def _(classifier: TabularClassifier, graph: Graph, x: Tensor) -> Tensor:
    """The logarithm of the weighted mean of the networks' probabilities."""
    piecewise = None
    if classifier.piecewise_ is not None and any(group.settings.piecewise for group in classifier.groups_):
        piecewise = graph.cast(encoded(classifier.piecewise_, graph, x), x.dtype)
    parts, logs = classifier._parts(_width(classifier)), []
    for _, members in groupby(parts, key=lambda part: (id(part.network), part.weight)):
        alike = list(members)
        features = x if alike[0].view is SAME or piecewise is None else piecewise
        of_members = network_logits_of(alike[0].network, np.stack([part.parameters for part in alike]), graph, features)
        logs.append(graph.add("Add", graph.add("LogSoftmax", of_members, axis=-1), np.log(alike[0].weight)))
    every = graph.add("Concat", *logs, axis=0)
    largest = graph.add("ReduceMax", every, axes=[0])
    shares = graph.add("ReduceSum", graph.add("Exp", graph.add("Sub", every, largest)), np.array([0]), keepdims=0)
    mixed = graph.add("Add", graph.add("Log", shares), graph.add("Squeeze", largest, np.array([0])))
    if classifier._kind != BINARY:
        return mixed
    return graph.add("Sub", graph.columns(mixed, np.array([1])), graph.columns(mixed, np.array([0])))


def network_logits_of(network: Network, theta: Array, graph: Graph, x: Tensor) -> Tensor:
    """The outputs of a network for flat parameters, or for a row of them per member of an ensemble."""
    by_layer = network.by_layer(theta) if theta.ndim == 1 else _of_members(network, theta)
    for layer, parameters in zip(network.layers, by_layer, strict=True):
        x = operator_of(layer)(graph, x, layer, parameters)
    return x


def results(graph: Graph, encoding: ClassEncoding, found: Tensor) -> tuple[Tensor, Tensor]:
    """The labels and the probabilities for logits."""
    if encoding.kind == MULTILABEL:
        return graph.cast(graph.add("Greater", found, 0.0), np.int64), graph.add("Sigmoid", found)
    # An infinite logit would be subtracted from itself.
    largest = float(np.finfo(found.dtype).max)
    found = graph.add("Clip", found, -largest, largest)
    if encoding.kind == BINARY:
        # A softmax over 0 and the log-odds is the sigmoids of both signs.
        found = graph.beside([graph.add("Sub", found, found), found])
    classes = np.array(encoding.classes.tolist())
    known = graph.constant(classes.astype(object) if classes.dtype.kind == "U" else classes)
    numbers = graph.add("ArgMax", found, axis=1, keepdims=0)
    return graph.add("Gather", known, numbers, axis=0), graph.add("Softmax", found, axis=-1)


# What follows is private.


def _width(classifier: TabularClassifier) -> int:
    """The number of features of the networks."""
    encoder = classifier.encoder_
    return classifier.n_features_in_ if encoder is None else len(encoder.get_feature_names_out())


def _images(classifier: ConvClassifier, graph: Graph, x: Tensor) -> Tensor:
    """Rows of pixels as images, centred, scaled and cropped as the network takes them."""
    shape = classifier.image_shape_
    x = graph.add("Reshape", x, np.array([0, *shape], np.int64))
    if hasattr(classifier, "mean_"):
        x = graph.add("Sub", x, classifier.mean_[:, None, None])
        x = graph.add("Div", x, classifier.scale_[:, None, None])
    inner = classifier.network_.in_shape
    if inner == shape:
        return x
    start = np.array([(whole - part) // 2 for whole, part in zip(shape[1:], inner[1:], strict=True)], np.int64)
    return graph.add("Slice", x, start, start + np.array(inner[1:]), np.array([2, 3]))


def _of_members(network: Network, theta: Array) -> list[tuple[Array, ...]]:
    """The parameters of each layer, with a leading axis of members; biases have one of rows after it."""
    members = [network.by_layer(flat) for flat in theta]
    stacked = []
    for of_layer in zip(*members, strict=True):
        arrays = [np.stack(blocks) for blocks in zip(*of_layer, strict=True)]
        stacked.append(tuple(array if array.ndim == 3 else array[:, None] for array in arrays))
    return stacked
