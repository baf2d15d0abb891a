"""Verdicts and reports of `check_gradient`."""

import numpy as np
import pytest

from chainrule.checking import GradientReport, Mismatch, Unchecked, assert_gradient, check_gradient

X = np.array([[1.0, -2.0, 0.5], [4.0, 0.25, 3.0]])


def test_a_report_names_the_wrong_entries_and_the_slip():
    report = check_gradient(lambda x: np.sum(x**2), X.T, gradient=lambda x: x)
    assert (report.verdict, report.ok, report.slip) == ("fail", False, "factor 1/2")
    assert str(report.failures[0]) == "<lambda>: gradient: x[0, 0]: got 1.000000000, expected 2.000000000"
    with pytest.raises(AssertionError, match="likely slip: factor 1/2"):
        assert_gradient(lambda x: np.sum(x**2), X.T, gradient=lambda x: x)


def test_nothing_checked_is_unchecked_and_no_pass():
    report = check_gradient(lambda x: np.sum(abs(x)), np.zeros(1), gradient=np.sign)
    assert (report.verdict, report.ok, report.checked) == ("unchecked", True, 0)
    assert (
        report.unchecked[0].reason
        == "x[0]: a kink, with slopes -1.000000000 from the left and 1.000000000 from the right"
    )


def test_a_function_that_runs_on_floats_only_is_checked_with_remainders():
    def compiled(x):
        return float(np.sum(np.sin(np.array([np.float64(entry) for entry in x]))))

    assert check_gradient(compiled, X[0], gradient=lambda x: np.cos(x)).verdict == "pass"
    wrong = check_gradient(compiled, X[0], gradient=lambda x: -np.cos(x))
    assert (wrong.verdict, wrong.slip, wrong.method[:16]) == ("fail", "sign", "Taylor remainder")


def test_a_refusal_of_balls_by_pytorch_is_told_in_plain_words():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    report = check_gradient(
        lambda x: torch.sin(torch.as_tensor(x)).sum(), X[0], gradient=lambda x: torch.cos(torch.as_tensor(x))
    )
    assert report.method == "Taylor remainder, since balls do not go through PyTorch"


def test_a_wrong_shape_is_explained():
    report = check_gradient(lambda w: np.sum(np.sin(w)), X, gradient=lambda w: np.cos(w).sum(axis=0, keepdims=True).T)
    assert report.failures[0].got == "shape (3, 1)"
    transposed = check_gradient(lambda w: np.sum(np.sin(w)), X, gradient=lambda w: np.cos(w).T)
    assert (transposed.verdict, transposed.slip) == ("fail", "transposed: rows and columns are swapped")


def test_a_report_is_text():
    report = GradientReport(
        "f", "slope", "balls", 1, (Mismatch("f", "slope", "x[0]", "1", "2"),), (Unchecked("f", "a kink"),), "sign"
    )
    assert str(report).splitlines() == [
        "f: slope: fail (1 derivative agrees, by balls)",
        "  x[0]: got 1, expected 2",
        "  likely slip: sign",
        "  unchecked: a kink",
    ]


def test_functions_may_write_to_their_inputs():
    def doubled(x):
        x *= 2
        return np.sum(x**2)

    def overwritten(x):
        x *= 4
        return x

    report = check_gradient(doubled, X[0], gradient=overwritten)
    assert (report.failures[0].expected, report.slip, report.method) == (
        "8.000000000",
        "factor 1/2",
        "balls of 300 bits",
    )


def test_the_largest_column_sum_is_not_taken_for_the_sum_of_all_entries():
    wrong = check_gradient(lambda x: np.linalg.norm(x, 1), X, gradient=np.sign)
    assert wrong.failures[0].entry == "x[0, 1]"
    right = check_gradient(
        lambda x: np.linalg.norm(x, 1),
        X,
        gradient=lambda x: np.sign(x) * (np.arange(3) == np.argmax(abs(x).sum(axis=0))),
    )
    assert (right.verdict, right.checked) == ("pass", 6)


def test_a_random_function_fails():
    stream = np.random.default_rng(0)
    report = check_gradient(lambda x: np.sum(x * stream.normal()), np.ones(2), gradient=lambda x: x * 0 - 7)
    assert report.verdict == "fail"
    assert "returns different values for the same input" in str(report)

    def dropped(x):
        return np.sum(x * (stream.random(2) < 0.5))

    for _ in range(8):
        assert check_gradient(dropped, np.array([1.0, 2.0]), gradient=lambda x: x * 0 + 0.5).verdict == "fail"


def test_a_function_that_writes_to_its_input_is_told():
    def doubling(x):
        x *= 2
        return np.sum(x * x)

    report = check_gradient(doubling, np.array([2.0, 1.0]), gradient=lambda x: 8 * x)
    assert report.ok
    assert "doubling writes to x" in str(report)


@pytest.mark.parametrize("gradient", [lambda x, y: {"x": y}, lambda x, y: (y, None)])
def test_an_input_without_a_gradient_is_told(gradient):
    report = check_gradient(lambda x, y: np.sum(x * y), np.array([2.0, 1.0]), np.ones(2), gradient=gradient)
    assert "y was not checked: the gradient returns nothing for it" in str(report)


def test_a_gradient_that_returns_nothing_and_a_missing_pair_are_told():
    report = check_gradient(np.sum, np.ones(2), gradient=lambda a: None)
    assert report.verdict == "unchecked"
    assert "was not checked: the gradient returns nothing for it" in str(report)
    with pytest.raises(TypeError, match=r"must return the pair \(value, gradient\), got shape \(\)"):
        check_gradient(np.sum, np.ones(2), gradient=True)


def test_an_infinite_input_is_told_without_a_warning():
    report = check_gradient(lambda x: np.sum(x * x), np.array([np.inf, 1.0]), gradient=lambda x: 2 * x)
    assert "x[0] is inf: there is no derivative to compare with" in str(report)
