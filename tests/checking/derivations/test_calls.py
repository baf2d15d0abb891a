"""Functions at arguments."""

import pytest

from chainrule import check_derivation

DECLARED = "---\nx, t: vector n\na: scalar\nf(u) := u^2\ng(u, v) := u v\nh(x)_i := \\frac{x_i}{\\sum_k x_k}\n---\n\n"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"f(x)_i = x_i^2", "verified"),
        (r"f(a + 1) = a^2 + 2 a + 1", "verified"),
        (r"g(a, 2) = 2 a", "verified"),
        (r"h(2 x)_i = h(x)_i", "verified"),
        (r"\sum_i h(x + t)_i = 1", "verified"),
        (r"h(x + t)_i = h(x)_i", "wrong"),
        (r"g(a) = a", "not read"),
    ],
)
def test_functions_of_numbers_act_on_entries_and_functions_of_vectors_on_vectors(claim, verdict):
    assert check_derivation(f"{DECLARED}$${claim}$$").steps[-1].verdict == verdict


def test_entries_of_vectors_of_different_length_are_not_combined():
    step = check_derivation("---\nx: vector 2\ny: vector 3\ng(u, v) := u v\n---\n\n$$g(x, y) = 0$$").steps[-1]
    assert "the arguments of g have different shapes" in step.message
