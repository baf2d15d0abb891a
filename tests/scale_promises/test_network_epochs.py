"""Networks trained from files use each row once per epoch, in an order that only the seed and the rows decide."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.sparse

from chainrule import Blocks, MLPClassifier


def parameters(model):
    return [*model.coefs_, *model.intercepts_]


def assert_same(one, other):
    for a, b in zip(parameters(one), parameters(other), strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()
    assert one.loss_curve_ == other.loss_curve_
    assert one.n_iter_ == other.n_iter_


STEP = 1e-6
LINEAR = {
    "hidden_layer_sizes": (),
    "solver": "sgd",
    "momentum": 0.0,
    "nesterovs_momentum": False,
    "alpha": 0.0,
    "random_state": 3,
    "tol": 0.0,
    "dtype": "float64",
}


def times_served(source, y, batch, epochs, seed=3):
    """How often each row was in a step, times the mean's batch over the batch that it was in.

    Row i has its only entry, 1, in feature i. So row i of the weights moves by the step times its own gradient over the
    size of its batch, each time that the row is served, and the other rows leave it alone.
    """
    common = LINEAR | {"batch_size": batch, "max_iter": epochs, "random_state": seed, "n_iter_no_change": 10**6}
    before = MLPClassifier(**common | {"learning_rate_init": 1e-200}).fit(source, y)
    after = MLPClassifier(**common | {"learning_rate_init": STEP}).fit(source, y)
    logits = before.coefs_[0] + before.intercepts_[0]
    moved = after.coefs_[0] - before.coefs_[0]
    if logits.shape[1] == 1:
        expected = (y[:, None] - 1 / (1 + np.exp(-logits))) * STEP / batch
    else:
        chances = np.exp(logits - logits.max(1, keepdims=True))
        expected = (np.eye(logits.shape[1])[y] - chances / chances.sum(1, keepdims=True)) * STEP / batch
    return (moved * expected).sum(1) / (expected * expected).sum(1)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("shuffle_seed", [3, 4])
def test_each_dense_row_is_served_once(shuffle_seed, tmp_path):
    n = 4_500  # 233 rows a block, so two windows, the second with a short block
    for i, (start, stop) in enumerate([(0, 1), (1, 1_777), (1_777, 4_499), (4_499, n)]):
        np.save(tmp_path / f"part-{i}.npy", np.eye(n, dtype=np.uint8)[start:stop])
    y = np.arange(n) % 3
    served = times_served(Blocks(str(tmp_path / "part-*.npy")), y, 100, 1, shuffle_seed)
    assert np.allclose(served, 1, atol=1e-3), np.flatnonzero(abs(served - 1) > 1e-3)
    served = times_served(Blocks(str(tmp_path / "part-*.npy")), y, 100, 2, shuffle_seed)
    assert np.allclose(served, 2, atol=1e-3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_each_sparse_row_is_served_once_and_one_batch_is_short(converted):
    n = 70_003  # 4096 rows a block, so two windows
    y = np.arange(n) % 3
    source = Blocks(str(converted(scipy.sparse.eye_array(n, format="csr"), y)))
    assert source.shape == (n, n)
    batch = 1_000
    served = times_served(source, y, batch, 1)
    short = np.isclose(served, batch / (n % batch), rtol=1e-3)
    assert short.sum() == n % batch
    assert np.allclose(served[~short], 1, atol=1e-3)


@pytest.fixture(scope="module")
def digits(problem):
    return problem(3_001, 20, 4, np.float32)


NETWORK = {"hidden_layer_sizes": (16,), "batch_size": 32, "max_iter": 4, "random_state": 0, "n_iter_no_change": 99}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("way", ["npy", "npy 7", "parquet lists 100", "arrow columns 400"])
def test_without_shuffling_files_have_the_bits_of_memory(way, digits, on_disk, tmp_path):
    source = on_disk(tmp_path, way, *digits)
    for options in ({}, {"dropout": 0.2}, {"solver": "sgd"}, {"class_weight": "balanced"}, {"solver": "gd"}):
        given = NETWORK | {"shuffle": False} | options
        assert_same(MLPClassifier(**given).fit(source), MLPClassifier(**given).fit(*digits))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("way", ["npy", "npy 7", "parquet columns 77"])
def test_without_shuffling_early_stopping_has_the_bits_of_memory(way, digits, on_disk, tmp_path):
    source = on_disk(tmp_path, way, *digits)
    for options in ({}, {"class_weight": "balanced"}, {"solver": "gd"}, {"dtype": "float64"}):
        given = NETWORK | {"shuffle": False, "early_stopping": True} | options
        one, other = MLPClassifier(**given).fit(source), MLPClassifier(**given).fit(*digits)
        assert_same(one, other)
        assert one.validation_scores_ == other.validation_scores_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_order_does_not_depend_on_files(digits, on_disk, tmp_path):
    fits = [
        MLPClassifier(**NETWORK).fit(on_disk(tmp_path / str(i), way, *digits))
        for i, way in enumerate(["npy", "npy 7", "npy 11", "parquet columns 77", "arrow lists 100", "npy"])
    ]
    for fit in fits[1:]:
        assert_same(fit, fits[0])
    other = MLPClassifier(**NETWORK | {"random_state": 1}).fit(on_disk(tmp_path / "0", "npy", *digits))
    assert parameters(other)[0].tobytes() != parameters(fits[0])[0].tobytes()
    assert np.array_equal(
        fits[0].predict_proba(on_disk(tmp_path / "1", "npy 7", *digits)), fits[0].predict_proba(digits[0])
    )


CODE = """
import sys, time
import numpy as np
from chainrule import Blocks, MLPClassifier

folder, pause, out = sys.argv[1], float(sys.argv[2]), sys.argv[3]

class Slow(Blocks):
    def features(self, start, stop):
        time.sleep(pause)
        return super().features(start, stop)

model = MLPClassifier(
    (6,), batch_size=500, max_iter=1, random_state=0, early_stopping=True, dropout=0.2,
    checkpoint=out + ".checkpoint", callbacks=[lambda progress: print("epoch", flush=True)],
)
model.fit(Slow(folder))
np.savez(out, *model.coefs_, *model.intercepts_, np.array(model.loss_curve_))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_fit_killed_within_an_epoch_ends_with_the_same_bits(converted, tmp_path):
    n, d = 140_000, 300  # three windows, and 35 blocks whose reading takes 1.7 s
    y = np.random.default_rng(0).integers(0, 3, n)
    x = scipy.sparse.csr_array((np.linspace(-2, 2, n), (np.arange(n) * 7 + y * 11) % d, np.arange(n + 1)), shape=(n, d))
    folder = str(converted(x, y, "float32"))

    def command(pause, name):
        return [sys.executable, "-W", "ignore", "-c", CODE, folder, str(pause), str(tmp_path / name)]

    checkpoint = tmp_path / "killed.npz.checkpoint"
    with subprocess.Popen(command(0.05, "killed.npz"), stdout=subprocess.PIPE, text=True) as child:
        while child.poll() is None and not checkpoint.exists():
            time.sleep(0.005)
        os.kill(child.pid, signal.SIGKILL)
        assert child.stdout.read() == ""  # so it was killed within the first epoch
    assert checkpoint.exists()
    for name in ("killed.npz", "whole.npz"):
        subprocess.run(command(0, name), check=True, timeout=60, capture_output=True)
    assert not checkpoint.exists()
    resumed, whole = (dict(np.load(tmp_path / name)) for name in ("killed.npz", "whole.npz"))
    assert whole.keys() == resumed.keys()
    for name in whole:
        assert whole[name].tobytes() == resumed[name].tobytes()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_checkpoint_of_other_labels_is_not_continued_silently(problem, tmp_path):
    """The checkpoint knows the labels: a fit to others starts anew, or says so."""
    x, y = problem(3_000, 8, 3, np.float32)
    np.save(tmp_path / "x.npy", x)

    class StopError(Exception):
        pass

    def stop(progress):
        raise StopError

    given = NETWORK | {"checkpoint": str(tmp_path / "c")}
    with pytest.raises(StopError):
        MLPClassifier(**given, callbacks=[stop]).fit(Blocks(tmp_path / "x.npy"), y)
    other = (y + 1) % 3
    fresh = MLPClassifier(**NETWORK | {"max_iter": 2, "n_iter_no_change": 1, "tol": 10.0})
    fresh.fit(Blocks(tmp_path / "x.npy"), other)
    again = MLPClassifier(**given | {"max_iter": 2, "n_iter_no_change": 1, "tol": 10.0})
    try:
        again.fit(Blocks(tmp_path / "x.npy"), other)
    except ValueError as error:
        assert "checkpoint" in str(error)  # noqa: PT017
    else:
        assert_same(again, fresh)
