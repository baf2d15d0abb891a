"""Arguments that a linear head refuses, and its messages."""

import numpy as np
import pytest

from chainrule import LinearCrossEntropy, linear_cross_entropy

X, W, Y = np.ones((3, 2)), np.ones((4, 2)), np.array([0, 1, 3])


def changed(x, index, value):
    x = np.array(x, dtype=float)
    x[index] = value
    return x


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((X, W.T, Y), {}, r"X: expected 4 features on the last axis, as W of shape \(2, 4\) has; got shape \(3, 2\)"),
        ((X, W[0], Y), {}, r"W: expected shape \(classes, features\) with at least one class, got \(2,\)"),
        ((X, W[:0], Y), {}, r"W: expected shape \(classes, features\) with at least one class, got \(0, 2\)"),
        ((X, W, Y, np.ones(3)), {}, r"bias: expected shape \(4,\), got \(3,\)"),
        ((X, W, Y[:2]), {}, r"labels: expected shape \(3,\), got \(2,\)"),
        ((X, W, np.ones((3, 5))), {}, r"labels \(rows of class weights\): expected shape \(3, 4\), got \(3, 5\)"),
        ((X, W, np.ones(3)), {}, "labels: expected integers, or rows of 4 class weights; got dtype float64"),
        ((X, W, changed(np.ones((3, 4)), (0, 0), np.nan)), {}, "labels: rows of class weights hold nan or infinity"),
        ((X, W, [0, 4, 1]), {}, "labels: labels lie in 0..3 for 4 classes, got 0..4"),
        ((X, W, [0, -100, 1]), {}, "labels: labels lie in 0..3 for 4 classes, got -100..1"),
        ((X, W, [0, -100, 9]), {"ignore_index": -100}, "labels: labels lie in 0..3 for 4 classes, got 0..9"),
        ((X, W, np.ones((3, 4))), {"ignore_index": 1}, "ignore_index: expected integer labels beside it, got rows"),
        ((X, W, Y), {"weights": np.ones(2)}, r"weights: expected shape \(3,\), got \(2,\)"),
        ((X, W, Y), {"weights": [1, np.inf, 1]}, "weights: expected finite numbers, got nan or infinity"),
        ((X, W, Y), {"weights": [0, 0, 0]}, "'mean' needs a positive total weight, but all samples are left out"),
        ((X, W, Y), {"weights": [1, -1, 0]}, "'mean' needs a positive total weight, but the total weight is 0.0"),
        ((X, W, [7, 7, 7]), {"ignore_index": 7}, "'mean' needs a positive total weight, but all samples are left out"),
        ((X, W, Y), {"temperature": 0}, "temperature: expected a positive number, got 0"),
        ((X, W, Y), {"temperature": float("nan")}, "temperature: expected a positive number, got nan"),
        ((X, W, Y), {"label_smoothing": 1.5}, "label_smoothing: expected a fraction from 0 to 1, got 1.5"),
        ((X, W, Y), {"reduction": "median"}, "reduction: expected one of mean, sum, none; got 'median'"),
        ((X, W, Y), {"memory": 0}, "memory: expected a positive number of bytes, got 0"),
        ((X.astype(np.float16), W, Y), {}, "X: expected float64 or float32, got float16"),
        ((X, W.astype(np.float32), Y), {}, "W: expected the library and dtype of X, float64; got float32"),
        ((X, [["a", "b"]], Y), {}, "W: expected numbers, got dtype <U1"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        linear_cross_entropy(*arguments, **options)


def test_sparse_samples_are_refused():
    from scipy import sparse

    with pytest.raises(ValueError, match="X: expected a dense array, got a sparse one"):
        linear_cross_entropy(sparse.csr_array(X), W, Y)


def test_directions_and_names_are_checked():
    head = LinearCrossEntropy(X, W, Y)
    with pytest.raises(ValueError, match="expected a direction in at least one of X, W, bias"):
        head.hessian_product()
    with pytest.raises(ValueError, match=r"W, a direction: expected shape \(4, 2\), got \(2, 4\)"):
        head.hessian_product(W=W.T)
    with pytest.raises(ValueError, match="bias: this head has no bias"):
        head.gauss_newton_product(bias=np.ones(4))
    with pytest.raises(ValueError, match="of: this head has no bias"):
        head.value_and_gradients(["bias"])
    with pytest.raises(ValueError, match=r"of: expected names among X, W, bias, temperature; got \['V'\]"):
        head.value_and_gradients(["V"])
    with pytest.raises(ValueError, match="of: expected names among X, W, bias; got"):
        head.hessian_product(W=W, of=["temperature"])


def test_a_cotangent_per_sample_needs_a_loss_per_sample():
    with pytest.raises(ValueError, match=r"cotangent: expected one number for 'mean', got shape \(3,\)"):
        LinearCrossEntropy(X, W, Y).value_and_gradients(cotangent=np.ones(3))
    with pytest.raises(ValueError, match=r"cotangent: expected shape \(3,\), got \(2,\)"):
        LinearCrossEntropy(X, W, Y, reduction="none").value_and_gradients(cotangent=np.ones(2))
