import pytest

from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.repairs.searching import repairs

DECLARED = """size n, K
x : column n; W : matrix K n; b : column K; t : column K, one-hot; A : matrix n n; a : number
f : function(number) -> number
g(u) := 1 / (1 + exp(-u))
s := [i in n: exp(x[i]) / sum(k in n: exp(x[k]))]
z := W @ x + b
p := [k in K: exp(z[k]) / sum(j in K: exp(z[j]))]
loss := -sum(k in K: t[k] * log(p[k]))
"""


def repaired(text):
    found = derivation_of(DECLARED + text)
    return list(repairs(found, Shapes(found), found.claims))


@pytest.mark.parametrize(
    ("claim", "kind", "right"),
    [
        ("[i in n, j in n]: partial(s[i], x[j]) = s[i] * ([i = j] + s[j])", "sign", "s[i] * ([i = j] - s[j])"),
        ("[i in n, j in n]: partial(s[i], x[j]) = s[i] * ([i = j] - s[i])", "index", "s[j] * ([i = j] - s[i])"),
        (": grad(loss, z) = t - p", "sign", "p - t"),
        (": grad(loss, W) = x @ (p - t)'", "order", "(p - t) @ x'"),
        (": grad(loss, x) = W @ (p - t)", "transpose", "W' @ (p - t)"),
        (": grad(x' @ A @ x, x) = 2 * A @ x", "transpose", "(A + A') @ x"),
        (": partial(f(2 * a), a) = f'(2 * a)", "chain rule", "2 * f'(2 * a)"),
        (": partial(sin(a^2), a) = cos(a^2)", "chain rule", "2 * a * cos(a^2)"),
        (": partial(log(1 + a^2), a) = 1 / (1 + a^2)", "chain rule", "2 * a * (1 / (1 + a^2))"),
        (": partial((3 * a - 1)^5, a) = 5 * (3 * a - 1)^4", "chain rule", "3 * (5 * (3 * a - 1)^4)"),
        (": partial(exp(-a^2 / 2), a) = exp(-a^2 / 2)", "chain rule", "-a * exp(-a^2 / 2)"),
        (": partial(sin(cos(a)), a) = cos(cos(a))", "chain rule", "-sin(a) * cos(cos(a))"),
        (": partial((x[1] - a * x[2])^2, a) = 2 * (x[1] - a * x[2])", "chain rule", "-x[2] * (2 * (x[1] - a * x[2]))"),
        (": partial(a^2 * sin(a), a) = 2 * a * cos(a)", "derivative", "2 * a * sin(a) + a^2 * cos(a)"),
        (": partial(f(g(a)), a) = f'(g(a)) * g(a)", "derivative", "f'(g(a)) * g'(a)"),
        (": partial(tanh(a), a) = 1 - tanh(a)", "power", "1 - tanh(a)^2"),
        ("[j in n]: sum(i in n: partial(s[i], x[j])) = 1 - s[j]", "term", "0"),  # and not 0 times it
        ("[i in n]: partial(norm(x)^2, x[i]) = x[i]", "factor", "2 * x[i]"),
    ],
)
def test_the_change_that_makes_a_claim_true(claim, kind, right):
    (found,) = repaired(f"claim {claim}")
    assert (found.change.kind, text_of(found.change.term), found.status) == (kind, right, "proved")


def test_a_claim_that_no_single_change_mends_has_no_repair():
    assert repaired("claim: a^2 - 4 = (a - 1) * (a - 3)") == [None]


def test_the_next_step_may_go_on_from_the_right_formula():
    steps = "claim: partial(a^3, a) = 2 * a^2; then: = 3 * a * a"
    assert repaired(steps)[0].next_holds
    assert not repaired("claim: partial(a^3, a) = 2 * a^2; then: = 2 * a * a")[0].next_holds


def test_a_claim_that_holds_needs_no_repair():
    assert repaired("claim: partial(a^2, a) = 2 * a") == [None]


def test_claims_under_conditions_are_mended_where_the_conditions_hold():
    (found,) = repaired("claim [i in n, j in n]: partial(s[i], x[j]) = s[i] * s[j] when i != j")
    assert text_of(found.change.term) == "-(s[i] * s[j])"


def test_a_failure_of_the_search_is_no_repair(monkeypatch):
    monkeypatch.setattr("chainrule.documents.repairs.searching.changes", lambda *_: 1 / 0)
    assert repaired("claim: partial(a^2, a) = a") == [None]
