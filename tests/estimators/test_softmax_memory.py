"""Many classes: what a fit takes over its samples is at most 3 X + (2 m + 6) W and some buffers, m = 10 pairs.

X and W are the bytes of the samples and of the weights in float32. No array of samples by classes is held, no one-hot
labels, and no copy of the solver's vectors in float64.
"""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from chainrule import SoftmaxRegression
from chainrule.engines import local
from chainrule.engines import tree_sums as tree
from chainrule.solvers.convex import class_blocks, evaluation, preconditioner, rows

MEMORY = 10


def bound(n, d, k, buffers):
    return 3 * 4 * n * d + (2 * MEMORY + 6) * 4 * (d + 1) * k + buffers


@pytest.fixture
def sixteenth(monkeypatch):
    """Every buffer of a fixed size a sixteenth of it, so that a problem of this size shows what one of 100 000 does."""
    for module, name in (
        (local, "LEAF_ENTRIES"),
        (local, "FEWEST_ROWS"),
        (local, "MOST_ENTRIES"),
        (tree, "SUMMED_IN_FLOAT32"),
        (rows, "SPARSE_BLOCK_BYTES"),
        (rows, "RESIDUAL_BYTES"),
        (evaluation, "MANY_PARAMETERS"),
        (evaluation, "STORED_BYTES"),
        (preconditioner, "SOLVED_AT_ONCE"),
        (class_blocks, "MOST_ENTRIES"),
        (class_blocks, "GATHERED"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name) >> 4)
    return 256 * 2**20 >> 4


def samples(n, d, k):
    rng = np.random.default_rng(0)
    y = np.arange(n) % k
    return rng.normal(size=(k, d)).astype(np.float32)[y] + rng.normal(size=(n, d)).astype(np.float32), y


@pytest.mark.parametrize(("n", "d", "k", "steps"), [(8500, 64, 4200, 3), (4300, 128, 2100, 14)])
def test_arrays_of_a_fit_stay_within_the_bound(sixteenth, n, d, k, steps):
    """As NumPy asks for them; also after more steps than the solver keeps pairs of vectors.

    Measured: 22 of 52 MB, and 37 of 52 MB. The logits in float32 are 143 and 36 MB, the pairs once more 22 MB.
    """
    X, y = samples(n, d, k)
    with pytest.warns(ConvergenceWarning):  # loads the compiled loops
        SoftmaxRegression(max_iter=1, tol=1e-23).fit(X, y)
    model = SoftmaxRegression(C=100.0, tol=1e-23, max_iter=steps)
    limit = bound(n, d, k, sixteenth)
    tracemalloc.start()
    try:
        with pytest.warns(ConvergenceWarning):
            model.fit(X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert model.n_iter_.tolist() == [steps]
    assert peak <= limit


PROGRAM = """
import warnings
from pathlib import Path
import numpy as np
from chainrule import SoftmaxRegression

warnings.simplefilter("ignore")
n, d, k = map(int, {sizes!r}.split())
rng = np.random.default_rng(0)
SoftmaxRegression().fit(rng.normal(size=(200, d)).astype(np.float32), np.arange(200) % 4)  # libraries and threads

def peak():  # of this program: getrusage counts what the one that started it had
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

base = peak()
X = rng.standard_normal(size=(n, d), dtype=np.float32)
y = np.arange(n) % k
X += X[y]
model = SoftmaxRegression(max_iter=2, tol=1e-23).fit(X, y)
assert model.coef_.shape == (k, d)
print(peak() - base)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the peak")
def test_a_process_stays_within_the_bound():
    """With all buffers as they are, and the samples counted. Measured: 24 of 283 MB; the logits would be 392 MB."""
    n, d, k = 14_000, 16, 7000
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(sizes=f"{n} {d} {k}")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= bound(n, d, k, 256 * 2**20)
