"""The same network in scikit-learn: equal predictions, equal objective, equal steps, equal optimum.

Initial weights are drawn otherwise, so chainrule's classifier is given scikit-learn's, by way of warm_start.
"""

import inspect
import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
LABELS = {
    "multiclass": SPECIES,
    "binary": np.where(SPECIES == 1, "yes", "no"),
    "multilabel": make_multilabel_classification(150, 4, n_classes=5, random_state=0)[1],
}
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)
COMMON = {"alpha": 0.3, "tol": 0, "n_iter_no_change": 1000, "random_state": 1, "shuffle": False, "batch_size": 37}


def refit(model, kind, weights, **parameters):
    model.set_params(**parameters)
    if weights is None:
        return model.fit(X, LABELS[kind])
    if "sample_weight" not in inspect.signature(neural_network.MLPClassifier.fit).parameters:
        pytest.skip("this version of scikit-learn takes no weights here")
    return model.fit(X, LABELS[kind], weights)


def pair(kind, weights=None, first_epochs=1, **parameters):
    """scikit-learn's classifier, trained for a little while, and chainrule's with the weights it found."""
    parameters = {**COMMON, "hidden_layer_sizes": (7, 5), "warm_start": True, "max_iter": first_epochs, **parameters}
    theirs = refit(neural_network.MLPClassifier(**parameters), kind, weights)
    ours = refit(MLPClassifier(**parameters), kind, weights)
    ours.coefs_ = [weight.copy() for weight in theirs.coefs_]
    ours.intercepts_ = [bias.copy() for bias in theirs.intercepts_]
    theirs.t_ = ours.t_ = 0  # samples seen, which "invscaling" goes by
    return theirs, ours


def assert_same_parameters(theirs, ours, atol):
    for name in ("coefs_", "intercepts_"):
        for got, want in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            np.testing.assert_allclose(got, want, rtol=0, atol=atol)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_equal_weights_predict_equally(kind, activation):
    theirs, ours = pair(kind, first_epochs=60, activation=activation, learning_rate_init=0.05, alpha=1e-3)
    assert np.ptp(theirs.predict_proba(X)) > 0.75, "predictions that do not spread prove little"
    # Probabilities are rounded at 1e-16, logits up to 10 likewise: measured, 3e-16.
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-8, atol=1e-12)
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert ours.score(X, LABELS[kind]) == theirs.score(X, LABELS[kind])


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False, "momentum": 0.5},
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0, "activation": "logistic"},
        {"solver": "sgd", "learning_rate_init": 0.5, "learning_rate": "invscaling", "power_t": 0.3},
        {"solver": "adam", "learning_rate_init": 0.01, "activation": "tanh"},
        {"solver": "adam", "learning_rate_init": 0.01, "epsilon": 0.01, "beta_1": 0.5, "beta_2": 0.9},
        {"solver": "adam", "learning_rate_init": 0.01, "batch_size": 150, "alpha": 30.0},
    ],
    ids=lambda parameters: "-".join(map(str, parameters.values())),
)
def test_thirty_epochs_take_the_same_steps(kind, parameters):
    theirs, ours = pair(kind, **parameters)
    for model in (theirs, ours):
        refit(model, kind, None, max_iter=30)
    # 150 steps that agree to 1e-16 each, on a smooth path: measured, 7e-15.
    assert_same_parameters(theirs, ours, 1e-12)
    np.testing.assert_allclose(ours.loss_curve_[1:], theirs.loss_curve_[1:], rtol=1e-12)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_) == (30, 4500)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("batch_size", [37, 150])
def test_sample_weights_and_penalty_enter_the_objective_equally(kind, batch_size):
    theirs, ours = pair(kind, WEIGHTS, solver="sgd", learning_rate_init=0.1, batch_size=batch_size)
    for model in (theirs, ours):
        refit(model, kind, WEIGHTS, max_iter=20)
    assert_same_parameters(theirs, ours, 1e-12)
    if batch_size == 150:
        # Over several batches scikit-learn's loss curve counts batches by their rows, chainrule's by their weight.
        np.testing.assert_allclose(ours.loss_curve_[1:], theirs.loss_curve_[1:], rtol=1e-12)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal weights", "weights"])
def test_lbfgs_minimises_the_same_objective_along_the_same_gradient(kind, weights):
    theirs, ours = pair(kind, weights, solver="lbfgs", activation="tanh", alpha=2.0, first_epochs=3)
    for iterations in (1, 4):
        for model in (theirs, ours):
            refit(model, kind, weights, max_iter=iterations)
        # SciPy is given the same numbers in another order: measured, 1e-14.
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-12, abs=0)
        assert_same_parameters(theirs, ours, 1e-11)


def test_training_stops_after_the_same_number_of_epochs():
    for tol, changes in ((1e-2, 3), (1e-3, 10)):
        theirs, ours = pair("multiclass", solver="sgd", learning_rate_init=0.1, tol=tol, n_iter_no_change=changes)
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            theirs.set_params(max_iter=1000).fit(X, SPECIES)
            ours.set_params(max_iter=1000).fit(X, SPECIES)
        assert 3 < ours.n_iter_ == theirs.n_iter_ < 1000
        # Gradients rounded otherwise, over up to 1000 epochs.
        assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-10, abs=0)
        assert ours.best_loss_ == min(ours.loss_curve_[1:])


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal weights", "weights"])
@pytest.mark.parametrize("alpha", [0.1, 10.0])
@pytest.mark.parametrize("kind", ["multiclass", "binary", "multilabel"])
def test_without_hidden_layers_lbfgs_reaches_the_optimum_of_logistic_regression(kind, alpha, weights):
    y = LABELS[kind]
    ours = MLPClassifier((), solver="lbfgs", alpha=alpha, tol=1e-9, max_iter=3000, random_state=0).fit(X, y, weights)
    # C sum(l) + |W|^2 / 2 is sum(w l) / sum(w) + alpha / (2 sum(w)) |W|^2 times sum(w) / alpha, with C = 1 / alpha.
    peer = LogisticRegression(C=1 / alpha, tol=1e-9, max_iter=3000)
    if kind == "multilabel":
        columns = [peer.fit(X, y[:, k], weights).predict_proba(X)[:, 1] for k in range(y.shape[1])]
        np.testing.assert_allclose(ours.predict_proba(X), np.stack(columns, axis=1), rtol=0, atol=1e-4)
        return
    peer.fit(X, y, weights)
    np.testing.assert_allclose(ours.coefs_[0], peer.coef_.T, rtol=0, atol=1e-4)
    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), rtol=0, atol=1e-4)
    shifts = ours.intercepts_[0] - peer.intercept_  # over all classes, a constant does not matter
    np.testing.assert_allclose(shifts, shifts.mean() if kind == "multiclass" else 0, rtol=0, atol=1e-4)
