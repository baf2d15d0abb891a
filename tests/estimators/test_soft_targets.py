"""Soft rows, smoothing, class weights, the squared error, metrics and held-out samples, against independent figures."""

import numpy as np
import pytest
import scipy.optimize
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
RANDOM = np.random.default_rng(11)
NOISY = np.where(RANDOM.random(150) < 0.3, (SPECIES + 1) % 3, SPECIES)
SOFT = RANDOM.dirichlet([0.4, 0.7, 1.0], 150)
COUNTS = RANDOM.integers(0, 4, 150)
RARE = np.where(X[:, 0] > 1, 2, np.where(X[:, 1] > 0, 1, 0))
TAGS = np.stack([SPECIES == 1, X[:, 1] > 0.5, NOISY != 2], axis=1).astype(int)
TRAIN, HELD = np.arange(150) % 3 > 0, np.arange(150) % 3 == 0


def fitted(x=X, y=SPECIES, weights=None, eval_set=None, **parameters):
    parameters = {
        "hidden_layer_sizes": (5,),
        "activation": "tanh",
        "solver": "gd",
        "learning_rate_init": 0.3,
    } | parameters
    parameters = {"max_iter": 20, "random_state": 0, "tol": 0} | parameters
    return MLPClassifier(**parameters).fit(x, y, weights, eval_set=eval_set)


def assert_equal_models(one, other, atol=1e-12):
    """Sums in another order over 20 to 100 steps: 1e-15 measured, except where a test says otherwise."""
    for got, want in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def two_of(rows):
    return rows[:, :2] / rows[:, :2].sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("solver", ["gd", "adam"])
def test_one_hot_rows_are_hard_labels_in_batches_too(solver, classes):
    y = np.arange(150) % classes
    options = {"solver": solver, "shuffle": False, "batch_size": 37, "learning_rate_init": 0.02}
    assert_equal_models(fitted(y=np.eye(classes)[y], targets="proba", **options), fitted(y=y, **options))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((4, [0.2, 0.3, 0.4]), r"row 4 is \[0.2, 0.3, 0.4\], with the sum 0.9 \(1 such rows\)"),
        ((9, [-0.1, 0.6, 0.5]), r"row 9 is \[-0.1, 0.6, 0.5\]"),
        ((9, [1.5, -0.5, 0.0]), r"row 9 is \[1.5, -0.5, 0.0\]"),
        ((2, [0.0, 0.0, 0.0]), r"row 2 is \[0.0, 0.0, 0.0\], with the sum 0"),
    ],
)
def test_a_row_that_is_no_distribution_is_named(change, message):
    rows = SOFT.copy()
    rows[change[0]] = change[1]
    with pytest.raises(ValueError, match=message):
        fitted(y=rows, targets="proba")
    with pytest.raises(ValueError, match=message):
        fitted(y=SOFT, targets="proba", eval_set=(X, rows))


@pytest.mark.parametrize("bad", [np.ones((150, 1)), np.where(SOFT > 0.9, np.nan, SOFT), np.full((150, 3), np.inf)])
def test_one_column_and_numbers_that_are_none_are_refused(bad):
    with pytest.raises(ValueError, match=r"^(y: expected a probability for each of|Input y contains (NaN|infinity))"):
        fitted(y=bad, targets="proba")


@pytest.mark.parametrize("rows", [SOFT, two_of(SOFT)], ids=["three", "two"])
def test_soft_rows_reach_the_optimum_of_weighted_copies(rows):
    k = rows.shape[1]
    options = {"hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 2000, "tol": 1e-9, "alpha": 1.0}
    copies = fitted(np.repeat(X, k, axis=0), np.tile(np.arange(k), 150), rows.ravel(), **options)
    # The same convex problem: gradients of 1e-9 over curvatures of 1e-3 leave 1e-6; 2e-10 measured.
    assert_equal_models(fitted(y=rows, targets="proba", **options), copies, 1e-5)


@pytest.mark.parametrize("rows", [np.eye(3)[SPECIES], np.eye(2)[NOISY % 2], SOFT, two_of(SOFT)])
def test_label_smoothing_is_smoothed_rows(rows):
    k = rows.shape[1]
    smoothed = 0.7 * rows + 0.3 / k
    want = fitted(y=smoothed, targets="proba")
    assert_equal_models(fitted(y=rows, targets="proba", label_smoothing=0.3), want)
    if (rows.max(axis=1) == 1).all():
        assert_equal_models(fitted(y=rows.argmax(axis=1), label_smoothing=0.3), want)


@pytest.mark.parametrize("weights", [None, COUNTS + 0.5], ids=["", "weights"])
@pytest.mark.parametrize("class_weight", [{0: 3.0, 1: 1.0, 2: 0.5}, "balanced"], ids=["dict", "balanced"])
@pytest.mark.parametrize("soft", [False, True])
def test_class_weights_are_sample_weights(soft, class_weight, weights):
    rows = 0.4 * SOFT + 0.6 * np.eye(3)[RARE] if soft else np.eye(3)[RARE]
    own = np.ones(150) if weights is None else weights
    mass = own @ rows
    factors = own.sum() / (3 * mass) if class_weight == "balanced" else np.array([3.0, 1.0, 0.5])
    y, options = (rows, {"targets": "proba"}) if soft else (RARE, {})
    want = fitted(y=y, weights=own * (rows @ factors), **options)
    assert_equal_models(fitted(y=y, weights=weights, class_weight=class_weight, **options), want)


@pytest.mark.parametrize(
    ("y", "options"), [(RARE, {}), (SOFT, {"targets": "proba"}), (TAGS, {})], ids=["labels", "rows", "multilabel"]
)
def test_a_weight_of_two_is_the_sample_twice_where_classes_are_balanced(y, options):
    index = np.repeat(np.arange(150), COUNTS)
    weighted = fitted(y=y, weights=COUNTS, class_weight="balanced", **options)
    assert_equal_models(weighted, fitted(X[index], y[index], class_weight="balanced", **options))


def test_the_factors_of_several_labels_are_multiplied():
    dicts = [{0: 1.0, 1: 2.0}, {0: 0.5, 1: 3.0}, {0: 1.0, 1: 1.0}]
    factors = np.prod([np.where(TAGS[:, j] == 1, dicts[j][1], dicts[j][0]) for j in range(3)], axis=0)
    assert_equal_models(fitted(y=TAGS, class_weight=dicts), fitted(y=TAGS, weights=factors))
    balanced = np.prod([150 / (2 * np.bincount(TAGS[:, j])[TAGS[:, j]]) for j in range(3)], axis=0)
    assert_equal_models(fitted(y=TAGS, class_weight="balanced"), fitted(y=TAGS, weights=balanced))


@pytest.mark.parametrize("batch_size", [1, 50, 100])
def test_a_class_of_weight_zero_is_absence(batch_size):
    # The samples are sorted by species, so that whole batches weigh nothing.
    options = {"solver": "sgd", "shuffle": False, "batch_size": batch_size, "learning_rate_init": 0.01, "max_iter": 3}
    here = SPECIES < 2
    model = fitted(class_weight={0: 1.0, 1: 1.0, 2: 0.0}, **options)
    absent = MLPClassifier((5,), "tanh", tol=0, random_state=0, **options)
    for _ in range(3):
        absent.partial_fit(X[here], SPECIES[here], classes=[0, 1, 2])
    assert_equal_models(model, absent)


@pytest.mark.parametrize("class_weight", [{0: -1.0, 1: 1.0, 2: 1.0}, {7: 2.0}, {0: np.nan, 1: 1.0, 2: 1.0}])
@pytest.mark.parametrize("targets", ["labels", "proba"])
def test_class_weights_that_make_no_sense_are_refused(targets, class_weight):
    with pytest.raises(ValueError, match=r"(?i)class_weight|negative|NaN"):
        fitted(y=SPECIES if targets == "labels" else SOFT, targets=targets, class_weight=class_weight)


def test_the_squared_error_is_that_of_the_probability():
    y, options = (NOISY == 1).astype(float), {"hidden_layer_sizes": (), "loss": "squared_error", "alpha": 2.0}

    def objective(theta):
        p = 1 / (1 + np.exp(-(X @ theta[:4] + theta[4])))
        slope = (p - y) * p * (1 - p) / 150
        gradient = np.r_[X.T @ slope + 2 * theta[:4] / 150, slope.sum()]
        return ((p - y) ** 2).mean() / 2 + theta[:4] @ theta[:4] / 150, gradient

    model = fitted(y=y, solver="lbfgs", max_iter=500, **options | {"tol": 1e-9})
    theta = np.r_[model.coefs_[0][:, 0], model.intercepts_[0]]
    best = scipy.optimize.minimize(objective, theta * 0, jac=True, method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(theta, best.x, rtol=0, atol=1e-5)  # gradients of 1e-9, curvatures above 1e-3
    assert model.loss_ == pytest.approx(objective(theta)[0], rel=1e-13, abs=0)
    assert_equal_models(fitted(y=np.stack([1 - y, y], axis=1), targets="proba", **options), fitted(y=y, **options))
    for labels, soft in ((SPECIES, "labels"), (SOFT, "proba"), (TAGS, "labels")):
        with pytest.raises(ValueError, match="loss='squared_error' is for two classes"):
            fitted(y=labels, targets=soft, loss="squared_error")


def brier(y, probs):
    return -((np.eye(3)[y] - probs) ** 2).sum(axis=1).mean()


@pytest.mark.parametrize("weights", [None, (COUNTS + 0.5)[HELD]], ids=["pair", "weights"])
@pytest.mark.parametrize("metric", ["accuracy", "log_loss", brier])
def test_the_weights_of_the_best_epoch_are_restored(metric, weights):
    held = (X[HELD], NOISY[HELD]) if weights is None else (X[HELD], NOISY[HELD], weights)
    options = {"solver": "adam", "learning_rate_init": 0.2, "max_iter": 50, "alpha": 0}
    model = fitted(X[TRAIN], NOISY[TRAIN], eval_set=held, eval_metric=metric, **options)
    probs, scores = model.predict_proba(X[HELD]), model.validation_scores_
    figures = {brier: brier(NOISY[HELD], probs), "log_loss": log_loss(NOISY[HELD], probs, sample_weight=weights)}
    figures["accuracy"] = accuracy_score(NOISY[HELD], model.predict(X[HELD]), sample_weight=weights)
    best = min(scores) if metric == "log_loss" else max(scores)
    assert scores[-1] != best, "the last epoch must not be the best, or restoring proves nothing"
    # The mean over the samples in another order.
    assert figures[metric] == pytest.approx(best, rel=1e-12, abs=0)
    assert model.best_validation_score_ == best


def test_an_eval_set_of_rows_and_of_several_labels_is_scored():
    for y, targets in ((SOFT, "proba"), (two_of(SOFT), "proba"), (TAGS, "labels")):
        model = fitted(y=y, targets=targets, eval_set=(X, y), eval_metric="log_loss")
        probs = model.predict_proba(X)
        each = np.log(probs) * y if targets == "proba" else np.where(y == 1, np.log(probs), np.log1p(-probs))
        # One minus a sigmoid, instead of its counterpart: 1e-16 over probabilities that are not below 1e-3.
        assert -each.sum(axis=1).mean() == pytest.approx(model.best_validation_score_, rel=1e-11, abs=0)


@pytest.mark.parametrize(
    ("eval_set", "options", "message"),
    [
        ((X, SPECIES * 7), {}, r"eval_set: `y` has classes not in `self.classes_`.*\[ 0  7 14\]"),
        ((X, SOFT), {}, "continuous-multioutput|shape"),
        ((X, TAGS), {}, r"eval_set: `y` has shape \(150, 3\), expected \(n,\)"),
        ((X, two_of(SOFT)), {"targets": "proba"}, r"eval_set: `y` has shape \(150, 2\), expected \(n, 3\)"),
        ((X[:, :3], SPECIES), {}, "X has 3 features"),
        ((X, SPECIES, np.ones(4)), {}, r"sample_weight.shape == \(4,\), expected \(150,\)"),
        ((X, SPECIES, -np.ones(150)), {}, "Negative values"),
        ((X, SPECIES), {"solver": "lbfgs"}, "lbfgs has no epochs to judge"),
    ],
)
def test_an_eval_set_that_does_not_fit_is_refused(eval_set, options, message):
    with pytest.raises(ValueError, match=message):
        fitted(y=SOFT if "targets" in options else SPECIES, eval_set=eval_set, **options)
