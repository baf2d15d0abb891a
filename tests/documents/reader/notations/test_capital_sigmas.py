r"""The letter \Sigma as the sign of a sum."""

import pytest

SUM = r"$$J = \Sigma_{i=1}^m x_i y_i$$" + "\n\n"


def test_a_letter_that_is_a_sum_with_a_range_is_one_without(claims):
    assert claims(SUM + r"$$\Sigma_i x_i y_i + 0 = \Sigma x_i y_i$$") == [
        "sum(i in m: x[i] * y[i]) + 0 = sum(i in m: x[i] * y[i])"
    ]


@pytest.mark.parametrize("named", [r"u^T \Sigma^{-1} u", r"u^T \Sigma", r"\log |\Sigma|", r"u^T \mathbf{\Sigma} u"])
def test_a_letter_that_is_also_a_name_stays_one(claims, named):
    found = claims(SUM + f"$${named} = c$$" + "\n\n" + r"$$\Sigma y = z$$")
    assert found[-1] == "Sigma @ y = z"


def test_a_declared_letter_stays_a_name(verdict_of):
    declared = "\\Sigma: matrix n n, symmetric\ny: column n"
    assert verdict_of(r"(\Sigma y)^T = y^T \Sigma", declared, SUM) == "proved"
    assert verdict_of(r"(\Sigma y)^T = y^T \Sigma", "y: column n", SUM) != "proved"


def test_without_a_range_anywhere_it_is_a_name(claims):
    assert claims(r"$$\Sigma y = z$$")[-1].startswith("Sigma ")
