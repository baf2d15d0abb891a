"""Names that a chain defines by an unknown probability, and then works out."""

import pytest

from chainrule.documents import check_derivation

CHAIN = r"""$$l = \log p(y|x;\theta) = \log \left( e^{y \theta^T x - e^{\theta^T x}} \right) = LAST$$

$$\frac{\partial l}{\partial \theta_j} = SLOPE$$
"""
WORKED_OUT = r"y \theta^T x - e^{\theta^T x}"


def slope_of(slope, last=WORKED_OUT):
    text = CHAIN.replace("LAST", last).replace("SLOPE", slope)
    return check_derivation(text, "x, \\theta: column n\ny: number", repairs=False).steps[-1]


def test_the_name_has_the_meaning_of_the_formula_that_is_worked_out():
    found = slope_of(r"y x_j - e^{\theta^T x} x_j")
    assert (found.verdict, "l has the meaning given in line 1" in found.message) == ("proved if", True)


@pytest.mark.parametrize(
    ("slope", "last"),
    [
        (r"y x_j + e^{\theta^T x} x_j", WORKED_OUT),
        (r"y x_j - e^{\theta^T x}", WORKED_OUT),
        (r"y x_j + e^{\theta^T x} x_j", r"y \theta^T x + e^{\theta^T x}"),  # it follows from a slip of the chain
    ],
)
def test_a_slope_of_another_formula_is_not_proved(slope, last):
    assert slope_of(slope, last).verdict not in ("proved", "verified", "held", "proved if")


def test_a_probability_with_a_definition_keeps_it():
    text = r"$$p(y|x;\theta) = e^{-y \theta^T x}$$" + "\n\n"
    text += CHAIN.replace("LAST", WORKED_OUT).replace("SLOPE", r"y x_j - e^{\theta^T x} x_j")
    found = check_derivation(text, "x, \\theta: column n\ny: number", repairs=False).steps[-1]
    assert found.verdict not in ("proved", "proved if")
