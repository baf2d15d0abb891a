"""SoftmaxRegression as a scikit-learn estimator: conformance, its other tools, warnings, errors and model files."""

import pickle
import warnings
from unittest import SkipTest

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from scipy.special import softmax
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from tests.peer_versions import since

import chainrule
from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.softmax_path import path
from chainrule.kernels.blas import available_threads
from chainrule.solvers.convex import problem

X, SPECIES = load_iris(return_X_y=True)
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        SoftmaxRegression(),
        SoftmaxRegression(C=10.0, standardize=True, label_smoothing=0.1),
        SoftmaxRegression(C=0.1, class_weight="balanced"),
        SoftmaxRegression(solver="newton-cg"),
        SoftmaxRegressionCV(cv=3),
    ]
)
def test_the_classifiers_conform(estimator, check):
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.skip(str(reason))  # scikit-learn 1.6 lacks array_api_compat; to pytest 9 its own skip is a failure


@since("1.8", "has these defaults")
def test_parameters_that_scikit_learn_has_too_have_its_defaults():
    ours, theirs = SoftmaxRegression().get_params(), LogisticRegression().get_params()
    shared = set(ours) & set(theirs)
    assert shared >= {"C", "tol", "fit_intercept", "class_weight", "max_iter", "warm_start", "l1_ratio", "verbose"}
    assert {name: ours[name] for name in shared - {"solver"}} == {name: theirs[name] for name in shared - {"solver"}}


def test_the_attributes_have_scikit_learns_shapes_and_kinds():
    for y in (SPECIES, SPECIES == 1):
        ours, theirs = SoftmaxRegression().fit(X, y), LogisticRegression(max_iter=1000).fit(X, y)
        for name in ("coef_", "intercept_", "n_iter_", "classes_"):
            assert getattr(ours, name).shape == getattr(theirs, name).shape, name
            assert getattr(ours, name).dtype.kind == getattr(theirs, name).dtype.kind, name
        assert ours.n_features_in_ == 4
        assert ours.decision_function(X).shape == theirs.decision_function(X).shape
        assert ours.temperature_ == 1
        assert ours.validation_scores_ is None
        assert isinstance(ours.converged_, bool)


def test_too_few_steps_are_warned_of_with_advice():
    with pytest.warns(ConvergenceWarning, match="max_iter") as caught:
        model = SoftmaxRegression(max_iter=2, tol=1e-16).fit(X, SPECIES)
    assert len(caught) == 1
    assert "2 steps" in str(caught[0].message)
    assert "tol" in str(caught[0].message)
    assert not model.converged_
    assert model.n_iter_.tolist() == [2]
    assert model.gradient_norm_ > 1e-8
    assert caught[0].filename == __file__, "the warning should name the line that called fit"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"C": 0.0}, "C"),
        ({"C": -1.0}, "C"),
        ({"C": np.nan}, "C"),
        ({"C": "1"}, "C"),
        ({"tol": -1e-3}, "tol"),
        ({"max_iter": -1}, "max_iter"),
        ({"max_iter": 1.5}, "max_iter"),
        ({"solver": "bfgs"}, "solver"),
        ({"l1_ratio": 0.5}, "l1_ratio"),
        ({"label_smoothing": 1.5}, "label_smoothing"),
        ({"label_smoothing": -0.1}, "label_smoothing"),
        ({"targets": "rows"}, "targets"),
        ({"dtype": "float16"}, "dtype"),
        ({"temperature_scaling": True}, "eval_set"),
        ({"class_weight": "even"}, "class_weight"),
        ({"class_weight": {"a rose": 2.0}}, "rose"),
    ],
)
def test_parameters_out_of_range_are_named(parameters, message):
    with pytest.raises((ValueError, TypeError), match=message):
        SoftmaxRegression(**parameters).fit(X, SPECIES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, SPECIES[:-1]), "inconsistent|150"),
        ((X * np.nan, SPECIES), "NaN"),
        ((X * np.inf, SPECIES), "infinity|NaN"),
        ((X, 0 * SPECIES), "class"),
        ((X, X[:, 0]), "continuous"),
        ((X, SPECIES, -WEIGHTS), "[Nn]egative"),
        ((X, SPECIES, 0 * WEIGHTS), "zero"),
        ((X, SPECIES, WEIGHTS * np.nan), "NaN"),
        ((X, np.eye(3, dtype=int)[SPECIES]), "label|multilabel|column|1d|targets"),
    ],
)
def test_samples_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression().fit(*arguments)


def test_an_unfitted_model_says_so():
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(SoftmaxRegression(), method)(X)
    for method in ("sparsify", "densify"):
        with pytest.raises(NotFittedError):
            getattr(SoftmaxRegression(), method)()


def test_sparse_coefficients_predict_the_same_and_become_dense_again():
    model = SoftmaxRegression().fit(X, SPECIES)
    dense, probs = model.coef_.copy(), model.predict_proba(X)
    assert model.sparsify() is model
    assert sp.issparse(model.coef_)
    # Sparse products add in another order.
    np.testing.assert_allclose(model.predict_proba(X), probs, rtol=1e-13)
    np.testing.assert_allclose(model.predict_proba(sp.csr_matrix(X)), probs, rtol=1e-13)
    assert model.sparsify() is model
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    assert model.densify() is model
    assert type(model.coef_) is np.ndarray
    np.testing.assert_array_equal(model.coef_, dense)
    np.testing.assert_array_equal(model.densify().coef_, dense)
    warm = SoftmaxRegression(warm_start=True).fit(X, SPECIES).sparsify().fit(X, SPECIES)
    assert type(warm.coef_) is np.ndarray
    assert warm.n_iter_.tolist() == [1]


def test_predictions_of_tails_are_finite_where_probabilities_are_zero():
    for y in (SPECIES, SPECIES == 1):
        model = SoftmaxRegression().fit(X, y)
        far = X[:4] * [[1e4], [-1e4], [1e6], [-1e6]]
        assert (model.predict_proba(far) == 0).any()
        log_probs = model.predict_log_proba(far)
        assert np.isfinite(log_probs).all()
        assert log_probs.min() < -1000
        logits = far @ model.coef_.T + model.intercept_
        logits = np.hstack([0 * logits, logits]) if logits.shape[1] == 1 else logits
        expected = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        # Logits below the largest are rounded once; the largest log-probabilities underflow.
        np.testing.assert_allclose(log_probs, expected, rtol=1e-12, atol=1e-280)


@pytest.mark.parametrize("estimator", [SoftmaxRegression(C=3.0, standardize=True), SoftmaxRegressionCV(Cs=3, cv=3)])
def test_clones_pickles_and_files_are_the_same_model(estimator, tmp_path):
    model = clone(estimator).fit(X, np.array(["rose", "tulip", "lily"])[SPECIES])
    assert clone(model).get_params() == estimator.get_params()
    assert not hasattr(clone(model), "coef_")
    for copy in (
        pickle.loads(pickle.dumps(model)),
        type(model).load(model.save(tmp_path / "a.model")),
        chainrule.load(chainrule.save(model, tmp_path / "b.model")),
    ):
        assert type(copy) is type(model)
        assert copy.get_params() == model.get_params()
        np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
        assert vars(copy).keys() == vars(model).keys()
        assert (copy.predict(X) == model.predict(X)).all()
        assert copy.objective_ == model.objective_
        assert copy.gradient_norm_ == model.gradient_norm_


def test_two_fits_give_the_same_bits():
    first, second = (SoftmaxRegression().fit(X, SPECIES, WEIGHTS) for _ in range(2))
    assert first.coef_.tobytes() == second.coef_.tobytes()
    assert first.intercept_.tobytes() == second.intercept_.tobytes()


def test_fit_leaves_its_arguments_as_they_were():
    copies = X.copy(), SPECIES.copy(), WEIGHTS.copy()
    SoftmaxRegression(standardize=True, class_weight="balanced").fit(X, SPECIES, WEIGHTS)
    for now, before in zip((X, SPECIES, WEIGHTS), copies, strict=True):
        np.testing.assert_array_equal(now, before)
    locked = X.copy()
    locked.flags.writeable = False
    SoftmaxRegression().fit(locked, SPECIES)


def test_in_a_pipeline_it_is_what_it_is_on_the_transformed_samples():
    pipeline = make_pipeline(StandardScaler(), SoftmaxRegression(tol=1e-16)).fit(X, SPECIES)
    Z = StandardScaler().fit_transform(X)
    alone = SoftmaxRegression(tol=1e-16).fit(Z, SPECIES)
    np.testing.assert_array_equal(pipeline.predict_proba(X), alone.predict_proba(Z))
    frames = make_pipeline(StandardScaler().set_output(transform="pandas"), SoftmaxRegression(tol=1e-16))
    import pandas as pd

    names = ["sepal length", "sepal width", "petal length", "petal width"]
    frames.fit(pd.DataFrame(X, columns=names), SPECIES)
    assert frames[-1].feature_names_in_.tolist() == names
    # The frame is stored by columns, so products add in another order.
    np.testing.assert_allclose(frames[-1].coef_, alone.coef_, rtol=1e-12)
    with pytest.raises(ValueError, match="feature names"):
        frames[-1].predict(pd.DataFrame(Z, columns=names[::-1]))


def test_a_grid_search_chooses_what_it_chooses_with_logistic_regression():
    grid = {"C": [1e-3, 1e-1, 10.0]}
    options = {"cv": StratifiedKFold(4), "scoring": "neg_log_loss"}
    ours = GridSearchCV(SoftmaxRegression(tol=1e-16), grid, **options).fit(X, SPECIES)
    theirs = GridSearchCV(LogisticRegression(tol=1e-8, max_iter=2000), grid, **options).fit(X, SPECIES)
    assert ours.best_params_ == theirs.best_params_
    for fold in range(4):
        name = f"split{fold}_test_score"
        # Gradients of 1e-8 over the penalty's curvature, 1 / (C n) = 1e-3: 4e-7 measured in scores.
        np.testing.assert_allclose(ours.cv_results_[name], theirs.cv_results_[name], rtol=0, atol=1e-5)


def test_calibration_takes_it():
    calibrated = CalibratedClassifierCV(SoftmaxRegression(), cv=3).fit(X, SPECIES)
    theirs = CalibratedClassifierCV(LogisticRegression(max_iter=1000), cv=3).fit(X, SPECIES)
    # Both stop at their default tolerances, which differ: 2e-4 measured.
    np.testing.assert_allclose(calibrated.predict_proba(X), theirs.predict_proba(X), atol=5e-3)


@since("1.8", "leaves weights of scores to the last step of a pipeline")
def test_weights_are_routed_through_a_search():
    with sklearn.config_context(enable_metadata_routing=True):
        asking = SoftmaxRegression(tol=1e-18).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(make_pipeline(StandardScaler().set_fit_request(sample_weight=False), asking), {}, cv=3)
        search.fit(X, SPECIES, sample_weight=WEIGHTS)
        silent = GridSearchCV(
            make_pipeline(StandardScaler(), SoftmaxRegression(tol=1e-18)).set_params(), {"softmaxregression__C": [1.0]}
        )
        with pytest.raises((ValueError, TypeError), match="sample_weight"):
            silent.fit(X, SPECIES, sample_weight=WEIGHTS)
    Z = StandardScaler().fit_transform(X)
    weighted, plain = (
        SoftmaxRegression(tol=1e-18).fit(Z, SPECIES, WEIGHTS),
        SoftmaxRegression(tol=1e-18).fit(Z, SPECIES),
    )
    # The same samples and steps; BLAS may add in another order.
    np.testing.assert_allclose(search.best_estimator_[-1].coef_, weighted.coef_, rtol=0, atol=1e-12)
    assert abs(weighted.coef_ - plain.coef_).max() > 1e-3


def test_held_out_samples_go_through_a_pipelines_steps():
    with sklearn.config_context(enable_metadata_routing=True):
        asking = SoftmaxRegression().set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), asking)
        pipeline.set_params(transform_input=["X_val"])
        pipeline.fit(X[::2], SPECIES[::2], X_val=X[1::2], y_val=SPECIES[1::2])
    scaler = StandardScaler().fit(X[::2])
    held_out = (scaler.transform(X[1::2]), SPECIES[1::2])
    alone = SoftmaxRegression().fit(scaler.transform(X[::2]), SPECIES[::2], eval_set=held_out)
    assert pipeline[-1].validation_scores_ == alone.validation_scores_


def test_searches_in_parallel_processes_and_threads_find_the_same():
    expected = cross_val_score(SoftmaxRegression(), X, SPECIES, cv=3)
    with joblib.parallel_backend("threading", n_jobs=2):
        np.testing.assert_array_equal(cross_val_score(SoftmaxRegression(), X, SPECIES, cv=3, n_jobs=2), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n_jobs", "threads"), [(None, None), (1, 1), (3, 3), (-1, joblib.cpu_count())])
def test_a_fit_takes_the_threads_it_is_allowed(monkeypatch, n_jobs, threads, dtype):
    counts, unlimited, samples = [], available_threads(), X.astype(dtype)

    def watched():
        counts.append(available_threads())
        return available_threads()

    monkeypatch.setattr(problem, "available_threads", watched)
    monkeypatch.setattr(problem, "WORTH_THREADS", 0)
    plain = SoftmaxRegression().fit(samples, SPECIES)
    assert set(counts) == {unlimited}
    counts.clear()
    model = SoftmaxRegression(n_jobs=n_jobs).fit(samples, SPECIES)
    path(samples, SPECIES, [0.1, 1.0], n_jobs=n_jobs)
    assert len(counts) >= 4
    assert set(counts) == {threads or unlimited}
    np.testing.assert_array_equal(model.coef_, plain.coef_)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all"])
def test_other_numbers_of_threads_are_refused(n_jobs):
    with pytest.raises(ValueError, match="n_jobs: expected a number of threads, or -1 for all cores, got"):
        SoftmaxRegression(n_jobs=n_jobs).fit(X, SPECIES)


def test_no_warning_is_given_by_a_plain_fit():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert SoftmaxRegression().fit(X, SPECIES).converged_
        assert SoftmaxRegression().fit(X, SPECIES == 2).converged_


@pytest.mark.parametrize("kind", [SoftmaxRegression, SoftmaxRegressionCV])
def test_a_copy_in_float64_predicts_without_the_rounding_of_float32(kind):
    x = X.astype(np.float32)
    model = kind().fit(x, SPECIES)
    wide = model.astype("float64")
    assert (model.coef_.dtype, wide.coef_.dtype, wide.intercept_.dtype) == (np.float32, np.float64, np.float64)
    np.testing.assert_array_equal(wide.coef_, model.coef_)
    assert wide.certificate_ == model.certificate_
    expected = softmax(x.astype(np.float64) @ wide.coef_.T + wide.intercept_, axis=1)
    np.testing.assert_allclose(wide.predict_proba(x), expected, rtol=0, atol=1e-14)
    narrow = wide.astype("float32")
    np.testing.assert_array_equal(narrow.predict_proba(x), model.predict_proba(x))
    assert narrow.certificate_ is None
    assert model.sparsify().astype("float64").coef_.dtype == np.float64
    with pytest.raises(ValueError, match="dtype: expected 'float32' or 'float64', got 'float16'"):
        model.astype("float16")
