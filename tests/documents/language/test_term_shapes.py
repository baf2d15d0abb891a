"""The shapes of terms, apart from derivations."""

import pytest

from chainrule.documents.language.derivation import SizeKind
from chainrule.documents.language.dimensions import Shape, ShapeError, shown
from chainrule.documents.language.parsing import derivation_of, kind_in, term_of
from chainrule.documents.language.term_shapes import TermShapes
from chainrule.documents.language.unification import Unification


@pytest.fixture
def shapes():
    kinds = {"m": SizeKind(), "n": SizeKind(), "x": kind_in("column n"), "L": kind_in("function(column m) -> number")}
    functions = {each.name: each for each in derivation_of("f(v : column k) := v' @ v").definitions}
    names = {"x": TermShapes({}, kinds, {}, Unification()).of_kind(kinds["x"])}
    return TermShapes(names, kinds, functions, Unification())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", "column n"),
        ("f(x)", "number"),
        ("exp(x)", "column n"),
        ("[i in m, j in n: x[j]]", "matrix m n"),
        ("grad(f(x), x)", "column n"),
        ("sum(j in n: x)", "column n"),
    ],
)
def test_a_term_has_the_shape_that_its_parts_give(shapes, text, expected):
    assert shown(shapes.visit(term_of(text))) == expected


def test_a_name_that_is_bound_hides_another(shapes):
    assert shapes.visit(term_of("x"), {"x": Shape(())}).known == ()


def test_names_learn_from_terms(shapes):
    shapes.visit(term_of("L(y) + (x + z)' @ x"))
    assert [shown(shapes.names[name]) for name in ("y", "z")] == ["column m", "column n"]


def test_a_term_that_does_not_fit_has_no_shape(shapes):
    whole = term_of("2 + L(x, x)")
    with pytest.raises(ShapeError, match="L has 1 arguments, got 2"):
        shapes.visit(whole)
    first, second = whole.operands
    assert [shapes.has_shape(term) for term in (first, second, whole)] == [True, False, False]
