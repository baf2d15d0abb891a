"""Softmax over scores x(u) of parameters u: gradients of its log-probabilities and of a cross entropy, G = dx/du."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.checking import balls
from chainrule.rules.parametrised_scores import cross_entropy_gradient, score_function, score_function_vjp

from .arithmetic import FUNCTION, softmax_roundings, total
from .strategies import numbers, row


@st.composite
def models(draw):
    """A matrix A of n scores and p parameters, the parameters u, and n weights c of any sum."""
    n, p = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    matrix = [draw(st.lists(numbers(4), min_size=p, max_size=p)) for _ in range(n)]
    u = draw(st.lists(numbers(2), min_size=p, max_size=p))
    return matrix, u, draw(st.lists(numbers(4), min_size=n, max_size=n))


def scores_of(matrix):
    """x(u) = A tanh(u), which is not linear in u."""
    return lambda u: matrix @ np.tanh(u)


def scores_and_jacobian(arithmetic, matrix, u):
    matrix, u = arithmetic(matrix), arithmetic(u)
    return scores_of(matrix)(u), matrix * rules.tanh.vjp(u, 0 * u + 1)


def roundings_of(matrix, n):
    """Roundings of a probability and of its score, where p products of size |A| and a tanh change the exponents."""
    return softmax_roundings(n) + (FUNCTION + len(matrix[0])) * (1 + 2 * float(np.abs(matrix).sum()))


@given(models())
@example(([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], [0.5, -1.0], [0.0, 0.0, 0.0]))
@example(([[3.0]], [1.0], [1.0]))
def test_the_expected_gradient_of_the_log_probabilities_is_zero(arithmetic, model):
    """sum_i S_i grad log S_i = 0, with grad log S_i = grad x_i - E_S[grad x]."""
    matrix, u, _ = model
    x, jacobian = scores_and_jacobian(arithmetic, matrix, u)
    s, score = rules.softmax(x), score_function(x, jacobian)
    scale = 2 * roundings_of(matrix, len(x)) * (np.abs(jacobian) + np.sum(np.abs(jacobian), axis=0))
    arithmetic.agree(score, jacobian - s @ jacobian, scale)

    def log_probs(u):
        x = scores_of(balls(matrix))(u)
        return x - np.log(np.sum(np.exp(x)))

    arithmetic.agree(score, arithmetic.derivative(log_probs, arithmetic(u)), scale)
    arithmetic.agree(s @ score, 0 * arithmetic(u), 2 * (s @ scale))


def test_the_mean_gradient_under_other_probabilities_is_not_zero(arithmetic):
    """Uniform weights give the gradients of the log-probabilities a mean of 0 only where softmax is uniform itself."""
    jacobian = arithmetic([[1.0], [0.0], [-1.0]])
    for logits, vanishes in (([1.0, 0.0, 0.0], False), ([0.0, 0.0, 0.0], True)):
        mean = np.sum(score_function(arithmetic(logits), jacobian), axis=0) / 3
        check = arithmetic.agree if vanishes else arithmetic.apart
        check(mean, arithmetic([0.0]), 6 * softmax_roundings(3))


@given(models())
@example(([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], [0.5, -1.0], [0.25, 0.5, 0.25]))
@example(([[3.0]], [1.0], [-2.0]))
def test_the_gradient_of_a_cross_entropy_of_scores_is_a_weighted_sum_of_log_gradients(arithmetic, model):
    """grad(-sum_i c_i log S_i) = G^T (S sum(c) - c) = -sum_i c_i grad log S_i, for weights of any sum."""
    matrix, u, weights = model
    x, jacobian = scores_and_jacobian(arithmetic, matrix, u)
    c, s = arithmetic(weights), rules.softmax(x)
    gradient = cross_entropy_gradient(x, c, jacobian)
    sizes = (np.abs(c) + s * total(c)) @ np.abs(jacobian) + total(c) * np.sum(np.abs(jacobian), axis=0)
    scale = 2 * roundings_of(matrix, len(x)) * sizes
    arithmetic.agree(gradient, jacobian.T @ (s * np.sum(c) - c), scale)
    arithmetic.agree(gradient, -(c @ score_function(x, jacobian)), scale)
    arithmetic.agree(gradient, -score_function_vjp(x, jacobian, c), scale)

    def loss(u):
        x = scores_of(balls(matrix))(u)
        return -np.sum(balls(weights) * (x - np.log(np.sum(np.exp(x)))))

    arithmetic.agree(gradient, arithmetic.derivative(loss, arithmetic(u)), scale)


@given(row(3, least=2))
def test_probabilities_less_weights_is_the_gradient_only_where_the_weights_sum_to_one(arithmetic, logits):
    """G^T (S - c) differs from G^T (S sum(c) - c) by G^T S (sum(c) - 1)."""
    x, n = arithmetic(logits), len(logits)
    jacobian = arithmetic([[float(i + 1)] for i in range(n)])
    s, scale = rules.softmax(x), 8 * softmax_roundings(n) * n * n
    for share, agrees in ((1 / 16, n == 16), (2.0, False)):
        c = 0 * x + share
        short = jacobian.T @ (s - c)
        (arithmetic.agree if agrees else arithmetic.apart)(cross_entropy_gradient(x, c, jacobian), short, scale)
    c = arithmetic(np.eye(n)[0])
    arithmetic.agree(cross_entropy_gradient(x, c, jacobian), jacobian.T @ (s - c), scale)
