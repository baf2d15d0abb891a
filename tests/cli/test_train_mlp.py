"""`chainrule train --model mlp`: its options and the data that it takes."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from chainrule import load, rules


@pytest.mark.parametrize("activation", rules.activation_names())
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
def test_every_activation_works_with_every_solver(train, activation, solver):
    train("iris", "--activation", activation, "--solver", solver).trained(rows=150)


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", "10"),
        ("--hidden", "10,5,4"),
        ("--hidden", "1"),
        ("--l2", "0"),
        ("--l2", "0.1"),
        ("--label-smoothing", "0"),
        ("--label-smoothing", "0.9"),
        ("--dropout", "0"),
        ("--dropout", "0.99"),
        ("--batch-size", "1"),
        ("--batch-size", "1000000"),
        ("--learning-rate", "1e-9"),
        ("--seed", "0"),
        ("--seed", "123456789"),
        ("--test-size", "0.9"),
        ("--epochs", "1"),
    ],
)
def test_allowed_values_at_the_edges_work(train, options):
    train("iris", *options).trained(rows=150)


def test_l2_and_label_smoothing_change_the_model(train):
    base, decayed, smoothed = (
        train("iris", "--seed", "1", "--epochs", "20", *more).trained()["log_loss"]
        for more in ((), ("--l2", "1"), ("--label-smoothing", "0.5"))
    )
    assert base != decayed
    assert base != smoothed


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
@pytest.mark.parametrize("rate", ["1e3", "1e300"])
def test_training_that_diverges_is_no_crash(train, solver, rate):
    outcome = train("wine", "--solver", solver, "--activation", "relu", "--learning-rate", rate)
    if outcome.code == 0:
        outcome.trained()
    else:  # the run began, so lines of progress may come before the line with the error
        *_, last = outcome.err.rstrip("\n").split("\n")
        assert (outcome.code, outcome.out) == (1, ""), outcome
        assert last.startswith("error: "), outcome
        assert "learning" in last, outcome
        assert not any(Path.cwd().iterdir()), "a failed run left a file"


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_arrays_train_the_default_model(chainrule, train, dtype):
    X, y = load_digits(return_X_y=True)
    np.savez("emb.npz", X=X.astype(dtype), y=y)
    report = train("emb.npz", "--hidden", "50", "--epochs", "20").trained(rows=1797)
    assert report["accuracy"] > 0.93
    found = chainrule("predict", "emb.chainrule", "emb.npz").predictions(1797)
    assert np.mean(np.array(found.predicted, int) == y) > 0.95
    assert chainrule("evaluate", "emb.chainrule", "emb.npz", "--json").metrics()["n_rows"] == 1797
    np.savez("few.npz", X=X[:, :9], y=y)
    chainrule("predict", "emb.chainrule", "few.npz").complaint("9 features", "needs 64")


def test_sparse_rows_train_the_default_model(chainrule, train):
    from sklearn.datasets import dump_svmlight_file

    X, y = load_digits(return_X_y=True)
    dump_svmlight_file(X[:400] / 16, y[:400], "rows.svmlight")
    assert train("rows.svmlight", "--epochs", "30", "--hidden", "50").trained()["accuracy"] > 0.8
    chainrule("predict", "rows.chainrule", "rows.svmlight").predictions(400)


def test_curves_of_too_few_rows_to_validate_show_the_held_out_rows(chainrule, write):
    rows = [[k % 7, k % 3, "ab"[k % 7 > 3]] for k in range(40)]
    data = write(Path("few.csv"), ("x", "z", "kind"), rows)
    options = ("--target", "kind", "--epochs", "4", "--out", "m", "--overwrite", "--json")
    plain = chainrule("train", "mlp", data, *options).trained()
    drawn = chainrule("train", "mlp", data, *options, "--curves", "c.png")
    assert drawn.trained()["log_loss"] == plain["log_loss"]
    scores = load("m")[-1].validation_scores_
    # The network computes in float32, in blocks of other sizes.
    assert (len(scores), scores[-1]) == (4, pytest.approx(plain["log_loss"], rel=1e-5))
