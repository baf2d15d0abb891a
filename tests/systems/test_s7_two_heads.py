"""S7: head A, softmax then cross entropy on probabilities; head B, log-softmax then NLL on log-probabilities."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import mlp

ONE = np.float64(1)
X = np.array([[0.7, -1.2, 2.9, 0.1], [-30.0, 12.0, 3.0, -28.5], [5.0, 5.0, -2.0, 4.9]])
TARGETS = {
    "a label": np.eye(4)[[1, 0, 3]],
    "distributions": np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.0, 0.05, 0.25], [0.0, 0.0, 0.5, 0.5]]),
    "weights of any sum": np.array([[1.5, 0.0, 2.0, 0.25], [0.1, 0.1, 0.0, 0.2], [0.0, 3.0, 0.0, 0.0]]),
}


def head_a(x, t, v):
    """The loss, its gradient by z, and the pullback of v to x."""
    z = rules.softmax(x)
    by_z, _ = rules.cross_entropy.vjp(z, t, v)
    return rules.cross_entropy(z, t), by_z, rules.softmax.vjp(x, by_z)


def head_b(x, t, v):
    z = rules.log_softmax(x)
    by_z, _ = rules.nll.vjp(z, t, v)
    return rules.nll(z, t), by_z, rules.log_softmax.vjp(x, by_z)


HEADS = {"A": head_a, "B": head_b}


def as_loss(name, to_z, loss):
    """A head as a loss of logits, as a user would write it."""

    def forward(logits, targets):
        z, first = to_z.forward(logits)
        value, second = loss.forward(z, targets)
        return value, (first, second)

    def pullback(residuals, cotangent):
        by_z, _ = loss.pullback(residuals[1], cotangent)
        return to_z.pullback(residuals[0], by_z)

    return rules.Rule(name, forward, {"logits": pullback}, inputs=("logits", "targets"), kind="loss")


@pytest.mark.parametrize("t", TARGETS.values(), ids=TARGETS)
def test_both_heads_match_their_columns_of_the_table(t, agree):
    e = np.exp(X - X.max(axis=1, keepdims=True))
    s = e / e.sum(axis=1, keepdims=True)
    v = np.array([1.0, -0.5, 2.0])
    composite = v[:, None] * (s * t.sum(axis=1, keepdims=True) - t)
    for name, by_z in (("A", -t / s), ("B", -t)):
        losses, found, by_x = HEADS[name](X, t, v)
        np.testing.assert_allclose(losses, -(t * np.log(s)).sum(axis=1), rtol=1e-13)
        np.testing.assert_allclose(found, v[:, None] * by_z, rtol=1e-13)
        # Head A multiplies -t/z, as large as e^42, by z again: relative errors of a few ulp of 42 remain.
        agree(by_x, composite)
    agree(rules.softmax_cross_entropy.vjp(X, t, v)[0], composite)


@pytest.mark.parametrize("t", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("head", HEADS)
def test_each_head_matches_differences_at_400_bits(head, t, differences, agree):
    def naive(x):
        rows = zip(np.exp(x), t, strict=True)
        return sum(
            -weight * (entry / sum(row)).log() for row, ts in rows for weight, entry in zip(ts, row, strict=True)
        )

    (slope,) = differences(naive, X)
    agree(HEADS[head](X, t, np.ones(3))[2], slope)
    _, found, _ = HEADS[head](X, t, np.ones(3))
    z = rules.softmax(X) if head == "A" else rules.log_softmax(X)
    log = np.log if head == "A" else np.positive
    (by_z,) = differences(lambda z: -sum((t * log(z)).ravel()), z)
    agree(found, by_z)


@pytest.mark.parametrize("t", TARGETS.values(), ids=TARGETS)
def test_each_head_matches_autograd(t, autograd, agree):
    (slope,) = autograd(lambda x: -(x.new_tensor(t) * x.log_softmax(-1)).sum(), X)
    for head in HEADS.values():
        agree(head(X, t, np.ones(3))[2], slope)


def test_each_pullback_equals_its_matrix_and_its_formula(agree):
    v = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 1.0, -1.0, 4.0], [2.0, 2.0, 2.0, -2.0]])
    for x, row in zip(X, v, strict=True):
        s = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
        agree(rules.softmax.vjp(x, row), s * (row - row @ s))
        agree(rules.softmax.vjp(x, row), row @ (np.diag(s) - np.outer(s, s)))
        agree(rules.log_softmax.vjp(x, row), row - s * row.sum())
        agree(rules.log_softmax.vjp(x, row), row @ (np.eye(4) - np.outer(np.ones(4), s)))
    np.testing.assert_allclose(rules.softmax.vjp(X, np.full(X.shape, 3.0)), 0, atol=1e-15)


def test_no_pullback_forms_the_jacobian():
    n = 200_000  # whose square, in float64, is 320 gigabytes
    x = np.linspace(-3, 4, n) ** 3 / 10
    t = np.linspace(0, 1, n)
    t /= t.sum()
    for head in HEADS.values():
        by_x = head(x, t, ONE)[2]
        assert by_x.shape == (n,)
        assert abs(by_x.sum()) < 1e-12


def test_head_a_divides_by_an_underflowed_probability_and_head_b_is_exact():
    x, t = np.array([0.0, -800.0]), np.array([0.0, 1.0])
    with np.errstate(invalid="ignore"):
        loss, by_z, by_x = head_a(x, t, ONE)
    assert loss == np.inf
    np.testing.assert_array_equal(by_z, [0, -np.inf])
    assert np.isnan(by_x).all()
    loss, by_z, by_x = head_b(x, t, ONE)
    assert loss == 800
    np.testing.assert_array_equal(by_z, [0, -1])
    np.testing.assert_array_equal(by_x, [1, -1])
    np.testing.assert_array_equal(rules.softmax_cross_entropy.vjp(x, t, ONE)[0], [1, -1])


@pytest.mark.parametrize("t", TARGETS.values(), ids=TARGETS)
def test_the_heads_are_interchangeable_as_losses_of_a_network(t, plan_gradients, agree):
    draw = np.random.default_rng(701)
    blocks = [draw.normal(0, 1, shape) for shape in ((5, 3), (5,), (4, 5), (4,))]
    x, weights = draw.normal(0.3, 1.4, (3, 3)), np.array([1.0, 0.25, 2.0])
    a = as_loss("head_a", rules.softmax, rules.cross_entropy)
    b = as_loss("head_b", rules.log_softmax, rules.nll)
    found = {}
    for loss in (a, b, rules.softmax_cross_entropy):
        network = mlp(3, (5,), 4, activation="softplus", loss=loss)
        found[loss.name] = plan_gradients(network, blocks, x, t, weights)
    expected_loss, expected = found["head_b"]
    for value, gradients in found.values():
        assert value == pytest.approx(expected_loss, rel=1e-13, abs=0)
        for name, gradient in gradients.items():
            agree(gradient, expected[name])


def test_n16_to_n18_values_and_pullbacks_at_1_2_3():
    # Sixteen digits are printed; differences of numbers up to 3 are right to an ulp of those.
    x = np.array([1.0, 2, 3])
    log_probs = [-2.40760596444438, -1.40760596444438, -0.4076059644443803]
    np.testing.assert_allclose(rules.log_softmax(x), log_probs, rtol=2e-15)
    by_softmax = [0.1418170936098122, 0.1407703574696301, -0.2825874510794423]
    np.testing.assert_allclose(rules.softmax.vjp(x, [1, 0, -1]), by_softmax, rtol=2e-15)
    by_log_softmax = [0.4598165609777173, 0.5316291736712141, -0.9914457346489313]
    np.testing.assert_allclose(rules.log_softmax.vjp(x, x), by_log_softmax, rtol=0, atol=1e-15)
    np.testing.assert_allclose(rules.log_softmax.vjp(x, [1, 0, -1]), [1, 0, -1], rtol=0, atol=5e-16)


def test_n24_softmax_and_log_softmax_are_right_where_the_naive_forms_are_not():
    large, small, far = np.array([1000.0, 0]), np.array([-1000.0, -1000]), np.array([0.0, -800])
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        naive = [np.exp(x) / np.exp(x).sum() for x in (large, small, far)]
        assert np.isnan(naive[0][0])
        assert naive[0][1] == 0
        assert np.isnan(naive[1]).all()
        np.testing.assert_array_equal(np.log(naive[2]), [0, -np.inf])
    np.testing.assert_array_equal(rules.softmax(np.stack([large, small])), [[1, 0], [0.5, 0.5]])
    np.testing.assert_array_equal(rules.log_softmax(far), [0, -800])
