"""The linear softmax head, proved at small sizes: loss, gradients, Hessian- and Gauss-Newton-vector products."""

import numpy as np
import pytest

from chainrule.algebra import gradient
from chainrule.checking.proofs.identity_proofs import prove_equalities
from chainrule.heads import LinearCrossEntropy
from chainrule.heads.chunks import cut

SHAPES = {"X": (2, 2), "W": (3, 2), "bias": (3,), "weights": (2,)}
DIRECTION = {"dX": (2, 2), "dW": (3, 2), "db": (3,)}
ONE_BLOCK = {}
OF_CLASSES = {"memory": 2 * 2 * 8}
"""Bytes for a block of two rows and two classes, so that the sums of blocks are merged."""


def logits_of(X, W, bias, temperature):
    return (X @ W.T + bias) / temperature


def loss_of(logits, weights, targets, smoothing):
    """The weighted mean of the cross entropies, written out."""
    targets = (1 - smoothing) * targets + smoothing * np.sum(targets, axis=-1, keepdims=True) / targets.shape[-1]
    probs = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)
    return np.sum(weights * -np.sum(targets * np.log(probs), axis=-1)) / np.sum(weights)


def along(values, points, directions):
    """The derivative of an array along directions of several arrays."""
    flat = [sum(np.sum(gradient(y, x) * d) for x, d in zip(points, directions, strict=True)) for y in values.ravel()]
    return np.stack(flat).reshape(values.shape)


def proved(equalities, shapes):
    domains = {name: "positive" for name in ("weights", "targets", "tau") if name in shapes}
    return prove_equalities(equalities, shapes=shapes, domains=domains, cells=8, seconds=60)


def test_the_small_memory_cuts_the_classes():
    assert cut(2, 3, OF_CLASSES["memory"], 1, np.zeros(1)).classes == 2
    assert cut(2, 3, OF_CLASSES["memory"], 2, np.zeros(1)).classes == 1


@pytest.mark.parametrize("memory", [ONE_BLOCK, OF_CLASSES], ids=["one block", "blocks of classes"])
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_loss_and_gradients_are_the_mean_cross_entropy_and_its_derivatives(memory, smoothing, temperature):
    labels = np.array([2, 0])

    def equalities(X, W, bias, weights):
        options = {"weights": weights, "label_smoothing": smoothing, "temperature": temperature, **memory}
        value, found = LinearCrossEntropy(X, W, labels, bias, **options).value_and_gradients()
        loss = loss_of(logits_of(X, W, bias, temperature), weights, np.eye(3)[labels], smoothing)
        yield "the loss", value, loss
        for name, x in {"X": X, "W": W, "bias": bias}.items():
            yield f"by {name}", getattr(found, name), gradient(loss, x)

    report = proved(equalities, SHAPES)
    assert report.ok, str(report)
    assert not report.complete


def test_the_gradient_by_the_temperature_is_the_derivative_by_a_common_divisor():
    def equalities(X, W, bias, tau):
        _, found = LinearCrossEntropy(X, W, [1], bias, temperature=2.0).value_and_gradients(of=("temperature",))
        one = np.ones(1)
        loss = loss_of(logits_of(X, W, bias, tau), one, np.eye(3)[[1]], 0)
        by_tau = gradient(loss, tau)
        yield "by tau, times tau", by_tau * tau, -sum(np.sum(gradient(loss, x) * x) for x in (W, bias))
        at_two = loss_of(logits_of(X, W, bias, 2), one, np.eye(3)[[1]], 0)
        yield "at 2", found.temperature * 2, -sum(np.sum(gradient(at_two, x) * x) for x in (W, bias))

    report = proved(equalities, {"X": (1, 2), "W": (3, 2), "bias": (3,), "tau": ()})
    assert report.ok, str(report)


def test_rows_of_class_weights_of_any_sum_have_the_same_formulas():
    def equalities(X, W, bias, targets):
        head = LinearCrossEntropy(X, W, targets, bias, reduction="sum")
        value, found = head.value_and_gradients()
        loss = loss_of(logits_of(X, W, bias, 1), np.ones(2), targets, 0) * 2
        yield "the loss", value, loss
        for name, x in {"X": X, "W": W, "bias": bias}.items():
            yield f"by {name}", getattr(found, name), gradient(loss, x)

    report = proved(equalities, {"X": (2, 2), "W": (2, 2), "bias": (2,), "targets": (2, 2)})
    assert report.ok, str(report)


def equalities_of_products(memory, curved):
    """Hessian products against derivatives of the gradient; Gauss-Newton products against J^T H J."""
    labels = np.array([2, 0])

    def equalities(X, W, bias, weights, dX, dW, db):
        head = LinearCrossEntropy(X, W, labels, bias, weights=weights, **memory)
        product = head.hessian_product if curved else head.gauss_newton_product
        found = product(X=dX, W=dW, bias=db)
        points, directions = (X, W, bias), (dX, dW, db)
        logits = logits_of(X, W, bias, 1)
        probs = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True)
        share = (weights / np.sum(weights))[:, None]
        if curved:
            g = share * (probs - np.eye(3)[labels])
            first = {"X": g @ W, "W": g.T @ X, "bias": g.sum(0)}
            second = {name: along(values, points, directions) for name, values in first.items()}
        else:
            change = dX @ W.T + X @ dW.T + db
            g = share * probs * (change - np.sum(probs * change, axis=-1, keepdims=True))
            second = {"X": g @ W, "W": g.T @ X, "bias": g.sum(0)}
        for name, values in second.items():
            yield name, getattr(found, name), values

    return equalities


@pytest.mark.parametrize("memory", [ONE_BLOCK, OF_CLASSES], ids=["one block", "blocks of classes"])
@pytest.mark.parametrize("curved", [True, False], ids=["Hessian", "Gauss-Newton"])
def test_products_are_second_derivatives(memory, curved):
    report = proved(equalities_of_products(memory, curved), SHAPES | DIRECTION)
    assert report.ok, str(report)


def test_a_gauss_newton_product_is_not_the_hessians():
    right = equalities_of_products(ONE_BLOCK, True)
    wrong = equalities_of_products(ONE_BLOCK, False)

    def equalities(**arrays):
        for (name, _, hessian), (_, product, _) in zip(right(**arrays), wrong(**arrays), strict=True):
            yield name, product, hessian

    assert proved(equalities, SHAPES | DIRECTION).verdict == "fail"
