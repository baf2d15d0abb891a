"""One rule at one point: its directions, its results on balls, and the same with more bits."""

import numpy as np

from chainrule import rules
from chainrule.checking import midpoints, precision
from chainrule.checking.case import RuleCase, draw, entries

LOGITS = np.array([[1.0, -np.inf, 2.0], [0.5, 0.25, -3.0]])


def test_infinite_entries_and_labels_do_not_move():
    case = RuleCase(rules.softmax_cross_entropy, (LOGITS, np.array([0, 1])), {}, 300)
    assert case.differentiable == (True, False)
    assert case.tangents[0][0, 1] == 0
    assert case.tangents[1] is None


def test_results_are_those_of_floats():
    case = RuleCase(rules.tanh, (LOGITS[1],), {}, 300)
    np.testing.assert_allclose(midpoints(case.value), np.tanh(LOGITS[1]), rtol=1e-15)
    slopes = 1 - np.tanh(LOGITS[1]) ** 2
    # At -3 the slope loses two digits in 1 - tanh^2.
    np.testing.assert_allclose(midpoints(case.vjp[0]), slopes * case.cotangent, rtol=1e-12)
    np.testing.assert_allclose(midpoints(case.jvp), slopes * case.tangents[0], rtol=1e-12)
    np.testing.assert_allclose(midpoints(case.fast[1]), slopes * case.cotangent, rtol=1e-12)
    np.testing.assert_allclose(midpoints(case.quotient(case.tangents).value), slopes * case.tangents[0], rtol=1e-12)


def test_floats_among_the_options_do_not_round():
    case = RuleCase(rules.softmax_cross_entropy, (LOGITS[1:], np.array([1])), {"label_smoothing": 0.1}, 300)
    with precision(300):
        assert 1 - case.ball_options["label_smoothing"] < 1 - 0.1


def test_sharper_cases_have_more_bits():
    case = RuleCase(rules.tanh, (LOGITS[1],), {}, 100)
    assert case.sharper[0] is case
    assert [each.bits for each in case.sharper] == [100, 400, 1600]


def test_a_case_takes_results_from_another_and_computes_the_rest_itself():
    case = RuleCase(rules.tanh, (LOGITS[1],), {}, 100)
    other = case.sharing("value")
    assert other.value is case.value
    assert other.jvp is not case.jvp


def test_draws_have_both_signs_and_are_exact_in_float32():
    drawn = draw(3, (50,))
    assert len(np.unique(drawn)) == 50
    assert drawn.min() < 0 < drawn.max()
    assert np.array_equal(drawn, drawn.astype(np.float32))
    assert entries(3) == (3,)
