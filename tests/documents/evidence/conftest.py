"""Findings for the claims of a text in the strict language."""

import pytest

from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

PREAMBLE = """
size n, m, K
x : column n
W : matrix m n
b : column m
u : number
v, w : number, positive
t : column K, one-hot
q : column K, probabilities
r : column K
L : function(column m) -> number
g : function(number) -> number
sigma(a) := 1 / (1 + exp(-a))
ramp(a) := cases(a if a > 0, 0 otherwise)
z := W @ x + b
a := sigma(z)
l := L(a)
p := [k in K: exp(s[k]) / sum(j in K: exp(s[j]))]
ce := -sum(k in K: t[k] * log(p[k]))
soft := -sum(k in K: q[k] * log(p[k]))
"""


@pytest.fixture
def findings_of():
    def findings(text):
        derivation = derivation_of(PREAMBLE + text)
        shapes = Shapes(derivation)
        assert not shapes.faults, shapes.faults
        return [Prover(derivation, shapes).finding(claim) for claim in derivation.claims]

    return findings
