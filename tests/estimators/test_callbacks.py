"""Callbacks and what is seen of a fit: TensorBoard's events, progress, and files of models."""

import itertools
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, save
from chainrule.estimators import TensorBoardLog
from chainrule.estimators.persistence import ModelFileError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NAMES = np.array(["setosa", "versicolor", "virginica"])[SPECIES]


def model_of(**parameters):
    return MLPClassifier(**{"hidden_layer_sizes": (6,), "max_iter": 9, "random_state": 0, "tol": 0} | parameters)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_tensorboard_reads_back_what_was_logged(early_stopping, tmp_path):
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="needs TensorBoard: pip install -e '.[tensorboard]'",
    )
    told = []
    model = model_of(callbacks=[TensorBoardLog(tmp_path), told.append], early_stopping=early_stopping).fit(X, NAMES)
    events = reader.EventAccumulator(str(tmp_path))
    events.Reload()
    wanted = {"loss": model.loss_curve_, "samples per second": [progress.samples_per_second for progress in told]}
    if early_stopping:
        wanted["validation score"] = model.validation_scores_
    read = {}
    for name in events.Tags()["tensors"]:
        read[name] = [event.tensor_proto.float_val[0] for event in events.Tensors(name)]
        assert [event.step for event in events.Tensors(name)] == list(range(1, 10))
    assert read.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(read[name], values, rtol=2**-24)  # events hold single precision


def test_a_log_without_tensorboard_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    with pytest.raises(ImportError, match=r"pip install 'chainrule\[tensorboard\]'"):
        TensorBoardLog(tmp_path)


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
@pytest.mark.parametrize("watched", [False, True])
def test_progress_is_what_the_estimator_notes(watched, solver):
    told, rows = [], 135 if watched else 150
    model = model_of(solver=solver, callbacks=[told.append], early_stopping=watched).fit(X, NAMES)
    assert [progress.epoch for progress in told] == list(range(1, 10))
    assert {progress.epochs for progress in told} == {9}
    assert [progress.loss for progress in told] == model.loss_curve_
    assert [progress.validation_score for progress in told] == (model.validation_scores_ or [None] * 9)
    seconds = [0.0, *(progress.seconds for progress in told)]
    assert all(earlier < later for earlier, later in itertools.pairwise(seconds))
    for progress, since in zip(told, np.diff(seconds), strict=True):
        # The last epoch's own time is what the clock has moved on by, and at least what its steps took.
        assert progress.seconds_per_epoch == pytest.approx(since, rel=1e-6, abs=1e-9)
        assert progress.samples_per_second * progress.seconds_per_epoch >= rows * (1 - 1e-9)
        assert progress.time_left == (9 - progress.epoch) * progress.seconds_per_epoch


def test_a_callback_that_answers_truly_ends_the_fit_and_all_are_told():
    told = []
    model = model_of(callbacks=[lambda progress: progress.epoch == 4, told.append]).fit(X, NAMES)
    assert (model.n_iter_, model.stopped_by_, len(told)) == (4, "callback", 4)


@pytest.mark.parametrize("callbacks", [print, {print}, "print"])
def test_callbacks_come_in_a_sequence(callbacks):
    with pytest.raises(ValueError, match="callbacks: expected a sequence of callables or None"):
        model_of(callbacks=callbacks).fit(X, NAMES)


@pytest.mark.parametrize("options", [{}, {"solver": "lbfgs"}, {"activation": ["softplus"], "dtype": "float32"}])
@pytest.mark.parametrize("y", [NAMES, SPECIES == 1, np.stack([SPECIES == 1, SPECIES > 0], axis=1).astype(int)])
def test_a_saved_model_predicts_bit_for_bit_the_same(y, options, tmp_path):
    callbacks = None if "solver" in options else [lambda progress: None]
    model = model_of(**options, callbacks=callbacks).fit(X, y)
    path = model.save(tmp_path / "a.model")
    loaded = MLPClassifier.load(path)
    assert path == tmp_path / "a.model"
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert getattr(loaded, method)(X).tobytes() == getattr(model, method)(X).tobytes()
    assert (loaded.predict(X) == model.predict(X)).all()
    assert loaded.loss_curve_ == model.loss_curve_


def test_only_a_fitted_classifier_is_saved_and_only_one_is_loaded(tmp_path):
    with pytest.raises(NotFittedError):
        model_of().save(tmp_path / "a.model")
    assert not list(tmp_path.iterdir())
    save(StandardScaler().fit(X), tmp_path / "b.model")
    with pytest.raises(ModelFileError, match=r"b.model: expected a MLPClassifier, the file holds a StandardScaler"):
        MLPClassifier.load(tmp_path / "b.model")
    with pytest.raises(FileNotFoundError):
        MLPClassifier.load(tmp_path / "c.model")


@pytest.mark.parametrize("how", ["eval_set", "early_stopping"])
def test_a_watched_fit_may_follow_an_unwatched_one(how):
    model = model_of(warm_start=True).fit(X, NAMES).set_params(early_stopping=how == "early_stopping")
    model.fit(X, NAMES, eval_set=(X, NAMES) if how == "eval_set" else None)
    assert model.best_validation_score_ == max(model.validation_scores_)


@pytest.mark.parametrize("how", ["eval_set", "early_stopping"])
def test_partial_fits_may_follow_a_watched_fit(how):
    model = model_of(early_stopping=how == "early_stopping")
    model.fit(X, NAMES, eval_set=(X, NAMES) if how == "eval_set" else None)
    assert model.set_params(early_stopping=False).partial_fit(X, NAMES).loss_ > 0


def test_callbacks_see_the_epoch_of_every_partial_fit():
    told = []
    model = model_of(callbacks=[told.append])
    losses = [model.partial_fit(X, NAMES, classes=np.unique(NAMES)).loss_ for _ in range(3)]
    assert [(progress.epoch, progress.epochs) for progress in told] == [(1, 1)] * 3
    assert [progress.loss for progress in told] == losses == model.loss_curve_
    assert model.stopped_by_ == "partial_fit"


def test_partial_fit_refuses_a_checkpoint(tmp_path):
    model = model_of(checkpoint=tmp_path / "file").fit(X, NAMES)
    with pytest.raises(ValueError, match=r"checkpoint: expected None for partial_fit, .* got .*file"):
        model.partial_fit(X, NAMES)
    assert model.set_params(checkpoint=None).partial_fit(X, NAMES).loss_ > 0
