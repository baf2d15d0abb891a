"""Derivatives, and fractions that are none."""

import pytest

from chainrule.documents.reader.syntax.derivative_signs import (
    beside,
    differentiation,
    fraction_of,
    operator_of,
    with_slashes,
)
from chainrule.documents.reader.syntax.written import (
    Beside,
    Differentiation,
    Fractional,
    Numeral,
    Scripted,
    Signed,
    Symbol,
)

PARTIAL, D, F, X, Y = (Symbol(text) for text in ("partial", "d", "f", "x", "y"))
SQUARED = Scripted(PARTIAL, None, Numeral(2))


@pytest.mark.parametrize(
    ("upper", "lower", "expected"),
    [
        (beside([PARTIAL, F]), beside([PARTIAL, X]), Differentiation("partial", F, (X,))),
        (D, beside([D, X]), Differentiation("d", None, (X,))),
        (beside([D, F]), beside([PARTIAL, X]), Differentiation("partial", F, (X,))),
        (beside([SQUARED, F]), beside([PARTIAL, X, PARTIAL, Y]), Differentiation("partial", F, (X, Y), 2)),
        (
            beside([SQUARED, F]),
            beside([PARTIAL, Scripted(X, None, Numeral(2))]),
            Differentiation("partial", F, (X, X), 2),
        ),
        (
            Signed((beside([PARTIAL, F]), Y), (1, -1)),
            beside([PARTIAL, X]),
            Differentiation("partial", Signed((F, Y), (1, -1)), (X,)),
        ),
        (Signed((PARTIAL, F), (1, -1)), beside([PARTIAL, X]), Differentiation("partial", Signed((F,), (-1,)), (X,))),
        (Signed((beside([D, F]),), (-1,)), beside([D, X]), Signed((Differentiation("d", F, (X,)),), (-1,))),
    ],
)
def test_fractions_of_derivative_signs_are_derivatives(upper, lower, expected):
    assert fraction_of(upper, lower, (0, 0)) == expected


@pytest.mark.parametrize(
    ("upper", "lower"),
    [(D, X), (D, Signed((D, Numeral(1)), (1, 1))), (beside([Y, D]), beside([D, X])), (beside([D, F]), D)],
)
def test_other_fractions_stay(upper, lower):
    assert fraction_of(upper, lower, (0, 0)) == Fractional(upper, lower)


def test_a_slash_takes_one_variable():
    parts, joints = with_slashes([X, PARTIAL, F, PARTIAL, X, Y], ["*", "", "/", "", ""])
    assert (parts, joints) == ([X, Differentiation("partial", F, (X,)), Y], ["*", ""])


def test_a_slash_between_others_stays():
    assert with_slashes([F, X], ["/"]) == ([F, X], ["/"])


def test_the_word_grad_is_an_operator_and_a_letter_is_none():
    assert operator_of(Symbol("grad", is_word=True), X, None, (0, 0)) == Differentiation("grad", None, (X,))
    assert operator_of(Symbol("grad"), X, None, (0, 0)) is None


def test_nabla_and_partial_with_scripts_are_operators():
    assert operator_of(Symbol("nabla"), X, None, (0, 0)) == Differentiation("nabla", None, (X,))
    assert operator_of(Symbol("nabla"), None, Numeral(2), (0, 0)) == Differentiation("nabla", None, (), 2)
    assert operator_of(PARTIAL, X, None, (0, 0)) == Differentiation("partial", None, (X,))
    assert operator_of(PARTIAL, None, None, (0, 0)) is None
    assert operator_of(X, Y, None, (0, 0)) is None


def test_powers_must_add_up_to_the_order():
    assert differentiation("d", F, [X, Y], 3, (0, 0)) is None
    assert differentiation("d", F, [X], 3, (0, 0)) == Differentiation("d", F, (X, X, X), 3)


def test_one_part_needs_nothing_beside_it():
    assert beside([X]) is X
    assert beside([X, Y]) == Beside((X, Y), ("",))
