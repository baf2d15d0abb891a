"""Identities of softmax and log-softmax, proved for all inputs at small sizes."""

import numpy as np

from chainrule import rules
from chainrule.algebra import gradient, jacobian
from chainrule.rules.parametrised_scores import cross_entropy_gradient, score_function, score_function_vjp

from .statements import N, Statement, proof_tests


def definition(x):
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def entropy(s):
    return -np.sum(s * np.log(s))


def variance(s, x):
    return np.sum(s * x**2) - np.sum(s * x) ** 2


def pairs(s, v):
    """sum over i < j of s_i s_j (v_i - v_j)^2."""
    return sum(s[i] * s[j] * (v[i] - v[j]) ** 2 for i in range(len(s)) for j in range(i)) + 0 * s[0]


def others(s):
    """The sums of all other entries, as sums of positive numbers."""
    return np.stack([sum(s[:i].tolist() + s[i + 1 :].tolist()) + 0 * s[0] for i in range(len(s))])


def determinant(matrix):
    result, rest = 1, matrix
    while len(rest):
        result = result * rest[0, 0]
        rest = rest[1:, 1:] - rest[1:, :1] * rest[:1, 1:] / rest[0, 0]
    return result


def shift_invariance(x, c):
    yield "the values", rules.softmax(x + c), rules.softmax(x)
    yield "the definition", rules.softmax(x), definition(x)


def scale_variance(x, c):
    """The logarithm of the ratio of two probabilities changes by (c - 1)(x_i - x_j)."""
    s, scaled = rules.log_softmax(x), np.log(definition(c * x))
    for i in range(len(x)):
        yield f"ratios to {i}", (scaled - scaled[i]) - (s - s[i]), (c - 1) * (x - x[i])
    yield "equal logits", definition(c * (0 * x + x[0])), definition(0 * x + x[0])


def scale_sharpens(x, c):
    """dS_i/dc = S_i sum_j S_j (x_i - x_j): not negative for the largest x_i, not positive for the smallest."""
    s = definition(c * x)
    for i in range(len(x)):
        yield f"slope {i}", gradient(s[i], c), s[i] * np.sum(s * (x[i] - x))
    yield "positive", np.sign(s), np.ones(len(x))


def entropy_falls(x, c):
    s = definition(c * x)
    yield "the entropy", gradient(entropy(s), c), -c * variance(s, x)
    yield "the variance", variance(s, x), pairs(s, x)


def is_a_distribution(x):
    yield "the sum", np.sum(rules.softmax(x)), 1
    yield "the signs", np.sign(rules.softmax(x)), np.ones(len(x))


def the_jacobian(x):
    s, derivative = rules.softmax(x), jacobian(definition(x), x)
    yield "the derivative", rules.softmax.jacobian(x), derivative
    yield "diag(s) - s s^T", derivative, np.diag(s) - np.outer(s, s)


def jacobian_structure(x, v):
    s, matrix = rules.softmax(x), rules.softmax.jacobian(x)
    yield "symmetry", matrix, matrix.T
    yield "J 1", matrix @ np.ones(len(x)), 0 * x
    yield "1^T J", np.ones(len(x)) @ matrix, 0 * x
    yield "v^T J v", v @ matrix @ v, pairs(s, v)
    yield "the leading minor", determinant(matrix[:-1, :-1]) + 0 * x[0], np.prod(s)


def jacobian_signs(x):
    s, matrix = definition(x), rules.softmax.jacobian(x)
    diagonal = np.eye(len(x), dtype=bool)
    form = np.where(diagonal, np.diag(s * others(s)), -np.outer(s, s))
    yield "products", matrix, form
    yield "signs", np.sign(form), np.where(diagonal, 1.0 * (len(x) > 1), -1.0)


def the_pullback(x, v, c):
    s = rules.softmax(x)
    yield "the rule", rules.softmax.vjp(x, v), v @ jacobian(definition(x), x)
    yield "s (v - v.s)", rules.softmax.vjp(x, v), s * (v - v @ s)
    yield "constants", rules.softmax.vjp(x, c + 0 * x), 0 * x


def pullback_zeros(x, v):
    """(v J)_i over the positive s_i is v_i - v.s, so that one is 0 exactly where the other is."""
    s = definition(x)
    yield "the quotient", rules.softmax.vjp(x, v) / s, v - v @ s
    yield "the signs", np.sign(s), np.ones(len(x))


def log_softmax_jacobian(x):
    s, matrix = definition(x), rules.log_softmax.jacobian(x)
    yield "the derivative", matrix, jacobian(np.log(definition(x)), x)
    yield "I - 1 s^T", matrix, np.eye(len(x)) - s
    yield "J 1", matrix @ np.ones(len(x)), 0 * x
    yield "s^T J", s @ matrix, 0 * x
    yield "the asymmetry", matrix - matrix.T, s[:, None] - s


def log_softmax_pullback(x, v):
    yield "the rule", rules.log_softmax.vjp(x, v), v @ jacobian(np.log(definition(x)), x)
    yield "v - s sum(v)", rules.log_softmax.vjp(x, v), v - definition(x) * np.sum(v)


def log_derivative(x):
    s = definition(x)
    yield "the rules", rules.softmax.jacobian(x), s[:, None] * rules.log_softmax.jacobian(x)
    yield "the derivatives", jacobian(s, x), s[:, None] * jacobian(np.log(s), x)


def two_is_sigmoid(a, b):
    yield "the first", rules.softmax(np.stack([a, b]))[0], rules.sigmoid(a - b)


def by_differences(x):
    yield "the sum", rules.softmax(x), 1 / np.sum(np.exp(-(x[:, None] - x)), axis=1)


def expected_score(x, jacobian):
    s, score = definition(x), score_function(x, jacobian)
    yield "rows less their mean", score, jacobian - s @ jacobian
    yield "the mean", s @ score, 0 * jacobian[0]


def score_cross_entropy(x, G, c, u, A):
    """For scores x with the slopes G; and for x(u) = A exp(u), which is not linear in u."""
    s, found = definition(x), cross_entropy_gradient(x, c, G)
    yield "G^T (S sum(c) - c)", found, G.T @ (s * np.sum(c) - c)
    yield "weighted scores", found, -(c @ score_function(x, G))
    yield "their pullback", found, -score_function_vjp(x, G, c)
    s, G = definition(A @ np.exp(u)), A * np.exp(u)
    yield "the derivative", gradient(-np.sum(c * np.log(s)), u), G.T @ (s * np.sum(c) - c)
    yield "the scores", jacobian(np.log(s), u), G - s @ G


X, XV, XC = {"x": N}, {"x": N, "v": N}, {"x": N, "c": ()}
STATEMENTS = {
    "softmax-shift-invariance": Statement(shift_invariance, XC),
    "softmax-scale-variance": Statement(scale_variance, XC),
    "softmax-scale-sharpens": Statement(scale_sharpens, XC),
    "softmax-entropy-falls": Statement(entropy_falls, XC),
    "softmax-is-a-distribution": Statement(is_a_distribution, X),
    "softmax-jacobian": Statement(the_jacobian, X),
    "softmax-jacobian-structure": Statement(jacobian_structure, XV),
    "softmax-jacobian-signs": Statement(jacobian_signs, X),
    "softmax-pullback": Statement(the_pullback, {"x": N, "v": N, "c": ()}),
    "softmax-pullback-zeros": Statement(pullback_zeros, XV),
    "log-softmax-jacobian": Statement(log_softmax_jacobian, X),
    "log-softmax-pullback": Statement(log_softmax_pullback, XV),
    "log-derivative": Statement(log_derivative, X),
    "softmax-of-two-is-sigmoid": Statement(two_is_sigmoid, {"a": (), "b": ()}),
    "softmax-by-differences": Statement(by_differences, X),
    "expected-score": Statement(expected_score, {"x": N, "jacobian": ("n", 2)}),
    "score-cross-entropy": Statement(
        score_cross_entropy, {"x": N, "G": ("n", 2), "c": N, "u": (2,), "A": ("n", 2)}, sizes={"n": (1, 2, 3)}
    ),
}

test_it_is_proved, test_a_wrong_side_is_refuted = proof_tests(STATEMENTS, __file__)
