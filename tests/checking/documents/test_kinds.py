"""Kinds of names that nobody declared, from how a text uses them."""

import pytest

from chainrule.checking.documents import check_derivation


@pytest.mark.parametrize(
    ("formula", "kinds"),
    [
        (r"\sum_{i=1}^n a_i x_i = 0", {"n": "size", "a": "vector n", "x": "vector n"}),
        (r"2 z_i = \sum_{j=1}^m W_{ij} x_j", {"z": "vector m", "W": "matrix m m", "x": "vector m"}),
        (r"2 L = \log x", {"L": "scalar", "x": "scalar"}),
        (r"x^\top x = c", {"x": "vector n", "c": "scalar"}),
        (r"2 z = a \odot b", {"a": "vector n", "b": "vector n"}),
        (r"2 Z = A \odot B", {"A": "matrix n n", "B": "matrix n n"}),
        (r"2 z = W x + b", {"W": "matrix ·0 ·1", "x": "vector ·1", "b": "vector ·0"}),
    ],
)
def test_uses_show_kinds(formula, kinds):
    found = dict(check_derivation(f"$${formula} + 0$$").undeclared)
    assert {name: found.get(name) for name in kinds} == kinds


def test_factors_of_an_entrywise_product_are_no_numbers():
    (step,) = check_derivation(r"$$A \odot B = B A$$").steps
    assert step.verdict == "wrong"
