"""Problems, files and comparisons that the tests of this folder share."""

import itertools
import signal
import subprocess
import sys

import numpy as np
import pytest
import typer.testing

from chainrule import SoftmaxRegression
from chainrule.cli import app
from chainrule.storage import Blocks

SECONDS = 100
"""After this time a test counts as hanging."""


@pytest.fixture(autouse=True)
def no_test_hangs():
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def give_up(*_):
        raise TimeoutError(f"no end after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def problem():
    """A function that draws correlated samples of unequal scales, and labels that a linear model explains in part."""

    def draw(n, d, k, dtype=np.float64, *, seed=0, noise=1.0):
        rng = np.random.default_rng([seed, n, d, k])
        mixing = np.eye(d) + 0.3 * rng.normal(size=(d, d)) / np.sqrt(d)
        x = (rng.normal(size=(n, d)) @ mixing + 0.2 * rng.normal(size=d)) * np.geomspace(0.5, 2, d)
        logits = x @ rng.normal(size=(d, k)) / np.sqrt(d) + noise * rng.gumbel(size=(n, k))
        labels = logits.argmax(1)
        labels[:k] = range(k)  # every class occurs
        if np.dtype(dtype).kind in "iub":
            x = np.clip(np.round(4 * x + 8), 0, 16 if np.dtype(dtype).kind != "b" else 1)
        return x.astype(dtype), labels

    return draw


@pytest.fixture(scope="module")
def reference(rows):
    """The fit in memory to the `rows` of a module."""
    return SoftmaxRegression(tol=1e-6).fit(*rows)


@pytest.fixture(scope="session")
def assert_same_bits():
    """A function that compares two fitted models bit for bit."""

    def compare(got, expected):
        for name in ("classes_", "coef_", "intercept_", "n_iter_"):
            one, other = getattr(got, name), getattr(expected, name)
            assert one.dtype == other.dtype, name
            assert one.shape == other.shape, name
            difference = "" if one.dtype.kind not in "fi" else f"differs by {abs(one - other).max()}"
            assert one.tobytes() == other.tobytes(), f"{name} {difference}"

    return compare


def uneven(n):
    """Borders of seven files, one of them with a single row."""
    return [0, 1, 8, n // 9, n // 9 + 3, n // 3, n // 2 + 5, n]


def arrow_table(x, y, weights, lists):
    import pyarrow as pa

    if lists:
        flat = pa.array(np.ascontiguousarray(x).reshape(-1))
        table = {"vector": pa.FixedSizeListArray.from_arrays(flat, x.shape[1])}
    else:
        table = {f"f{j}": pa.array(np.ascontiguousarray(x[:, j])) for j in range(x.shape[1])}
    table = {"y": pa.array(y)} | table  # the target stands first, not last
    if weights is not None:
        table["weight"] = pa.array(weights)
    return pa.table(table)


@pytest.fixture(scope="session")
def on_disk():
    """A function that writes samples in a way and returns Blocks: `on_disk(folder, way, x, y, weights=None)`.

    Ways: `npy`, `npy 7`, `npy 11`, `npy big`, `memmap`, `parquet columns G`, `parquet lists G`,
    `arrow columns G`, `arrow lists G`, where G is the number of rows in a row group or record batch.
    """

    def write(folder, way, x, y, weights=None):
        folder.mkdir(parents=True, exist_ok=True)
        n = len(x)
        words = way.split()
        if words[0] in ("npy", "memmap"):
            given = {"labels": y, "weight": weights}
            if way == "npy 7":
                borders = uneven(n)
            elif way == "npy 11":  # 1, 2, 10 and 11 are not in the order of words
                borders = [n * i // 11 for i in range(12)]
            else:
                borders = [0, n]
            for i, (start, stop) in enumerate(itertools.pairwise(borders)):
                rows = x[start:stop]
                if way == "npy big":
                    rows = rows.astype(rows.dtype.newbyteorder(">"))
                np.save(folder / f"part-{i + 1}.npy", rows)
            if way == "memmap":
                return Blocks(np.load(folder / "part-1.npy", mmap_mode="r"), **given)
            return Blocks(str(folder / "part-*.npy"), **given)
        kind, form, group = words[0], words[1], int(words[2])
        import pyarrow as pa
        import pyarrow.parquet as pq

        borders = uneven(n)
        for i, (start, stop) in enumerate(itertools.pairwise(borders)):
            part = None if weights is None else weights[start:stop]
            table = arrow_table(x[start:stop], y[start:stop], part, form == "lists")
            if kind == "parquet":
                pq.write_table(table, folder / f"part-{i}.parquet", row_group_size=group)
            else:
                with (
                    pa.OSFile(str(folder / f"part-{i}.arrow"), "wb") as file,
                    pa.ipc.new_file(file, table.schema) as ipc,
                ):
                    ipc.write_table(table, max_chunksize=group)
        return Blocks(str(folder / f"part-*.{kind}"), target="y", weight=None if weights is None else "weight")

    return write


@pytest.fixture(scope="session")
def run_alone():
    """A function that runs code in a process of its own, where a crash is visible; it returns what the code prints."""

    def run(code, *arguments, timeout=90):
        command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0, f"the process ended with {done.returncode}: {done.stderr[-2000:]}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def chainrule_command():
    """A function that runs a command of chainrule in this process; the result has `exit_code` and `output`."""
    runner = typer.testing.CliRunner()
    return lambda *arguments: runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def converted(tmp_path_factory, chainrule_command):
    """A function that turns a CSR matrix and labels into a folder of `chainrule convert`, by way of svmlight."""

    def convert(x, y, dtype="float64"):
        folder = tmp_path_factory.mktemp("svmlight")
        with open(folder / "rows.svmlight", "w") as file:
            for i, label in enumerate(y):
                cells = range(x.indptr[i], x.indptr[i + 1])
                pairs = " ".join(f"{x.indices[c] + 1}:{float(x.data[c])!r}" for c in cells)
                file.write(f"{label} {pairs}\n")
        out = folder / "rows.csr"
        done = chainrule_command("convert", folder / "rows.svmlight", out, "--n-features", x.shape[1], "--dtype", dtype)
        assert done.exit_code == 0, done.output
        return out

    return convert
