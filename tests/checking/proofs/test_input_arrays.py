"""Arrays of variables: what their domains say holds for their samples."""

from fractions import Fraction

import numpy as np
import pytest

from chainrule.checking.proofs.input_arrays import DOMAINS, InputArray, samples

SHAPES = [(), (1,), (3,), (2, 3), (40, 50)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("domain", DOMAINS[:-2])
def test_samples_lie_in_the_domain_and_no_two_numbers_have_one_size(domain, shape):
    array = InputArray("x", shape, domain)
    for values in samples([array], 8):
        assert all(comparison.holds(values) for comparison in array.comparisons())
        filled = array.filled(values, {})
        assert filled.shape == shape
        assert len(set(map(abs, filled.ravel()))) == filled.size


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_probabilities_are_positive_rows_of_sum_one(shape):
    array = InputArray("p", shape, "probabilities")
    for values in samples([array], 8):
        filled = array.filled(values, {})
        assert (filled > 0).all()
        assert set(np.atleast_1d(filled.sum(-1)).tolist()) == {1}
        assert all(comparison.holds(values) for comparison in array.comparisons())
    assert len(array.variables()) == np.prod(shape[:-1], dtype=int) * (shape[-1] - 1)


def test_the_comparisons_of_probabilities_refuse_what_is_none():
    *_, last = InputArray("p", (3,), "probabilities").comparisons()
    assert not last.holds({"p0": Fraction(1, 2), "p1": Fraction(1, 2)})
    assert last.holds({"p0": Fraction(1, 2), "p1": Fraction(1, 4)})


def test_one_hot_rows_are_all_choices_of_labels():
    array = InputArray("y", (2, 3), "one-hot")
    choices = [labels.tolist() for _, labels in array.labels()]
    assert len(choices) == len({str(choice) for choice in choices}) == 9
    assert all(sorted(row) == [0, 0, 1] for choice in choices for row in choice)
    name, first = array.labels()[0]
    assert (array.filled({}, {name: first}) == first).all()
    with pytest.raises(ValueError, match="y: expected at most 256 choices of labels, got 1024"):
        InputArray("y", (5, 4), "one-hot").labels()


def test_samples_are_the_same_in_every_run_and_have_both_signs():
    array = InputArray("x", (6,))
    first, second, *_ = samples([array], 3)
    assert next(samples([array], 1)) == first
    assert min(first.values()) > 0
    assert min(second.values()) < 0 < max(second.values())
