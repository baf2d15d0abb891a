"""Log-softmax: log-probabilities that stay finite and keep their digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import log_softmax, log_sum_exp, softmax

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-30, 30))


def test_derivatives_are_right(logits):
    assert not [left for left in assert_rule(log_softmax, logits).unchecked if "largest float" not in str(left)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_source_runs_on_pytorch(logits, dtype, same_on_torch):
    if np.abs(logits).max(initial=0) < np.finfo(dtype).max:
        same_on_torch(log_softmax, logits.astype(dtype))


def test_autograd_through_the_pure_forward_agrees(autograd_agrees, gradcheck):
    x = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])
    autograd_agrees(log_softmax, x)
    gradcheck(log_softmax, x)


def test_every_tail_entry_is_within_the_claimed_error(tail_logits):
    errors = assert_rule(log_softmax, tail_logits).worst_ulp
    assert {form: error for form, error in errors.items() if error > log_softmax.error_bound} == {}


def test_tails_keep_their_digits_on_pytorch_too(tail_logits):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    v = np.cos(np.arange(tail_logits.size)).reshape(tail_logits.shape)
    x = torch.tensor(tail_logits)
    with precision(600):
        value, pulled = log_softmax(balls(tail_logits)), log_softmax.vjp(balls(tail_logits), balls(v))
    assert ulp_errors(log_softmax(x).numpy(), value).max() <= log_softmax.error_bound
    assert ulp_errors(log_softmax.vjp(x, torch.tensor(v)).numpy(), pulled).max() <= log_softmax.error_bound


def test_known_values(shows, in_balls):
    x = [1.0, 2.0, 3.0]
    shows(in_balls(log_softmax, x), "-2.40760596444438", "-1.40760596444438", "-0.4076059644443803")
    shows(
        in_balls(log_softmax.vjp, x, [1.0, 2.0, 3.0]), "0.4598165609777173", "0.5316291736712141", "-0.9914457346489313"
    )
    shows(in_balls(log_softmax.vjp, x, [1.0, 0.0, -1.0]), "1", "0", "-1")


def test_it_stays_finite_where_the_logarithm_of_softmax_does_not():
    x = np.array([0.0, -800.0])
    with np.errstate(divide="ignore"):
        assert np.log(softmax(x)).tolist() == [0.0, -np.inf]
    assert log_softmax(x).tolist() == [0.0, -800.0]
    assert log_softmax(np.array([0.0, -40.0]))[0] == pytest.approx(-4.248354255291589e-18, rel=1e-15, abs=0)


@given(ROWS)
def test_exponentials_sum_to_one(x):
    assert np.exp(log_softmax(x)).sum() == pytest.approx(1, rel=1e-13, abs=0)
    assert (log_softmax(x) <= 0).all()


@given(ROWS, st.integers(-(2**20), 2**20))
def test_adding_a_constant_changes_nothing(x, shift):
    on_a_grid = np.round(x * 2**20) / 2**20
    bound = (
        2 * log_softmax.error_bound * np.finfo(float).eps
    )  # each of the two is that many units from the same numbers
    np.testing.assert_allclose(log_softmax(on_a_grid + shift), log_softmax(on_a_grid), rtol=bound, atol=0)


@given(ROWS)
def test_it_is_the_logits_minus_their_log_sum_exp(x):
    assert log_softmax(x) == pytest.approx(x - log_sum_exp(x), rel=1e-12, abs=1e-13)


@given(ROWS)
def test_the_jacobian_is_the_identity_minus_a_row_of_probabilities(x):
    """J[i, j] = [i = j] - s_j: rows sum to 0, off-diagonal entries depend on the column alone, s J = 0."""
    jacobian, probs = log_softmax.jacobian(x), softmax(x)
    assert jacobian == pytest.approx(np.eye(len(x)) - probs, rel=1e-12, abs=1e-15)
    assert jacobian.sum(axis=1) == pytest.approx(np.zeros(len(x)), abs=1e-15)
    assert probs @ jacobian == pytest.approx(np.zeros(len(x)), abs=1e-15)


def test_the_jacobian_is_not_symmetric():
    jacobian = log_softmax.jacobian(np.array([1.0, 2.0, 3.0]))
    assert abs(jacobian[0, 2] - jacobian[2, 0]) > 0.5


@given(ROWS, st.integers(0, 5))
def test_the_vjp_subtracts_probabilities_times_the_sum(x, k):
    v = np.cos(k + np.arange(len(x)))
    assert log_softmax.vjp(x, v) == pytest.approx(v - softmax(x) * v.sum(), rel=1e-9, abs=1e-14)


@given(ROWS)
def test_probabilities_pulled_back_give_zero(x):
    """The expected score is 0: sum_i s_i d log s_i = 0."""
    assert log_softmax.vjp(x, softmax(x)) == pytest.approx(np.zeros(len(x)), abs=1e-15)


def test_score_of_parametrised_logits_is_the_gradient_minus_its_mean():
    """With logits x(u) and G = dx/du: d log s_i / du = G[i] - sum_j s_j G[j]."""
    slopes = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]])
    x = slopes @ np.array([0.3, -0.7])
    score = log_softmax.jacobian(x) @ slopes
    assert score == pytest.approx(slopes - softmax(x) @ slopes, rel=1e-14, abs=1e-15)


def test_minus_infinity_masks_a_class():
    x, v = np.array([[1.0, -np.inf, 2.0]]), np.array([[3.0, 0.0, -1.0]])
    assert log_softmax(x)[0, 1] == -np.inf
    assert log_softmax(x)[:, [0, 2]].tolist() == log_softmax(x[:, [0, 2]]).tolist()
    assert log_softmax.vjp(x, v)[:, [0, 2]].tolist() == log_softmax.vjp(x[:, [0, 2]], v[:, [0, 2]]).tolist()
    assert not assert_rule(log_softmax, x).unchecked
