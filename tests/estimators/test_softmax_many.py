"""`fit_many` for softmax regressions: each ends as its own `fit` does, by its own criterion."""

import os
import signal
import time
import warnings

import numpy as np
import pandas
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.multioutput import MultiOutputClassifier

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, fit_many
from chainrule.estimators import softmax_many
from chainrule.solvers.convex import sample

X, DIGITS = load_digits(return_X_y=True)
X = X[:600] / 16
DIGITS = DIGITS[:600]
NAMES = np.array(["even", "odd"])[DIGITS % 2]
YS = [DIGITS == 3, DIGITS, NAMES, DIGITS % 3]
"""Two, ten, two and three classes."""
WEIGHTS = np.random.default_rng(0).random(600) + 0.5
MASK = np.where(np.arange(600) % 3 == 0, 0.0, 1.0)


@pytest.fixture(autouse=True)
def meets(monkeypatch):
    """Also few samples are multiplied together."""
    monkeypatch.setattr(softmax_many, "WORTH_MEETING", 0)


@pytest.fixture
def met(monkeypatch):
    """The numbers of fits at each meeting."""
    counts = []
    hold = softmax_many.Meeting.hold
    monkeypatch.setattr(
        softmax_many.Meeting, "hold", lambda self, fits, most: counts.append(len(fits)) or hold(self, fits, most)
    )
    return counts


def models(count=4, **parameters):
    return [SoftmaxRegression(**{"tol": 1e-6, **parameters}) for _ in range(count)]


def assert_same(many, X, ys, weights=None, tol=1e-6):
    """Both ends are within `tol` of the optimum, and their coefficients within the distances of the certificates."""
    weights = [None] * len(many) if weights is None else weights
    for one, y, own in zip(many, ys, weights, strict=True):
        other = clone(one).fit(X, y, own)
        assert one.converged_
        assert set(vars(one)) == set(vars(other))
        assert (one.classes_ == other.classes_).all()
        assert one.coef_.shape == other.coef_.shape
        assert one.coef_.dtype == other.coef_.dtype
        assert one.n_features_in_ == other.n_features_in_
        assert abs(one.objective_ - other.objective_) <= tol * max(one.objective_, other.objective_)
        if other.certificate_ is not None:
            distance = one.certificate_.distance + other.certificate_.distance
            assert np.linalg.norm(one.coef_.astype(float) - other.coef_) <= distance


def test_classes_and_penalties_of_each(met):
    many = models()
    for model, C in zip(many, (0.01, 1.0, 100.0, 1.0), strict=True):
        model.C = C
    assert fit_many(many, X, ys=YS) is not many
    assert met == [4]
    assert_same(many, X, YS)


@pytest.mark.parametrize(
    "parameters",
    [
        {"fit_intercept": False},
        {"class_weight": "balanced"},
        {"solver": "newton-cg"},
        {"standardize": True},
        {"label_smoothing": 0.1},
        {"certify": False},
        {"C": 1e4},
    ],
    ids=str,
)
def test_settings(parameters, met):
    many = fit_many(models(**parameters), X, ys=YS)
    assert met == [4]
    assert_same(many, X, YS)


def test_fits_that_begin_when_others_end(monkeypatch):
    monkeypatch.setattr(softmax_many, "MOST_AT_ONCE", 2)
    assert_same(fit_many(models(), X, ys=YS), X, YS)


def test_one_y_for_all():
    many = [SoftmaxRegression(C=C, tol=1e-6) for C in (0.01, 1.0, 100.0)]
    assert_same(fit_many(many, X, DIGITS), X, [DIGITS] * 3)


def test_columns_of_a_matrix_and_scikit_learns_wrapper():
    Y = np.stack([DIGITS % 2, DIGITS > 4], axis=1).astype(int)
    heads = fit_many(models(2), X, ys=Y.T)
    wrapper = MultiOutputClassifier(SoftmaxRegression(tol=1e-6))
    wrapper.estimators_ = heads
    expected = clone(wrapper).fit(X, Y)
    # At tol=1e-6, no sample is as near to the boundary as the two fits are to each other.
    assert (wrapper.predict(X) == expected.predict(X)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weights", ["common", "own", "masks", "signed"])
def test_weights(weights, dtype, met):
    X_, given = (
        X.astype(dtype),
        {
            "common": [WEIGHTS] * 4,
            "own": [WEIGHTS, None, WEIGHTS[::-1], MASK + 1],
            "masks": [MASK, 1 - MASK, np.roll(MASK, 1), WEIGHTS * MASK],
            "signed": [np.where(np.arange(600) % 10, WEIGHTS, -0.1), *[WEIGHTS] * 3],
        }[weights],
    )
    arguments = {"sample_weight": WEIGHTS} if weights == "common" else {"sample_weights": given}
    many = fit_many(models(), X_, ys=YS, **arguments)
    assert met == [4]
    assert_same(many, X_, YS, given)


def test_a_class_without_weight_is_no_class():
    # Rows of weight 0 do not count, as in `fit`.
    y = np.where(MASK > 0, DIGITS % 2, 7)
    many = fit_many(models(2), X, ys=[y, DIGITS], sample_weights=[MASK, None])
    assert many[0].classes_.tolist() == [0, 1]
    assert_same(many, X, [y, DIGITS], [MASK, None])
    one_class = np.where(MASK > 0, 1, DIGITS % 2)
    with pytest.raises(ValueError, match="at least two classes, got one class"):
        fit_many(models(2), X, ys=[one_class, DIGITS], sample_weights=[MASK, None])


def test_rows_of_each(met):
    folds = [np.arange(400), np.arange(200, 600)]
    many = fit_many(models(4), X, ys=YS, rows=[folds[0], folds[1], folds[0], folds[1]])
    assert met == [2, 2]
    for number, one in enumerate(many):
        index = folds[number % 2]
        assert_same([one], X[index], [YS[number][index]])


def test_separable_samples():
    # From C=1e5 on, single fits of permuted rows end here at rounding errors, or do not, just so.
    many = fit_many(models(3, C=1e4), X, ys=[DIGITS == 0, DIGITS == 6, DIGITS == 8])
    assert_same(many, X, [DIGITS == 0, DIGITS == 6, DIGITS == 8])


def test_float32_and_a_hard_tolerance():
    many = fit_many(models(tol=1e-10), X.astype(np.float32), ys=YS)
    assert_same(many, X.astype(np.float32), YS, tol=1e-10)


def test_fewer_samples_than_features(met):
    wide = np.random.default_rng(1).standard_normal((60, 300))
    ys = [np.arange(60) % 2, wide[:, 0] > 0, np.arange(60) % 4]
    assert_same(fit_many(models(3), wide, ys=ys), wide, ys)
    assert met == [3]


def test_rows_of_probabilities():
    proba = np.eye(10)[DIGITS] * 0.9 + 0.01
    many = [*models(1, targets="proba"), *models(1)]
    assert_same(fit_many(many, X, ys=[proba, DIGITS]), X, [proba, DIGITS])


def test_a_sample_of_the_rows_stands_for_none(monkeypatch, met):
    # A sample of the first fit's targets would be no start for the others.
    monkeypatch.setattr(sample, "LEAST_PRODUCTS", 0)
    monkeypatch.setattr(sample, "ONE_IN", 2)
    x = np.random.default_rng(2).standard_normal((3000, 5))
    ys = [x[:, 0] > 0.3 * x[:, 1], x[:, 2] > 0]
    for weights in (None, [np.ones(3000), np.arange(3000) + 1.0]):
        assert_same(fit_many(models(2), x, ys=ys, sample_weights=weights), x, ys, weights)


def test_warm_starts():
    many = fit_many(models(warm_start=True), X, ys=YS)
    fit_many(many, X, ys=YS)
    assert [int(model.n_iter_[0]) for model in many] == [1] * 4
    with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same classes"):
        fit_many(many, X, ys=YS[::-1])


def test_frames_keep_their_names():
    frame = pandas.DataFrame(X, columns=[f"pixel {number}" for number in range(64)])
    many = fit_many(models(), frame, ys=[pandas.Series(y) for y in YS])
    assert_same(many, frame, YS)
    assert all((model.feature_names_in_ == frame.columns).all() for model in many)


@pytest.mark.parametrize(
    ("X", "many"),
    [
        (scipy.sparse.csr_array(np.where(X > 0.5, X, 0)), models(2)),
        (X.tolist(), models(2)),
        (X, models(2, C=np.inf, tol=1e-2)),
        (X, models(2, solver="liblinear", fit_intercept=False)),
        (X, [SoftmaxRegressionCV(Cs=[1.0], cv=2), SoftmaxRegressionCV(Cs=[10.0], cv=2)]),
    ],
    ids=["sparse", "list", "no penalty", "liblinear", "cross-validation"],
)
def test_what_is_fitted_one_by_one(X, many, met):
    many = fit_many(many, X, ys=YS[::2])
    assert met == []
    for one, y in zip(many, YS[::2], strict=True):
        np.testing.assert_array_equal(one.coef_, clone(one).fit(X, y).coef_)


def test_small_samples_share_their_spectrum_alone(monkeypatch, met):
    monkeypatch.setattr(softmax_many, "WORTH_MEETING", 1 << 20)
    assert_same(fit_many(models(), X, ys=YS), X, YS)
    assert met == []


def test_other_dtypes_meet_apart(met):
    many = [*models(2), *models(2, dtype="float32")]
    fit_many(many, X, ys=YS)
    assert met == [2, 2]
    assert [model.coef_.dtype for model in many] == [np.float64] * 2 + [np.float32] * 2


def test_refusals_come_before_the_first_step():
    many = models()
    with pytest.raises(ValueError, match="at least two classes, got one class"):
        fit_many(many, X, ys=[*YS[:3], np.zeros(600)])
    with pytest.raises(ValueError, match="NaN"):
        fit_many(many, X, ys=[*YS[:3], np.where(DIGITS == 1, np.nan, DIGITS)])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit_many(many, X, ys=[*YS[:3], DIGITS[:-1]])
    with pytest.raises(ValueError, match="Unknown label type"):
        fit_many(many, X, ys=[*YS[:3], X[:, 10]])
    assert not any(hasattr(model, "coef_") or hasattr(model, "classes_") for model in many)


def test_errors_that_are_returned():
    many = models()
    found = fit_many(many, X, ys=[YS[0], np.zeros(600), *YS[2:]], errors="return")
    assert isinstance(found[1], ValueError)
    assert not hasattr(many[1], "classes_")
    assert_same([found[0], *found[2:]], X, [YS[0], *YS[2:]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_overflow_is_the_error_of_each():
    found = fit_many(models(2), np.full((600, 2), 1e200) * X[:, 20:22], ys=YS[:2], errors="return")
    assert all(isinstance(error, FloatingPointError) for error in found)


@pytest.mark.parametrize("arguments", [{"y": DIGITS, "ys": YS}, {"ys": YS, "sample_weight": 1, "sample_weights": YS}])
def test_one_or_one_for_each(arguments):
    with pytest.raises(ValueError, match="and not both"):
        fit_many(models(), X, **arguments)


def test_what_else_is_refused():
    with pytest.raises(ValueError, match="ys: expected one for each of 4 estimators, got 2"):
        fit_many(models(), X, ys=YS[:2])
    with pytest.raises(ValueError, match="give an eval_set"):
        fit_many(models(temperature_scaling=True), X, ys=YS)
    with pytest.raises(ValueError, match="C: expected"):
        fit_many(models(C=-1), X, ys=YS)
    with pytest.raises(ValueError, match="several labels per sample are for MLPClassifier"):
        fit_many(models(), X, np.eye(10, dtype=int)[DIGITS] + np.eye(10, dtype=int)[DIGITS - 1])


def test_a_fit_without_convergence_warns_the_caller():
    many = models()
    many[1].max_iter = 2
    with pytest.warns(ConvergenceWarning, match="failed to converge after 2 steps") as caught:
        fit_many(many, X, ys=YS)
    assert [(record.filename, len(caught)) for record in caught] == [(__file__, 1)]
    assert [model.converged_ for model in many] == [True, False, True, True]


def test_callbacks_end_their_own_fit():
    steps = []
    many = models()
    many[1].callbacks = [lambda step: steps.append(step.iteration) or step.iteration == 3]
    fit_many(many, X, ys=YS)
    assert steps == [1, 2, 3]
    assert [int(model.n_iter_[0]) > 3 for model in many] == [True, False, True, True]


def test_ctrl_c_keeps_the_weights_so_far(monkeypatch):
    meetings = []
    hold = softmax_many.Meeting.hold
    monkeypatch.setattr(softmax_many.Meeting, "hold", lambda self, *given: meetings.append(self) or hold(self, *given))

    def press(step):
        if step.iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)
            while not meetings[0]._interrupts:  # until the main thread notices
                time.sleep(0.01)

    many = models(tol=1e-12)
    many[0].callbacks = [press]
    with pytest.warns(ConvergenceWarning, match="interrupted after"):
        fit_many(many, X, ys=YS)
    assert any(model.interrupted_ for model in many)
    assert all(model.predict(X).shape == (600,) for model in many)


def test_ctrl_c_before_the_first_step_leaves_all_as_they_were(monkeypatch):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.solvers.convex.shared_products.over_blocks", press)
    many = models(2)
    with pytest.raises(KeyboardInterrupt):
        fit_many(many, X, ys=YS[::2])
    assert not any(hasattr(model, "coef_") for model in many)


@pytest.mark.parametrize("first_step", [1, 2])
def test_after_ctrl_c_no_fit_begins(monkeypatch, first_step):
    def press(step):
        if step.iteration == first_step:
            raise KeyboardInterrupt

    monkeypatch.setattr(softmax_many, "WORTH_MEETING", 1 << 20)
    many = models()
    many[1].callbacks = [press]
    with pytest.raises(KeyboardInterrupt), pytest.warns(ConvergenceWarning, match="interrupted after"):
        fit_many(many, X, ys=YS)
    assert [hasattr(model, "coef_") for model in many] == [True, True, False, False]
    assert [model.interrupted_ for model in many[:2]] == [False, True]


def test_a_line_for_each_fit(capsys):
    fit_many(models(), X, ys=YS, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line[:8] for line in lines) == [f"Fit {number} of" for number in range(1, 5)]
    assert all("steps, objective = 0." in line for line in lines)


def test_networks_take_a_y_each():
    Z, y = load_iris(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        many = [MLPClassifier((4,), max_iter=2, random_state=0) for _ in range(2)]
        ys = [y, y == 0]
        fit_many(many, Z, ys=ys, sample_weights=[None, np.arange(150)])
        for one, own, weights in zip(many, ys, (None, np.arange(150)), strict=True):
            expected = clone(one).fit(Z, own, weights)
            # Two steps whose products are summed in another order.
            np.testing.assert_allclose(one.coefs_[0], expected.coefs_[0], rtol=1e-12, atol=1e-12)
