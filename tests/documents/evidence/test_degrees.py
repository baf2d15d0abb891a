"""How many sizes settle a claim."""

import math

import pytest

from chainrule.documents.evidence.degrees import SizeDegrees
from chainrule.documents.language.name_uses import Names
from chainrule.documents.language.parsing import derivation_of

PREAMBLE = """size n, m
x : column n
u : number
mean := total(x) / n
f(a) := a^2
"""

DEGREES = {
    "u = u": 0,
    "sum(i in n: x[i]) = total(x)": 0,
    "norm(x)^2 = x' @ x": 0,
    "n * u = u": 1,
    "n * (n - 1) * (n - 2) = 0": 3,
    "(n + 1)^4 = m": 4,
    "total(x) / n = u": 1,
    "mean * mean = u": 2,
    "sum(i in n: u) = u": 1,
    "sum(i in n: i) = n * (n + 1) / 2": 2,
    "sum(i in n: sum(j in n: i * j)) = u": 4,
    "sum(i in n: x[i] - mean) = 0": 1,
    "total(ones(n)) = n": 1,
    "trace(eye(n)) = n": 1,
    "1 / n^2 + 1 / (n + 1) = u": 3,
    "f(n + u) = u": 2,
    "prod(k in 0..4: n - k) = 0": 5,
    "n^(-2) = u": 2,
    "limit((u + k)^2, k -> 0) = u": 0,
    "limit(n * u + k, k -> 0) = u": math.inf,
    "2^n = u": math.inf,
    "sqrt(n) = u": math.inf,
    "sum(i in n: 1 / i) = u": math.inf,
    "prod(i in n: u) = u": math.inf,
    "[n = 3] = 0": math.inf,
    "cases(u if n > 3, 0 otherwise) = u": math.inf,
}


@pytest.mark.parametrize("claim", DEGREES)
def test_the_degree_of(claim):
    derivation = derivation_of(PREAMBLE + f"claim: {claim}")
    assert SizeDegrees(Names.of(derivation), "n").of_claim(derivation.claims[0]) == DEGREES[claim]


def test_sums_over_members_and_over_free_names_without_a_declaration_are_no_numbers_of_equal_terms():
    derivation = derivation_of("size n, m; W : matrix m n; claim: member(W, 1)' @ a + a' @ a = 0")
    names = Names.of(derivation)
    assert SizeDegrees(names, "m").of_claim(derivation.claims[0]) == 1
    assert SizeDegrees(names, "m", arrays=frozenset({"a"})).of_claim(derivation.claims[0]) == 0


def test_sums_that_might_hide_a_size_are_counted():
    derivation = derivation_of(PREAMBLE + "claim: prod(k in 1..6: total(x ./ x) - k) = 0")
    names = Names.of(derivation)
    assert SizeDegrees(names, "n").of_claim(derivation.claims[0]) == 0
    assert SizeDegrees(names, "n", every=True).of_claim(derivation.claims[0]) == 6
