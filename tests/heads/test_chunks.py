"""Chunks of a head: products in the buffers of a block, and errors that name the numbers that are not finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import LinearCrossEntropy, linear_cross_entropy
from chainrule.arrays import random_stream
from chainrule.heads import chunks
from chainrule.heads.chunks import ENOUGH_ROWS, Direction, add_product, chunks_of, cut, logits, slices, tangent_logits
from chainrule.workspace import Workspace

X, W, Y = np.ones((3, 2)), np.ones((4, 2)), np.array([0, 1, 3])


def changed(x, index, value):
    x = np.array(x, dtype=float)
    x[index] = value
    return x


@pytest.mark.parametrize("kept", [None, np.array([0, 2, 3, 6])], ids=["all samples", "some samples"])
def test_chunks_hold_each_kept_sample_once_with_its_logits_and_their_change(problem, direction, memory, kept):
    head, moved = problem(memory=memory), direction(problem())
    z = head.X @ head.W.T / head.temperature
    change = (moved["X"] @ head.W.T + head.X @ moved["W"].T + moved["bias"]) / head.temperature
    seen = []
    for chunk in chunks_of(head._head, kept, 2, Direction(**moved)):
        rows = np.arange(7)[chunk.rows]
        seen.extend(rows)
        for classes in chunk.blocks:
            np.testing.assert_allclose(logits(chunk, classes), z[rows][:, classes], rtol=1e-13)
            np.testing.assert_allclose(tangent_logits(chunk, classes), change[rows][:, classes], rtol=1e-12)
    assert seen == (list(range(7)) if kept is None else kept.tolist())


def test_without_samples_there_is_one_empty_chunk(problem):
    (chunk,) = chunks_of(problem()._head, np.zeros(0, int), 1)
    assert (chunk.x.shape, chunk.part) == ((0, 4), slice(0, 0))


def test_products_are_added_some_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(chunks, "NUMBERS_AT_ONCE", 20)
    stream = random_stream(2)
    out, a, b = stream.standard_normal((7, 9)), stream.standard_normal((7, 4)), stream.standard_normal((4, 9))
    expected = out + a @ b
    add_product(out, a, b, Workspace())
    np.testing.assert_allclose(out, expected, rtol=1e-13)


@pytest.mark.parametrize("memory", [1 << 20, 64, 1])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("name", "index"), [("X", (2, 1)), ("W", (0, 1)), ("W", (3, 0)), ("bias", 1)])
def test_what_is_not_finite_is_refused_by_name(name, index, value, memory):
    if name == "bias" and value == -np.inf:
        return  # a mask
    arguments = {"X": X, "W": W, "bias": np.zeros(4)}
    arguments[name] = changed(arguments[name], index, value)
    where = ", ".join(str(k) for k in np.atleast_1d(index))
    with pytest.raises(ValueError, match=rf"{name}: expected finite numbers, got {value} at \[{where}\]"):
        LinearCrossEntropy(labels=Y, memory=memory, **arguments).value_and_gradients()
    if np.isnan(value):
        with pytest.raises(ValueError, match=f"{name}: expected finite numbers, got nan"):
            LinearCrossEntropy(labels=Y, memory=memory, **arguments).value()


@pytest.mark.parametrize("memory", [1 << 20, 1])
def test_a_head_of_masks_alone_is_refused(memory):
    with pytest.raises(ValueError, match="bias: every class is masked by minus infinity"):
        linear_cross_entropy(X, W, Y, np.full(4, -np.inf), memory=memory)


@pytest.mark.parametrize("memory", [1 << 20, 1])
def test_logits_that_overflow_are_refused(memory):
    huge = changed(X, (1, 0), 1e200)
    with pytest.raises(ValueError, match="the logits of row 1 overflow float64: the largest is inf"):
        linear_cross_entropy(huge, 1e200 * W, Y, memory=memory)


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
