"""Every registered rule, at every shape it promises, on floats, on balls and on PyTorch.

`assert_rule` does not share the rules' algebra: it compares with difference quotients of 300-bit balls, holds
pushforward and pullback against each other, and measures the errors of the float forms against the balls.
"""

import numpy as np
import pytest

from chainrule import networks, rules
from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, midpoints, precision, ulp_errors

SHAPES = {"(k,)": (4,), "(n, k)": (3, 4), "(m, n, k)": (2, 3, 4), "(n, 1)": (3, 1), "(0, k)": (0, 4)}


IMAGES = {"correlate2d": 1, "convolve2d": 1, "conv2d": 2}
IMAGES |= dict.fromkeys(["zero_pad2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "flatten"], 0)
"""The rules of images, and how many of weight and bias they take."""


def _draws(shape):
    """Uneven numbers: some near 0, some of both signs, one of size 20, none alike."""
    stream = random_stream(5, len(shape), sum(shape))
    x = stream.standard_normal(shape) * stream.choice([0.1, 1.0, 5.0], size=shape)
    if x.size:
        x.reshape(-1)[-1] = 20.25
    return stream, x


def inputs_of(name, shape):
    """Inputs in the rule's domain, uneven and asymmetric."""
    stream, x = _draws(shape)
    k = shape[-1]
    if name in IMAGES:
        # Images of two channels and three rows stand where other rules have rows.
        _, x = _draws((*shape[:-1], 2, 3, max(k, 2)))
        parameters = (stream.standard_normal((3, 2, 2, 2)), stream.standard_normal(3))
        return (x, *parameters[: IMAGES[name]])
    rows = stream.dirichlet(np.full(k, 0.5), size=shape[:-1])
    between = stream.uniform(0.01, 0.99, size=shape)
    others = {
        "scaled_sigmoid": (np.array(-1.75),),
        "scaled_softmax": (stream.choice([-1.75, 0.4, 1.3], size=(*shape[:-1], 1)),),
        "softmax_expectation": (between,),
        "cross_entropy": (rows[..., ::-1].copy(),),
        "nll": (rows,),
        "softmax_cross_entropy": (rows,),
        "binary_cross_entropy": (between,),
        "half_squared_error": (between,),
        "linear": (stream.standard_normal((k, 5)),),
        "affine": (stream.standard_normal((k, 5)), stream.standard_normal(5)),
        "parametric_activation": (stream.uniform(0.01, 0.99, k),),
        "periodic_embedding": (stream.standard_normal((k, 2)), stream.standard_normal((k, 2))),
        "embedding": (stream.standard_normal((k + 1, 2)),),
        # All weight at one class: what is left of a soft target cancels where it is nearly the probability.
        "members_cross_entropy": (1.5 * np.eye(k)[np.argmax(rows, axis=-1)],),
        "scaling": (stream.standard_normal(k),),
        "l2_penalty": (np.array(0.375),),
        "dropout": (np.where(between > 0.4, 1 / 0.6, 0.0),),
        "convolve1d": (np.array([0.5, -1.25, 2.0]),),
    }
    first = {
        "members_cross_entropy": np.stack([x, between, -x / 2]),
        "embedding": stream.integers(0, k + 1, size=shape),
        "cross_entropy": between,
        "nll": -np.abs(x) - 0.125,
        "logarithm": np.abs(x) + 0.01,
    }.get(name, x)
    return (first, *others.get(name, ()))


# The L2 penalty is of one vector; every other rule takes all shapes.
CASES = [(name, shape) for name in rules.names() for shape in SHAPES if name != "l2_penalty" or shape == "(k,)"]


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_derivatives_agree_with_difference_quotients_at_300_bits(name, shape):
    assert_rule(rules.get(name), *inputs_of(name, SHAPES[shape]))


BITS = 1200
"""Enough for what the shapes' logits of size 20 leave of a probability, and for products with both."""

SUMS = {"linear": ("x",), "affine": ("x", "bias"), "convolve1d": ("signal",), "softmax_expectation": ("values",)}
SUMS |= {"correlate2d": ("x",), "convolve2d": ("x",), "conv2d": ("x", "bias")}
SUMS |= {"avg_pool2d": ("x",), "global_avg_pool2d": ("x",)}
"""The rules whose value is a sum of terms of both signs, and the inputs in which it is linear."""


def _per_row(jacobian, x, outputs):
    """The Jacobian by x, of shape outputs + one row of x, and how many leading axes x shares with the outputs."""
    row = () if x.shape == () and jacobian.shape[len(outputs) :] == (1,) else jacobian.shape[len(outputs) :]
    return jacobian.reshape(outputs + row), x.ndim - len(row)


def _sizes_of_terms(jacobians, tangents, outputs):
    """sum_j |J[i, j]| |t_j| for every output, over all inputs: what rounding is relative to."""
    total = np.zeros(outputs)
    for jacobian, tangent in zip(jacobians, tangents, strict=True):
        if jacobian is not None and tangent is not None:
            matrix, shared = _per_row(jacobian, tangent, outputs)
            for at in np.ndindex(outputs):
                total[at] += np.sum(np.abs(matrix[at]) * np.abs(tangent[at[:shared]]))
    return total


def _sizes_of_pulled_terms(jacobian, cotangent, x):
    """sum_i |v_i| |J[i, j]| for every input."""
    matrix, shared = _per_row(jacobian, x, cotangent.shape)
    total = np.zeros(x.shape)
    for at in np.ndindex(cotangent.shape):
        total[at[:shared]] += np.abs(matrix[at]) * abs(cotangent[at])
    return total


def _conditioned_errors(got, reference, terms):
    """Errors in units in the last place, over the condition number sum |terms| / |sum|, which is at least 1."""
    result = np.maximum(np.abs(midpoints(reference)), np.finfo(np.float64).tiny)
    errors = ulp_errors(got, reference) / np.maximum(terms / result, 1)
    return float(np.max(errors, initial=0.0))


def measured_errors(rule, inputs):
    """The worst conditioned error of the value and of each derivative, in the inputs' dtype, against balls."""
    dtype, stream = inputs[0].dtype, random_stream(8)
    exact_inputs = [balls(x) for x in inputs]
    value = rule(*inputs)
    outputs = np.shape(value)
    cotangent = stream.standard_normal(outputs).astype(dtype)
    tangents = [
        None if name in rule.constants else stream.standard_normal(x.shape).astype(dtype)
        for name, x in zip(rule.inputs, inputs, strict=True)
    ]
    exact_tangents = [None if t is None else balls(t) for t in tangents]
    with precision(BITS):
        exact_value = balls(rule(*exact_inputs))
        exact_pulled = rule.vjp(*exact_inputs, balls(cotangent))
        exact_moved = balls(rule.jvp(*exact_inputs, *exact_tangents))
        exact_jacobians = rule.jacobian(*exact_inputs)
    pulled = rule.vjp(*inputs, cotangent)
    if len(inputs) == 1:
        pulled, exact_pulled, exact_jacobians = (pulled,), (exact_pulled,), (exact_jacobians,)
    jacobians = [None if matrix is None else midpoints(matrix) for matrix in exact_jacobians]
    summed = [x if name in SUMS.get(rule.name, ()) else None for name, x in zip(rule.inputs, inputs, strict=True)]
    found = {
        "value": _conditioned_errors(value, exact_value, _sizes_of_terms(jacobians, summed, outputs)),
        "jvp": _conditioned_errors(
            rule.jvp(*inputs, *tangents), exact_moved, _sizes_of_terms(jacobians, tangents, outputs)
        ),
    }
    for name, x, got, exact, jacobian in zip(rule.inputs, inputs, pulled, exact_pulled, jacobians, strict=True):
        if got is not None:
            terms = _sizes_of_pulled_terms(jacobian, cotangent, x)
            found[f"vjp by {name}"] = _conditioned_errors(got, exact, terms)
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "shape"), CASES)
def test_errors_are_within_the_claimed_bound_times_the_condition_number(name, shape, dtype):
    """Where no terms cancel, the condition number is 1 and the bound is one of units in the last place."""
    rule = rules.get(name)
    errors = measured_errors(rule, tuple(np.asarray(x).astype(dtype) for x in inputs_of(name, SHAPES[shape])))
    assert {form: error for form, error in errors.items() if not error <= rule.error_bound} == {}


@pytest.mark.parametrize("name", rules.names())
def test_pytorch_runs_the_same_source(name):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    rule = rules.get(name)
    inputs = inputs_of(name, (4,) if name == "l2_penalty" else (3, 4))
    tensors = [torch.from_numpy(np.array(x)) for x in inputs]
    value = rule(*inputs)
    cotangent = 1 + random_stream(6).uniform(size=np.shape(value))
    got = rule.vjp(*tensors, torch.as_tensor(cotangent))
    expected = rule.vjp(*inputs, cotangent)
    if not isinstance(expected, tuple):
        got, expected = (got,), (expected,)
    # The two libraries' exp and log differ in the last place; sums of four terms amplify that a few times.
    np.testing.assert_allclose(rule(*tensors).numpy(), value, rtol=1e-14, atol=1e-15)
    for theirs, ours in zip(got, expected, strict=True):
        if ours is None:
            assert theirs is None
        else:
            np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", rules.names())
def test_autograd_through_the_pure_forward_gives_the_pullback(name):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    rule = rules.get(name)
    inputs = inputs_of(name, (4,) if name == "l2_penalty" else (3, 4))
    tensors = [
        torch.from_numpy(np.array(x)).requires_grad_(n not in rule.constants)
        for n, x in zip(rule.inputs, inputs, strict=True)
    ]
    output, _ = rule.forward(*tensors)
    cotangent = torch.from_numpy(np.asarray(1 + random_stream(7).uniform(size=tuple(output.shape))))
    output.backward(cotangent)
    expected = rule.vjp(*inputs, cotangent.numpy())
    for tensor, ours in zip(tensors, expected if isinstance(expected, tuple) else (expected,), strict=True):
        if ours is not None:
            # Autograd multiplies the same factors in another order, and cancels where the rule does not.
            np.testing.assert_allclose(tensor.grad.numpy(), ours, rtol=1e-11, atol=1e-13)


def test_every_rule_says_what_it_computes():
    for name in rules.names():
        rule = rules.get(name)
        assert rule.formula
        assert rule.derivative
        assert rule.domain
        assert rule.kinks
        assert rule.error_bound is not None
        assert rule.pushforward is not None
        assert rule.jacobian_matrix is not None


def test_the_kink_of_relu_has_the_left_slope():
    x = np.array([-1.0, -0.0, 0.0, 5e-324])
    np.testing.assert_array_equal(rules.relu.vjp(x, np.full(4, 3.0)), [0, 0, 0, 3])
    output, residuals = rules.relu.forward(x)
    np.testing.assert_array_equal(rules.relu.pullback(residuals, np.full(4, 3.0)), [0, 0, 0, 3])
    assert output[3] > 0


def test_slopes_keep_their_digits_where_those_from_the_output_vanish():
    # 1 - tanh(20)^2 and sigmoid(40) (1 - sigmoid(40)) are 0 in floats; the digits are 40-digit references.
    assert rules.tanh.vjp(np.array([20.0]), np.ones(1))[0] == pytest.approx(1.699341702116636e-17, rel=1e-15, abs=0)
    assert rules.sigmoid.vjp(np.array([40.0]), np.ones(1))[0] == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)
    assert rules.softplus(np.array([-40.0]))[0] == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)


def test_an_unknown_name_says_which_exist():
    with pytest.raises(ValueError, match=r"no rule is named 'sofmax'; there are .*softmax"):
        rules.get("sofmax")


def test_a_taken_name_is_refused_and_can_be_freed():
    with pytest.raises(ValueError, match="'tanh' exists already"):
        rules.register(rules.Rule("tanh", lambda x: (x, x), lambda x, v: v))
    cube = rules.register(rules.Rule("cube", lambda x: (x**3, x), lambda x, v: 3 * x * x * v))
    try:
        assert "cube" in rules.activation_names()
        assert networks.Activation("cube").layer((3,)).rule is cube
    finally:
        rules.unregister("cube")
    assert "cube" not in rules.names()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rules.softmax(), r"softmax takes logits, got 0 arguments"),
        (lambda: rules.softmax.vjp(np.ones(3)), r"vjp takes logits and the cotangent: 2 arguments, got 1"),
        (lambda: rules.softmax.vjp(np.ones(3), np.ones(4)), r"cotangent has shape \(4,\), which does not fit \(3,\)"),
        (lambda: rules.softmax(np.ones((2, 0))), r"at least one class"),
        (lambda: rules.softmax_cross_entropy(np.ones(3), 3), r"labels lie in 0..2 for 3 classes, got 3..3"),
        (lambda: rules.softmax_cross_entropy(np.ones(3), -1), r"labels lie in 0..2"),
        (lambda: rules.softmax_cross_entropy(np.ones((2, 3)), np.ones((2, 4))), r"expected shape \(2, 3\)"),
        (lambda: rules.softmax_cross_entropy(np.ones(3), 0, label_smoothing=2), r"fraction from 0 to 1, got 2"),
        (lambda: rules.softmax_cross_entropy(np.ones(3), 0, smoothing=0.1), r"no option 'smoothing'"),
        (lambda: rules.linear(np.ones(3), np.ones((4, 2))), r"must hold the weight's 4 in_features"),
        (lambda: rules.affine(np.ones(4), np.ones((4, 2)), np.ones(3)), r"bias: expected shape \(2,\), got \(3,\)"),
        (lambda: rules.dropout(np.ones(4), np.ones(3)), r"mask: expected shape \(4,\), got \(3,\)"),
        (lambda: rules.binary_cross_entropy(np.ones(4), np.ones(3)), r"targets: expected shape \(4,\)"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()
