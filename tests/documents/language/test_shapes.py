"""Shapes by unification: inferred, refused, and not learnt from false claims."""

import re
from dataclasses import replace

import pytest

from chainrule.documents.language.derivation import Definition, Derivation, Relation
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Apply, Name


def shapes_of(*statements):
    return Shapes(derivation_of("\n".join(statements)))


@pytest.mark.parametrize(
    ("statements", "name", "shown"),
    [
        (("W : matrix m n", "z := W @ x + b", "c : column n", "y := x .* c"), "b", "column m"),
        (("x : column n", "s := x' @ y", "claim: s = s * (x' @ x)"), "y", "column n"),
        (("p := [k in K: exp(s[k])]",), "s", "column K"),
        (("p := [k in K: exp(s[k])]",), "p", "column K"),
        (("q := W[1, 2]",), "W", "matrix n0 n1"),
        (("x : column n", "g := x @ x'"), "g", "matrix n n"),
        (("W : matrix m n", "w := vec(W)"), "w", "column (m n)"),
        (("A : matrix m n", "B : matrix k l", "c := kron(A, B)"), "c", "matrix (k m) (l n)"),
        (("f(u) := u * u", "x : row n", "y := f(x)"), "y", "row n"),
        (("f(v : column k) := v' @ v", "x : column n", "y := f(x)"), "y", "number"),
        (("L : function(column m) -> number", "g := grad(L(a), a)"), "g", "column m"),
        (("x : column n", "z : column m", "J := jac(z, x)"), "J", "matrix m n"),
        (("x : column n", "h := hess(x' @ x, x)"), "h", "matrix n n"),
        (("x : column n", "a := x' @ B @ x"), "B", "matrix n n"),
        (("x : column n", "y := t * x", "claim: t = 2"), "t", "number"),
        (("A : array l m n", "y := A[i, j, k]"), "A", "array l m n"),
        (("x : column n", "y := cases(a if 1 < 2, x otherwise)"), "a", "column n"),
        (("x : column n", "T := table(1, 2, x[1] | 3, 4, 5)"), "T", "matrix 2 3"),
        (("x : column n", "d1 := d(2 * x)"), "d1", "column n"),
        (("x : column n", "c : number", "z := x - 2 * c"), "z", "column n"),
        (("x : column n", "y : column n", "z := x - x' @ y"), "z", "column n"),
        (("A : matrix m n", "b : row n", "Z := A + b"), "Z", "matrix m n"),
        (("A : matrix m n", "b : column m", "Z := b .* A"), "Z", "matrix m n"),
        (("X : matrix N d", "W : matrix d k", "b : row k", "Z := X @ W + b"), "Z", "matrix N k"),
        (("f(u : column k) := 2 * u", "x : row n", "z := f(x)"), "z", "row n"),
    ],
)
def test_a_shape_follows_from_use(statements, name, shown):
    assert shapes_of(*statements).shown(name) == shown


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (("x : column n", "y : column m", "z := x + y"), "column n and column m do not fit"),
        (("x : column n", "z := x @ x"), "column n @ column n: the sizes between do not fit"),
        (("x : column n", "z := x * x"), r"column n \* column n: expected a number on one side, or @ or \.\*"),
        (("A : matrix m n", "c : number", "z := c + A"), "do not fit"),
        (("x : column n", "y : row n", "z := x + y"), "do not fit"),
        (("A : matrix m n", "b : row m", "z := A + b"), "do not fit"),
        (("W : matrix m n", "z := trace(W)"), "do not fit"),
        (("x : column n", "z := x[i, j]"), "2 indices for the entries of column n"),
        (("x : column n", "z := 1 / x"), "do not fit"),
        (("f(u) := f(u) + 1", "z := f(2)"), "the definition of f leads to itself"),
        (("L : function(column m) -> number", "z := L(a, b)"), "L has 1 arguments, got 2"),
        (("z := h(2)",), "h is no function"),
        (("x : column n", "z := exp(x)' + x"), "do not fit"),
    ],
)
def test_what_does_not_fit_is_refused(statements, message):
    (_, told), *_ = shapes_of(*statements).faults
    assert re.search(message, told)


def test_what_does_not_fit_teaches_nothing_even_in_part():
    shapes = shapes_of("x : column n", "s : number", "v := (x + y) + s * (z + s)", "claim: z = x")
    assert len(shapes.faults) == 1
    assert shapes.shown("z") == "column n"
    assert shapes.shown("y") == "number"


def test_a_claim_that_does_not_fit_is_listed_and_teaches_nothing():
    shapes = shapes_of("x : column n", "W : matrix m n", "claim: W @ x = x", "claim: y = x", "claim: y' = x")
    assert [message for _, message in shapes.faults] == [
        "column m and column n do not fit",
        "row n and column n do not fit",
    ]
    assert shapes.shown("y") == "column n"


def test_names_of_which_nothing_is_known_are_numbers_and_told():
    shapes = shapes_of("claim: a = b", "x : column n", "claim: x = c * x")
    assert set(shapes.guessed) <= {"a", "b", "c"}
    assert [shapes.shown(name) for name in "abc"] == ["number"] * 3


def test_sizes_are_one_where_use_says_so():
    shapes = shapes_of("W : matrix m n", "z := W @ a", "y := z .* z", "claim: y[1] = 2")
    assert shapes.shown("a") == "column n"


def test_names_of_which_nothing_is_known_take_the_first_shape_that_fits():
    turned = Apply("beside", (Apply("turned", (Name("b"),)), Name("x")))
    shapes = Shapes(Derivation(claims=(Relation(Apply("^", (Name("z"), Name("e"))), "=", turned),)))
    assert shapes.shown("b") == shapes.shown("x") == "column n0"
    assert shapes.shown("z") == "number"


def test_a_claim_that_fits_no_guess_is_told_and_others_are_not():
    product = Apply("beside", (Name("q"), Name("X")))
    claims = (Relation(product, "=", Name("one")), Relation(Name("X"), "=", Name("X")))
    shapes = Shapes(replace(derivation_of("X : array l m n; one : number"), claims=claims))
    assert [term for term, _ in shapes.faults] == [product]
    assert shapes.certain == 0
    assert shapes_of("x : column n", "claim: x = 1").certain == 1


def test_a_number_that_is_written_out_is_added_to_each_entry():
    shapes = shapes_of("x : column n", "z := 1 - x", "y := max(0, z)", "w := u + 1")
    assert [shapes.shown(name) for name in "zywu"] == ["column n", "column n", "number", "number"]


def test_lengths_of_arguments_are_those_of_each_call():
    text = "f(u : column m) := sum(j in m: u[j]); a := f(x); b := f(y); s := sum(j in n: x[j]); t := sum(j in p: y[j])"
    shapes = Shapes(derivation_of(text))
    assert (shapes.shown("x"), shapes.shown("y")) == ("column n", "column p")


def test_a_claim_that_would_leave_one_entry_of_an_array_does_not_fit_and_leaves_the_array():
    found = Shapes(derivation_of("claim: det(B) = 1; claim [i in n]: y[i] = 1; claim: B = y; claim: B @ y = y"))
    assert [message for _, message in found.faults] == ["B would have one entry only"]
    assert found.shown("B") == "matrix n n"


def test_an_array_with_two_indices_is_no_column():
    found = Shapes(derivation_of("claim [i in m, j in n]: W[i, j] = 0; claim: sum(i in m: W[i]) = 0"))
    assert len(found.faults) == 1
    assert found.shown("W") == "matrix m n"


def test_a_capital_letter_of_which_nothing_is_known_is_no_row_and_no_column():
    """So y is a column: with a number y, X would be a row."""
    product = Apply("beside", (Name("X"), Name("w")))
    definition = Definition("L", Apply("norm", (Apply("-", (Name("y"), product)),)))
    shapes = Shapes(Derivation(definitions=(definition,)), frozenset({"X"}), frozenset({"w"}))
    assert [shapes.shown(name) for name in "Xwy"] == ["matrix n0 n1", "column n1", "column n0"]


def test_zero_may_be_an_array_of_zeros():
    shapes = Shapes(derivation_of("x : column n; claim: x - x = 0; claim: x = 1"))
    assert len(shapes.faults) == 1


def test_a_name_that_is_defined_as_a_number_is_added_to_each_entry():
    for order in ("R := X - mu; mu := sum(i in n: X[i])", "mu := sum(i in n: X[i]); R := X - mu"):
        derivation = derivation_of(f"size n; X : column n; {order}; claim: R = X - sum(i in n: X[i])")
        assert Shapes(derivation).faults == []
