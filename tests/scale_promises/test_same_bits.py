"""Fits of the same rows have the same bits wherever the rows lie, and however many threads compute."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse
from threadpoolctl import threadpool_info, threadpool_limits

from chainrule import Blocks, SoftmaxRegression, SoftmaxRegressionCV

WAYS = [
    "npy",
    "npy 7",
    "npy 11",
    "npy big",
    "memmap",
    "parquet columns 37",
    "parquet columns 1000",
    "parquet columns 1000000",
    "parquet lists 613",
    "arrow columns 811",
    "arrow lists 50000",
]


@pytest.fixture(scope="module")
def rows(problem):
    return problem(24_007, 47, 6, np.float32)


@pytest.fixture(scope="module")
def seven_files(rows, on_disk, tmp_path_factory):
    return on_disk(tmp_path_factory.mktemp("seven"), "npy 7", *rows)


@pytest.fixture(scope="module")
def few(problem):
    return problem(211, 5, 3)


@pytest.mark.parametrize(
    "way", ["npy 7", "npy big", "memmap", "parquet columns 1000", "parquet lists 613", "arrow lists 50000"]
)
def test_many_rows_on_disk_have_the_bits_of_memory(way, rows, reference, on_disk, assert_same_bits, tmp_path):
    source = on_disk(tmp_path, way, *rows)
    assert_same_bits(SoftmaxRegression(tol=1e-6).fit(source), reference)


@pytest.mark.parametrize("way", WAYS)
def test_few_rows_on_disk_have_the_bits_of_memory(way, few, on_disk, assert_same_bits, tmp_path):
    source = on_disk(tmp_path, way, *few)
    model, expected = SoftmaxRegression(n_jobs=3).fit(source), SoftmaxRegression().fit(*few)
    assert_same_bits(model, expected)
    assert np.array_equal(model.predict_proba(source), expected.predict_proba(few[0]))


@pytest.mark.parametrize("n_jobs", [1, 3])
@pytest.mark.parametrize("limit", [None, 1])
def test_threads_do_not_change_bits(n_jobs, limit, rows, seven_files, reference, assert_same_bits):
    with threadpool_limits(limit, user_api="blas"):
        assert_same_bits(SoftmaxRegression(tol=1e-6, n_jobs=n_jobs).fit(*rows), reference)
        assert_same_bits(SoftmaxRegression(tol=1e-6, n_jobs=n_jobs).fit(seven_files), reference)


def wide_strides(x):
    wide = np.full((len(x), 2 * x.shape[1] + 1), np.nan, x.dtype)
    wide[:, 1::2] = x
    return wide[:, 1::2]


def odd_offset(x):
    buffer = np.zeros(x.size + 3, x.dtype)
    buffer[3:] = x.reshape(-1)
    return buffer[3:].reshape(x.shape)


def unaligned(x):
    buffer = bytearray(x.nbytes + 1)
    buffer[1:] = x.tobytes()
    return np.frombuffer(buffer, x.dtype, offset=1).reshape(x.shape)


def slice_of_more(x):
    more = np.full((len(x) + 18, x.shape[1]), np.inf, x.dtype)
    more[13:-5] = x
    return more[13:-5]


def every_second(x):
    more = np.full((2 * len(x), x.shape[1]), np.inf, x.dtype)
    more[1::2] = x
    return more[1::2]


LAYOUTS = {
    "fortran": np.asfortranarray,
    "wide strides": wide_strides,
    "odd offset": odd_offset,
    "unaligned": unaligned,
    "slice of more rows": slice_of_more,
    "every second row": every_second,
    "rows backwards": lambda x: x[::-1].copy()[::-1],
    "columns backwards": lambda x: x[:, ::-1].copy()[:, ::-1],
    "read only": lambda x: np.frombuffer(x.tobytes(), x.dtype).reshape(x.shape),
    "list of rows of a transpose": lambda x: np.stack(list(x.T), 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_an_array_do_not_change_bits(layout, rows, few, reference, assert_same_bits):
    x, y = rows
    model = SoftmaxRegression(tol=1e-6).fit(LAYOUTS[layout](x), y)
    assert_same_bits(model, reference)
    assert np.array_equal(model.predict_proba(x[:999]), reference.predict_proba(x[:999]))
    assert_same_bits(SoftmaxRegression().fit(LAYOUTS[layout](few[0]), few[1]), SoftmaxRegression().fit(*few))


def test_a_file_in_fortran_order_is_refused_with_advice(few, tmp_path):
    np.save(tmp_path / "x.npy", np.asfortranarray(few[0]))
    with pytest.raises(ValueError, match=r"x\.npy.*ascontiguousarray"):
        Blocks(tmp_path / "x.npy")


def test_predictions_from_files_have_the_bits_of_memory(rows, seven_files, reference):
    assert np.array_equal(reference.predict_proba(seven_files), reference.predict_proba(rows[0]))
    assert np.array_equal(reference.predict_log_proba(seven_files), reference.predict_log_proba(rows[0]))
    assert np.array_equal(reference.decision_function(seven_files), reference.decision_function(rows[0]))
    assert reference.score(seven_files, rows[1]) == reference.score(*rows)


def test_fits_at_the_same_time_keep_bits_and_threads(rows, seven_files, reference, few, assert_same_bits):
    before = [pool["num_threads"] for pool in threadpool_info()]
    small = SoftmaxRegression().fit(*few)

    def fit(i):
        if i % 3 == 0:
            return SoftmaxRegression(tol=1e-6, n_jobs=1 + i % 2).fit(*rows)
        if i % 3 == 1:
            return SoftmaxRegression(tol=1e-6, n_jobs=1 + i % 2).fit(seven_files)
        return [SoftmaxRegression(n_jobs=1 + i % 2).fit(*few) for _ in range(20)][-1]

    with ThreadPoolExecutor(2) as pool:
        models = list(pool.map(fit, range(6)))
    for i, model in enumerate(models):
        assert_same_bits(model, small if i % 3 == 2 else reference)
    assert [pool["num_threads"] for pool in threadpool_info()] == before


@pytest.mark.parametrize("stored", [np.float16, np.uint8, np.int8, np.bool_, np.float64])
@pytest.mark.parametrize("way", ["npy 7", "parquet columns 500", "arrow columns 99"])
def test_narrow_numbers_have_the_bits_of_the_widened_array(stored, way, problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(1_501, 9, 4, stored)
    widened = x.astype(np.float64 if stored == np.float64 else np.float32)
    source = on_disk(tmp_path, way, x, y)
    model, expected = SoftmaxRegression().fit(source), SoftmaxRegression().fit(widened, y)
    assert_same_bits(model, expected)
    assert np.array_equal(model.predict_proba(source), expected.predict_proba(widened))
    if stored == np.float16:  # an array in memory is widened, too
        for fitted in (SoftmaxRegression().fit(x, y), SoftmaxRegression(dtype="float32").fit(x, y)):
            assert_same_bits(fitted, expected)


def test_the_dtype_of_blocks_has_the_bits_of_the_rounded_array(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(3_001, 9, 4, np.float64)
    on_disk(tmp_path, "npy 7", x, y)
    paths = str(tmp_path / "part-*.npy")
    for dtype in ("float32", "float64"):
        model = SoftmaxRegression().fit(Blocks(paths, labels=y, dtype=dtype))
        assert_same_bits(model, SoftmaxRegression().fit(x.astype(dtype), y))


@pytest.fixture(scope="module")
def sparse():
    rng = np.random.default_rng(5)
    x = scipy.sparse.random_array((5_000, 500), density=0.015, format="csr", rng=rng)
    x.data = rng.normal(size=x.nnz)
    x.sort_indices()
    weights = rng.normal(size=(500, 3))
    y = (x @ weights * 2 + rng.gumbel(size=(5_000, 3))).argmax(1)
    return x, y


@pytest.fixture(scope="module")
def folders(sparse, converted):
    return {dtype: converted(*sparse, dtype) for dtype in ("float64", "float32")}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("solver", ["auto", "newton-cg", "lbfgs"])
def test_sparse_rows_on_disk_have_the_bits_of_memory(dtype, solver, sparse, folders, assert_same_bits):
    x, y = sparse
    folder = folders[dtype]
    source = Blocks(str(folder), labels=y)
    assert source.sparse
    in_memory = x.astype(dtype)
    expected = SoftmaxRegression(solver=solver).fit(in_memory, y)
    for n_jobs in (1, 3):
        model = SoftmaxRegression(solver=solver, n_jobs=n_jobs).fit(source)
        assert_same_bits(model, expected)
    assert np.array_equal(model.predict_proba(source), expected.predict_proba(in_memory))
    own = SoftmaxRegression(solver=solver).fit(Blocks(str(folder)))
    assert own.coef_.tobytes() == expected.coef_.tobytes()
    assert np.array_equal(own.classes_, expected.classes_)


def test_forms_of_sparse_rows_do_not_change_bits(sparse, assert_same_bits):
    x, y = sparse
    expected = SoftmaxRegression().fit(x, y)
    wide = x.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    more = scipy.sparse.vstack([x[:7] * 3, x]).tocsr()
    for form in (x.tocsc(), wide, more[7:], scipy.sparse.csr_matrix(x), x.tocoo().tocsr()):
        assert_same_bits(SoftmaxRegression(n_jobs=1).fit(form, y), expected)
    with threadpool_limits(1):
        assert_same_bits(SoftmaxRegression().fit(x, y), expected)


def test_labels_and_weights_may_come_from_anywhere(problem, on_disk, assert_same_bits, tmp_path):
    x, y = problem(2_003, 6, 4, np.float32)
    names = np.array(["ölo", "b", "a a", "zz"])[y]
    weights = np.random.default_rng(1).uniform(0, 2, 2_003)
    weights[::5] = 0
    expected = SoftmaxRegression().fit(x, names, weights)
    on_disk(tmp_path / "npy", "npy 7", x, None)
    paths = str(tmp_path / "npy" / "part-*.npy")
    np.save(tmp_path / "names.npy", names)
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    np.save(tmp_path / "weights.npy", weights)
    assert_same_bits(SoftmaxRegression().fit(Blocks(paths), names, weights), expected)
    of_files = Blocks(paths, labels=tmp_path / "names.npy", weight=tmp_path / "weights.npy")
    assert_same_bits(SoftmaxRegression().fit(of_files), expected)
    texts = SoftmaxRegression().fit(Blocks(paths, labels=tmp_path / "names.txt", weight=weights))
    assert texts.coef_.tobytes() == expected.coef_.tobytes()
    assert list(texts.classes_) == list(expected.classes_)
    columns = SoftmaxRegression().fit(on_disk(tmp_path / "parquet", "parquet columns 100", x, names, weights))
    assert columns.coef_.tobytes() == expected.coef_.tobytes()
    assert list(columns.classes_) == list(expected.classes_)


def test_cross_validation_from_files_has_the_bits_of_memory(few, on_disk, assert_same_bits, tmp_path):
    source = on_disk(tmp_path, "npy 7", *few)
    expected = SoftmaxRegressionCV(Cs=[0.01, 1, 30], cv=3).fit(*few)
    model = SoftmaxRegressionCV(Cs=[0.01, 1, 30], cv=3, n_jobs=2).fit(source, few[1])
    assert np.array_equal(model.scores_, expected.scores_)
    assert np.array_equal(model.coefs_paths_, expected.coefs_paths_)
    assert np.array_equal(model.C_, expected.C_)
    assert model.coef_.tobytes() == expected.coef_.tobytes()
