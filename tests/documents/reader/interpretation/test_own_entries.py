"""Vectors that are written as the lists of their entries, from 1 or from 0."""

import pytest
from tests.documents.reader.verdicts import verdicts

LISTS = {
    "in brackets": r"$$\theta = [\theta_0, \theta_1, \dots, \theta_n]^T, \quad x = [x_0, x_1, \dots, x_n]^T$$",
    "columns": r"""$$\theta = \begin{bmatrix} \theta_0 \\ \theta_1 \\ \vdots \\ \theta_n \end{bmatrix}, \quad
x = \begin{pmatrix} x_0 \\ \vdots \\ x_n \end{pmatrix}$$""",
    "in a sentence": r"Let $\theta = (\theta_0, \dots, \theta_n)^\top$ and $x = (x_0, \ldots, x_n)^\top$.",
}


@pytest.mark.parametrize("lists", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\theta^T x = \sum_{i=0}^n \theta_i x_i", "proved"),
        (r"\theta^T x = \theta_0 x_0 + \theta_1 x_1 + \cdots + \theta_n x_n", "proved"),
        (r"\theta^T x = \theta_0 x_0 + \sum_{i=1}^n \theta_i x_i", "proved"),
        (r"\frac{\partial}{\partial \theta_0} \theta^T x = x_0", "proved"),
        (r"\frac{\partial}{\partial \theta_j} \theta^T x = x_j", "proved"),
        (r"\theta^T x = \sum_{i=1}^n \theta_i x_i", "wrong"),
        (r"\theta^T x = \theta_1 x_1 + \cdots + \theta_n x_n", "wrong"),
        (r"\frac{\partial}{\partial \theta_0} \theta^T x = x_1", "wrong"),
        (r"\frac{\partial}{\partial \theta_j} \theta^T x = x_{j+1}", "wrong"),
    ],
)
def test_entries_of_a_list_from_0_have_the_numbers_of_the_list(lists, formula, verdict):
    assert verdicts(lists, f"$${formula}$$") == [verdict]


def test_a_first_entry_that_is_1_makes_an_intercept():
    lists = r"Let $x = (x_0, x_1, \dots, x_n)^T$ with $x_0 = 1$, and $w = (w_0, w_1, \dots, w_n)^T$."
    slopes = r"$$\frac{\partial h}{\partial w_0} = 1$$", r"$$\frac{\partial h}{\partial w_1} = 1$$"
    found = verdicts(lists, "$$h = w^T x$$", r"$$h = w_0 + \sum_{j=1}^n w_j x_j$$", *slopes)
    assert found[-3:-1] == ["proved", "proved"]
    assert found[-1].startswith("wrong")


def test_a_list_from_1_gives_the_size():
    lists = r"$$w = (w_1, \dots, w_n)^T, \quad x = (x_1, \dots, x_n)^T$$"
    formulas = r"$$w^T x = \sum_{i=1}^n w_i x_i$$", r"$$w^T x = \sum_{i=1}^{n-1} w_i x_i$$"
    assert verdicts(lists, *formulas) == ["proved", "wrong"]
    assert verdicts(lists, formulas[1]) == ["wrong"]


def test_coefficients_of_a_polynomial_count_from_0():
    found = verdicts(
        r"$$p(t) = \sum_{k=0}^n a_k t^k$$",
        r"$$a = (a_0, \dots, a_n)$$",
        r"$$\frac{dp}{dt} = \sum_{k=1}^n k a_k t^{k-1}$$",
        r"$$\frac{\partial p}{\partial a_0} = 1$$",
        r"$$p(0) = a_0$$",
        r"$$p(1) = \sum_{k=1}^n a_k$$",
    )
    assert found[:-1] == ["proved"] * 3
    assert found[-1].startswith("wrong")


@pytest.mark.parametrize("listed", [r"x = (x_1, \dots, x_n)", r"x = (y_0, \dots, y_n)", r"x = (x_0, x_1)"])
def test_another_list_leaves_x_0_a_letter_of_its_own(listed):
    text = f"$${listed}$$" + "\n\n" + r"$$f(u) = (u - x_0)^2$$" + "\n\n" + r"$$f'(u) = 2 (u - x_0)$$"
    assert verdicts(text)[-1] == "proved"
