"""Memory of a fit from a file of 1.5 GB, sampled from outside; it takes minutes, so a variable asks for it."""

import os
import subprocess
import sys
import time

import numpy as np
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
source = Blocks(folder + "/x.npy", labels=folder + "/y.npy")
if kind == "softmax":
    model = SoftmaxRegression(max_iter=6, tol=1e-9, certify=True)
elif kind == "newton-cg":
    model = SoftmaxRegression(max_iter=2, tol=1e-9, solver="newton-cg")
else:
    model = MLPClassifier((16,), max_iter=1, batch_size=1000)
model.fit(source)
model.score(source, np.load(folder + "/y.npy"))
print("fitted")
"""


@pytest.fixture(autouse=True)
def no_test_hangs():
    """The fits below have a limit of their own."""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
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


@pytest.mark.parametrize(
    "kind",
    [
        "softmax",
        "newton-cg",
        "mlp",
    ],
)
def test_memory_stays_below_512_mb_and_two_blocks(kind, large):
    command = [sys.executable, "-c", CODE, str(large), kind]
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
    print(f"{kind}: {peak / 1e6:.0f} MB, {time.monotonic() - begin:.0f} s")
    assert peak <= 512e6 + 5 * FEATURES * 8 + 2 * 2**20 * 4
