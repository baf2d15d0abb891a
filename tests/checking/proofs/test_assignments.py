"""Assignments: which inputs are equal at a sample, and the derivative there."""

from fractions import Fraction

import numpy as np
import pytest

from chainrule import rules
from chainrule.algebra import Constraint, Field, exact_numbers, jacobian
from chainrule.checking.proofs.assignments import (
    Assignment,
    Inputs,
    MeetsKink,
    MeetsOtherComparisons,
    assignments_outside,
    sampled_assignments,
)

ONE = Fraction(1)


def points(rule=rules.softmax, *samples, **options):
    return Inputs(rule, samples or (np.array([0.5, -1.25, 2.0]),), options)


def test_names_values_and_size():
    found = points(rules.nll, np.array([-0.5, -1.25]), np.array(1))
    assert found.names() == [["log_probs0", "log_probs1"], []]
    assert len(set(found.values().values())) == 2
    assert points().size == "3"
    assert points(rules.affine, np.ones(2), np.ones((2, 3)), np.ones(3)).size == "2"


def test_equal_values_are_equal_variables_and_a_constant_is_that_constant():
    values = {"logits0": Fraction(2), "logits1": Fraction(0), "logits2": Fraction(2)}
    assignment = Assignment(points(), values)
    assert assignment.equals() == {"logits1": Fraction(0), "logits2": "logits0"}
    assert [str(tie) for tie in assignment.ties()] == ["logits1 == 0", "logits0 == logits2"]
    with Field():
        inputs = assignment.variables()
        assert len({str(x) for x in inputs[0]}) == 3
        [tied] = assignment.tied(inputs)
        assert (tied[0] - tied[2]).is_zero()
        assert tied[1].is_zero()


def test_the_derivative_at_equal_entries_is_that_of_different_ones_taken_there():
    values = {"logits0": Fraction(2), "logits1": Fraction(2)}
    assignment = Assignment(points(rules.softmax, np.array([1.0, 2.0])), values)
    with Field() as field:
        [x] = assignment.variables()
        product = exact_numbers(x[0] * x[1] * x[1])
        value, [slopes] = assignment.on_open_cell(field, product, [jacobian(product, x)], (x,))
        square = x[0] * x[0]
        assert (value[()] - square * x[0]).is_zero()
        assert (slopes[0] - square).is_zero()
        assert (slopes[1] - 2 * square).is_zero()


def test_a_comparison_that_is_an_equality_at_the_sample_is_a_kink():
    values = {"logits0": Fraction(2), "logits1": Fraction(2)}
    assignment = Assignment(points(rules.softmax, np.array([1.0, 2.0])), values)
    with Field() as field:
        [x] = assignment.variables()
        largest = np.maximum(x[0], x[1])
        with pytest.raises(MeetsKink):
            assignment.on_open_cell(field, exact_numbers(largest), [], (x,))


def test_conditions_of_a_derivative_are_kept_and_strict():
    assignment = Assignment(points(), points().values())
    with Field() as field:
        [x] = assignment.variables()
        assert x[0] >= x[1]
        assignment.on_open_cell(field, exact_numbers(x[0]), [], (x,))
        assert [condition.relation for condition in field.conditions] == [">"]


def test_assignments_end_when_the_cells_cover_everything():
    outside = assignments_outside(points(rules.softmax, np.array([0.5, 1.5])))
    seen, assignment = [], next(outside)
    while True:
        seen.append(assignment.values["logits0"] > assignment.values["logits1"])
        relation = ">" if seen[-1] else "<="
        try:
            assignment = outside.send([Constraint("d", relation, {"logits0": ONE, "logits1": -ONE})])
        except StopIteration:
            break
    assert sorted(seen) == [False, True]


def test_a_cell_without_its_sample_is_refused():
    outside = assignments_outside(points(rules.softmax, np.array([0.5, 1.5])))
    next(outside)
    with pytest.raises(AssertionError, match="outside its cell"):
        outside.send([Constraint("d", ">", {"logits0": ONE, "logits1": -ONE})])


def test_other_comparisons_are_not_explored():
    outside = assignments_outside(points())
    next(outside)
    with pytest.raises(MeetsOtherComparisons):
        outside.send([Constraint("x y", ">")])


def test_sampled_assignments_differ():
    found = [tuple(a.values.values()) for a in sampled_assignments(points(), 4)]
    assert len(set(found)) == 4
