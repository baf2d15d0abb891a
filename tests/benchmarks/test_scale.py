"""The benchmark of fits from files: its measurements run, on small data, and agree on what they measured."""

import numpy as np
import pytest

from benchmarks import scale
from chainrule import Blocks


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.uint8])
def test_fits_and_passes_of_files_are_those_of_memory(tmp_path, dtype):
    paths = scale.written(tmp_path, "some", (900, 5), 3, dtype)
    labels = np.load(paths[1])
    assert set(labels) == {0, 1, 2}
    memory = scale.fitted(lambda: (np.load(paths[0]).astype(np.float32), labels))
    files = scale.fitted(lambda: (Blocks(str(paths[0])), labels))
    assert memory["crc"] == files["crc"]
    assert memory["objective"] == files["objective"]
    assert scale.passed(lambda: (Blocks(str(paths[0])), labels), 3, 2)["rows"] == 900


def test_sparse_rows_are_written_once_in_two_forms(tmp_path):
    whole, parts = scale.written_sparse(tmp_path, 300, 500, 4)
    assert scale.written_sparse(tmp_path, 300, 500, 4) == (whole, parts)
    arrays = np.load(whole)
    source = Blocks(str(parts))
    assert source.shape == (300, 500)
    np.testing.assert_array_equal(source.features(0, 300).data, arrays["data"])
    np.testing.assert_array_equal(source.labels(), arrays["labels"])


def test_scikit_learn_reaches_the_objective_of_the_fit(tmp_path):
    paths = scale.written(tmp_path, "two", (800, 4), 2, np.float32)
    ours, theirs = (
        scale.fitted(lambda: scale._loaded(paths), tol=1e-9),
        scale.peer(lambda: scale._loaded(paths), tol=1e-8),
    )
    assert theirs["objective"] == pytest.approx(ours["objective"], rel=1e-6)


def test_every_measurement_has_a_name_and_a_function(tmp_path):
    found = scale.tasks(tmp_path, 0.1)
    assert {name.split(":")[0] for name in found} == {"higgs", "probe", "mnist8m", "words", "dask", "mlp"}
    assert all(map(callable, found.values()))
