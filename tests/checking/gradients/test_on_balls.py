"""Claims against difference quotients of balls."""

import numpy as np
import pytest

from chainrule.checking.gradients.claims import claim_of
from chainrule.checking.gradients.on_balls import EVERY_ENTRY, LISTED, NotOnBalls, check_on_balls

X = np.array([0.5, -1.25, 2.0])


def checked(function, *inputs, bits=300, **derivative):
    return check_on_balls(claim_of(function, inputs, **derivative), bits)


def test_every_form_is_checked_entry_by_entry():
    assert checked(lambda x: np.sum(x**3), X, gradient=lambda x: 3 * x**2).checked == 3
    assert checked(lambda x: x**3, X, slope=lambda x: 3 * x**2).checked == 9
    assert checked(lambda x: x**3, X, jacobian=lambda x: np.diag(3 * x**2)).checked == 9
    assert checked(lambda x: x**3, X, pullback=lambda x, v: 3 * x**2 * v).checked == 3


@pytest.mark.parametrize("form", ["gradient", "pullback", "slope", "jacobian"])
def test_one_wrong_entry_among_many_is_found_by_halving(form):
    x = np.linspace(0.5, 1.0, EVERY_ENTRY + 4)

    def slopes(x):
        return 2 * x + 1e-9 * (np.arange(len(x)) == 17)

    forms = {
        "gradient": (lambda x: np.sum(x * x), slopes, "x[17]"),
        "pullback": (lambda x: x * x, lambda x, v: slopes(x) * v, "x[17]"),
        "slope": (lambda x: x * x, slopes, "d[17]/dx[17]"),
        "jacobian": (lambda x: np.sum(x * x)[None], lambda x: slopes(x)[None], "x[0, 17]"),
    }
    function, derivative, entry = forms[form]
    (failure,) = checked(function, x, **{form: derivative}).failures
    assert failure.entry == entry


def test_only_so_many_wrong_entries_of_many_are_searched():
    x = np.linspace(0.5, 1.0, 4 * EVERY_ENTRY)
    assert len(checked(lambda x: np.sum(x * x), x, gradient=lambda x: x).failures) == LISTED


def test_tied_maxima_are_checked_together():
    def share(x):
        return (x == np.max(x)) / np.sum(x == np.max(x))

    tied = checked(np.max, np.array([1.0, 1.0, 0.0]), gradient=share)
    assert (tied.checked, tied.failures, len(tied.kinks)) == (2, [], 2)
    (wrong,) = checked(np.max, np.array([1.0, 1.0, 0.0]), gradient=lambda x: (x == np.max(x)) * 1.0).failures
    assert (wrong.entry, wrong.got) == ("a[0] + a[1]", "2.000000000")


@pytest.mark.parametrize(("wrong", "got"), [(np.inf, "inf"), (-np.inf, "-inf"), (np.nan, "not a number")])
def test_an_infinite_derivative_of_a_smooth_function_is_wrong(wrong, got):
    check = checked(lambda x: np.sum(x**2), X, gradient=lambda x: np.where(x > 0, 2 * x, wrong))
    assert check.checked == 2
    assert [(failure.entry, failure.got, failure.expected) for failure in check.failures] == [
        ("x[1]", got, "-2.500000000")
    ]


def test_rounded_constants_are_no_mistakes_and_small_terms_are():
    assert checked(lambda x: np.sum(x) / 3, X, gradient=lambda x: np.full(3, 1 / 3)).checked == 3
    assert checked(lambda x: np.sum(x) / 3, X, gradient=lambda x: np.full(3, 1 / 3 + 1e-11)).failures


def test_code_that_needs_floats_is_not_for_balls():
    with pytest.raises(NotOnBalls, match="not exactly a float"):
        checked(lambda x: np.float64(np.exp(x[0])), X, gradient=lambda x: x)
    with pytest.raises(NotOnBalls, match="other values than on floats"):
        checked(lambda x: np.sum(x) + 1.0 * (np.asarray(x).dtype == float), X, gradient=lambda x: 2 * x)


@pytest.mark.parametrize(("at_kink", "failures"), [(0.0, 0), (0.5, 0), (1.0, 0), (7.0, 1), (-0.5, 1)])
def test_a_derivative_at_a_kink_lies_between_the_slopes(at_kink, failures):
    x = np.array([-1.0, 0.0, 2.0])
    check = checked(lambda x: np.sum(np.maximum(x, 0)), x, gradient=lambda x: (x > 0) + at_kink * (x == 0))
    assert len(check.failures) == failures
    assert all("a number between the slopes at the kink: 0 from" in failure.expected for failure in check.failures)


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def lse(x):
    return np.log(np.sum(np.exp(x - x.max()))) + x.max()


@pytest.mark.parametrize("far", [100.0, 200.0, 1000.0])
@pytest.mark.parametrize("count", [2, EVERY_ENTRY + 24])
def test_a_wrong_factor_of_a_tiny_derivative_is_found(far, count):
    x = np.where(np.arange(count) == 1, 0.0, far)
    assert not checked(lse, x, gradient=softmax).failures
    (failure,) = checked(lse, x, gradient=lambda x: softmax(x) * (1 + (x == 0))).failures
    assert failure.entry == "x[1]"


def test_a_derivative_below_every_float_is_told_to_be_unchecked():
    x = np.array([1e3, 1e5])
    check = checked(lambda x: np.log(np.sum(np.exp(x))), x, gradient=lambda x: softmax(x) * np.array([2, 1]))
    assert check.checked == 1
    assert "is too small to compare with difference quotients" in str(check.unchecked[0])
