"""Statements of which one claim is false, read as a careful reader would: none is proved, verified or held."""

import pytest

from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

SOFTMAX = "size n; x : column n; s := [i in n: exp(x[i]) / sum(k in n: exp(x[k]))]; "
MATRICES = "size n; A, B : matrix n n; x, y : column n; "

FALSE = {
    "relu6": "x : number; claim: min(max(0, x), 6) = max(0, x)",
    "hard sigmoid": "x : number; claim: max(0, min(1, x / 6 + 1/2)) = x / 6 + 1/2",
    "vanishes up to size 5": "size n; x : column n; claim: n * (n-1) * (n-2) * (n-3) * (n-4) * (n-5) * total(x) = 0",
    "vanishes up to size 20": "size n; claim: prod(k in 0..20: n - k) = 0",
    "a hidden size": "size n; x : column n; claim: prod(k in 1..6: total(x ./ x) - k) = 0",
    "sigma at 100": "claim: 1 / (1 + exp(-100)) = 1",
    "a tiny summand": "p : number, unit; claim: log(p + 10^(-45)) = log(p)",
    "a factor near 1": "size n; x : column n; claim: sum(i in n: 1.0000000001 * x[i]) = sum(i in n: x[i])",
    "max and lse": "size n; x : column n; claim: log(sum(i in n: exp(x[i]))) <= max(i in n: x[i]) + 2",
    "the square of a sign": "x : number; claim: sign(x)^2 = 1",
    "a number outside of a sum": "size n; x : column n; u : number; claim: sum(i in n: x[i] - u) = total(x) - u",
    "1 outside of a sum": "size n; x : column n; claim: sum(i in n: x[i]) + 1 = sum(i in n: x[i] + 1)",
    "f is linear": "x : number; f : function(number) -> number; claim: f(2 * x) = 2 * f(x)",
    "a loss is linear": "size n; w, v : column n; L : function(column n) -> number; claim: L(w + v) = L(w) + L(v)",
    "symmetric only": MATRICES + "claim: grad(x' @ A @ x, x) = 2 * A @ x",
    "order of transposes": MATRICES + "claim: (A @ B)' = A' @ B'",
    "diagonal matrices commute": MATRICES + "claim: diag(x) @ A = A @ diag(x)",
    "mixed layouts": MATRICES + "z := A @ x; claim: jac(z, x) = A; then: = A'",
    "a transposed update": MATRICES + "h : number; e := A @ x - y; l := norm(e)^2 / 2\n"
    "claim: A - h * grad(l, A) = A - h * (x @ e')",
    "no absolute values": "size n; x : column n; claim: norm1(x) = sum(i in n: x[i])",
    "log of a size": "x : number, nonzero; claim: partial(log(abs(x)), x) = 1 / abs(x)",
    "two classes": SOFTMAX + "claim: s[1] = 1 / (1 + exp(x[2] - x[1]))",
    "three entries": "size n; x : column n; claim: sum(i in n: sum(j in n: x[j])) = 3 * sum(j in n: x[j])",
    "a shift": "size n; x : column n; claim: sum(i in 1..(n-1): x[i + 1]) = sum(i in n: x[i])",
    "a telescope": "size n; a : column n; claim: sum(t in 2..n: a[t] - a[t - 1]) = a[n] - a[2]",
    "a dropped assumption": "x : number; claim: sqrt(x^2) = x",
    "one-hot only": "size n; p : column n, probabilities; claim: sum(k in n: p[k]^2) = 1",
    "labels of 0 and 1 only": "y, p : number, unit\n"
    "claim: y * log(p) + (1 - y) * log(1 - p) = log(y * p + (1 - y) * (1 - p))",
    "arctan of tan": "x : number; claim: arctan(tan(x)) = x",
    "0 at 0 and 1": "x : number; claim: sin(1000 * x) * x * (x - 1) = 0",
    "cosines of a size": "size n; claim: cos(2 * 355/113 / n)^2 <= 1/2",
    "trace of a product": MATRICES + "claim: trace(A @ B) = trace(A) * trace(B)",
    "sum of products": MATRICES + "claim: sum(i in n: x[i] * y[i]) = sum(i in n: x[i]) * sum(i in n: y[i])",
    "an inner derivative": "k, x : number; sigma(a) := 1 / (1 + exp(-a))\n"
    "claim: partial(sigma(k * x), x) = sigma(k * x) * (1 - sigma(k * x))",
    "1/n lost": "size n; x, y : column n; w : number; J := sum(i in n: (w * x[i] - y[i])^2) / n\n"
    "claim: partial(J, w) = 2 * sum(i in n: (w * x[i] - y[i]) * x[i])",
    "swapped": "x, y : number; p : function(number, number) -> number; claim: p(x, y) = p(y, x)",
    "trace of the identity": "size n; claim: sum(i in n: [i = i]) = 1",
    "softmax and scale": SOFTMAX + "c : number, positive; claim: at(s, x = c * x) = s",
    "rank": "size n; A : matrix n n; rank : function(matrix n n) -> number; claim: rank(2 * A) = 2 * rank(A)",
    "an activation is additive": "a, b : number; phi : function(number) -> number; claim: phi(a + b) = phi(a) + phi(b)",
    "determinant of a multiple": MATRICES + "claim: det(2 * A) = 2 * det(A)",
    "targets of any sum": SOFTMAX + "t : column n; l := -sum(i in n: t[i] * log(s[i])); claim: grad(l, x) = s - t",
    "unequal indices": SOFTMAX + "claim [i in n, j in n]: partial(s[i], x[j]) = s[i] * (1 - s[i]) when i != j",
    "entries of a softmax": SOFTMAX + "claim: s[2] = 1 / (1 + exp(x[1] - x[2]))",
    "two entries are all": SOFTMAX + "claim: s[1] + s[2] = 1",
    "a sign": SOFTMAX + "y : column n, one-hot; l := -sum(i in n: y[i] * log(s[i])); claim: grad(l, x) = y - s",
    "softplus": "x : number; claim: log(1 + exp(x)) = x",
    "tanh": "x : number; claim: tanh(x) = x",
    "clipped weights": "size n; x : column n; claim: sum(i in n: min(exp(x[i]), 20)) = sum(i in n: exp(x[i]))",
    "log of x y": "x, y : number, positive; claim: log(x * y) = y * log(x)",
    "the product rule": "x : number; claim: partial((x^2 + 1) * exp(x), x) = 2 * x * exp(x)",
    "a step and its mirror": "x : number; claim: [x > 0] + [x < 0] = 1",
    "two steps": "x, y : number; claim: [x > y] + [y > x] = 1",
    "slope of log": "x : number, positive; claim: partial(log(x), x) = 2 / x",
    "slope of sigma": "x : number; sigma(a) := 1 / (1 + exp(-a)); claim: sigma'(x) = sigma(x)",
    "a square": "x : number; claim: (x + 1)^2 = x^2 + 2 * x + 2",
    "a square below 1": "u : number; claim: u^2 >= u",
    "strict at equality": "u, v : number; claim: u^2 + v^2 > 2 * u * v",
    "Jensen, turned": "u, v : number; claim: exp((u + v) / 2) >= (exp(u) + exp(v)) / 2",
    "a convex function": "u, v : number; g : function(number) -> number; claim: g((u + v) / 2) <= (g(u) + g(v)) / 2",
    "an even function": "u : number; g : function(number) -> number; claim: g(u) = g(-u)",
    "never equal": "u, v : number; claim: u != v",
    "less than itself": "u : number; claim: u < u",
    "a value at a kink": "u : number; claim: partial(u^2, u) = cases(2 * u if u != 0, 7 otherwise)",
    "a norm at 0": "size n; x : column n; claim: norm(x) = cases(norm(x) if x' @ x > 0, 5 otherwise)",
    "moved by at": "x : number; z := x^2; claim: partial(z^2, z) * 0 + at(z, x = 1) = z",
    "two roots": "a, b : number; claim: a = b when a^2 = b^2",
    "a reflection": "size n; Q : matrix n n; assume Q' @ Q = eye(n); claim: det(Q) = 1",
    "an early size": "size n; claim: 2^n <= 200",
    "half of an equation": "u, v : number; claim: u * v = v^2 when u^2 = v^2",
    "nearly at 30 digits": "u : number, positive; claim: u / (u + 10^(-60)) = 1",
    "a sign beside a label": "size n; t, x : column n, one-hot; Q : matrix n n, orthonormal\n"
    "claim: det(Q) * (t' @ x) = t' @ x",
    "large only": "u : number; claim: max(u, -10^5) = u",
}

ASSUMED = {
    "symmetric only": "A is symmetric",
    "no absolute values": "the entries of x are positive",
    "a dropped assumption": "x is positive",
    "targets of any sum": "the entries of t add up to 1",
}
"""What the statements need that hold under a usual assumption."""


@pytest.mark.parametrize("name", FALSE)
def test_no_false_statement_is_taken_for_true(name):
    derivation = derivation_of(FALSE[name])
    shapes = Shapes(derivation)
    assert not shapes.faults
    found = Prover(derivation, shapes).finding(derivation.claims[-1])
    if name in ASSUMED:
        assert (found.status, found.assumed) == ("proved if", (ASSUMED[name],))
        assert found.counterexample
    else:
        assert found.status == "differs", found


def test_all_statements_are_read_as_they_are_meant():
    assert len(FALSE) == 73
    assert all(text.count("claim") == 1 for text in FALSE.values())
