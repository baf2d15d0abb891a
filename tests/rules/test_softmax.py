"""Softmax: probabilities, its symmetric Jacobian, and every digit of its tails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.checking import assert_rule, balls, midpoints, precision, ulp_errors
from chainrule.rules import log_softmax, sigmoid, softmax

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-30, 30))


def test_derivatives_are_right(logits):
    assert not [left for left in assert_rule(softmax, logits).unchecked if "largest float" not in str(left)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_source_runs_on_pytorch(logits, dtype, same_on_torch):
    if np.abs(logits).max(initial=0) < np.finfo(dtype).max:
        same_on_torch(softmax, logits.astype(dtype))


def test_autograd_through_the_pure_forward_agrees(autograd_agrees, gradcheck):
    x = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])
    autograd_agrees(softmax, x)
    gradcheck(softmax, x)


def test_every_tail_entry_is_within_the_claimed_error(tail_logits):
    errors = assert_rule(softmax, tail_logits).worst_ulp
    assert {form: error for form, error in errors.items() if error > softmax.error_bound} == {}


def test_tails_keep_their_digits_on_pytorch_too(tail_logits):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    v = np.cos(np.arange(tail_logits.size)).reshape(tail_logits.shape)
    got = softmax.vjp(torch.tensor(tail_logits), torch.tensor(v)).numpy()
    with precision(600):
        exact = softmax.vjp(balls(tail_logits), balls(v))
    assert ulp_errors(got, exact).max() <= softmax.error_bound


def test_the_usual_pullback_loses_what_this_one_keeps():
    x, v = np.array([40.0, 0.0, -3.0]), np.array([1.0, 2.0, -1.0])
    probs = softmax(x)
    usual = probs * (v - probs @ v)
    assert usual[0] == 0
    assert softmax.vjp(x, v)[0] == pytest.approx(-3.8253280477733735e-18, rel=1e-14, abs=0)


def test_known_values(shows, in_balls):
    shows(in_balls(softmax, [1.0, 2.0, 3.0]), "0.09003057317038046", "0.2447284710547977", "0.6652409557748219")
    shows(
        in_balls(softmax.vjp, [1.0, 2.0, 3.0], [1.0, 0.0, -1.0]),
        "0.1418170936098122",
        "0.1407703574696301",
        "-0.2825874510794423",
    )
    shows(in_balls(softmax, [2.0, 4.0, 6.0]), "0.01587623997646677", "0.1173104278261984", "0.8668133321973349")
    shows(in_balls(softmax, [0.5, 1.0, 1.5]), "0.1863237232258476", "0.3071958857184984", "0.506480391055654")


def test_naive_forms_fail_where_this_one_does_not():
    assert softmax(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]
    assert softmax(np.array([-1000.0, -1000.0])).tolist() == [0.5, 0.5]
    assert softmax(np.array([-1e4, -1e4, -1e4])).tolist() == pytest.approx([1 / 3] * 3)


@given(ROWS, st.integers(-(2**20), 2**20))
def test_adding_a_constant_changes_nothing(x, shift):
    on_a_grid = np.round(x * 2**20) / 2**20  # so that adding the integer is exact
    bound = 2 * softmax.error_bound * np.finfo(float).eps  # each of the two is that many units from the same numbers
    np.testing.assert_allclose(softmax(on_a_grid + shift), softmax(on_a_grid), rtol=bound, atol=0)


def test_adding_a_vector_changes_the_probabilities():
    assert not np.allclose(softmax(np.array([1.0, 2.0])), softmax(np.array([1.0, 2.0]) + np.array([0.0, 1.0])))


@given(ROWS)
def test_entries_are_probabilities(x):
    probs = softmax(x)
    assert (probs > 0).all()
    assert probs.sum() == pytest.approx(1, rel=1e-14, abs=0)


@given(ROWS)
def test_the_jacobian_is_diag_minus_outer(x):
    with precision(300):
        probs, jacobian = softmax(balls(x)), softmax.jacobian(balls(x))
    p, matrix = midpoints(probs), midpoints(jacobian)
    assert np.allclose(matrix, np.diag(p) - np.outer(p, p), rtol=1e-12, atol=1e-15)
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) > 0).all()
    assert (matrix[~np.eye(len(x), dtype=bool)] < 0).all()


@given(hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-3, 3)))
def test_the_jacobian_is_positive_semidefinite_of_rank_one_less_than_the_classes(x):
    eigenvalues = np.linalg.eigvalsh(softmax.jacobian(x))
    assert eigenvalues[0] == pytest.approx(0, abs=1e-15)
    assert (eigenvalues[1:] > 1e-6).all()


def test_the_jacobian_of_one_class_is_zero():
    assert softmax.jacobian(np.array([3.7])).tolist() == [[0.0]]


@given(ROWS, st.floats(-5, 5))
def test_a_constant_cotangent_is_pulled_back_to_exactly_zero(x, constant):
    assert not softmax.vjp(x, np.full_like(x, constant)).any()


def test_an_entry_of_the_vjp_is_zero_exactly_where_the_cotangent_is_its_mean():
    x = np.log([0.25, 0.25, 0.5])
    assert softmax.vjp(x, np.array([1.0, 3.0, 2.0])) == pytest.approx([-0.25, 0.25, 0.0], abs=1e-16)


@given(ROWS)
def test_it_is_the_output_times_the_derivative_of_its_logarithm(x):
    by_log = softmax(x)[:, None] * log_softmax.jacobian(x)
    assert softmax.jacobian(x) == pytest.approx(by_log, rel=1e-12, abs=0)


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_two_classes_are_a_sigmoid_of_the_difference(a, b):
    assert softmax(np.array([a, b]))[0] == pytest.approx(sigmoid(np.array(a - b)), rel=1e-12, abs=0)


@given(ROWS)
def test_each_entry_is_one_over_a_sum_of_differences(x):
    assert softmax(x) == pytest.approx(1 / np.exp(x - x[:, None]).sum(axis=1), rel=1e-12, abs=0)


def test_scaling_sharpens_the_extremes_and_may_turn_the_middle_around():
    x = np.array([0.0, 0.9, 1.0])
    by_scale = np.array([softmax(c * x) for c in np.linspace(0, 4, 81)])
    assert (np.diff(by_scale[:, 0]) < 0).all()
    assert (np.diff(by_scale[:, 2]) > 0).all()
    assert by_scale[0, 1] == pytest.approx(1 / 3)
    assert softmax(2.1972 * x)[1] == pytest.approx(0.41944, abs=5e-6)
    assert softmax(4 * x)[1] == pytest.approx(0.397, abs=5e-4)


@pytest.mark.parametrize(
    ("ratios", "at_one", "at_two"), [((0.5, 1.25), 0.363636, 0.355556), ((0.5, 1.1), 0.384615, 0.406504)]
)
def test_an_interior_entry_falls_or_rises_with_the_scale(ratios, at_one, at_two):
    x = np.log([1.0, *ratios])
    assert softmax(x)[0] == pytest.approx(at_one, abs=5e-7)
    assert softmax(2 * x)[0] == pytest.approx(at_two, abs=5e-7)


@given(hnp.arrays(np.float64, 4, elements=st.floats(-3, 3)), st.floats(0.1, 3))
def test_the_derivative_by_the_scale_and_the_fall_of_entropy(x, c):
    """dS_i/dc = S_i (x_i - E x), dH/dc = -c Var x."""
    probs = softmax(c * x)
    mean = probs @ x
    assert softmax.jvp(c * x, x) == pytest.approx(probs * (x - mean), rel=1e-9, abs=1e-14)
    surprise = -log_softmax(c * x)
    entropy_slope = softmax.jvp(c * x, x) @ (surprise - 1)
    assert entropy_slope == pytest.approx(-c * (probs @ (x - mean) ** 2), rel=1e-9, abs=1e-13)


def test_minus_infinity_masks_a_class():
    x, v = np.array([[1.0, -np.inf, 2.0]]), np.array([[3.0, 100.0, -1.0]])
    assert softmax(x)[0, 1] == 0
    assert softmax(x)[:, [0, 2]].tolist() == softmax(x[:, [0, 2]]).tolist()
    assert softmax.vjp(x, v)[:, [0, 2]].tolist() == softmax.vjp(x[:, [0, 2]], v[:, [0, 2]]).tolist()
    assert softmax.vjp(x, v)[0, 1] == 0
    assert not assert_rule(softmax, x).unchecked


def test_no_classes_and_no_axis_are_refused():
    with pytest.raises(ValueError, match=r"at least one class on the last axis, got shape \(2, 0\)"):
        softmax(np.zeros((2, 0)))
    with pytest.raises(ValueError, match="got shape \\(\\)"):
        softmax(1.0)
