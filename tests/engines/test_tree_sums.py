"""Sums in a fixed tree: the order of arrival does not matter, and memory in use is never lent."""

import itertools
import threading

import numpy as np
import pytest

from chainrule.engines import TreeSum, tree_sum
from chainrule.engines import tree_sums as tree
from chainrule.engines.tree_sums import LENT, Lender, added

rng = np.random.default_rng(0)


def by_halves(parts):
    """The same tree from its definition, level by level."""
    while len(parts) > 1:
        parts = [sum(parts[first : first + 2][1:], parts[first]) for first in range(0, len(parts), 2)]
    return parts[0]


def numbers(count):
    """Numbers whose sum depends on the order."""
    return [float(value) for value in rng.normal(size=count) * 10.0 ** rng.integers(-8, 9, count)]


@pytest.mark.parametrize("count", range(1, 41))
def test_the_order_of_arrival_does_not_change_a_bit(count):
    parts, sums = numbers(count), set()
    expected = by_halves(parts)
    for _ in range(10):
        total = TreeSum(count)
        for position in rng.permutation(count):
            total.add(parts[position], int(position))
        sums.add(total.result())
    assert sums == {expected} == {tree_sum(parts, count)}


def test_every_order_of_five_parts_has_one_sum_and_other_orders_of_addition_have_others():
    parts, sums, plain = [1e16, 3.0, -1e16, 1.0, 1e-3], set(), set()
    for order in itertools.permutations(range(5)):
        total = TreeSum(5)
        for position in order:
            total.add(parts[position], position)
        sums.add(total.result())
        plain.add(sum(parts[position] for position in order))
    assert len(sums) == 1
    assert len(plain) > 5


@pytest.mark.parametrize("count", [2, 3, 5, 8, 13, 21, 40])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_sums_of_aligned_subtrees_are_nodes_of_the_tree(count, level):
    """As workers ship them: each holds up to 2^level leaves that begin at a multiple of it."""
    parts, size = numbers(count), 1 << level
    nodes = [tree_sum(parts[first : first + size], len(parts[first : first + size])) for first in range(0, count, size)]
    assert tree_sum(nodes, len(nodes)) == tree_sum(parts, count)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 21, 40])
def test_nodes_of_any_ranges_make_the_same_sum(count):
    """As workers ship them: each holds some consecutive leaves, and another adds up what some of them found."""
    parts, lists = numbers(count), [[position] for position in range(count)]
    for _ in range(10):
        cuts = np.sort(rng.integers(0, count + 1, 3)).tolist()
        found = []
        for start, stop in itertools.pairwise([0, *cuts, count]):
            of_range, joined = TreeSum(count), TreeSum(count)
            for position in rng.permutation(np.arange(start, stop)).tolist():
                of_range.add(parts[position], position)
                joined.add(lists[position], position)
            assert [leaf for part, _, _ in joined.nodes() for leaf in part] == list(range(start, stop))
            assert len(joined.nodes()) <= 2 * max(1, (stop - start).bit_length())
            found.append(of_range.nodes())
        some, total = TreeSum(count), TreeSum(count)
        for node in found[1] + found[2]:
            some.add(*node)
        for node in some.nodes() + found[3] + found[0]:
            total.add(*node)
        assert total.result() == tree_sum(parts, count)


def test_arrays_that_nobody_may_write_to_are_added_elsewhere():
    left, right = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    left.flags.writeable = False
    assert added(left, right, Lender()).tolist() == [4.0, 6.0]
    assert left.tolist() == [1.0, 2.0]
    assert added(right, left, Lender()) is right, "in place, since it may be written to"


def test_many_threads_may_add_at_once():
    parts = [rng.normal(size=20_000) for _ in range(37)]
    expected = tree_sum([part.copy() for part in parts], 37)
    for _ in range(5):
        total, turn = TreeSum(37), iter(rng.permutation(37).tolist())
        lock = threading.Lock()

        def work(total=total, turn=turn, lock=lock):
            while True:
                with lock:
                    position = next(turn, None)
                if position is None:
                    return
                total.add(parts[position].copy(), position)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(total.result(), expected)


@pytest.mark.parametrize("count", [2, 3, 7, 16, 40])
def test_lists_are_joined_in_order_and_tuples_added_by_entry(count):
    total = TreeSum(count)
    for position in rng.permutation(count):
        part = [position], 1, None, np.array([position == 3, False]), np.array([2.0**position])
        total.add(part, int(position))
    joined, ones, nothing, any_of, powers = total.result()
    assert joined == list(range(count))
    assert ones == count
    assert nothing is None
    assert any_of.tolist() == [count > 3, False]
    assert powers.tolist() == [2.0**count - 1]


def test_sums_of_float32_are_in_float64_unless_they_are_large(monkeypatch):
    parts = [np.array([1.0, 0.1], np.float32), *(np.array([2.0**-30, 0.1], np.float32) for _ in range(8))]
    summed = tree_sum([part.copy() for part in parts], 9)
    assert summed.dtype == np.float64
    assert summed.tolist() == [1 + 8 * 2.0**-30, pytest.approx(9 * float(np.float32(0.1)), rel=1e-15)]
    monkeypatch.setattr(tree, "SUMMED_IN_FLOAT32", 2)
    large = tree_sum([part.copy() for part in parts], 9)
    assert large.dtype == np.float32
    assert large[0] == 1
    assert tree_sum([np.float32([1.5])], 1).dtype == np.float32, "one part is its own sum"


def test_a_missing_part_is_an_error():
    total = TreeSum(3)
    total.add(1.0, 0)
    total.add(1.0, 2)
    with pytest.raises(ValueError, match="expected 3 parts, some are missing"):
        total.result()


def test_memory_is_lent_again_only_after_it_was_given_back():
    lender = Lender()
    first, second = (lender.lend((LENT,), np.float64) for _ in range(2))
    assert not np.shares_memory(first, second)
    lender.take_back(first)
    assert lender.lend((LENT,), np.float32) is not first
    assert lender.lend((LENT,), np.float64) is first
    assert lender.lend((LENT,), np.float64) is not first


@pytest.mark.parametrize(
    "array",
    [np.zeros(LENT - 1), np.zeros((LENT, 2))[:, 0], np.zeros(2 * LENT)[:LENT], np.asfortranarray(np.zeros((LENT, 2)))],
    ids=["small", "strided", "a view", "columns first"],
)
def test_memory_of_others_and_small_arrays_are_not_lent(array):
    lender = Lender()
    lender.take_back(array)
    assert not np.shares_memory(lender.lend(array.shape, array.dtype), array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [2, 3, 8, 11])
def test_no_array_in_use_is_lent_while_a_sum_is_taken(dtype, count):
    """Each part is written whole after it was lent, so that a part lent twice would change the sum."""
    lender, expected = Lender(), None
    results = []
    for _ in range(4):  # results of earlier sums stay as they are
        total = TreeSum(count, lender)
        for position in rng.permutation(count):
            part = lender.lend((LENT,), dtype)
            assert not any(np.shares_memory(part, result) for result in results)
            part[...] = np.arange(LENT) % (position + 2)
            total.add(part, int(position))
        results.append(total.result())
        expected = sum(np.arange(LENT, dtype=np.float64) % (position + 2) for position in range(count))
        for result in results:
            np.testing.assert_array_equal(result, expected)


def test_a_sum_overwrites_only_what_it_was_given():
    left, right = np.ones(3), np.full(3, 2.0)
    result = added(left, right, Lender())
    assert result is left
    assert right.tolist() == [2, 2, 2]
    single = np.ones(3, np.float32)
    assert added(single, single.copy(), Lender()).dtype == np.float64
    assert single.tolist() == [1, 1, 1]
