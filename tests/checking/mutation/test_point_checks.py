"""Results and checks of a rule at a point."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import examples
from chainrule.checking.limit_points import LIMITS
from chainrule.checking.mutation import point_checks
from chainrule.checking.mutation.point_checks import READS, case_at, checks_at, forms_at, results_of


def test_inputs_are_copies_that_cannot_be_overwritten():
    x = np.array([1, 2])
    case = case_at(rules.tanh, examples.Example((x,)))
    with pytest.raises(ValueError, match="read-only"):
        case.inputs[0][0] = 3
    x[0] = 3
    assert case.inputs[0].tolist() == [1, 2]


def test_every_check_says_which_results_it_reads():
    example, limit = examples.examples("softmax_cross_entropy")[0], LIMITS["softmax"][0]
    assert set(checks_at(example)) | set(checks_at(limit)) == set(READS)
    assert set(point_checks.ON_FLOATS) < set(READS)


def test_a_check_reads_no_other_results():
    example = next(x for x in examples.examples("softmax_cross_entropy") if x.inputs[0].shape == (3, 4))
    case = case_at(rules.softmax_cross_entropy, example)
    forms = forms_at(case)
    assert set(forms) == {"value", "vjp", "jvp", "Jacobian", "kernel", "fused"}
    attributes = {"value": "value", "vjp": "vjp", "jvp": "jvp", "Jacobian": "jacobian", "kernel": "fast"}
    for name, check in checks_at(example).items():
        fresh = case_at(rules.softmax_cross_entropy, example)
        list(check(fresh, name))
        read = {form for form, attribute in attributes.items() if attribute in vars(fresh)}
        # The cotangent needs the shape of the value, and whether it is finite.
        assert read - {"value"} <= set(READS[name]), name


def test_results_have_the_bits_that_are_asked_for():
    case = case_at(rules.tanh, examples.Example((np.array([0.5]),)))
    for bits in (case.bits, 4 * case.bits):
        (value,) = results_of(case, bits)["value"]
        assert bits - 20 < value[0].value.rel_accuracy_bits() <= bits + 20
