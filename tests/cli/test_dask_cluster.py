"""`chainrule train --engine dask`: the model of one process, and errors that name scheduler, file and row."""

import math
import os
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file

from chainrule import progress
from chainrule.cli import dask_cluster as module
from chainrule.estimators.persistence import load

distributed = pytest.importorskip("distributed", reason="needs Dask: pip install -e '.[dask]'")

SOFTMAX = ("--model", "softmax", "--C", "0.7", "--json")
DASK = (*SOFTMAX, "--engine", "dask")


@pytest.fixture
def words():
    """Ten files of rows and their labels, as words of a command."""
    stream = np.random.default_rng(5)
    os.mkdir("run")
    for k in range(10):
        X = stream.standard_normal((30 + k, 6)) * [1, 10, 0.1, 1, 1, 1]
        np.save(f"run/x-{k}.npy", X)
        np.save(f"run/y-{k}.npy", (X[:, :4] / [1, 10, 0.1, 1]).argmax(axis=1))
    return "train", "run/x-*.npy", "--labels", "run/y-*.npy"


def same(first, second):
    first, second = load(first), load(second)
    np.testing.assert_array_equal(first.coef_, second.coef_)
    np.testing.assert_array_equal(first.intercept_, second.intercept_)


def test_a_cluster_fits_the_model_of_one_process(chainrule, words, dask_client, monkeypatch):
    local = chainrule(*words, *SOFTMAX, "--out", "local").metrics()
    monkeypatch.setattr("chainrule.storage.stored_rows.NUMBERS_OF_A_BLOCK", 12)
    found = chainrule(*words, *DASK, "--scheduler", dask_client.scheduler.address, "--out", "dask").metrics()
    same("local", "dask")
    assert found["certificate"] == local["certificate"]
    assert found["log_loss"] == local["log_loss"]
    assert chainrule("evaluate", "dask", *words[1:], "--json").metrics()["trained_on"] == local["n_train"]


def test_a_cluster_chooses_the_penalty_of_one_process(chainrule, words, dask_client, monkeypatch):
    monkeypatch.setattr("chainrule.cli.train_softmax.FOLDS", 2)
    auto = *words, "--model", "softmax", "--C", "auto", "--json", "--blocks"
    local = chainrule(*auto, "--out", "local").metrics()
    found = chainrule(
        *auto, "--engine", "dask", "--scheduler", dask_client.scheduler.address, "--out", "dask"
    ).metrics()
    assert found["C"] == local["C"]
    same("local", "dask")


def test_a_killed_run_continues_on_another_cluster(chainrule, words, dask_client, killed_in_step):
    chainrule(*words, *SOFTMAX, "--out", "local").metrics()
    command = (*words, *DASK, "--out", "dask", "--scheduler")
    folder = words[0], words[1], "run/journal", "--resume"

    killed_in_step(2, *folder, *command[2:], dask_client.scheduler.address)
    assert os.listdir("run/journal")
    with distributed.LocalCluster(n_workers=1, dashboard_address="127.0.0.1:0", processes=False) as other:
        chainrule(*folder, *command[2:], other.scheduler_address).metrics()
    same("local", "dask")
    assert not os.path.exists("run/journal")


def test_sparse_rows_of_a_folder(chainrule, dask_client):
    counts = sp.random(300, 40, 0.2, "csr", random_state=3)
    dump_svmlight_file(counts, np.asarray(counts[:, :20].sum(axis=1) > 2).ravel(), "words.svm")
    chainrule("convert", "words.svm", "words.csr").succeeded()
    chainrule("train", "words.csr", *SOFTMAX, "--out", "local").metrics()
    chainrule("train", "words.csr", *DASK, "--scheduler", dask_client.scheduler.address, "--out", "dask").metrics()
    same("local", "dask")


def test_workers_are_started_here_and_ended(process, words):
    done = process(*words, *DASK, "--workers", "2", timeout=120)
    assert done.metrics()["C"] == 0.7
    assert "WARNING" not in done.err.upper()


def test_a_row_with_nan_is_named(chainrule, words, dask_client, monkeypatch):
    monkeypatch.setattr(progress, "QUIET", math.inf)  # a slow machine would show a line of progress before the error
    monkeypatch.setattr(progress, "BETWEEN_LINES", math.inf)
    X = np.load("run/x-7.npy")
    X[3, 5] = np.nan
    np.save("run/x-7.npy", X)
    done = chainrule(*words, *DASK, "--scheduler", dask_client.scheduler.address)
    done.complaint("x-7.npy, row 3", "feature 5", "nan")
    assert os.listdir() == ["run"]


def test_a_scheduler_that_does_not_answer_is_named(chainrule, words, monkeypatch):
    monkeypatch.setattr(module, "SECONDS_TO_ANSWER", 1)
    chainrule(*words, *DASK, "--scheduler", "tcp://127.0.0.1:9").complaint("--scheduler", "tcp://127.0.0.1:9", "1 s")
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", processes=False) as empty:
        done = chainrule(*words, *DASK, "--scheduler", empty.scheduler_address)
        done.complaint("--scheduler", empty.scheduler_address, "no worker")


def test_the_extra_is_named(chainrule, words, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    chainrule(*words, *DASK).complaint("--engine dask needs Dask", "chainrule[dask]")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--workers", "2"), ("--workers", "--engine dask")),
        (("--engine", "dask", "--workers", "2", "--scheduler", "tcp://h:1"), ("--workers", "--scheduler")),
        (("--engine", "dask", "--C", "auto", "--resume", "run/journal"), ("--C", "--resume RUN")),
        (("--engine", "dask", "--model", "mlp"), ("--engine", "softmax")),
    ],
)
def test_options_that_do_not_fit_are_named(chainrule, words, options, names):
    chainrule(*words, "--model", "softmax", *options).complaint(*names, code=64)
    chainrule("train", "iris", "--model", "softmax", "--engine", "dask").complaint("--engine", "--blocks", code=64)
