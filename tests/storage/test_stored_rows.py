"""Chosen rows of a source are the same rows of an array, read in blocks of bounded size."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.storage import StoredRows, is_source, stored_rows
from chainrule.storage.stored_rows import finite_features

X = np.random.default_rng(0).normal(size=(97, 5))
X[X < -1] = 0


def dense(rows):
    return rows.toarray() if sp.issparse(rows) else np.asarray(rows)


@pytest.fixture(params=["dense", "sparse"])
def stored(request, array_source):
    return StoredRows(array_source(X if request.param == "dense" else sp.csr_matrix(X)), np.dtype(float))


def test_slices_read_and_indices_choose(stored):
    assert stored.shape == (97, 5)
    assert (dense(stored[13:40]) == X[13:40]).all()
    assert (dense(stored[90:400]) == X[90:]).all()
    mask = X[:, 1] > 0.3
    index = np.array([0, 3, 4, 11, 20])
    chosen, fewer = stored[mask], stored[mask][index]
    assert chosen.shape == (mask.sum(), 5)
    assert (dense(chosen[2:9]) == X[mask][2:9]).all()
    assert (dense(fewer[0:5]) == X[mask][index]).all()
    assert fewer.sparse == stored.sparse == sp.issparse(stored[0:1])


def test_rows_that_are_far_apart_are_read_in_bounded_blocks(stored, monkeypatch):
    monkeypatch.setattr(stored_rows, "NUMBERS_OF_A_BLOCK", 50)
    assert stored.rows_of_a_block == 10
    index = np.array([2, 3, 11, 12, 50, 96])
    assert (dense(stored[index][0:6]) == X[index]).all()
    assert stored.source.reads == [(2, 12), (12, 13), (50, 51), (96, 97)]


def test_the_rows_of_a_block_depend_on_the_number_of_features_alone(array_source):
    def rows(x):
        return StoredRows(array_source(x), np.dtype(float)).rows_of_a_block

    assert rows(np.zeros((3, 784))) == rows(np.zeros((900, 784), np.float32)) == 2**20 // 784
    assert rows(np.zeros((1, 2**21))) == 1
    assert rows(sp.csr_matrix((3, 50_000))) == rows(sp.csr_matrix((3, 256))) == 4096


def test_features_are_converted_when_they_are_read(array_source):
    whole = StoredRows(array_source(X.astype(np.float16)), np.dtype(np.float32))
    assert whole[3:8].dtype == np.float32
    assert whole.astype(np.float64)[3:8].dtype == np.float64
    assert (whole.astype(np.float64)[np.arange(0, 97, 2)][0:9] == X.astype(np.float16)[0:18:2]).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_numbers_that_are_not_finite_are_named_with_their_place(array_source, kind, wrong):
    x = X.copy()
    x[41, 3] = x[60, 0] = wrong
    source = array_source(kind(x))
    assert finite_features(source, 0, 41).shape == (41, 5)
    with pytest.raises(ValueError, match=rf"^part-0.npy, row 41: feature 3 is {wrong}, expected a finite number$"):
        finite_features(source, 30, 70)
    source.feature_names = ["age", "mass", "size", "hue", "tone"]
    with pytest.raises(ValueError, match=r"part-0\.npy, row 60: feature 'age' is"):
        StoredRows(source, np.dtype(float))[np.array([44, 59, 61])][0:3]


def test_numbers_whose_squares_overflow_are_finite(array_source):
    x = np.full((3, 2), 1e300)
    assert (finite_features(array_source(x), 0, 3) == x).all()


def test_the_source_is_told_what_will_be_read(stored):
    stored.expect(3, 9)
    stored[np.array([5, 9, 30, 31])].expect(1, 4)
    assert stored.source.expected == [(3, 9), (9, 32)]


def test_a_sample_tells_rows_names_dtype_and_choice_apart(array_source):
    import joblib

    def digest(x=X, names=None, dtype=np.float64, rows=None):
        stored = StoredRows(array_source(x, names=names), np.dtype(dtype))
        return joblib.hash(stored.sample() if rows is None else stored[rows].sample())

    other = X.copy()
    other[96, 4] += 1
    digests = [digest(), digest(other), digest(names=list("abcde")), digest(dtype=np.float32), digest(X[:96])]
    digests += [digest(rows=np.arange(9)), digest(rows=np.arange(1, 10)), digest(sp.csr_matrix(X))]
    assert len(set(digests)) == len(digests)
    assert digest() == digest(X.copy())


def test_chosen_rows_are_a_source_of_their_own(array_source):
    labels, weights = np.arange(97) % 3, np.arange(97) + 0.5
    source = array_source(X, labels=labels, weights=weights, names=list("abcde"))
    index = np.array([2, 3, 50, 96])
    chosen = StoredRows(source, np.dtype(float))[index]
    assert is_source(chosen)
    np.testing.assert_array_equal(chosen.features(1, 4), X[index[1:]])
    np.testing.assert_array_equal(chosen.labels(), labels[index])
    np.testing.assert_array_equal(chosen.weights(), weights[index])
    assert list(chosen.feature_names) == list("abcde")
    assert chosen.place(2) == source.place(50)
    assert StoredRows(array_source(X), np.dtype(float)).labels() is None


def test_changes_are_applied_in_order_to_rows_that_are_read(stored):
    changed = stored.changed(lambda block: block * 2).changed(lambda block: block.astype(np.float32) * 3)
    index = np.array([1, 40, 41, 90])
    np.testing.assert_allclose(dense(changed[5:30]), X[5:30] * 6, rtol=1e-6)
    np.testing.assert_allclose(dense(changed[index][1:4]), X[index[1:]] * 6, rtol=1e-6)
    assert changed[index][0:2].dtype == np.float64
