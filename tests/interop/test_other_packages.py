"""chainrule's classifiers inside of other packages' tools, where they are installed."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_classification

from chainrule import MLPClassifier, SoftmaxRegression, TabularClassifier

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


def test_optuna_finds_the_better_penalty():
    optuna = pytest.importorskip("optuna", reason="needs the extra interop: pip install -e '.[interop]'")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def loss(trial):
        model = SoftmaxRegression(C=trial.suggest_categorical("C", [1e-4, 1.0])).fit(X[::2], Y[::2])
        return -np.log(model.predict_proba(X[1::2])[np.arange(len(Y[1::2])), Y[1::2]]).mean()

    study = optuna.create_study(sampler=optuna.samplers.GridSampler({"C": [1e-4, 1.0]}, seed=0))
    study.optimize(loss, n_trials=2)
    assert study.best_params == {"C": 1.0}


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_imbalanced_learn_adds_rows_of_the_rare_class_before_the_fit():
    over_sampling = pytest.importorskip(
        "imblearn.over_sampling", reason="needs the extra interop: pip install -e '.[interop]'"
    )
    pipeline = pytest.importorskip("imblearn.pipeline", reason="needs the extra interop: pip install -e '.[interop]'")
    x, y = make_classification(600, 6, weights=[0.95], random_state=0)
    found = pipeline.make_pipeline(over_sampling.SMOTE(random_state=0), SoftmaxRegression()).fit(x, y)
    assert found.predict_proba(x)[:, 1].mean() > 2 * SoftmaxRegression().fit(x, y).predict_proba(x)[:, 1].mean()


@pytest.mark.filterwarnings("ignore")  # of NumPy's random numbers and of numba, which shap uses
def test_shapley_values_of_a_linear_logit_are_coefficients_times_distances():
    shap = pytest.importorskip("shap", reason="needs the extra interop: pip install -e '.[interop]'")
    y = Y > 0
    model = SoftmaxRegression().fit(X, y)
    rows = shap.maskers.Independent(X, max_samples=len(X))
    found = shap.LinearExplainer((model.coef_[0], model.intercept_[0]), rows).shap_values(X[:5])
    np.testing.assert_allclose(found, model.coef_[0] * (X[:5] - X.mean(axis=0)), atol=1e-6)
    total = found.sum(axis=1) + model.decision_function(X).mean()
    np.testing.assert_allclose(total, model.decision_function(X[:5]), atol=1e-6)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_mapie_covers_the_label_as_often_as_it_says():
    mapie = pytest.importorskip("mapie.classification", reason="needs the extra interop: pip install -e '.[interop]'")
    x, y = make_classification(1500, 8, n_informative=5, n_classes=3, flip_y=0.2, random_state=0)
    model = MLPClassifier((16,), max_iter=20, tol=1e-2, random_state=0).fit(x[:500], y[:500])
    sets = mapie.SplitConformalClassifier(model, confidence_level=0.9, prefit=True).conformalize(
        x[500:1000], y[500:1000]
    )
    _, found = sets.predict_set(x[1000:])
    covered = found[np.arange(500), y[1000:], 0].mean()
    # 0.9, with a standard deviation of 0.019 from 500 rows to measure and 500 to calibrate.
    assert 0.9 - 4 * 0.019 < covered < 0.9 + 4 * 0.019


@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), MLPClassifier((8,), max_iter=20, tol=1e-1), TabularClassifier(max_iter=3)]
)
def test_files_of_skops_name_the_types_that_must_be_trusted(model):
    skops = pytest.importorskip("skops.io", reason="needs the extra interop: pip install -e '.[interop]'")
    written = skops.dumps(model.fit(X, Y))
    trusted = skops.get_untrusted_types(data=written)
    assert trusted
    assert all(name.startswith(("chainrule.", "numpy.", "sklearn.", "builtins.", "_")) for name in trusted), trusted
    read = skops.loads(written, trusted=trusted)
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))
