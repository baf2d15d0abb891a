"""Each layer of rows as ONNX operators, compared with its rule in both dtypes, at ordinary and at extreme numbers."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.export import onnx_operator
from chainrule.export.classifier_nodes import network_logits_of
from chainrule.export.onnx_graph import Graph
from chainrule.export.row_operators import OPERATORS
from chainrule.networks import Linear, Network, layers_of

ROWS = np.concatenate(
    [
        np.random.default_rng(0).normal(0, 3, (50, 6)),
        np.outer([1e-30, 1e-3, 20, 90, 800, 1e5, 1e30], [1, -1, 1, -1, 0.5, -0.5]),
        np.zeros((1, 6)),
    ]
)
BOUND = 2e-6
"""Of |value| + 1 in float32: 16 ulp of 2^-23, three for each operator of the longest chain, mish."""


def both(session, words, X, seed=0):
    """The outputs of ONNX Runtime and of the layers, with random parameters."""
    layers = layers_of(words, (X.shape[1],))
    network = Network(X.shape[1], (*layers, *layers_of([Linear(2)], layers[-1].out_shape)))
    theta = np.random.default_rng(seed).normal(size=network.n_parameters).astype(X.dtype)
    graph = Graph()
    values = graph.input("X", X.dtype, X.shape[1])
    inner = Network(network.in_features, network.layers[:-1])
    parameters = [block for of_layer in network.by_layer(theta)[:-1] for block in of_layer]
    theta = inner.pack(parameters) if parameters else theta[:0]
    graph.output("Y", network_logits_of(inner, theta, graph, values), ["rows", inner.out_features])
    with np.errstate(all="ignore"):
        expected = X
        for layer, blocks in zip(inner.layers, inner.by_layer(theta), strict=True):
            expected, _ = layer.rule.forward(expected, *blocks, **layer.options)
    return session(graph.model({}, "0")).run(None, {"X": X})[0], expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", rules.activation_names())
def test_every_activation_is_exported(session, name, dtype):
    found, expected = both(session, name, ROWS.astype(dtype))
    assert found.dtype == dtype
    scale = BOUND if dtype == np.float32 else BOUND * 2.0**-29
    np.testing.assert_array_less(np.abs(found - expected), scale * (np.abs(expected) + 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("words", ["linear 3", "linear 3 no bias", "scale", "parametric mish", "parametric tanh"])
def test_layers_with_parameters(session, words, dtype):
    X = ROWS[:50].astype(dtype)
    found, expected = both(session, words, X)
    scale = BOUND if dtype == np.float32 else BOUND * 2.0**-29
    np.testing.assert_array_less(np.abs(found - expected), scale * (np.abs(expected) + np.abs(X).sum(axis=1).max()))


def test_waves_of_large_numbers_keep_their_digits_in_float32(session):
    X = np.array([[1e6, -3.7e5], [0.1, 12345.678]], np.float32)
    found, expected = both(session, "periodic 5", X)
    np.testing.assert_allclose(found, expected, rtol=0, atol=BOUND)  # f x is exact, and a cosine is at most 1


def test_rows_of_a_table_by_codes(session):
    found, expected = both(session, "embedding 4 3", np.array([[0.0, 3.0], [2.0, 2.0]], np.float32))
    np.testing.assert_array_equal(found, expected)


def test_dropout_is_left_out():
    graph = Graph()
    x = graph.input("X", np.float32, 2)
    assert network_logits_of(Network(2, layers_of("dropout 0.5", (2,))), np.empty(0), graph, x) is x


def test_a_rule_of_ones_own_gets_an_operator(session):
    cube = rules.register(
        rules.Rule("cube", lambda x: (x**3, x), lambda x, v: 3 * x * x * v, elementwise=True, kind="activation")
    )
    try:
        message = r"the layer 'cube' has no ONNX operator.*chainrule\.export\.onnx_operator"
        with pytest.raises(ValueError, match=message):
            both(session, "cube", ROWS[:5])

        @onnx_operator(cube)
        def of_cube(graph, x, layer, parameters):
            return graph.add("Mul", graph.add("Mul", x, x), x)

        found, expected = both(session, "cube", ROWS[:5])
        np.testing.assert_allclose(found, expected, rtol=1e-15)
    finally:
        OPERATORS.pop("cube", None)
        rules.unregister("cube")


def test_all_rules_that_layers_use_have_an_operator():
    used = {
        rule.name for rule in map(rules.get, rules.names()) if rule.kind in ("layer", "activation", "noise", "shape")
    }
    without = {"convolve1d", "convolve2d"}  # no words make layers of these
    assert used - without == set(OPERATORS)
