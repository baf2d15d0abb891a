"""chainrule's classifiers inside of scikit-learn's tools, and in files of joblib and pickle."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn import clone, config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
QUICK = {"max_iter": 30, "tol": 1e-3, "learning_rate_init": 0.02, "random_state": 0}
MODELS = {
    "softmax": SoftmaxRegression(),
    "softmax with C": SoftmaxRegressionCV(Cs=3),
    "mlp": MLPClassifier((16,), **QUICK),
    "tabular": TabularClassifier(max_iter=10, folds=3, random_state=0),
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
of_each = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
def test_searches_choose_the_penalty_that_scores_best(search):
    more = {"random_state": 0} if search is HalvingGridSearchCV else {}
    found = search(SoftmaxRegression(), {"C": [1e-4, 1.0]}, scoring="neg_log_loss", cv=3, **more).fit(X, Y)
    assert found.best_params_ == {"C": 1.0}
    np.testing.assert_array_equal(found.predict(X), SoftmaxRegression(C=1.0).fit(X, Y).predict(X))


@of_each
def test_calibration_keeps_the_classes_and_rows_that_sum_to_one(model):
    found = CalibratedClassifierCV(model, cv=2).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.mean(found.argmax(axis=1) == Y) > 0.9


def test_a_vote_of_probabilities_is_their_mean():
    parts = [("softmax", SoftmaxRegression()), ("mlp", MLPClassifier((16,), **QUICK))]
    found = VotingClassifier(parts, voting="soft").fit(X, Y)
    expected = np.mean([model.fit(X, Y).predict_proba(X) for _, model in parts], axis=0)
    np.testing.assert_allclose(found.predict_proba(X), expected, atol=1e-12)


def test_stacks_learn_from_held_out_probabilities():
    parts = [("tabular", MODELS["tabular"]), ("mlp", MODELS["mlp"])]
    found = StackingClassifier(parts, final_estimator=SoftmaxRegression(), cv=3).fit(X, Y)
    assert found.final_estimator_.n_features_in_ == 6
    assert found.score(X, Y) > 0.9


@pytest.mark.parametrize("model", [MODELS["softmax"], MODELS["mlp"], MODELS["tabular"]])
def test_weights_reach_the_fit_through_pipelines_and_cross_validation(model):
    weights = np.where(Y == 2, 1e-6, 1.0)  # a class that hardly counts
    with config_context(enable_metadata_routing=True):
        asking = clone(model).set_fit_request(sample_weight=True)
        routed = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asking)
        unweighted = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        found = cross_validate(
            routed, X, Y, params={"sample_weight": weights}, cv=3, scoring=unweighted, return_estimator=True
        )
    p = found["estimator"][0].predict_proba(X)[:, 2]
    assert p.mean() < 0.2 < make_pipeline(StandardScaler(), model).fit(X, Y).predict_proba(X)[:, 2].mean()


@of_each
@pytest.mark.parametrize("kind", ["joblib", "pickle"])
def test_files_of_joblib_and_pickle_predict_the_same_bits(model, kind, tmp_path):
    fitted = model.fit(X, Y)
    if kind == "joblib":
        joblib.dump(fitted, tmp_path / "model")
        read = joblib.load(tmp_path / "model")
    else:
        read = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(read.predict_proba(X), fitted.predict_proba(X))


def test_images_are_searched_too():
    images = X.reshape(-1, 1, 2, 2)
    found = GridSearchCV(ConvClassifier("conv 4 2x2", **QUICK), {"alpha": [1e-4, 1e-2]}, cv=2).fit(images, Y)
    assert found.best_score_ > 0.8
