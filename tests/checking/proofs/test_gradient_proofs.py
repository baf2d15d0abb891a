"""Proofs of users' gradients: what is proved, what is refused, and what is left to other checks."""

import math
import random

import numpy as np
import pytest

from chainrule import assert_gradient, check_gradient
from chainrule.checking.gradients.claims import claim_of
from chainrule.checking.proofs.gradient_proofs import MOST_ENTRIES, prove_claim

X = np.array([0.5, -1.25, 2.0])


def proof_of(function, *inputs, **claim):
    forms = dict.fromkeys(("gradient", "jacobian", "pullback", "slope"))
    return prove_claim(claim_of(function, inputs, **{**forms, **claim}))


def test_a_gradient_is_proved_for_all_inputs():
    proof = proof_of(lambda x: np.sum(x**3), X, gradient=lambda x: 3 * x**2)
    assert proof.claim == "proved for all inputs at size 3"


def test_the_cell_of_the_branches_is_named():
    def largest(x):
        return np.max(x)

    def by_largest(x):
        return np.eye(len(x))[np.argmax(x)]

    report = check_gradient(largest, X, gradient=by_largest)
    assert "proved for all inputs with x0 > x1 and x2 > x0 at size 3" in str(report)


@pytest.mark.parametrize(
    ("function", "claim"),
    [
        (lambda x: 1 / (1 + np.exp(-x)), {"slope": lambda x: 1 / (2 + np.exp(x) + np.exp(-x))}),
        (
            lambda x: x / np.sqrt(np.sum(x * x)),
            {"pullback": lambda x, v: v / np.sqrt(x @ x) - x * (x @ v) / (x @ x) ** 1.5},
        ),
        (lambda x: np.outer(x, x), {"pullback": lambda x, v: (v + v.T) @ x}),
        (lambda x: np.cumsum(x), {"jacobian": lambda x: np.tril(np.ones((len(x), len(x))))}),
        (lambda x: np.sum([math.sin(t) ** 2 for t in x]), {"gradient": lambda x: [math.sin(2 * t) for t in x]}),
        (
            lambda x: np.linalg.solve(np.array([[2.0, 1.0], [1.0, 3.0]]) + x[0] * np.eye(2), x[1:]) @ x[1:],
            {
                "gradient": lambda x: (lambda u: np.concatenate([[-(u @ u)], 2 * u]))(
                    np.linalg.inv(np.array([[2.0, 1.0], [1.0, 3.0]]) + x[0] * np.eye(2)) @ x[1:]
                )
            },
        ),
    ],
    ids=["sigmoid", "unit vector", "outer", "cumsum", "double angle", "solve"],
)
def test_different_ways_to_write_a_derivative(function, claim):
    point = np.abs(X) if "gradient" in claim else X
    assert proof_of(function, point, **claim).claim.startswith("proved")


def test_rounded_constants_are_named():
    c = math.sqrt(2 / math.pi)

    def gelu(x):
        return 0.5 * x * (1 + np.tanh(c * (x + 0.044715 * x**3)))

    def slope(x):
        t = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 0.134145 * x**2)

    claim = proof_of(gelu, X, slope=slope).claim
    assert "up to the rounding of the constants" in claim
    assert "0.134145 = 26829/200000" in claim


def test_a_wrong_constant_is_not_explained_by_rounding():
    report = check_gradient(lambda x: x**3 / 3, X, slope=lambda x: 1.000000000001 * x * x)
    assert report.verdict == "fail"
    assert report.proof is None


def test_an_error_below_the_tolerance_of_balls_is_found_where_no_constant_was_rounded():
    def slightly_wrong(x):
        return 3 * x**2 * (1 + 0.5**60)

    assert check_gradient(lambda x: np.sum(x**3), X, gradient=lambda x: 3 * x**2).proof
    one = 1.0

    def wrong(x):
        small = one
        for _ in range(60):
            small = small / 2
        return 3 * x**2 + small * x

    report = check_gradient(lambda x: np.sum(x**3), X, gradient=wrong)
    assert report.verdict == "fail"
    assert report.method == "exact numbers"


@pytest.mark.parametrize(
    "gradient",
    [
        lambda x: 2 * x if x.dtype == object else 3 * x,
        lambda x: 2 * x if not isinstance(x[0], float) else 3 * x,
        lambda x: 2 * x if type(x) is not np.ndarray else 3 * x,
        lambda x: (2 + (random.random() < 2)) * x,
        lambda x: (2 * x).astype(np.float32),
    ],
    ids=["dtype", "isinstance", "type", "random", "float32"],
)
def test_code_that_asks_what_it_was_given_is_not_proved(gradient):
    proof = proof_of(lambda x: np.sum(x * x), X, gradient=gradient)
    assert proof.verdict == "unchecked"
    assert proof.unchecked


def test_a_state_that_changes_the_floats_alone_is_noticed_by_their_values():
    class Loss:
        def forward(self, x):
            return np.sum(x * x)

        def backward(self, x):
            self.scale = 2.0
            return self.scale * x

    loss = Loss()
    assert proof_of(loss.forward, X, gradient=loss.backward).claim.startswith("proved")


def test_ties_and_kinks_are_left_to_balls():
    report = check_gradient(lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0]), gradient=np.sign)
    assert report.proof is None
    assert any("kink" in reason.reason for reason in report.unchecked)


def test_large_inputs_are_left_to_balls():
    proof = proof_of(lambda x: np.sum(x * x), np.ones(MOST_ENTRIES), gradient=lambda x: 2 * x)
    assert proof.unchecked == (f"more than {MOST_ENTRIES} numbers",)


def test_a_function_that_needs_floats_is_left_to_the_other_checks():
    def compiled(x):
        return float(np.asarray(x, dtype=float) @ np.ones(3))

    report = check_gradient(compiled, X, gradient=lambda x: np.ones(3))
    assert report.verdict == "pass"
    assert report.proof is None


def test_a_function_that_explodes_ends_in_time():
    def product(x):
        total = x[0]
        for i in range(60):
            total = (total + x[i % 3]) * (total + 1) / (1 + total * total)
        return total

    assert proof_of(product, X, gradient=lambda x: x).verdict == "unchecked"


def test_assert_gradient_returns_the_proof():
    report = assert_gradient(lambda x: np.sum(np.log(x)), np.abs(X), gradient=lambda x: 1 / x)
    assert report.proof.claim == "proved for all inputs with x0 > 0 and x1 > 0 and x2 > 0 at size 3"


def test_a_comparison_that_floats_may_decide_otherwise_is_not_proved():
    def third(x):
        # In real numbers 0.1 + 0.2 is less than x[0]; floats round the sum to x[0].
        return x[0] * x[1] if 0.1 + x[1] < x[0] else 2 * x[0] * x[1]

    def gradient(x):
        return np.array([x[1], x[0]]) * (1 if 0.1 + x[1] < x[0] else 2)

    point = np.array([0.30000000000000004, 0.2])
    proof = proof_of(third, point, gradient=gradient)
    assert proof.verdict == "unchecked"
    assert "close to a tie" in proof.unchecked[0]


def test_conditions_name_the_entries_of_matrices_and_of_numbered_names():
    def function(W, b1):
        return np.sum(np.maximum(W @ np.ones(2), 0)) + np.maximum(b1, 0).sum()

    def gradient(W, b1):
        return np.outer(W @ np.ones(2) > 0, np.ones(2)) * 1.0, (b1 > 0) * 1.0

    report = check_gradient(function, np.array([[1.0, 2.0]]), np.array([3.0, -1.0]), gradient=gradient)
    assert report.proof.claim.startswith("proved for all inputs with W[0, 1] + W[0, 0] > 0 and b1[0] > 0 and b1[1] < 0")
