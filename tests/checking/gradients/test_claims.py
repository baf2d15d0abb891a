"""Claims: the arguments of `check_gradient`, and the shapes of their results."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking.gradients.claims import WrongShapeError, claim_of, input_names

X = np.array([1.0, 4.0])


def total(x, weight):
    return np.sum(weight * x)


def pullback(x, weight, cotangent):
    return cotangent * weight, cotangent * x


@pytest.mark.parametrize(
    ("function", "inputs", "derivatives", "message"),
    [
        (total, (X, X), {}, "give one of gradient, jacobian, pullback and slope; got none"),
        (total, (X, X), {"gradient": pullback, "slope": pullback}, "got gradient and slope"),
        (total, (X, X), {"gradient": 3}, "gradient: expected a function, got 3"),
        (total, (1, 2), {"gradient": pullback}, "none of the 2 inputs holds floats"),
        (np.exp, (X,), {"gradient": np.exp}, r"exp returned shape \(2,\); a gradient needs"),
        (total, (X, X), {"slope": pullback}, "a slope needs an elementwise function of one input"),
        (lambda x: (x, x), (X,), {"slope": np.exp}, "returned a tuple; if that is"),
        (lambda x: "text", (X,), {"slope": np.exp}, "returned str, expected an array or a number"),
    ],
)
def test_arguments_that_are_no_claim_are_refused(function, inputs, derivatives, message):
    with pytest.raises(TypeError, match=message):
        claim_of(function, inputs, **derivatives)


def test_lists_of_floats_are_arrays_and_labels_are_constants():
    claim = claim_of(lambda x, label: np.log(x[label]), ([1.0, 2.0], 1), gradient=lambda x, label: None)
    assert (claim.names, claim.differentiable, claim.shapes) == (("x", "label"), (True, False), ((2,), ()))
    assert isinstance(claim.inputs[0], np.ndarray)


@pytest.mark.parametrize("result", [(2 * X, 3 * X), [2 * X, 3 * X], {"x": 2 * X, "weight": 3 * X}])
def test_results_are_sorted_by_input(result):
    claim = claim_of(total, (X, X), gradient=lambda x, weight: result)
    by_x, by_weight = claim.float_derivatives(claim.cotangent)
    assert (by_x.tolist(), by_weight.tolist()) == ([2, 8], [3, 12])


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (X, r"the result: got shape \(2,\), expected a tuple with one entry for each of 2 inputs"),
        ((X, X, X), "the result: got 3 entries, expected one for each of 2 inputs"),
        ({"y": X}, "the result: got the key 'y', expected keys among x, weight"),
        ((X, X[:1]), r"weight: got shape \(1,\), expected shape \(2,\)"),
    ],
)
def test_results_of_wrong_shape_are_refused(result, message):
    claim = claim_of(total, (X, X), gradient=lambda x, weight: result)
    with pytest.raises(WrongShapeError, match=message):
        claim.float_derivatives(claim.cotangent)


def test_a_jacobian_may_be_a_matrix_of_outputs_and_inputs():
    claim = claim_of(lambda x: x.reshape(2, 2).T, (np.arange(4.0),), jacobian=lambda x: np.eye(4))
    assert claim.float_derivatives(claim.cotangent)[0].shape == (2, 2, 4)


def test_names_come_from_the_rule_or_the_signature():
    assert input_names(rules.affine, 3) == ("x", "weight", "bias")
    assert input_names(total, 2) == ("x", "weight")
    assert input_names(lambda *xs: xs, 2) == ("x0", "x1")
