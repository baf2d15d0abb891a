"""Statements that teach shapes, one after another."""

import pytest

from chainrule.documents.language.dimensions import Dim, Shape, ShapeError, column, matrix, number, shown
from chainrule.documents.language.sizes import Size
from chainrule.documents.language.terms import Name
from chainrule.documents.language.unification import Unification

X = Name("x")


def test_two_shapes_become_one_in_both_directions():
    u, one, other = Unification(), Shape(), column(Dim(Size.of(3)))
    u.unify(one, other, X)
    assert shown(one) == "column 3"
    left, right = matrix(Dim(Size.of(2))), matrix(None, Dim(Size.of(5)))
    u.unify(left, right, X)
    assert (shown(left), shown(right)) == ("matrix 2 5", "matrix 2 5")


@pytest.mark.parametrize("other", [number(), column(Dim(Size.of(4))), Shape((Dim(), Dim(), Dim()))])
def test_shapes_that_do_not_fit_are_refused(other):
    with pytest.raises(ShapeError, match="do not fit"):
        Unification().unify(column(Dim(Size.of(3))), other, X)


def test_a_statement_that_does_not_fit_is_a_fault_and_all_it_taught_is_forgotten():
    u, size, open_shape = Unification(), Dim(), Shape()

    def statement():
        u.unify(open_shape, column(size), X)
        u.unify(column(size), column(Dim(Size.of(3))), X)
        u.wait(lambda: True)
        u.unify(number(), column(), X)

    u.fitting(statement, X)
    assert [message for _, message in u.faults] == ["number and column ? do not fit"]
    assert open_shape.known is None
    assert size.found().size is None
    assert not u.waiting


def test_a_rule_waits_until_it_can_learn():
    u, operand, result = Unification(), Shape(), Shape()

    def rule():
        if operand.known is None:
            return False
        u.unify(result, operand, X)
        return True

    u.fitting(lambda: u.wait(rule), X)
    assert result.known is None
    u.fitting(lambda: u.unify(operand, number(), X), X)
    assert result.known == ()
    assert not u.waiting


def test_rules_of_a_statement_that_fails_while_it_settles_are_left_out():
    u, learnt = Unification(), []

    def failing():
        raise ShapeError("no")

    u.statement = X
    u.wait(failing)
    u.wait(lambda: learnt.append("x") or False)
    u.statement = Name("y")
    u.wait(lambda: learnt.append("y") or True)
    u.settle()
    assert [term for term, _ in u.faults] == [X]
    assert not u.waiting
    assert learnt[-1] == "y"
