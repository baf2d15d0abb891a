"""Claims decided in exact numbers: true ones are proved, false ones are refuted at a point that shows it."""

import pytest

from chainrule.documents.evidence.findings import Finding
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

TRUE = """
grad(l, z) = grad(l, a) .* a .* (ones(m) - a)
grad(l, z) = grad(l, a) .* sigma'(z)
grad(l, x) = W' @ grad(l, z)
grad(l, W) = grad(l, z) @ x'
grad(ce, s) = p - t
grad(soft, s) = p - q
jac(p, s) = diag(p) - p @ p'
hess(log(sum(k in K: exp(s[k]))), s) = diag(p) - p @ p'
sigma'(u) = sigma(u) * (1 - sigma(u))
sigma''(u) = sigma'(u) * (1 - 2 * sigma(u))
ramp'(u) = [u > 0]
abs(u) >= u
u^2 + 1 > 0
sqrt(u^2) = abs(u)
d(u^2) = 2 * u * d(u)
d(W @ x) = d(W) @ x + W @ d(x)
log(v * w) = log(v) + log(w)
sum(k in K: p[k]) = 1
p[1] <= 1
g'(x) = grad(sum(i in n: g(x[i])), x)
trace(W @ W') = total(W .* W)
det(power(W @ W', 2)) = det(W @ W')^2
v + w = 2 * v when v = w
at(u^2, u = w) = w^2
partial(u * w, u holding w) = w
"""

FALSE = """
grad(soft, s) = p + q
grad(l, x) = W' @ grad(l, a)
sqrt(u^2) = -u
min(max(0, u), 6) = max(0, u)
sigma(u) <= 1/2
sigma'(u) = sigma(u) * (1 + sigma(u))
g(2 * u) = 2 * g(u)
log(v + w) = log(v) + log(w)
d(u^2) = 2 * u
d(W @ x) = W @ d(x)
max(u, v) = u
sum(k in K: p[k]^2) = 1
ramp(u) = u
u * 1.0000000001 = u
log(v + 10^-45) = log(v)
"""


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("claim", lines(TRUE))
def test_a_true_claim_is_proved(findings_of, claim):
    [found] = findings_of(f"claim: {claim}")
    assert found.status == "proved", found


@pytest.mark.parametrize("claim", lines(FALSE))
def test_a_false_claim_is_refuted_with_different_sides(findings_of, claim):
    [found] = findings_of(f"claim: {claim}")
    assert found.status == "differs", found
    assert found.counterexample.left != found.counterexample.right


def test_conditions_on_indices_choose_among_them(findings_of):
    unequal, equal = findings_of(
        "claim [k in K, j in K]: partial(p[k], s[j]) = -p[k] * p[j] when k != j\n"
        "claim [k in K, j in K]: partial(p[k], s[j]) = p[k] * (1 - p[j]) when k = j"
    )
    assert unequal.status == equal.status == "proved"
    assert {"K": 1} not in unequal.sizes
    assert {"K": 1} in equal.sizes


def test_conditions_on_labels_choose_among_them(findings_of):
    true, false = findings_of(
        "claim [k in K]: partial(ce, s[k]) = p[k] - 1 when t[k] = 1\n"
        "claim [k in K]: partial(ce, s[k]) = p[k] when t[k] = 1"
    )
    assert (true.status, false.status) == ("proved", "differs")


def test_what_is_assumed_of_free_numbers_is_used(findings_of):
    without, missing = (
        "other := -sum(k in K: r[k] * log(p[k]))\n",
        "claim: grad(other, s) = p - r",
    )
    [missed] = findings_of(without + missing)
    assert (missed.status, missed.assumed) == ("proved if", ("the entries of r add up to 1",))
    [true] = findings_of("assume sum(k in K: r[k]) = 1\n" + without + missing)
    assert true.status == "proved"


def test_an_equation_that_cannot_be_solved_leaves_a_claim_undecided(findings_of):
    [found] = findings_of("claim: v = w when v + sin(v) = w + sin(w)")
    assert found.status == "undecided"
    assert "cannot be solved" in found.reason


def test_a_term_without_a_value_is_undefined(findings_of):
    [found] = findings_of("claim: x[n + 1] = x[n + 1]")
    assert found.status == "undefined"
    assert "beyond the end" in found.reason


MORE = """
u^2 + h^2 >= 2 * u * h
v + 1 / v >= 2
u^2 + u + 1 > 0
exp(u) + exp(-u) >= 2
abs(tanh(u)) < 1
sin(u) <= 1
o * (1 - o) <= 1/4
log(sum(i in n: exp(x[i]))) >= max(i in n: x[i])
x' @ (diag(P) - P @ P') @ x >= 0
(x' @ y)^2 <= (x' @ x) * (y' @ y)
grad(norm(x), x) = x / norm(x)
norm(x - y)^2 = norm(x)^2 - 2 * (x' @ y) + norm(y)^2
Q' @ Q = eye(n)
Q @ Q' = eye(n)
norm(Q @ x) = norm(x)
abs(det(Q)) = 1
grad(x' @ S @ x, x) = 2 * S @ x
I @ inverse(I) = eye(n)
det(I) != 0
grad(log(det(I)), I) = inverse(I)'
sqrt(nonneg .* nonneg) = nonneg
abs(neg) = -neg
sqrt(u^2) = u when u > 0
v = w when v^2 = w^2
abs(u) = 3 when u^2 = 9
sum(i in n: x[i]^2) = 1 when norm(x) = 1
u + h = 0 when exp(u) = exp(-h)
sum(i in n: i) = n * (n + 1) / 2
sum(i in n: (x[i] - total(x) / n)^2) = x' @ x - total(x)^2 / n
n * (n - 1) = n^2 - n
log(u * h) = log(u) + log(h)
0 * log(u^2) = 0
grad(net, W) = ((V' @ grad(net, top)) .* [i in m: [z[i] > 0]]) @ x'
g(u)^2 >= 0
"""
NAMES = """
h : number
o : number, unit
y : column n
P := [i in n: exp(y[i]) / sum(k in n: exp(y[k]))]
Q : matrix n n, orthonormal
S : matrix n n, symmetric
I : matrix n n, invertible
nonneg : column n, nonnegative
neg : column n, negative
V : matrix K m
hid := [i in m: ramp(z[i])]
top := V @ hid
M : function(column K) -> number
net := M(top)
"""


@pytest.mark.parametrize("claim", lines(MORE))
def test_a_true_claim_of_further_kinds_is_proved(findings_of, claim):
    [found] = findings_of(NAMES + f"claim: {claim}")
    assert found.status == "proved", found


def test_where_one_side_alone_is_defined_is_told(findings_of):
    [found] = findings_of("claim: log(u^2) = 2 * log(u)")
    assert found.status == "proved"
    assert "the left side is defined, the right side is not" in found.note


def test_findings_are_the_same_each_time(findings_of):
    text = "claim: exp(u) >= 1 + u\nclaim: g(2 * u) = 2 * g(u)\nclaim: norm(x)^2 = x' @ x"
    assert findings_of(text) == findings_of(text)


CIRCULAR = "j := k1 + 1\nk1 := j - 1\n"


def test_a_name_defined_by_itself_is_free_where_nothing_in_its_definition_is_changed(findings_of):
    same, other, moved = findings_of(
        CIRCULAR + "e1 := u * e2\ne2 := e1 + 1\nclaim: (j + 1)^2 = j^2 + 2 * j + 1\nclaim: j = 2\n"
        "claim: partial(e1, u) = 0"
    )
    assert same.status == "proved"
    assert (other.status, other.reason) == ("undecided", "the definition of j leads to itself")
    assert (moved.status, moved.reason) == ("undecided", "the definition of e1 leads to itself")


def test_a_claim_that_takes_too_long_ends_with_what_is_known():
    derivation = derivation_of(
        "size n; A : matrix n n; claim: det(A @ A) = det(A)^2; claim: log(det(A @ A)) = 0 * det(A)"
    )
    prover = Prover(derivation, Shapes(derivation), seconds=0.5)
    true, false = (prover.finding(claim) for claim in derivation.claims)
    assert true.status in ("proved", "verified", "undecided")
    assert false.status in ("differs", "undecided")
    assert Prover(derivation, Shapes(derivation), seconds=0).finding(derivation.claims[0]).reason == "it takes too long"


def test_a_claim_that_is_true_for_a_free_value_alone_is_not_proved_by_it(findings_of):
    [found] = findings_of("nothing := u - u\nclaim: nothing / nothing = 1")
    assert found.status == "undefined"


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("member(W, n + 1) = member(W, n + 1)", "has no column"),
        ("grad(log(0 * u), u) = 1", "infinity has no derivative"),
        ("ramp(u, u) = u", "ramp has 1 arguments, got 2"),
    ],
)
def test_what_has_no_value_is_told(claim, reason):
    derivation = derivation_of("size n; W : matrix n n; u : number; ramp(a) := a\nclaim: " + claim)
    found = Prover(derivation, Shapes(derivation)).finding(derivation.claims[0])
    assert found.status in ("undefined", "undecided")
    assert reason in found.reason


@pytest.mark.parametrize(
    ("body", "status"), [("1 / (1 + exp(-u))", "proved"), ("u^3 - 2 * u", "proved"), ("max(u, 0)", "undecided")]
)
def test_a_claim_that_is_too_large_is_proved_for_any_smooth_functions(monkeypatch, body, status):
    derivation = derivation_of(f"x : number; s(u) := {body}; claim: partial(s(x) * x, x) = s(x) + x * partial(s(x), x)")
    prover = Prover(derivation, Shapes(derivation))
    within = Prover.finding_within

    def too_large(self, claim, clock):
        found = within(self, claim, clock)
        return Finding("undecided", reason="too large") if self.derivation is derivation else found

    monkeypatch.setattr(Prover, "finding_within", too_large)
    assert prover.finding(derivation.claims[0]).status == status


def test_nothing_false_is_proved_for_any_functions(findings_of):
    [finding] = findings_of("s(r) := r^2\nclaim: partial(s(v), v) = s(v)")
    assert finding.status == "differs"
