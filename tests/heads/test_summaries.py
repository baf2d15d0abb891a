"""Running sums of a row: blocks of classes merge into the sums of all classes."""

import numpy as np
import pytest

from chainrule.heads.summaries import RowSummary, base_of, joined, merged

LOGITS = np.array([[1.0, 7.0, -2.0, 7.0, 0.5], [-1e3, 2.0, 30.0, 4.0, -np.inf]])
TARGETS = np.array([[0.0, 0.5, 0.25, 0.0, 0.25], [0.0, 0.25, 0.75, 0.0, 0.0]])
CHANGE = np.array([[0.5, -1.0, 2.0, 3.0, -0.25], [1.0, 0.75, -2.0, 0.5, 4.0]])


def summary(first, last):
    """The sums over a block of classes, from their definitions."""
    z, t, d = (x[:, first:last] for x in (LOGITS, TARGETS, CHANGE))
    rows, top = np.arange(len(z)), z.argmax(axis=1)
    maximum = z[rows, top]
    e = np.exp(z - maximum[:, None])
    gap = (t * np.where(t == 0, 0.0, maximum[:, None] - z)).sum(axis=1)
    moment = (e * (d - d[rows, top][:, None])).sum(axis=1)
    return RowSummary(
        top + first, maximum, e.sum(axis=1) - 1, gap, t.sum(axis=1), moment, d[rows, top], (t * d).sum(axis=1)
    )


@pytest.mark.parametrize("at", [1, 2, 3])
def test_two_blocks_merge_into_the_whole(at):
    for got, expected in zip(merged(summary(0, at), summary(at, 5)), summary(0, 5), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-14)


def test_of_equal_maxima_the_first_class_is_the_top():
    assert merged(summary(0, 3), summary(3, 5)).top[0] == 1


def test_a_masked_block_changes_nothing():
    nothing = np.full(2, -np.inf)
    masked = RowSummary(np.array([5, 5]), nothing, *(np.zeros(2) for _ in range(6)))
    for got, expected in zip(merged(summary(0, 5), masked), summary(0, 5), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_row_of_masks_is_measured_from_zero():
    assert base_of(np.array([-np.inf, 3.0])).tolist() == [0.0, 3.0]


def test_rows_are_joined_in_order():
    whole = summary(0, 5)
    parts = [RowSummary(*(x[i : i + 1] for x in whole)) for i in range(2)]
    assert all((got == expected).all() for got, expected in zip(joined(parts), whole, strict=True))
