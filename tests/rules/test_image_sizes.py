"""Sizes and paddings for two axes, in all forms in which users give them."""

import pytest

from chainrule.rules.image_sizes import pair, sides_of


def test_one_number_is_for_both_axes():
    assert pair("stride", 2) == pair("stride", [2, 2]) == (2, 2)
    assert sides_of(1, (3, 3), (1, 1)) == sides_of((1, 1), (3, 3), (1, 1)) == ((1, 1), (1, 1))


def test_a_mode_refers_to_the_dilated_kernel():
    assert sides_of("same", (3, 4), (2, 1)) == ((2, 2), (2, 1))
    assert sides_of("full", (3, 1), (1, 5)) == ((2, 2), (0, 0))
    assert sides_of("valid", (3, 3), (1, 1)) == ((0, 0), (0, 0))


def test_sides_may_differ():
    assert sides_of([(1, 0), 2], (3, 3), (1, 1)) == ((1, 0), (2, 2))


@pytest.mark.parametrize("value", [2.5, (1, 2, 3), "ab", ("a", "b")])
def test_other_values_are_named(value):
    with pytest.raises(ValueError, match="kernel: expected a whole number or a pair of them"):
        pair("kernel", value)
