"""Products of vectors with an intercept that only some formulas show."""

import pytest

from chainrule.documents import check_derivation


def step_of(formula, before=""):
    return check_derivation(f"{before}$${formula}$$", repairs=False).claims[-1]


@pytest.mark.parametrize(
    ("formula", "assumed"),
    [
        (r"w^T x = w_0 + w_1 x_1 + \ldots + w_n x_n", "w and x begin with w_0 and x_0 = 1"),
        (r"\theta^T x = \theta_0 + \sum_{j=1}^n \theta_j x_j", "theta and x begin with theta_0 and x_0 = 1"),
        (r"w^T x = w_0 x_0 + \sum_{j=1}^n w_j x_j", "w and x begin with w_0 and x_0"),
        (r"\sigma(w^T x) = \sigma(w_0 + \sum_{j=1}^n w_j x_j)", "w and x begin with w_0 and x_0 = 1"),
    ],
)
def test_a_product_has_that_of_the_entries_0(formula, assumed):
    step = step_of(formula)
    assert step.verdict == "proved if"
    assert f"if {assumed}," in step.message


@pytest.mark.parametrize(
    "formula",
    [
        r"w^T x = 2 w_0 + \sum_{j=1}^n w_j x_j",
        r"w^T x = w_0 + \sum_{j=2}^n w_j x_j",
        r"\|w\|^2 w^T x = \|w\|^2 (w_0 + \sum_{j=1}^n w_j x_j)",  # the norm has w_0, too
        r"\frac{\partial}{\partial w} (w^T x + w_0) = x + \frac{\partial}{\partial w} w_0 w^T x",
    ],
)
def test_what_is_false_or_has_the_vectors_elsewhere_is_not_proved_so(formula):
    assert not step_of(formula).verdict.startswith("proved")


def test_sizes_that_are_stated_leave_no_entry_0():
    sizes = r"Let $w \in \mathbb{R}^n$ and $x \in \mathbb{R}^n$. Let $w_0$ be a number." + "\n\n"
    assert step_of(r"w^T x = w_0 + \sum_{j=1}^n w_j x_j", sizes).verdict.startswith("wrong")
