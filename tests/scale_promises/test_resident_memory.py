"""Memory of a fit from files of 1.6 GB, sampled from outside; it takes minutes, so a variable asks for it."""

import os
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.skipif(
    "CHAINRULE_LARGE_FILES" not in os.environ,
    reason="writes 1.6 GB and takes minutes: set CHAINRULE_LARGE_FILES=1",
)

ROWS, FEATURES = 1_600_000, 512

CODE = """
import sys, warnings
import numpy as np
from chainrule import Blocks, MLPClassifier, SoftmaxRegression
warnings.simplefilter("ignore")
folder, kind = sys.argv[1:]
source = Blocks(folder + "/x.npy", labels=folder + "/y.npy") if folder.endswith("npy") else Blocks(folder, target="y")
if kind == "softmax":
    model = SoftmaxRegression(max_iter=6, tol=1e-9, certify=True)
elif kind == "newton-cg":
    model = SoftmaxRegression(max_iter=2, tol=1e-9, solver="newton-cg")
else:
    model = MLPClassifier((16,), max_iter=1, batch_size=1000)
model.fit(source)
model.score(source, source.labels())
print("fitted")
"""


@pytest.fixture(autouse=True)
def no_test_hangs():
    """The fits below have a limit of their own."""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "npy"
    folder.mkdir()
    rng = np.random.default_rng(0)
    x = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float16, (ROWS, FEATURES))
    y = np.empty(ROWS, np.int64)
    weights = rng.normal(size=(FEATURES, 5)).astype(np.float32) / 20
    for start in range(0, ROWS, 40_000):
        part = rng.standard_normal((40_000, FEATURES), np.float32)
        x[start : start + 40_000] = part
        y[start : start + 40_000] = (part @ weights + rng.gumbel(size=(40_000, 5))).argmax(1)
    x.flush()
    del x
    np.save(folder / "y.npy", y)
    yield folder
    (folder / "x.npy").unlink()


TABLES = {
    "columns of float16": (800_000, 1024, np.float16, 100_000),
    "vectors of float16": (800_000, 1024, np.float16, 100_000),
    "columns of float32": (2_000_000, 300, np.float32, 1_000_000),
}
"""Rows, features, dtype and rows of a row group."""


@pytest.fixture(scope="module", params=list(TABLES))
def table(request, tmp_path_factory):
    """A Parquet file of 1.6 or 2.4 GB."""
    rows, features, dtype, group = TABLES[request.param]
    path = tmp_path_factory.mktemp("table") / "x.parquet"
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(features, 5)).astype(np.float32) / 20
    writer = None
    for _ in range(rows // group):
        x, y = np.empty((features, group), dtype), np.empty(group, np.int64)
        for start in range(0, group, 20_000):
            part = rng.standard_normal((20_000, features), np.float32)
            x[:, start : start + 20_000] = part.T
            y[start : start + 20_000] = (part @ weights + rng.gumbel(size=(20_000, 5))).argmax(1)
        if "vectors" in request.param:
            columns = {
                "x": pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(x.T).reshape(-1)), features)
            }
        else:
            columns = {f"f{j}": pa.array(column) for j, column in enumerate(x)}
        block = pa.table({"y": y} | columns)
        writer = writer or pq.ParquetWriter(path, block.schema)
        writer.write_table(block, row_group_size=group)
    writer.close()
    yield path, features
    path.unlink()


@pytest.mark.parametrize("kind", ["softmax", "newton-cg", "mlp"])
def test_memory_stays_below_512_mb_and_two_blocks(kind, large):
    assert_memory(kind, large, FEATURES)


@pytest.mark.parametrize("kind", ["softmax", "mlp"])
def test_memory_of_a_table_stays_below_512_mb_and_two_blocks(kind, table):
    assert_memory(kind, *table)


def assert_memory(kind, folder, features):
    command = [sys.executable, "-c", CODE, str(folder), kind]
    peak, begin = 0, time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        while child.poll() is None and time.monotonic() - begin < 900:
            try:
                with open(f"/proc/{child.pid}/status") as status:
                    lines = dict(line.split(":", 1) for line in status)
            except (FileNotFoundError, ProcessLookupError):
                break
            resident = sum(int(lines.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem"))
            peak = max(peak, resident * 1024)
            time.sleep(0.01)
        if child.poll() is None:
            child.kill()
        out, error = child.communicate()
    assert "fitted" in out, error
    print(f"{folder}, {kind}: {peak / 1e6:.0f} MB, {time.monotonic() - begin:.0f} s")
    assert peak <= 512e6 + 5 * features * 8 + 2 * 2**20 * 4
