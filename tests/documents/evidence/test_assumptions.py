"""Claims that hold under an assumption that nobody states, and claims that none rescues."""

import pytest

from chainrule.documents.evidence.clocks import OutOfTime
from chainrule.documents.evidence.findings import Finding
from chainrule.documents.evidence.judging import findings
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.search import Search
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes

TEXT = """
size n
x, t : column n
y, u : number
A, B, Q : matrix n n
q : column n, probabilities
s := [i in n: exp(x[i]) / sum(k in n: exp(x[k]))]
l := -sum(i in n: t[i] * log(s[i]))
c := 1 / (1 + exp(-u))
size m
X : matrix m n
x_bar, u_bar : number
X_bar : column m
"""


def finding(claim):
    derivation = derivation_of(TEXT + f"claim {claim}")
    return Prover(derivation, Shapes(derivation)).finding(derivation.claims[0])


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (": grad(l, x) = s - t", "the entries of t add up to 1"),
        (": l = -log(t' @ s)", "t is one-hot"),
        (": y * log(c) + (1 - y) * log(1 - c) = log(y * c + (1 - y) * (1 - c))", "y is 0 or 1"),
        (": sum(i in n: t[i]) - sum(i in n: x[i]) = 0", "the entries of t and of x add up to 1"),
        (": sum(i in n: (x[i] - x_bar)^2) = sum(i in n: x[i]^2) - n * x_bar^2", "x_bar is the mean of x"),
        (": sum(i in n: member(X, i) - X_bar) = 0 * X_bar", "X_bar is the mean of X"),
        (": sqrt(u^2) = u", "u is positive"),
        (": grad(x' @ A @ x, x) = 2 * A @ x", "A is symmetric"),
        (": sum(i in n: sum(k in n: B[i, k] * x[i])) = sum(i in n: x[i])", "each row of B adds up to 1"),
        (": norm(Q @ x)^2 = norm(x)^2", "the columns of Q are orthonormal"),
    ],
)
def test_the_assumption_that_a_claim_needs_is_named(claim, words):
    found = finding(claim)
    assert (found.status, found.assumed) == ("proved if", (words,))
    assert found.counterexample.left != found.counterexample.right


@pytest.mark.parametrize(
    "claim",
    [
        ": grad(l, x) = t - s",
        ": grad(l, x) = s - 2 * t",
        ": sum(i in n: t[i]) - 2 * sum(i in n: x[i]) = 0",
        ": sum(i in n: t[i] * x[i]) = 1",
        ": sum(i in n: (x[i] - x_bar)^2) = sum(i in n: x[i]^2) + n * x_bar^2",
        ": sum(i in n: x[i]) = x_bar",
        ": u_bar = u",
        ": sum(i in n: t[i]) = 1",
        ": y^2 = y",
        ": abs(u) * c = cases(u * c if u > 0, 3 otherwise)",
        ": y - c^2 = (y - c) * (y + c)",
        ": partial(c / y, y) = -c",
        ": A = A'",
        ": Q' @ Q = eye(n)",
        ": max(u, -9) = u",
        ": partial(u / (1 + abs(u)), u) = sign(u) / (1 + u)^2",
        ": [u > 0] + [u < 0] = 1",
        ": sum(i in n: q[i]^2) = 1",
        "[i in n, j in n]: x[i] = x[j]",
        ": x' @ t = x[1] * t[1]",
        ": norm(x + t)^2 + norm(x - t)^2 = 2 * norm(x)^2 + 2 * norm(t)^3",
        ": partial(y * log(1 + exp(u * y)), u) = y / (1 + exp(-u * y))",  # y is no target: the logarithm is of it, too
        ": partial(c^y * y, y) = c^y * (1 + y^2 * log(c))",
    ],
)
def test_no_assumption_rescues_a_claim_that_it_would_make_trivial(claim):
    found = finding(claim)
    assert (found.status, found.assumed) == ("differs", ())


@pytest.mark.parametrize(("ends", "status"), [(False, "verified if"), (True, "differs")])
def test_points_before_the_time_ends_show_nothing_under_an_assumption(monkeypatch, ends, status):
    every = Search.finding

    def found(search):
        if not search.question.facts.get("A"):
            return every(search)

        def at_points(*others, **options):
            if ends:
                raise OutOfTime

        search._at_points = at_points
        search._by_points(6)
        return Finding("verified", ({"n": 2},))

    monkeypatch.setattr(Search, "finding", found)
    assert finding(": total(A) = total(x)").status == status


def test_sums_over_entries_beyond_the_ends_need_their_zeros():
    """Where k is 1 the false claim holds, and elsewhere its right side has no value."""
    text = "size n; size k; x : column n; w : column k\ny := [i in n - k + 1: sum(a in k: w[a] * x[i + a - 1])]\n"
    text += "d := [i in n - k + 1: 2 * y[i]]; l := sum(i in n - k + 1: y[i]^2)\n"
    text += "claim [b in k]: partial(l, w[b]) = sum(i in n - k + 1: d[i] * x[i - b + 1])\n"
    text += "claim [j in n]: partial(l, x[j]) = sum(i in n - k + 1: d[i] * w[j - i + 1])\n"
    derivation = derivation_of(text)
    false, right = findings(derivation, Shapes(derivation))
    assert false.status != "proved"
    assert (right.status, right.assumed) == ("proved if", ("entries beyond the ends are 0",))
