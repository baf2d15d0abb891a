"""Shared by the tests of heads: problems of every kind, the same problems in balls, and bounds on rounding errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule import LinearCrossEntropy
from chainrule.arrays import class_mask, random_stream
from chainrule.checking import balls, midpoints, precision
from chainrule.rules import softmax

ROWS, FEATURES, CLASSES = 7, 4, 9

BUDGETS = {"one block": 1 << 20, "a few rows": 150, "a few classes": 24, "one number": 1}
"""Bytes; for 7 x 9 float64 logits: all, blocks of 7 x 2 ... 1 x 1 (see `test_blocks`)."""

KINDS = ("labels", "rows", "sparse rows")


@pytest.fixture(params=BUDGETS.values(), ids=BUDGETS.keys())
def memory(request: pytest.FixtureRequest) -> Any:
    """Budgets under which the logits are cut in every way."""
    return request.param


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Any:
    """The three forms that targets take."""
    return request.param


def targets_of(kind: str) -> Any:
    """Labels that differ; rows of weights of any sum, some of them 0."""
    stream = random_stream(4)
    if kind == "labels":
        return stream.integers(0, CLASSES, ROWS)
    rows = stream.random((ROWS, CLASSES))
    rows = np.where(rows < 0.4, 0, rows)
    if kind == "rows":
        return rows
    from scipy import sparse

    return sparse.csr_array(rows)


@pytest.fixture
def problem() -> Callable[..., LinearCrossEntropy]:
    """A head with weights, bias, smoothing and temperature, unless told otherwise."""

    def make(kind: str = "labels", scale: float = 1.0, **changes: Any) -> LinearCrossEntropy:
        stream = random_stream(3)
        given: dict[str, Any] = {
            "X": stream.standard_normal((ROWS, FEATURES)),
            "W": scale * stream.standard_normal((CLASSES, FEATURES)),
            "bias": scale * stream.standard_normal(CLASSES),
            "labels": targets_of(kind),
            "weights": stream.random(ROWS),
            "label_smoothing": 0.125,
            "temperature": 1.75,
        }
        return LinearCrossEntropy(**{**given, **changes})

    return make


@pytest.fixture
def direction() -> Callable[..., dict[str, Any]]:
    """A direction in X, W and bias."""

    def make(head: LinearCrossEntropy, key: int = 8) -> dict[str, Any]:
        stream = random_stream(key)
        return {name: stream.standard_normal(getattr(head, name).shape) for name in ("X", "W", "bias")}

    return make


def in_balls(head: LinearCrossEntropy) -> LinearCrossEntropy:
    """The same problem on exact balls, in one block."""
    labels = head.labels.toarray() if hasattr(head.labels, "toarray") else np.asarray(head.labels)
    return LinearCrossEntropy(
        balls(head.X),
        balls(head.W),
        labels if labels.dtype.kind in "iu" else balls(labels),
        None if head.bias is None else balls(head.bias),
        weights=None if head.weights is None else balls(head.weights),
        ignore_index=head.ignore_index,
        label_smoothing=head.label_smoothing,
        temperature=head.temperature,
        reduction=head.reduction,
    )


@pytest.fixture
def exactly() -> Callable[..., Any]:
    """A method of a head at 300 bits, rounded to float64 at the end."""

    def run(head: LinearCrossEntropy, method: str, *args: Any, **options: Any) -> Any:
        with precision(300):
            moved = {k: balls(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
            return rounded(getattr(in_balls(head), method)(*args, **moved))

    return run


def rounded(result: Any) -> Any:
    """Balls as float64, in whatever tuple they lie."""
    if isinstance(result, tuple):
        entries = [rounded(x) for x in result]
        return type(result)(*entries) if hasattr(result, "_fields") else tuple(entries)
    return None if result is None else midpoints(result)


@pytest.fixture
def bounds() -> Callable[[LinearCrossEntropy], dict[str, Any]]:
    """How far the loss and the gradients of a float head may lie from the exact ones, to first order in the unit u.

    A logit is a sum of d + 1 products over tau: its error is at most L = (d + 3) u S, S = (|x| |W|^T + |b|) / tau.
    Then a probability's is 2 L p, that of g = p T - t' at most 2 L p T + 6 u (p T + t'), and a gradient, which sums
    products of g with n samples or k classes, adds (n + 2) u or (k + 2) u times the sum of their absolute values.
    """

    def make(head: LinearCrossEntropy) -> dict[str, Any]:
        u = float(np.finfo(head.X.dtype).eps)
        X, W = np.abs(head.X).astype(float), np.abs(head.W).astype(float)
        bias = np.zeros(len(W)) if head.bias is None else np.where(np.isinf(head.bias), 0, np.abs(head.bias))
        tau, n, (k, d) = head.temperature, len(X), W.shape
        real_bias = 0 if head.bias is None else head.bias
        probs = softmax(((head.X.astype(float) @ head.W.astype(float).T) + real_bias) / tau)
        labels = head.labels.toarray() if hasattr(head.labels, "toarray") else np.asarray(head.labels)
        t = class_mask(np.where(labels < 0, 0, labels), k) * 1.0 if labels.dtype.kind in "iu" else labels
        total = t.sum(axis=1, keepdims=True)
        t = (1 - head.label_smoothing) * t + head.label_smoothing * total / k
        size = (X @ W.T + bias) / tau
        worst = size.max(axis=1, keepdims=True)
        v = np.ones(n) if head.weights is None else np.abs(head.weights)
        v = (v / v.sum() if head.reduction == "mean" else v)[:, None]
        g = v * (2 * (d + 3) * worst * probs * total + 6 * (probs * total + t))
        plain = v * (probs * total + t)
        return {
            "loss": u * (v * ((d + 3) * worst * 2 * total + (k + 6) * total * (worst + np.log(k)))).sum(),
            "X": u * (g + (k + 2) * plain) @ W / tau,
            "W": u * (g + (n + 2) * plain).T @ X / tau,
            "bias": u * (g + (n + 2) * plain).sum(axis=0) / tau,
            "temperature": u * ((g + (n + k + d) * plain) * size).sum() / tau,
            "log_probs": u * ((d + 3) * worst * 2 * total + (k + 6) * total * (worst + np.log(k)))[:, 0],
        }

    return make
