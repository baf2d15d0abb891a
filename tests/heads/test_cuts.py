"""How logits are cut into blocks: within the budget, covering everything once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.heads.cuts import ENOUGH_ROWS, cut, slices

SIZE = st.integers(1, 5000)


@given(SIZE, SIZE, st.integers(1, 1 << 20), st.integers(1, 3))
def test_blocks_fit_the_budget(rows, classes, memory, buffers):
    sizes = cut(rows, classes, memory, buffers, np.zeros(1))
    assert 1 <= sizes.rows <= rows
    assert 1 <= sizes.classes <= classes
    assert 1 <= sizes.rows_in_cache <= sizes.rows
    assert 8 * buffers * sizes.rows * sizes.classes <= max(memory, 8 * buffers)


@given(SIZE, SIZE, st.integers(1, 1 << 20))
def test_classes_are_cut_only_where_few_rows_would_fit(rows, classes, memory):
    sizes = cut(rows, classes, memory, 1, np.zeros(1))
    assert (sizes.classes == classes) or memory // 8 // classes < min(rows, ENOUGH_ROWS)


@given(st.integers(0, 100), st.integers(1, 100))
def test_slices_cover_everything_once(total, size):
    assert [i for part in slices(total, size) for i in range(total)[part]] == list(range(total))


@pytest.mark.parametrize(("memory", "rows", "classes"), [(1 << 20, 7, 9), (150, 7, 2), (24, 3, 1), (1, 1, 1)])
def test_the_budgets_of_these_tests_cut_in_every_way(memory, rows, classes):
    assert cut(7, 9, memory, 1, np.zeros(1))[:2] == (rows, classes)


def test_many_rows_of_few_classes_are_cut_into_rows_alone():
    assert cut(1000, 9, 9 * 8 * 200, 1, np.zeros(1))[:2] == (200, 9)


def test_an_empty_batch_is_cut_into_one_empty_slice():
    assert list(slices(0, cut(0, 9, 1 << 20, 1, np.zeros(1)).rows)) == [slice(0, 0)]
