"""Sums that begin at 0."""

import pytest

from chainrule.documents import check_derivation


def verdicts(*formulas):
    steps = check_derivation("\n\n".join(f"$${formula}$$" for formula in formulas), repairs=False).steps
    return [str(step.verdict) for step in steps]


def test_entries_that_a_sum_numbers_from_0_count_from_1(claims):
    text = r"$$s = \sum_{i=0}^n w_i x_i$$" + "\n\n" + r"$$\frac{\partial s}{\partial w_k} + c = x_k + c$$"
    assert claims(text) == ["partial(s, w[k]) + c = x[k] + c"]
    assert verdicts(r"s = \sum_{i=0}^n w_i x_i", r"\frac{\partial s}{\partial w_k} = x_k") == ["definition", "proved"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\sum_{i=0}^n 2^i u_i = u_0 + \sum_{i=0}^n (2^i - [i = 0]) u_i", "proved"),
        (r"\sum_{i, j=0}^{N-1} a_{ij} = \sum_{j=0}^{N-1} \sum_{i=0}^{N-1} a_{ij}", "proved"),
        (r"\frac{\partial}{\partial q_m} \sum_{i=0}^{n-1} a_{i+m} q_i = a_{m+m}", "undefined"),
        (r"\frac{\partial}{\partial q_0} \sum_{i=0}^n q_i r_i = 0", "wrong if read so"),
        (r"\sum_{i=0}^n u_i = u_0 + \sum_{i=1}^n u_i", "undefined"),
        (r"\sum_{i=0}^n i u_i = \sum_{i=0}^n (i + 1) u_i", "wrong if read so"),
    ],
)
def test_numbers_of_entries_keep_their_meaning(formula, expected):
    assert verdicts(formula) == [expected]


def test_entries_that_a_size_chooses_keep_their_numbers(claims):
    text = r"$$E_t = \sum_{r=0}^t s_r V_r$$" + "\n\n" + r"$$\frac{\partial E_t}{\partial s_t} = V_t$$"
    assert claims(text) == ["partial(E[t], s[t]) = V[t]"]


EXAMPLES = r"J = \sum_{i=0}^n (y^{(i)} - \theta^T x^{(i)})^2"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"\nabla_\theta J = 2 \sum_{i=0}^n (\theta^T x^{(i)} - y^{(i)}) x^{(i)}", "proved"),
        (r"\frac{\partial J}{\partial \theta_j} = 2 \sum_{i=0}^n (\theta^T x^{(i)} - y^{(i)}) x_j^{(i)}", "proved"),
        (r"\nabla_\theta J = \sum_{i=0}^n (\theta^T x^{(i)} - y^{(i)}) x^{(i)}", "wrong if read so"),
        (r"\nabla_\theta J = 2 \sum_{i=1}^n (\theta^T x^{(i)} - y^{(i)}) x^{(i)}", "undefined"),
    ],
)
def test_examples_that_a_sum_numbers_from_0_count_from_1(claim, expected):
    text = f"Let $\\theta$ be a vector.\n\n$${EXAMPLES}$$\n\n$${claim}$$"
    assert check_derivation(text, "x^{(i)}: column d", repairs=False).steps[-1].verdict == expected
