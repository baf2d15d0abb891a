"""`fit_many`: each estimator ends as its own `fit` leaves it, on its own rows."""

import numpy as np
import pandas
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, fit_many
from chainrule.networks import MemberPlan

IRIS, SPECIES = load_iris(return_X_y=True)
ORDER = np.random.default_rng(1).permutation(150)
X, Y = IRIS[ORDER] * [1, 2, 3, 0.5], SPECIES[ORDER]
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
WEIGHTS = np.random.default_rng(2).random(150) + 0.5
FOLDS = [train for train, _ in StratifiedKFold(3).split(X, Y)]
NOT_CONVERGED = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TEN_STEPS = {"rtol": 1e-12, "atol": 1e-12}
"""The issue asks for it; measured, at most 8e-16."""


def network(**parameters):
    defaults = {"hidden_layer_sizes": (6,), "batch_size": 20, "max_iter": 2, "random_state": 0}
    return MLPClassifier(**{**defaults, **parameters})


def alone(estimators, rows, y=Y, weights=None):
    fitted = []
    for estimator, index in zip(estimators, rows, strict=True):
        index = slice(None) if index is None else index
        fitted.append(clone(estimator).fit(X[index], y[index], None if weights is None else weights[index]))
    return fitted


def assert_same(many, single, tolerance=TEN_STEPS):
    for one, other in zip(many, single, strict=True):
        for name in ("coefs_", "intercepts_"):
            for mine, theirs in zip(getattr(one, name), getattr(other, name), strict=True):
                np.testing.assert_allclose(mine, theirs, **tolerance)
        np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, **tolerance)
        assert one.validation_scores_ == other.validation_scores_
        for name in ("n_iter_", "t_", "stopped_by_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
            assert getattr(one, name) == getattr(other, name), name
        assert (one.classes_ == other.classes_).all()
        assert set(vars(one)) == set(vars(other))


GRID = [(alpha, rate) for alpha in (1e-4, 0.5) for rate in (1e-3, 0.03)]


@NOT_CONVERGED
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"activation": "tanh", "hidden_layer_sizes": (5, 4)},
        {"activation": ["softplus", "logistic"], "hidden_layer_sizes": (5, 4)},
        {"hidden_layer_sizes": ()},
        {"solver": "adamw"},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"solver": "gd", "max_iter": 10},
        {"learning_rate": "cosine"},
        {"dropout": 0.3, "label_smoothing": 0.1},
        {"max_grad_norm": 0.1, "shuffle": False},
        {"class_weight": {"setosa": 2.0, "versicolor": 0.5}},
    ],
    ids=str,
)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["equal", "weighted"])
def test_ten_steps_of_settings_in_folds_are_those_of_single_fits(parameters, weights):
    # Two epochs of 100 rows in batches of 20.
    estimators = [network(alpha=alpha, learning_rate_init=rate, **parameters) for alpha, rate in GRID for _ in FOLDS]
    rows = FOLDS * len(GRID)
    fitted = fit_many(estimators, X, NAMES, weights, rows=rows, n_jobs=1)
    assert all(one is other for one, other in zip(fitted, estimators, strict=True))
    assert_same(fitted, alone(estimators, rows, NAMES, weights))
    assert len({fit.loss_ for fit in fitted}) == len(fitted)


@NOT_CONVERGED
def test_seeds_on_all_rows_and_every_kind_of_target():
    probabilities = np.random.default_rng(3).dirichlet(np.ones(3), 150)
    columns = np.stack([Y > 0, Y == 1], axis=1).astype(int)
    for y, parameters in (
        (Y, {}),
        (Y == 2, {}),
        (Y == 2, {"loss": "squared_error"}),
        (columns, {}),
        (probabilities, {"targets": "proba"}),
    ):
        estimators = [network(random_state=seed, **parameters) for seed in (0, 1, 1, 2)]
        assert_same(fit_many(estimators, X, y, n_jobs=1), alone(estimators, [None] * 4, y))


@pytest.mark.filterwarnings("ignore:the log-loss .* is no lower:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
def test_members_stop_after_the_same_epochs_with_the_same_accuracy(early_stopping):
    common = {"early_stopping": early_stopping, "max_iter": 400, "tol": 1e-3, "n_iter_no_change": 5}
    estimators = [
        network(alpha=alpha, learning_rate_init=rate, **common) for alpha in (1e-4, 0.5) for rate in (0.01, 0.05)
    ]
    rows = [FOLDS[0], FOLDS[1], FOLDS[0], FOLDS[1]]
    fitted, single = fit_many(estimators, X, NAMES, rows=rows, n_jobs=1), alone(estimators, rows, NAMES)
    # Rounding errors grow with the steps: measured, to 2e-15 at the end.
    assert_same(fitted, single, {"rtol": 1e-8, "atol": 1e-8})
    assert len({fit.n_iter_ for fit in fitted}) > 1
    assert {fit.stopped_by_ for fit in fitted} == {"patience"}
    assert [fit.score(X, NAMES) for fit in fitted] == [fit.score(X, NAMES) for fit in single]


@NOT_CONVERGED
def test_a_fit_goes_on_from_there_by_warm_start_and_by_partial_fit():
    estimators = [network(warm_start=True, alpha=alpha) for alpha in (0.01, 0.1)]
    single = alone(estimators, [None] * 2)
    fit_many(estimators, X, Y)
    for one in single:
        one.fit(X, Y)
    fit_many(estimators, X, Y)
    assert_same(estimators, single)
    for one in (*estimators, *single):
        one.partial_fit(X, Y)
    assert_same(estimators, single)
    assert len(estimators[0].loss_curve_) == 5


@NOT_CONVERGED
def test_settings_that_are_not_stacked_are_fitted_one_by_one(monkeypatch):
    estimators = [network(solver="lbfgs", max_iter=5), network(), network(alpha=1.0), network(solver="lbfgs", alpha=1)]
    assert_same(fit_many(estimators, X, Y), alone(estimators, [None] * 4))
    monkeypatch.delattr(MemberPlan, "losses_and_gradients")
    sparse = [network(), network(alpha=1.0)]
    dense = alone(sparse, [None] * 2)
    fit_many(sparse, scipy.sparse.csr_array(X), Y, rows=[np.arange(150)] * 2)
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], **TEN_STEPS)
    with pytest.raises(AttributeError, match="losses_and_gradients"):
        fit_many([network(), network(alpha=1.0)], X, Y)
    images = np.random.default_rng(0).normal(size=(30, 4, 4))
    convolutions = [ConvClassifier("conv 2 3x3, relu", max_iter=1, random_state=seed) for seed in (0, 1)]
    fit_many(convolutions, images, Y[:30])
    expected = ConvClassifier("conv 2 3x3, relu", max_iter=1, random_state=1).fit(images, Y[:30])
    assert (convolutions[1].coefs_[0] == expected.coefs_[0]).all()


@NOT_CONVERGED
def test_a_generator_gives_each_fit_its_seed_in_turn():
    one, other = np.random.RandomState(5), np.random.RandomState(5)
    fitted = fit_many([network(random_state=one) for _ in range(3)], X, Y)
    assert_same(fitted, [network(random_state=other).fit(X, Y) for _ in range(3)])
    assert one.randint(1000) == other.randint(1000)


@NOT_CONVERGED
def test_frames_keep_the_names_of_their_columns():
    frame = pandas.DataFrame(X, columns=list("abcd"))
    fitted = fit_many([network(), network(alpha=1.0)], frame, pandas.Series(NAMES), rows=[FOLDS[1]] * 2)
    assert fitted[1].feature_names_in_.tolist() == list("abcd")
    assert_same(fitted, [clone(one).fit(frame.iloc[FOLDS[1]], NAMES[FOLDS[1]]) for one in fitted])


@NOT_CONVERGED
def test_lists_and_one_weight_for_all_samples():
    fitted = fit_many([network(), network(alpha=1.0)], X.tolist(), Y.tolist(), 2.0, rows=[FOLDS[1].tolist()] * 2)
    assert_same(fitted, [clone(one).fit(X[FOLDS[1]], Y[FOLDS[1]], 2.0) for one in fitted])


def test_a_fit_that_diverges_is_an_error_and_the_others_are_fitted():
    estimators = [network(solver="sgd", learning_rate_init=rate, max_iter=5) for rate in (1e-3, 1e200, 1e-2)]
    with pytest.raises(FloatingPointError, match="learning rate") as raised, pytest.warns(ConvergenceWarning):
        fit_many(estimators, X, Y)
    with pytest.raises(FloatingPointError) as single:
        clone(estimators[1]).fit(X, Y)
    assert str(raised.value) == str(single.value)
    assert [hasattr(one, "coefs_") for one in estimators] == [True, False, True]
    with pytest.warns(ConvergenceWarning):
        results = fit_many(estimators, X, Y, errors="return")
    assert isinstance(results[1], FloatingPointError)
    assert results[0] is estimators[0]


def test_a_setting_out_of_range_is_an_error_before_the_first_step():
    estimators = [network(), network(alpha=-1.0)]
    with pytest.raises(ValueError, match=r"alpha: expected a number of at least 0, got -1\.0"):
        fit_many(estimators, X, Y)
    assert not hasattr(estimators[0], "classes_")
    with pytest.warns(ConvergenceWarning):
        results = fit_many(estimators, X, Y, errors="return")
    assert isinstance(results[1], ValueError)
    assert results[0].n_iter_ == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([SoftmaxRegression(), network()], X, Y),
            TypeError,
            "or only SoftmaxRegression, got MLPClassifier, SoftmaxRegression",
        ),
        (([LogisticRegression()], X, Y), TypeError, "got LogisticRegression"),
        (([network()] * 2, X, Y), ValueError, "one of them is given twice"),
        (([network()], X[:-1], Y), ValueError, "inconsistent numbers of samples"),
        (([network()], X * np.nan, Y), ValueError, "contains NaN"),
    ],
)
def test_what_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        fit_many(*arguments)


def test_what_is_refused_of_the_options():
    with pytest.raises(ValueError, match="rows: expected one for each of 1 estimators, got 2"):
        fit_many([network()], X, Y, rows=FOLDS[:2])
    with pytest.raises(ValueError, match="errors: expected one of 'raise', 'return', got 'ignore'"):
        fit_many([network()], X, Y, errors="ignore")
    with pytest.raises(ValueError, match="n_jobs: expected a number of threads"):
        fit_many([network()], X, Y, n_jobs=0)
    assert fit_many([], X, Y) == []


@NOT_CONVERGED
def test_a_line_for_each_fit_that_has_ended(capsys):
    fit_many([network(), network(alpha=1.0, max_iter=3)], X, Y, verbose=True, n_jobs=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(", loss")[0] for line in lines] == ["Fit 1 of 2: 2 epochs", "Fit 2 of 2: 3 epochs"]


def test_ctrl_c_in_the_first_epoch_leaves_the_estimators_as_they_were():
    def press(progress):
        raise KeyboardInterrupt

    estimators = [network(random_state=seed, callbacks=[press]) for seed in (0, 1)]
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="interrupted"):
        fit_many(estimators, X, Y, n_jobs=1)
    assert not hasattr(estimators[1], "coefs_")


@NOT_CONVERGED
def test_single_precision_stays_single():
    fitted = fit_many([network(), network(alpha=1.0)], X.astype(np.float32), Y)
    expected = [clone(one).fit(X.astype(np.float32), Y) for one in fitted]
    for one, other in zip(fitted, expected, strict=True):
        assert one.coefs_[0].dtype == np.float32
        # Ten steps of size 1e-3 whose directions are sums rounded at 1e-7, of which some nearly cancel.
        np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=0, atol=1e-4)
