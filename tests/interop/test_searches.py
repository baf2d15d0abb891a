"""Searches of scikit-learn and Optuna choose parameters of our estimators."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score

from chainrule import MLPClassifier, SoftmaxRegression


def test_a_grid_search_scores_as_cross_validation_does(wine, softmax):
    search = GridSearchCV(softmax, {"C": [1e-4, 1.0]}, cv=3, scoring="neg_log_loss").fit(*wine)
    assert search.best_params_ == {"C": 1.0}
    alone = cross_val_score(clone(softmax), *wine, cv=3, scoring="neg_log_loss")
    assert search.best_score_ == pytest.approx(alone.mean(), rel=1e-12)
    assert search.score(*wine) > -0.1


@pytest.mark.filterwarnings("ignore:the log-loss .* is no lower:sklearn.exceptions.ConvergenceWarning")
def test_a_halving_search_ends_with_the_most_samples(wine, mlp):
    grid = {"learning_rate_init": [1e-6, 1e-4, 1e-2, 3e-2]}
    search = HalvingGridSearchCV(mlp, grid, cv=2, factor=2, min_resources=40, random_state=0).fit(*wine)
    assert search.n_resources_ == [40, 80, 160]
    assert search.best_params_["learning_rate_init"] >= 1e-2  # the others hardly move in 10 epochs
    assert search.best_estimator_.score(*wine) > 0.9


def test_optuna_finds_a_better_penalty_than_its_first(wine):
    optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[interop]'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def loss(trial):
        model = SoftmaxRegression(C=trial.suggest_float("C", 1e-6, 1e3, log=True))
        return -cross_val_score(model, *wine, cv=3, scoring="neg_log_loss").mean()

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.enqueue_trial({"C": 1e-6})
    study.optimize(loss, n_trials=12)
    assert study.best_value < 0.15 < np.log(3) / 2 < study.trials[0].value


@pytest.mark.filterwarnings("ignore:the log-loss .* is no lower:sklearn.exceptions.ConvergenceWarning")
def test_optuna_prunes_by_the_epochs_that_a_callback_reports(wine):
    optuna = pytest.importorskip("optuna", reason="needs Optuna: pip install -e '.[interop]'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    epochs = []

    def loss(trial):
        rate = trial.suggest_categorical("rate", [1e-2, 1e-7])

        def watch(progress):
            trial.report(progress.loss, progress.epoch)
            return trial.should_prune()

        model = MLPClassifier((8,), learning_rate_init=rate, learning_rate="cosine", max_iter=10, random_state=0)
        model.set_params(callbacks=[watch]).fit(*wine)
        epochs.append(model.n_iter_)
        return model.loss_

    study = optuna.create_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=3))
    for rate in (1e-2, 1e-7):
        study.enqueue_trial({"rate": rate})
    study.optimize(loss, n_trials=2)
    assert epochs[0] == 10
    assert epochs[1] < 10
