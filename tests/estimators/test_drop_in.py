"""Code written for scikit-learn's LogisticRegression and LogisticRegressionCV, with chainrule's classes instead."""

import inspect
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut

import chainrule
from chainrule import SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators.softmax_path import path

X, SPECIES = load_iris(return_X_y=True)
BINARY = (SPECIES == 1).astype(int)
SCALED = (X - X.mean(axis=0)) / X.std(axis=0)
GROUPS = np.arange(150) % 3
TIGHT = {"tol": 1e-16, "max_iter": 2000}
THEIRS = {"tol": 1e-9, "max_iter": 2000}
"""scikit-learn's `tol` bounds the gradient, and the possible decrease is proportional to its square."""

without_legacy = pytest.mark.skipif(
    "use_legacy_attributes" not in inspect.signature(LogisticRegressionCV).parameters,
    reason="this version of scikit-learn has one form of attributes",
)


@pytest.mark.parametrize(
    "solver",
    ["auto", "lbfgs", "newton-cg", "newton-cholesky", "sag", "saga", pytest.param("liblinear", id="liblinear")],
)
def test_every_solver_that_has_this_optimum_finds_it(solver):
    y, options = (BINARY, {"fit_intercept": False}) if solver == "liblinear" else (SPECIES, {})
    model = SoftmaxRegression(solver=solver, C=0.5, **options, **TIGHT).fit(X, y)
    peer = LogisticRegression(C=0.5, **options, **THEIRS).fit(X, y)
    # Gradients of 1e-9 over the penalty's curvature, 1 / (C n) = 1e-2, leave less than 1e-6.
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        ({"solver": "liblinear"}, BINARY, "penalises the intercept"),
        ({"solver": "liblinear", "fit_intercept": False}, SPECIES, "multiclass"),
        ({"dual": True}, SPECIES, "dual=False, got dual=True"),
        ({"intercept_scaling": 10}, SPECIES, "intercept_scaling: expected 1"),
        ({"intercept_scaling": 0}, SPECIES, "intercept_scaling"),
        ({"l1_ratio": 1}, SPECIES, "^l1_ratio: expected 0, got 1: only the L2"),
        ({"l1_ratio": 0.5}, SPECIES, r"^l1_ratio: expected 0, got 0.5: .*LogisticRegression\(.*l1_ratio=0.5\)$"),
        ({"l1_ratio": 0.5, "solver": "saga"}, SPECIES, "l1_ratio: expected 0"),
        ({"l1_ratio": 1, "solver": "lbfgs"}, SPECIES, "Solver lbfgs supports only 'l2' or None penalties, got l1"),
        ({"l1_ratio": 2}, SPECIES, "l1_ratio"),
        ({"solver": "bfgs"}, SPECIES, "solver: expected one of"),
    ],
)
def test_what_has_another_optimum_is_refused(parameters, y, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression(**parameters).fit(X, y)


def test_a_penalty_of_absolute_values_is_refused_with_what_to_do_instead():
    with pytest.raises(ValueError, match=r"^penalty: expected 'l2', got 'l1'") as refused:  # and no warning
        SoftmaxRegression(penalty="l1").fit(X, SPECIES)
    assert "use scikit-learn's LogisticRegression(solver='saga', l1_ratio=1)" in str(refused.value)


def test_a_penalty_is_taken_by_position_with_scikit_learns_warning():
    with pytest.warns(FutureWarning, match="'penalty' was deprecated") as caught:
        model = SoftmaxRegression("l2", C=0.5).fit(X, SPECIES)
    assert [warning.filename for warning in caught] == [__file__]
    np.testing.assert_array_equal(model.coef_, SoftmaxRegression(C=0.5).fit(X, SPECIES).coef_)
    for penalty in ("l1", "elasticnet"):
        with pytest.raises(ValueError, match="l1_ratio"):
            SoftmaxRegression(penalty, l1_ratio=None if penalty == "elasticnet" else 1).fit(X, SPECIES)
    for penalty in ("ridge", 2):
        with pytest.raises(ValueError, match=f"penalty: expected 'l2' or None, got {penalty!r}"):
            SoftmaxRegression(penalty).fit(X, SPECIES)


def test_no_penalty_is_an_infinite_c():
    y = np.where(np.arange(150) % 7 == 0, (SPECIES + 1) % 3, SPECIES)  # so that there is an optimum
    with pytest.warns(FutureWarning, match="C=np.inf instead of penalty=None"):
        none = SoftmaxRegression(penalty=None, **TIGHT).fit(X, y)
    infinite = SoftmaxRegression(C=np.inf, **TIGHT).fit(X, y)
    np.testing.assert_array_equal(none.coef_, infinite.coef_)
    with (
        pytest.warns(FutureWarning, match="'penalty' was deprecated"),
        pytest.warns(UserWarning, match="Setting penalty=None will ignore the C"),
    ):
        SoftmaxRegression(penalty=None, C=4.0).fit(X, y)
    with pytest.warns(FutureWarning), pytest.raises(ValueError, match=r"Cs=\[np.inf\]"):
        SoftmaxRegressionCV(penalty=None).fit(X, y)


def test_contradictions_and_old_forms_are_warned_of():
    with (
        pytest.warns(FutureWarning),
        pytest.warns(UserWarning, match="Inconsistent values: penalty=l2 with l1_ratio=1"),
    ):
        SoftmaxRegression("l2", l1_ratio=1).fit(X, SPECIES)
    with pytest.warns(FutureWarning, match="'l1_ratio=None' was deprecated"):
        SoftmaxRegression(l1_ratio=None).fit(X, SPECIES)


@pytest.mark.parametrize(
    ("parent", "given"), [(SoftmaxRegression, {"C": 0.5}), (SoftmaxRegressionCV, {"Cs": [0.5], "cv": 2})]
)
def test_a_subclass_may_have_fewer_parameters(parent, given):
    class Strict(parent):
        def __init__(self, tol=1e-16):
            super().__init__(**given, tol=tol, max_iter=2000)

    model = clone(Strict()).fit(X, SPECIES)
    peer = LogisticRegression(C=0.5, **THEIRS).fit(X, SPECIES)
    # As for every solver above.
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="tol: expected a number above 0, got 0"):
        Strict(tol=0).fit(X, SPECIES)


@pytest.mark.parametrize(("given", "meant"), [(0, False), (1, True), (np.int32(2), True)])
def test_numbers_say_whether_there_are_intercepts(given, meant):
    model, same = SoftmaxRegression(fit_intercept=given), SoftmaxRegression(fit_intercept=meant)
    np.testing.assert_array_equal(model.fit(X, SPECIES).predict_proba(X), same.fit(X, SPECIES).predict_proba(X))


def test_the_cross_validated_one_is_silent_by_default():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SoftmaxRegressionCV(Cs=2, cv=2).fit(X, SPECIES)


@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("standardize", [False, True])
def test_coefficients_and_intercepts_sum_to_nothing_over_the_classes(C, standardize):
    y = np.where(np.arange(150) % 7 == 0, (SPECIES + 1) % 3, SPECIES)
    model = SoftmaxRegression(C=C, standardize=standardize, max_iter=1000).fit(X, y)
    # A sum of three rounded coefficients of size 1 to 10.
    np.testing.assert_allclose(model.coef_.sum(axis=0), 0, rtol=0, atol=1e-12)
    assert abs(model.intercept_.sum()) < 1e-12
    for point in path(X, y, [0.1, C], max_iter=1000):
        np.testing.assert_allclose(point.coef.sum(axis=0), 0, rtol=0, atol=1e-12)
        assert abs(point.intercept.sum()) < 1e-12


def test_no_step_is_counted_where_none_may_be_taken():
    with pytest.warns(sklearn.exceptions.ConvergenceWarning, match="auto failed to converge after 0 steps"):
        model = SoftmaxRegression(max_iter=0).fit(X, SPECIES)
    assert model.n_iter_.tolist() == [0]


@without_legacy
@pytest.mark.filterwarnings("ignore:'l1_ratios=None':FutureWarning")
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l1_ratios", [None, (0,), [0.0, 0.0]], ids=str)
@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("y", [SPECIES, np.array(["a", "b"])[BINARY]], ids=["three", "two"])
def test_attributes_have_the_forms_that_they_have_there(y, refit, legacy, l1_ratios, fit_intercept):
    options = {"Cs": [0.1, 1.0], "cv": 3, "refit": refit, "l1_ratios": l1_ratios, "scoring": "neg_log_loss"}
    options |= {"use_legacy_attributes": legacy, "fit_intercept": fit_intercept}
    ours = SoftmaxRegressionCV(**options, **TIGHT).fit(SCALED, y)
    theirs = LogisticRegressionCV(**options, **THEIRS).fit(SCALED, y)
    for name in ("scores_", "coefs_paths_", "n_iter_", "C_", "l1_ratio_", "Cs_", "l1_ratios_", "coef_", "intercept_"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert type(mine) is type(other), name
        if isinstance(other, dict):
            assert list(mine) == list(other)
            mine, other = np.array(list(mine.values())), np.array(list(other.values()))
        assert np.shape(mine) == np.shape(other), name
        if name not in ("n_iter_", "l1_ratio_", "l1_ratios_"):  # there l1_ratios may hold None
            np.testing.assert_allclose(mine, other, rtol=0, atol=1e-4, err_msg=name)
    assert ours.n_iter_.dtype == theirs.n_iter_.dtype
    assert not np.any(ours.l1_ratio_)
    copy = pickle.loads(pickle.dumps(ours))
    assert copy.get_params() == ours.get_params()


def test_legacy_attributes_go_into_model_files(tmp_path):
    model = SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=3, use_legacy_attributes=True).fit(
        X, np.array(["r", "t", "l"])[SPECIES]
    )
    copy = chainrule.load(model.save(tmp_path / "a.model"))
    assert list(copy.scores_) == ["l", "r", "t"]
    np.testing.assert_array_equal(copy.coefs_paths_["r"], model.coefs_paths_["r"])


@pytest.mark.parametrize("l1_ratios", [(1,), (0, 0.5), (), "none", 0.0])
def test_other_ratios_are_refused(l1_ratios):
    with pytest.raises(ValueError, match="l1_ratio"):
        SoftmaxRegressionCV(l1_ratios=l1_ratios).fit(X, SPECIES)


def test_groups_go_to_the_splitter():
    options = {"Cs": [0.1, 1.0], **TIGHT}
    by_hand = SoftmaxRegressionCV(cv=list(LeaveOneGroupOut().split(X, groups=GROUPS)), **options).fit(X, SPECIES)
    given = SoftmaxRegressionCV(cv=LeaveOneGroupOut(), **options).fit(X, SPECIES, groups=GROUPS)
    np.testing.assert_array_equal(given.scores_, by_hand.scores_)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = SoftmaxRegressionCV(cv=GroupKFold(3), **options).fit(X, SPECIES, groups=GROUPS)
    assert routed.scores_.shape == (3, 1, 2)
    with pytest.raises(ValueError, match="other is only supported if enable_metadata_routing=True"):
        SoftmaxRegressionCV(**options).fit(X, SPECIES, other=GROUPS)


def test_weights_reach_the_scorer_that_asks_for_them():
    weights = np.where(SPECIES == 2, 5.0, 1.0)
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    options = {"Cs": [1e-4, 0.01], "cv": folds, "scoring": get_scorer("neg_log_loss")}
    with sklearn.config_context(enable_metadata_routing=True):
        scores = []
        for asks in (True, False):
            scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=asks)
            model = SoftmaxRegressionCV(**{**options, "scoring": scorer}).fit(X, SPECIES, sample_weight=weights)
            scores.append(model.scores_)
            if not asks:
                with pytest.raises(TypeError, match="sample_weight"):
                    model.score(X, SPECIES, sample_weight=weights)
    assert abs(scores[0] - scores[1]).min() > 1e-6
    plain = SoftmaxRegressionCV(**options).fit(X, SPECIES, sample_weight=weights)
    np.testing.assert_array_equal(plain.scores_, scores[0])
    assert plain.score(X, SPECIES, sample_weight=weights) != plain.score(X, SPECIES)


@without_legacy
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "neg_brier_score", "f1_macro", "roc_auc_ovr"])
def test_folds_are_scored_as_there_where_they_lack_a_class_to_score(scoring):
    y = np.where(np.arange(150) < 4, 3, SPECIES)
    folds = [(np.setdiff1d(np.arange(150), test), test) for test in (np.r_[0:2, 10:40], np.r_[60:90])]
    options = {"Cs": [0.01, 1.0], "cv": folds, "scoring": scoring, "l1_ratios": (0,), "use_legacy_attributes": False}
    if scoring == "roc_auc_ovr":  # it is undefined there, and a warning says so
        options["cv"] = [(np.r_[0:150:2], np.r_[1:150:2])] * 2
    ours = SoftmaxRegressionCV(**options, **TIGHT).fit(SCALED, y)
    theirs = LogisticRegressionCV(**options, **THEIRS).fit(SCALED, y)
    np.testing.assert_allclose(ours.scores_, theirs.scores_, rtol=0, atol=1e-5)


@without_legacy
def test_balanced_weights_are_those_of_all_samples_in_every_fold():
    y = np.where(np.arange(150) < 30, 1, SPECIES)
    folds = list(KFold(3, shuffle=True, random_state=2).split(X))
    options = {"Cs": [0.01, 1.0], "cv": folds, "class_weight": "balanced", "scoring": "neg_log_loss"}
    options |= {"l1_ratios": (0,), "use_legacy_attributes": False}
    weights = np.random.default_rng(0).uniform(0.5, 2, 150)
    ours = SoftmaxRegressionCV(**options, **TIGHT).fit(SCALED, y, weights)
    theirs = LogisticRegressionCV(**options, **THEIRS).fit(SCALED, y, weights)
    # Gradients of 1e-9 over the penalty's curvature, about 1e-2, leave less than 1e-6.
    np.testing.assert_allclose(ours.scores_, theirs.scores_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=0, atol=1e-4)


def test_a_frame_is_cross_validated_without_a_word_on_its_names():
    model = SoftmaxRegressionCV(Cs=2, cv=2).fit(pd.DataFrame(X, columns=list("abcd")), SPECIES)
    assert model.feature_names_in_.tolist() == list("abcd")


def test_models_saved_before_a_parameter_came_have_its_default():
    state = SoftmaxRegressionCV(Cs=[1.0], cv=2).fit(X, SPECIES).__getstate__()
    for name in ("penalty", "dual", "intercept_scaling", "l1_ratios", "use_legacy_attributes"):
        del state[name]
    model = SoftmaxRegressionCV.__new__(SoftmaxRegressionCV)
    model.__setstate__(state | {"l1_ratio": 0.0})
    assert clone(model).fit(X, SPECIES).get_params() == SoftmaxRegressionCV(Cs=[1.0], cv=2).get_params()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_a_weight_is_a_repetition_with_newton_cg(form):
    chance = np.random.default_rng(3)
    features, labels, times = chance.random((90, 20)), chance.integers(3, size=90), chance.integers(0, 4, 90)
    for C in (0.1, 1.0):
        model = SoftmaxRegression(solver="newton-cg", C=C)
        weighted = clone(model).fit(form(features), labels, times)
        repeated = clone(model).fit(form(features.repeat(times, axis=0)), labels.repeat(times))
        # Newton's method follows the same points, but for sums in another order.
        np.testing.assert_allclose(
            weighted.decision_function(features), repeated.decision_function(features), rtol=1e-7
        )
