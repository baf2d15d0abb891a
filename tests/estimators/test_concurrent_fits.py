"""Fits in several threads of one process: each finds what it finds alone, and BLAS keeps its threads."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_info, threadpool_limits

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression
from chainrule.estimators.softmax_path import path

X, Y = load_digits(return_X_y=True)
X = np.repeat(X / 16, 3, axis=0)[:2048]  # enough samples for threads to share
Y = np.repeat(Y, 3)[:2048]
IMAGES, LABELS = X[:512].reshape(-1, 8, 8), Y[:512]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore:Training interrupted")


class Stop(Exception):
    """Raised by a callback in the midst of a fit."""


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if set(blas_threads()) != {2}:
            pytest.skip("needs a BLAS whose threads can be set")
        yield
        assert set(blas_threads()) == {2}


def softmax(n_jobs, callback=None):
    model = SoftmaxRegression(C=10, tol=1e-8, n_jobs=n_jobs, max_iter=30, callbacks=callback)
    return model.fit(X, Y).coef_


def several(n_jobs, callback=None):
    points = path(X, Y, [0.1, 10], n_jobs=n_jobs, max_iter=30, callbacks=callback)
    return np.stack([point.coef for point in points])


def perceptron(n_jobs, callback=None):
    model = MLPClassifier((32,), max_iter=3, batch_size=128, random_state=0, callbacks=callback)
    return np.concatenate([W.ravel() for W in model.fit(X, Y).coefs_])


def large_perceptron(n_jobs, callback=None):
    # With products that deserve all threads of BLAS.
    model = MLPClassifier((512,), max_iter=2, batch_size=512, random_state=0, callbacks=callback)
    return np.concatenate([W.ravel() for W in model.fit(X, Y).coefs_])


def convolutional(n_jobs, callback=None):
    layers = "conv 16 3x3 pad 1, relu, pool 2, flatten, linear 16, relu"
    model = ConvClassifier(layers, max_iter=2, batch_size=256, random_state=0, callbacks=callback, dtype="float64")
    return np.concatenate([W.ravel() for W in model.fit(IMAGES, LABELS).coefs_])


FITS = [softmax, several, perceptron, large_perceptron, convolutional]


def raising(error):
    def callback(progress):
        raise error

    return [callback]


def test_fits_at_once_find_what_they_find_alone():
    jobs = [(fit, n_jobs) for n_jobs in (None, 1, 2) for fit in FITS]
    alone = [fit(n_jobs) for fit, n_jobs in jobs]
    start = threading.Barrier(len(jobs))

    def run(job):
        start.wait()
        return job[0](job[1])

    with ThreadPoolExecutor(len(jobs)) as pool:
        together = list(pool.map(run, jobs))
    for (fit, n_jobs), first, second in zip(jobs, alone, together, strict=True):
        # Other numbers of threads add in other orders: 3e-16 measured.
        np.testing.assert_allclose(second, first, rtol=0, atol=1e-9, err_msg=f"{fit.__name__}, n_jobs={n_jobs}")


@pytest.mark.parametrize("error", [Stop, KeyboardInterrupt])
def test_fits_that_end_early_beside_fits_that_go_on(error):
    jobs = [(fit, failing) for failing in (False, True) for fit in FITS]
    start = threading.Barrier(len(jobs))

    def run(job):
        fit, failing = job
        start.wait()
        try:
            fit(2, raising(error) if failing else None)
        except error:
            return "raised"
        return "done"

    for _ in range(2):
        with ThreadPoolExecutor(len(jobs)) as pool:
            ended = list(pool.map(run, jobs))
        assert set(blas_threads()) == {2}
        assert ended[: len(FITS)] == ["done"] * len(FITS)
        if error is Stop:
            assert ended[len(FITS) :] == ["raised"] * len(FITS)


def test_a_search_with_joblibs_threads_leaves_blas_as_it_was():
    import joblib

    with joblib.parallel_backend("threading", n_jobs=4):
        found = joblib.Parallel()(joblib.delayed(fit)(None) for fit in FITS * 2)
    for fit, coefs in zip(FITS * 2, found, strict=True):
        # Other numbers of threads add in other orders: 3e-16 measured.
        np.testing.assert_allclose(coefs, fit(None), rtol=0, atol=1e-9)


def test_a_search_with_processes_leaves_their_blas_as_joblib_set_it():
    import cloudpickle
    import joblib

    # The other processes cannot import this module by name where pytest alone can.
    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    try:
        found = joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(_counts_around)(k) for k in range(4))
    finally:
        cloudpickle.unregister_pickle_by_value(here)
    assert all(before == after for before, after in found)


def _counts_around(_):
    before = blas_threads()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda fit: fit(None), [softmax, perceptron, convolutional]))
    return before, blas_threads()
