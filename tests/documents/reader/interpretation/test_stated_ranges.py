"""Ranges of indices that a text states beside a formula."""

import pytest
from tests.documents.reader.verdicts import verdicts

VECTOR = r"Let $x \in \mathbb{R}^n$."

RANGES = {
    "in the display": r"$$z_i = x_i^2, \quad i = 1, \ldots, n - 1$$",
    "as bounds in the display": r"$$z_i = x_i^2, \quad 1 \le i \le n - 1$$",
    "behind": r"Let $z_i = x_i^2$ for $i = 1, 2, \ldots, n - 1$.",
    "as bounds behind": r"Let $z_i = x_i^2$ for all $1 \leq i \leq n - 1$.",
    "in front": "For $i = 1, \\dots, n - 1$, let\n\n$$z_i = x_i^2.$$",
}


@pytest.mark.parametrize("definition", RANGES.values(), ids=RANGES)
@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        (r"\sum_i z_i = \sum_{i=1}^{n-1} x_i^2", "proved"),
        (r"\sum_i z_i = \|x\|^2 - x_n^2", "proved"),
        (r"\sum_i z_i = \sum_{i=1}^n x_i^2", "wrong"),
        (r"\sum_i z_i = \|x\|^2", "wrong"),
        (r"\sum_i z_i = \sum_{i=1}^{n-2} x_i^2", "wrong"),
    ],
)
def test_an_array_has_as_many_entries_as_the_text_says(definition, formula, verdict):
    assert verdicts(VECTOR, definition, f"$${formula}$$") == [verdict]


def test_a_convolution_is_as_long_as_the_text_says():
    sizes = r"Let $w \in \mathbb{R}^k$ and $x \in \mathbb{R}^n$."
    definition = r"$$y_i = \sum_{j=1}^k w_j x_{i+j-1}, \quad i = 1, \dots, n-k+1$$"
    formulas = (rf"$$\sum_i y_i = \sum_{{i=1}}^{{{end}}} \sum_{{j=1}}^k w_j x_{{i+j-1}}$$" for end in ("n-k+1", "n-k"))
    assert verdicts(sizes, definition, *formulas) == ["proved", "wrong"]


def test_a_function_whose_values_are_shorter_than_its_argument_keeps_them():
    definition = r"$$f(x)_i = x_{i+1} - x_i, \quad i = 1, \dots, n-1$$"
    assert verdicts(VECTOR, definition, r"$$\sum_i f(x)_i = x_n - x_1$$") == ["proved"]


def test_two_ranges_of_one_index_say_nothing():
    twice = r"Let $z_i = x_i^2$ for $i = 1, \dots, n - 1$ or for $i = 1, \dots, n - 2$."
    assert not verdicts(VECTOR, twice, r"$$\sum_i z_i = \sum_{i=1}^{n-2} x_i^2$$")[0].startswith("proved")


@pytest.mark.parametrize(
    ("words", "behind", "verdict"),
    [
        ("For $j = 1, \\dots, d$ we get", "", "proved"),
        ("All others, $j = 1, \\dots, d$, pay:", "", "proved"),
        ("We get", ", \\quad j = 1, \\dots, d", "proved"),
        ("For $j = 0, \\dots, d$ we get", "", "true for some indices"),
        ("We get", "", "true for some indices"),
    ],
)
def test_a_range_from_1_leaves_out_an_entry_with_the_number_0(words, behind, verdict):
    text = "Let $w = (w_0, \\dots, w_d)^T$ and $x = (x_0, \\dots, x_d)^T$ be vectors and $a$ a number.\n\n"
    loss = "$$J = w^T x + \\frac{a}{2} \\sum_{j=1}^d w_j^2$$\n\n"
    slope = f"$$\\frac{{\\partial J}}{{\\partial w_j}} = x_j + a w_j{behind}$$"
    [found] = verdicts(text + loss + words, slope)
    assert found == verdict
