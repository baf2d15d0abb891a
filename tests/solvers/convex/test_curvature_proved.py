"""The curvature of the convex solver, proved at small sizes: what its functions compute for a block of rows.

The solver sums in machine floats. Its functions of one block run on exact numbers, with buffers of any dtype.
"""

import numpy as np
import pytest

from chainrule.algebra import gradient, jacobian
from chainrule.checking.proofs.identity_proofs import prove_equalities
from chainrule.engines.tree_sums import Lender
from chainrule.solvers.convex.hessian import between_logits, curved, of_rows, own_curvatures
from chainrule.solvers.convex.preconditioner import FrequencyMatrix, Preconditioner
from chainrule.solvers.convex.row_blocks import LogitPoint, RowBlock, View
from chainrule.workspace import Workspace

SHAPES = {"X": (2, 2), "theta": (2, "k"), "mass": (2,)}
SIZES = {"k": (1, 2, 3)}


class AnyDtype(Workspace):
    """Buffers of the dtype of an array, whatever dtype is asked for."""

    def __call__(self, name, shape, like, dtype=None):
        return super().__call__(name, shape, like)


class DenseFeatures:
    """Features as they are, without an intercept or a scale."""

    def dense(self, x):
        return x


class AnyLender(Lender):
    """Arrays of any numbers, whatever dtype is asked for."""

    def lend(self, shape, dtype):
        return np.empty(shape, dtype=object)


POINT = LogitPoint.at(None, "here")


def block_of(X, mass, logits):
    """A block of all rows, with the given curvatures, which keeps the probabilities at POINT."""
    dtype, rows = np.dtype(object), slice(0, len(X))
    view = View(logits.shape[1], 1.0, dtype)
    kept = {("probabilities", POINT.slot, 0, dtype): (POINT.version, probabilities_of(logits))}
    return RowBlock(rows, X, mass, mass[:, None], AnyDtype(), AnyLender(), kept, view)


def probabilities_of(logits):
    if logits.shape[1] == 1:
        return 1 / (1 + np.exp(-logits))
    return np.exp(logits) / np.sum(np.exp(logits), axis=1, keepdims=True)


def gradient_of(X, theta, mass):
    """The gradient of sum_i m_i l_i without its part by the targets, which is constant: X^T (m p)."""
    return X.T @ (mass[:, None] * probabilities_of(X @ theta))


def hessian_product(X, theta, mass, V):
    _, rows = curved(block_of(X, mass, X @ theta), (POINT, (V, 0 * V[:1])))
    values = gradient_of(X, theta, mass)
    product = np.stack([np.sum(gradient(value, theta) * V) for value in values.ravel()]).reshape(values.shape)
    yield "X^T R", X.T @ rows, product


def own_and_between(X, theta, mass):
    block, p = block_of(X, mass, X @ theta), probabilities_of(X @ theta)
    yield "the diagonal", own_curvatures(block, POINT)[1], mass[:, None] * p * (1 - p)
    if theta.shape[1] > 1:
        each = [mass[i] * (np.diag(p[i]) - np.outer(p[i], p[i])) for i in range(len(p))]
        yield "between logits", between_logits(block, POINT), each[0] + each[1]


def whole_hessian(X, theta, mass):
    """Rows and columns in the order of theta's entries; and the blocks of the classes."""
    d, k = theta.shape
    joint, own, _ = of_rows(block_of(X, mass, X @ theta), (DenseFeatures(), theta))
    blocks = joint.reshape(d, k, d, k)
    for m in range(k):
        blocks[:, m, :, m] += own[m]
    yield "the Hessian", blocks, jacobian(gradient_of(X, theta, mass), theta)
    p = probabilities_of(X @ theta)
    for m in range(k):
        weights = (mass * p[:, m] * (1 - p[:, m]))[:, None]
        yield f"the block of class {m}", blocks[:, m, :, m], X.T @ (weights * X)


@pytest.mark.parametrize("equalities", [hessian_product, own_and_between, whole_hessian])
def test_curvatures_are_second_derivatives(equalities):
    shapes = SHAPES | ({"V": (2, "k")} if equalities is hessian_product else {})
    report = prove_equalities(equalities, shapes=shapes, domains={"mass": "positive"}, sizes=SIZES, cells=8)
    assert report.ok, str(report)


def times_curvature(c, pi, l2, solved):
    """(c_j S + l2 I) applied to each row, S = diag(pi) - pi pi^T, or pi (1 - pi) for one logit."""
    moved = pi * (1 - pi) * solved if len(pi) == 1 else pi * (solved - (solved @ pi)[:, None])
    return c * moved + l2 * solved


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_class_matrix_at_zero_weights_is_inverted(k):
    def equalities(pi, c, l2, g):
        pi = pi[:1] if k == 1 else pi
        matrix = FrequencyMatrix(pi, c, l2)
        solved = matrix.solve(g[:2], slice(0, 2))
        yield "with a penalty", times_curvature(c[:2], pi, l2, solved), g[:2]
        free = g[2:] if k == 1 else g[2:] - np.sum(g[2:], axis=1, keepdims=True) / k
        solved = matrix.solve(free, slice(2, None))
        yield "intercepts", times_curvature(c[2:], pi, 0, solved), free

    report = prove_equalities(
        equalities,
        shapes={"pi": (max(k, 2),), "c": (3, 1), "l2": (), "g": (3, k)},
        domains={"pi": "probabilities", "c": "positive", "l2": "positive"},
    )
    assert report.ok, str(report)


@pytest.mark.parametrize("rotated", [False, True])
def test_the_kronecker_preconditioner_inverts_the_hessian_of_its_covariance(rotated):
    """H = Q diag(c) Q^T (x) S + l2 I on the weights, S on the intercepts; Q is any rotation of the plane."""

    def equalities(pi, c, l2, g, t):
        basis = np.array([[1 - t * t, -2 * t], [2 * t, 1 - t * t]], dtype=object) / (1 + t * t) + 0 * c[0]
        spectrum = np.stack([c[0], c[1]])
        classes = FrequencyMatrix(pi, np.stack([c[0], c[1], 1 + 0 * c[0]])[:, None], l2)
        solved = Preconditioner(spectrum, basis if rotated else None, classes, l2, 1.0).solve(g)[:2]
        moved = basis.T @ solved if rotated else solved
        curved_rows = times_curvature(spectrum[:, None], pi, l2, moved)
        yield "the weights", basis @ curved_rows if rotated else curved_rows, g[:2]

    report = prove_equalities(
        equalities,
        shapes={"pi": (3,), "c": (2,), "l2": (), "g": (3, 3), "t": ()},
        domains={"pi": "probabilities", "c": "positive", "l2": "positive"},
    )
    assert report.ok, str(report)


@pytest.mark.parametrize("equalities", [hessian_product, own_and_between, whole_hessian])
def test_a_wrong_curvature_is_refuted(equalities):
    def wrong(**arrays):
        for name, left, right in equalities(**arrays):
            yield name, left, right + 1e-7

    shapes = SHAPES | ({"V": (2, "k")} if equalities is hessian_product else {})
    assert prove_equalities(wrong, shapes=shapes, domains={"mass": "positive"}, sizes=SIZES).verdict == "fail"
