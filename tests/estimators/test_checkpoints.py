"""Checkpoints: a fit that was killed goes on from its file, and ends bit for bit where it would have ended."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chainrule import MLPClassifier, load, save
from chainrule.estimators import checkpoints
from chainrule.estimators.persistence import ModelFileError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NOISY = np.where(np.random.default_rng(3).random(150) < 0.4, (SPECIES + 1) % 3, SPECIES)


class Killed(Exception):
    """Stands for the end of a process."""


def killer(at):
    def callback(progress):
        if progress.epoch == at:
            raise Killed

    return callback


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Where a checkpoint goes, after every epoch."""
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    return tmp_path / "fit.checkpoint"


def model_of(path, **parameters):
    parameters = {"hidden_layer_sizes": (6,), "max_iter": 25, "random_state": 0, "batch_size": 37} | parameters
    return MLPClassifier(**parameters, checkpoint=path)


def killed(path, at, y=NOISY, **parameters):
    with pytest.raises(Killed):
        model_of(path, **parameters, callbacks=[killer(at)]).fit(X, y)
    assert path.exists()


@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 0.3},
        {"solver": "adamw", "learning_rate": "cosine"},
        {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.3},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 1, "max_iter": 60},
        {"solver": "gd", "learning_rate_init": 0.3},
        {"solver": "gd", "learning_rate_init": 0.3, "dropout": 0.4},
        {"early_stopping": True, "validation_fraction": 0.4, "learning_rate_init": 0.2, "n_iter_no_change": 5},
        {"tol": 0.05, "n_iter_no_change": 5, "learning_rate_init": 0.01},
    ],
    ids=lambda parameters: "-".join(map(str, parameters.values())),
)
@pytest.mark.parametrize("stops", [(2,), (3, 6)])
def test_a_killed_fit_goes_on_and_ends_where_it_would_have(path, parameters, stops):
    whole = model_of(None, **parameters).fit(X, NOISY)
    assert whole.n_iter_ > max(stops)
    for stop in stops:
        killed(path, stop, **parameters)
    resumed = model_of(path, **parameters).fit(X, NOISY)
    for got, want in zip(resumed.coefs_ + resumed.intercepts_, whole.coefs_ + whole.intercepts_, strict=True):
        assert got.tobytes() == want.tobytes()
    for name in ("loss_curve_", "validation_scores_", "best_validation_score_", "best_loss_", "n_iter_", "t_"):
        assert getattr(resumed, name) == getattr(whole, name), name
    assert resumed.stopped_by_ == whole.stopped_by_
    assert not path.exists()


def test_the_seed_of_a_fit_without_one_is_kept(path):
    told = []
    with pytest.raises(Killed):
        model_of(path, random_state=None, callbacks=[told.append, killer(8)]).fit(X, NOISY)
    resumed = model_of(path, random_state=None).fit(X, NOISY)
    assert resumed.loss_curve_[:8] == [progress.loss for progress in told]
    assert len(resumed.loss_curve_) == 25


def test_an_interrupted_fit_keeps_its_checkpoint(path):
    def interrupt(progress):
        if progress.epoch == 8:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        model_of(path, callbacks=[interrupt]).fit(X, NOISY)
    resumed = model_of(path).fit(X, NOISY)
    assert resumed.loss_curve_ == model_of(None).fit(X, NOISY).loss_curve_


@pytest.mark.parametrize("ended_by", ["max_iter", "callback", "patience"])
def test_a_fit_that_ended_of_itself_leaves_no_file(path, ended_by):
    options = {"callback": {"callbacks": [lambda progress: progress.epoch == 3]}, "patience": {"tol": 10.0}}
    assert model_of(path, **options.get(ended_by, {})).fit(X, NOISY).stopped_by_ == ended_by
    assert not path.exists()


@pytest.mark.parametrize("changed", ["alpha", "y", "x", "weights"])
def test_a_checkpoint_of_another_fit_is_refused(path, changed):
    killed(path, 3)
    x, y, weights = X, NOISY, None
    options = {"alpha": 0.2} if changed == "alpha" else {}
    if changed == "x":
        x = X + np.finfo(float).eps
    elif changed == "y":
        y = SPECIES
    elif changed == "weights":
        weights = np.ones(150)
    other = "with other parameters: alpha was 0.0001 and is 0.2" if changed == "alpha" else "to other samples"
    with pytest.raises(ValueError, match=f"is of a fit {other}; delete it"):
        model_of(path, **options).fit(x, y, weights)
    assert path.exists()


def test_a_file_that_is_no_checkpoint_is_refused_and_kept(path):
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ModelFileError, match="cannot load"):
        model_of(path).fit(X, NOISY)
    assert path.read_bytes() == b"no checkpoint"
    save(model_of(None).fit(X, NOISY), path)
    with pytest.raises(ValueError, match="expected a checkpoint, the file holds a MLPClassifier"):
        model_of(path).fit(X, NOISY)


def test_what_is_said_and_shown_may_differ_between_the_runs(path, capsys):
    killed(path, 3)
    told = []
    resumed = model_of(path, verbose=True, callbacks=[told.append]).fit(X, NOISY)
    assert resumed.n_iter_ == 25
    assert told[0].epoch == 3, "the epoch that was killed before its checkpoint is run again"
    assert capsys.readouterr().out.startswith("Iteration 3, ")


def test_a_fit_with_a_rule_as_activation_goes_on_in_another_process(tmp_path):
    # Where a function lies in memory must not be part of what the fit is known by.
    code = """
import numpy as np
from chainrule import rules
from chainrule.estimators.checkpoints import fingerprint_of
print(fingerprint_of({"activation": [rules.softplus]}, np.arange(3.0), np.array(["a", "b"], dtype=object)))
"""
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        digests.add(ran.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("at", [1, 2, 25])
def test_the_first_and_the_last_epoch_are_no_exceptions(path, at):
    if at == 1:  # nothing was written yet, so the fit begins anew
        with pytest.raises(Killed):
            model_of(path, dropout=0.2, callbacks=[killer(1)]).fit(X, NOISY)
        assert not path.exists()
    else:
        killed(path, at, dropout=0.2)
    resumed = model_of(path, dropout=0.2).fit(X, NOISY)
    assert resumed.loss_curve_ == model_of(None, dropout=0.2).fit(X, NOISY).loss_curve_
    assert (resumed.n_iter_, resumed.t_, resumed.stopped_by_) == (25, 25 * 150, "max_iter")


def watched(path, held, callbacks=()):
    held = None if held is None else (X[held], NOISY[held])
    return model_of(path, callbacks=list(callbacks)).fit(X, NOISY, eval_set=held)


@pytest.mark.parametrize("then", [slice(1, None, 2), None])
def test_a_fit_judged_by_other_held_out_samples_is_another_fit(path, then):
    with pytest.raises(Killed):
        watched(path, slice(0, None, 2), [killer(5)])
    with pytest.raises(ValueError, match="is of a fit to other samples"):
        watched(path, then)
    assert watched(path, slice(0, None, 2)).validation_scores_ == watched(None, slice(0, None, 2)).validation_scores_


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.95])
def test_a_damaged_checkpoint_is_named_and_kept(path, place):
    killed(path, 4)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 0x10
    for damaged in (bytes(data), bytes(data[: int(place * len(data))])):
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match=str(path)):
            model_of(path).fit(X, NOISY)
        assert path.read_bytes() == damaged


FILES = Path(__file__).parent / "files"
"""Written by version 0.1, at commit 85e766e: a fit of 6 epochs that was killed in the fourth, and its model."""


def test_a_checkpoint_of_version_0_1_is_refused_and_kept(path):
    path.write_bytes((FILES / "checkpoint-0.1.bin").read_bytes())
    features, labels = load_iris(return_X_y=True)
    model = MLPClassifier((4,), max_iter=6, random_state=0, dropout=0.25, checkpoint=path)
    with pytest.raises(ValueError, match=r"written by version 0\.1 .* other random streams, .* delete the file"):
        model.fit(features, labels)
    assert path.read_bytes() == (FILES / "checkpoint-0.1.bin").read_bytes()
    path.unlink()
    assert model.fit(features, labels).n_iter_ == 6


def test_a_model_of_version_0_1_is_loaded():
    features, _ = load_iris(return_X_y=True)
    model = load(FILES / "model-0.1.bin")
    expected = [
        [0.9656646893147679, 0.03424272849206227, 9.258219316990388e-05],
        [0.9899363457920364, 0.010051120144491523, 1.2534063472115683e-05],
        [0.9989278638599264, 0.0010720798210582072, 5.6319015433056405e-08],
    ]
    # The logits may be summed in another order: a few roundings of probabilities.
    np.testing.assert_allclose(model.predict_proba(features[[0, 60, 120]]), expected, rtol=0, atol=1e-15)
