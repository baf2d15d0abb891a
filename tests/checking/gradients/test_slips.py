"""Slips that explain a wrong derivative; most are in the corpus of test_gradient_corpus.py."""

import numpy as np
import pytest

from chainrule.checking import check_gradient

X = np.array([0.5, -1.25, 2.0])
ROWS = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.25]])


def _tanh_slope_times_x(x):
    return (1 - np.tanh(x) ** 2) * x


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("function", "x", "claim", "slip"),
    [
        (np.sin, X, {"slope": lambda x: -np.cos(x)}, "sign"),
        (np.sin, X, {"slope": lambda x: 0.75 * np.cos(x)}, "factor 3/4"),
        (np.sin, X, {"slope": lambda x: 1.2345 * np.cos(x)}, "factor 1.2345"),
        (np.sin, X, {"slope": lambda x: 1.001 * np.cos(x)}, "factor 1.001"),
        (np.sin, X, {"slope": lambda x: np.cos(x) / 37}, "factor 1/37"),
        (
            lambda x: np.mean(np.sin(x).sum(axis=1)),
            ROWS,
            {"gradient": np.cos},
            "factor 2: a mean over 2 rows is missing",
        ),
        (lambda x: np.sum(np.sin(x)), X, {"gradient": lambda x: x}, "it is x"),
        (lambda x: np.sum(np.tanh(x)), X, {"gradient": _tanh_slope_times_x}, "chain factor x too many"),
        (lambda x: np.sum(np.exp(x**2 / 2)), X, {"gradient": lambda x: np.exp(x**2 / 2)}, "chain factor x missing"),
        (softmax, X, {"pullback": lambda x, v: softmax(x) * (1 - softmax(x)) * v}, "diagonal: the entries off"),
        (lambda x: np.cumsum(x**2), X, {"jacobian": lambda x: (np.tri(3) * 2 * x).T}, "transposed: indices swapped"),
        (
            lambda w: np.sum(w @ w * [[1, 2], [3, 4]]),
            ROWS[:, :2],
            {"gradient": lambda w: _square(w).T},
            "transposed: rows",
        ),
        (np.tanh, X, {"slope": np.tanh}, "it is the value"),
        (np.tanh, X, {"slope": _tanh_slope_times_x}, "chain factor x too many"),
        (lambda x: np.exp(x**2 / 2), X, {"slope": lambda x: np.exp(x**2 / 2)}, "chain factor x missing"),
        (sigmoid, X, {"slope": lambda x: 1 - sigmoid(x)}, "chain factor the value missing"),
        (lambda x: ROWS @ np.exp(x), X, {"jacobian": lambda x: ROWS * np.exp(x) * x}, "chain factor x too many"),
        (np.sin, X, {"slope": lambda x: np.cos(x) + 0.1}, "none"),
    ],
)
def test_the_slip_is_named(function, x, claim, slip):
    report = check_gradient(function, x, **claim)
    assert report.verdict == "fail"
    assert (report.slip or "none").startswith(slip)


def _square(w):
    """The gradient of <C, w w> by w."""
    c = np.array([[1, 2], [3, 4]])
    return c @ w.T + w.T @ c


def test_targets_that_must_sum_to_one_are_named():
    def loss(x, targets):
        return np.sum(targets * (np.log(np.sum(np.exp(x))) - x))

    def gradient(x, targets):
        return softmax(x) - targets, np.log(np.sum(np.exp(x))) - x

    report = check_gradient(loss, X, np.array([0.5, 0.25, 0.5]), gradient=gradient)
    assert report.slip == "it holds only when targets sum to one"


def test_a_claim_that_holds_for_small_inputs_does_not_need_a_sum_of_one():
    report = check_gradient(
        lambda x: np.sum(x**2), np.array([0.5, 9.0]), gradient=lambda x: np.where(x > 4, 0 * x, 2 * x)
    )
    assert (report.verdict, report.slip) == ("fail", None)


def test_a_constant_factor_is_no_missing_mean():
    weights = np.array([[0.5, 1.0, -2.0], [0.25, 3.0, 1.0]])
    report = check_gradient(lambda W: 0.05 * np.sum(W**2), weights, gradient=lambda W: 0.2 * W)
    assert report.slip == "factor 2"
