"""`MLPSearchCV` beside scikit-learn's `GridSearchCV`, which fits the same networks one by one."""

import warnings

import numpy as np
import pandas
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from chainrule import MLPClassifier, MLPSearchCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS, SPECIES = load_iris(return_X_y=True)
ORDER = np.random.default_rng(1).permutation(150)
X, Y = IRIS[ORDER], np.array(["setosa", "versicolor", "virginica"])[SPECIES[ORDER]]
GRID = {"alpha": [1e-3, 1.0], "learning_rate_init": [1e-3, 0.05]}
NETWORK = MLPClassifier((6,), max_iter=20, random_state=0)


def pipeline(**parameters):
    network = clone(NETWORK).set_params(**parameters)
    return Pipeline([("scale", StandardScaler()), ("network", network)])


class CountedScaler(StandardScaler):
    """Counts its fits."""

    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        CountedScaler.fits += 1
        return super().fit(X, y, sample_weight)


def assert_same_search(estimator, grid, X=X, y=Y, fitted=None, **options):
    ours = MLPSearchCV(clone(estimator), grid, **options).fit(X, y, **(fitted or {}))
    theirs = GridSearchCV(clone(estimator), grid, **options).fit(X, y, **(fitted or {}))
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for key, column in theirs.cv_results_.items():
        mine = ours.cv_results_[key]
        if key.endswith("_time"):
            assert (mine > 0).all() == (key != "std_fit_time" and key != "std_score_time") or (mine >= 0).all()
        elif key == "params":
            assert mine == column
        elif key.startswith("param_"):
            assert mine.tolist() == column.tolist()
            assert mine.dtype == column.dtype
        else:
            np.testing.assert_allclose(mine, column, rtol=1e-10, err_msg=key)
    for name in ("best_index_", "best_params_", "n_splits_", "multimetric_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
    assert (set(vars(ours)) ^ set(vars(theirs))) <= {"_checked_cv_orig"}
    return ours, theirs


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cv": 3, "return_train_score": True},
        {"cv": StratifiedKFold(4, shuffle=True, random_state=1), "scoring": "neg_log_loss"},
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss", "return_train_score": True},
        {"scoring": {"one": "accuracy"}, "refit": False},
        {"scoring": lambda model, X, y: {"a": model.score(X, y), "b": 1.0}, "refit": "a"},
        {"scoring": lambda model, X, y: model.score(X, y)},
        {"refit": lambda results: int(results["mean_test_score"].argmin())},
        {"refit": False},
        {"n_jobs": 1},
    ],
    ids=" ".join,
)
def test_results_and_attributes_are_those_of_the_search_one_by_one(options):
    ours, theirs = assert_same_search(NETWORK, GRID, **options)
    if options.get("refit", True):
        assert (ours.predict(X) == theirs.predict(X)).all()
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)
        assert ours.score(X, Y) == theirs.score(X, Y)
        assert (ours.classes_ == theirs.classes_).all()
        assert ours.n_features_in_ == 4
        assert ours.refit_time_ > 0


def test_a_list_of_grids_with_layers_and_solvers():
    grid = [{"hidden_layer_sizes": [(), (5,), (4, 3)]}, {"solver": ["sgd", "lbfgs"], "alpha": [0.1]}]
    assert_same_search(NETWORK, grid)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_networks_that_stop_early(early_stopping):
    network = clone(NETWORK).set_params(max_iter=300, early_stopping=early_stopping, tol=1e-3, n_iter_no_change=4)
    ours, _ = assert_same_search(network, GRID)
    assert ours.best_estimator_.stopped_by_ == "patience"


def test_the_steps_of_a_pipeline_are_fitted_once_for_each_fold_and_setting_of_theirs():
    grid = {f"network__{name}": values for name, values in GRID.items()}
    ours, theirs = assert_same_search(pipeline(), grid)
    assert (ours.predict(X) == theirs.predict(X)).all()
    grid |= {"scale": [StandardScaler(), MinMaxScaler(), "passthrough"]}
    assert_same_search(pipeline(), grid, cv=3)
    assert_same_search(Pipeline([("network", clone(NETWORK))]), {"network__alpha": [1.0]}, cv=3)
    CountedScaler.fits = 0
    counted = Pipeline([("scale", CountedScaler()), ("network", clone(NETWORK))])
    MLPSearchCV(counted, {"network__alpha": [0.1, 1.0], "scale__with_mean": [True, False]}, cv=3, refit=False).fit(X, Y)
    assert CountedScaler.fits == 6


def test_weights_are_for_the_fits_and_groups_for_the_splitter():
    weights = np.where(Y == "versicolor", 1e-3, 1.0)
    ours, _ = assert_same_search(NETWORK, GRID, fitted={"sample_weight": weights})
    assert "versicolor" not in ours.predict(X)
    groups = np.arange(150) % 7
    assert_same_search(NETWORK, GRID, fitted={"groups": groups}, cv=GroupKFold(3))
    search = MLPSearchCV(pipeline(), {"network__alpha": [0.1]}).fit(X, Y, weights)
    direct = pipeline(alpha=0.1).fit(X, Y, network__sample_weight=weights)
    np.testing.assert_allclose(search.predict_proba(X), direct.predict_proba(X), rtol=1e-10)


def test_frames_keep_their_names():
    frame = pandas.DataFrame(X, columns=list("abcd"))
    ours, theirs = assert_same_search(NETWORK, GRID, frame, pandas.Series(Y))
    assert ours.feature_names_in_.tolist() == theirs.feature_names_in_.tolist() == list("abcd")


def test_fits_that_fail_get_the_error_score():
    grid = {"solver": ["sgd"], "learning_rate_init": [1e-3, 1e200], "alpha": [1e-4]}
    for options in ({}, {"error_score": 0.25, "scoring": ["accuracy", "neg_log_loss"], "refit": "accuracy"}):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            assert_same_search(NETWORK, grid, **options)
        texts = [str(one.message) for one in found if one.category is FitFailedWarning]
        assert len(texts) == 2
        assert texts[0].startswith("5 fits failed out of a total of 10; they score ")
    with pytest.raises(FloatingPointError, match="learning rate"):
        MLPSearchCV(NETWORK, grid, error_score="raise").fit(X, Y)
    with pytest.raises(ValueError, match=r"(?s)All the 5 fits failed.*alpha: expected a number of at least 0, got -1"):
        MLPSearchCV(NETWORK, {"alpha": [-1]}).fit(X, Y)


def test_scores_that_fail():
    def metric(model, X, y):
        if model.alpha == 1.0:
            raise RuntimeError("no score for this one")
        return model.score(X, y)

    with (
        pytest.warns(UserWarning, match="Scoring failed, the score is nan: no score for this one"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search = MLPSearchCV(NETWORK, GRID, scoring=metric).fit(X, Y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, False, True, True]
    with pytest.raises(RuntimeError, match="no score"):
        MLPSearchCV(NETWORK, GRID, scoring=metric, error_score="raise").fit(X, Y)


def test_what_is_refused():
    with pytest.raises(TypeError, match="expected MLPClassifier or ConvClassifier, got LogisticRegression"):
        MLPSearchCV(LogisticRegression(), {"C": [1.0]}).fit(X, Y)
    with pytest.raises(ValueError, match="Invalid parameter 'alfa'"):
        MLPSearchCV(NETWORK, {"alfa": [1.0]}).fit(X, Y)
    with pytest.raises(ValueError, match="n_jobs: expected a number of threads"):
        MLPSearchCV(NETWORK, GRID, n_jobs="two").fit(X, Y)
    with pytest.raises(AttributeError, match="predict"):
        MLPSearchCV(NETWORK, GRID, refit=False).fit(X, Y).predict(X)


def test_it_is_cloned_and_says_what_it_does(capsys):
    search = clone(MLPSearchCV(NETWORK, GRID, cv=3, verbose=2, n_jobs=1))
    search.fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Fitting 3 folds for each of 4 candidates, totalling 12 fits"
    assert lines[1].startswith("Fit 1 of 12: 20 epochs, loss = ")
    assert len(lines) == 13
