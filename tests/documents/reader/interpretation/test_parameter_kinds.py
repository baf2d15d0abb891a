"""The kinds of a function's parameters."""

import pytest

from chainrule.documents.language.derivation import FunctionKind, ValueKind
from chainrule.documents.language.parsing import derivation_of
from chainrule.documents.language.terms import Apply, Entry, Name
from chainrule.documents.reader.interpretation.parameter_kinds import kind_of_parameter


def body_of(text):
    return derivation_of(f"claim: {text} = 0").claims[0].left


@pytest.mark.parametrize(
    ("text", "axes"), [("x + 1", 0), ("sum(i in n: x[i])", 2), ("norm(x)", 2), ("log(x) * y", 0), ("y[1] + x", 0)]
)
def test_entries_and_norms_make_a_column(text, axes):
    assert len(kind_of_parameter("x", body_of(text), {}, {}).shape) == axes


def test_another_function_says_what_it_takes():
    taken = (Name("n"), Name("m"))
    kinds = {"f": FunctionKind((taken,), ())}
    assert kind_of_parameter("x", body_of("f(x) + x"), kinds, {}) == ValueKind(taken)


def test_a_definition_of_any_length_gives_a_length_of_its_own():
    text = "f(u : column n_of_u) := sum(i in n_of_u: u[i]); claim: f(x) = 0"
    found = derivation_of(text)
    [definition] = found.definitions
    kind = kind_of_parameter("x", found.claims[0].left, {}, {"f": definition})
    assert kind.shape[0] == Name("length_of_x")


@pytest.mark.parametrize(
    ("kinds", "axes"),
    [
        ("A : matrix m n; x : column n", 2),
        ("A : matrix m n", 0),  # a number times a matrix
        ("A : column m; x : column n", 0),
        ("x : column n", 0),
    ],
)
def test_a_letter_that_is_declared_a_column_is_one_behind_a_matrix(kinds, axes):
    declared = {each.name: each.kind for each in derivation_of(kinds).declarations}
    body = Apply("beside", (Apply("beside", (Name("c"), Name("A"))), Name("x")))
    assert len(kind_of_parameter("x", body, declared, {}).shape) == axes
    entry = Apply("beside", (Entry(Name("A"), (Name("i"), Name("j"))), Name("x")))
    assert kind_of_parameter("x", entry, declared, {}) == ValueKind(())
