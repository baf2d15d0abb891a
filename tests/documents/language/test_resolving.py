"""Operations as they are written, told apart by shapes."""

from dataclasses import replace

import pytest

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.parsing import derivation_of, term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.resolving import resolved
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Apply, Name, Slope

DECLARED = """
x, y : column n
r : row n
W : matrix m n
S : matrix n n
c : number
s := c * (x' @ y)
z := W @ x
"""


def beside(*parts):
    first, *others = (term_of(part) if isinstance(part, str) else part for part in parts)
    for other in others:
        first = Apply("beside", (first, other))
    return first


def raised(base, power):
    return Apply("raised", (term_of(base), term_of(power)))


@pytest.mark.parametrize(
    ("written", "explicit"),
    [
        (beside("c", "x"), "c * x"),
        (beside("W", "x", "c"), "W @ x * c"),
        (beside("x", "y"), "x .* y"),
        (Apply("dot", (Name("x"), Name("y"))), "x' @ y"),
        (Apply("dot", (Name("c"), Name("y"))), "c * y"),
        (beside(Apply("turned", (Name("x"),)), "S", "y"), "x' @ S @ y"),
        (beside("x", Apply("turned", (Name("y"),))), "x @ y'"),
        (Apply("turned", (Name("c"),)), "c"),
        (Apply("bars", (Name("S"),)), "det(S)"),
        (Apply("bars", (raised("S", "-1"),)), "det(inverse(S))"),
        (Apply("bars", (Name("x"),)), "abs(x)"),
        (Apply("bars", (Name("W"),)), "abs(W)"),
        (Apply("bars", (Name("c"),)), "abs(c)"),
        (beside("r", "x"), "r @ x"),
        (raised("c", "2"), "c^2"),
        (raised("x", "2"), "x.^2"),
        (raised("S", "-1"), "inverse(S)"),
        (raised("S", "3"), "power(S, 3)"),
        (Slope("written", Name("s"), Name("x")), "grad(s, x)"),
        (Slope("written, transposed", Name("s"), Name("x")), "grad(s, x)'"),
        (Slope("written", Name("z"), Name("x")), "jac(z, x)"),
        (Slope("written, transposed", Name("z"), Name("x")), "jac(z, x)'"),
        (Slope("written", Name("s"), Name("c")), "partial(s, c)"),
        (Slope("written", Name("z"), Name("c")), "[_i in m: partial(z[_i], c)]"),
    ],
    ids=str,
)
def test_a_term_as_written_becomes(written, explicit):
    claim = Relation(written, "=", written)
    shapes = Shapes(replace(derivation_of(DECLARED), claims=(claim,)))
    assert not shapes.faults, shapes.faults
    assert text_of(resolved(written, shapes)) == explicit


def test_open_sizes_become_those_of_what_they_run_over():
    claim = Relation(
        terms.Fold("sum", "k", term_of("1"), Name("?k"), term_of("W[i, k] * x[k]")),
        "=",
        term_of("z[i]"),
        over=(("i", Name("?i")),),
    )
    shapes = Shapes(replace(derivation_of(DECLARED), claims=(claim,)))
    assert text_of(resolved(claim.left, shapes)) == "sum(k in n: W[i, k] * x[k])"
    assert str(shapes.size_named("?i")) == "m"
