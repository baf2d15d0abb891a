"""Features that scikit-learn's classifier lacks: soft labels, smoothing, losses, eval sets, new classes, gradients."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_sample_weight

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NOISY = np.where(np.random.default_rng(3).random(150) < 0.4, (SPECIES + 1) % 3, SPECIES)
TRAIN, HELD = np.arange(150) % 3 > 0, np.arange(150) % 3 == 0
SOFT = np.random.default_rng(4).dirichlet([0.3, 0.5, 1.0], 150)
STEPS = {"solver": "gd", "learning_rate_init": 0.3, "tol": 0}


def fitted(x=X, y=SPECIES, weights=None, eval_set=None, **parameters):
    parameters = {"hidden_layer_sizes": (6,), "max_iter": 30, "random_state": 0} | parameters
    return MLPClassifier(**parameters).fit(x, y, weights, eval_set=eval_set)


def assert_equal_models(one, other, atol=1e-12):
    for got, want in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("solver", ["gd", "adam", "lbfgs"])
def test_rows_of_certain_probabilities_are_labels(classes, solver):
    y = np.minimum(SPECIES, classes - 1)
    options = {"solver": solver, "max_iter": 8, "tol": 0}
    soft = fitted(y=np.eye(classes)[y], targets="proba", **options)
    assert soft.classes_.tolist() == list(range(classes))
    # Sums over classes with zeros among them, in another order: measured, 1e-15.
    assert_equal_models(soft, fitted(y=y, **options))


@pytest.mark.parametrize("columns", [[0, 1], [0, 1, 2]])
def test_rows_of_probabilities_are_weighted_copies_of_a_sample(columns):
    # -sum_k t_k log p_k is the loss of k copies, each with label k and weight t_k.
    soft = SOFT[:, columns] / SOFT[:, columns].sum(axis=1, keepdims=True)
    k = len(columns)
    copies = fitted(np.repeat(X, k, axis=0), np.tile(columns, 150), soft.ravel(), **STEPS)
    assert_equal_models(fitted(y=soft, targets="proba", **STEPS), copies)


def test_the_best_constant_prediction_is_the_mean_of_the_rows():
    model = fitted(np.zeros((150, 2)), SOFT, targets="proba", solver="lbfgs", tol=1e-10, max_iter=500, alpha=0)
    # L-BFGS stops at gradients of 1e-10: 2e-9 measured.
    np.testing.assert_allclose(model.predict_proba(np.zeros((1, 2)))[0], SOFT.mean(axis=0), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.full((150, 3), 0.5), "every row must hold probabilities that sum to 1; row 0 is"),
        (np.where(np.arange(150)[:, None] == 7, [[-0.5, 1.0, 0.5]], SOFT), r"row 7 is \[-0.5, 1.0, 0.5\]"),
        (np.ones((150, 1)), "at least two classes"),
        (SOFT[:-1], "inconsistent numbers of samples"),
        (np.where(np.arange(150)[:, None] == 7, np.nan, SOFT), "NaN"),
        (SPECIES, "takes rows of class probabilities"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        fitted(y=rows, targets="proba")


@pytest.mark.parametrize("classes", [2, 3])
def test_smoothing_spreads_its_share_over_all_classes(classes):
    y = np.minimum(SPECIES, classes - 1)
    rows = 0.8 * np.eye(classes)[y] + 0.2 / classes
    smooth = fitted(y=y, label_smoothing=0.2, **STEPS)
    assert_equal_models(smooth, fitted(y=rows, targets="proba", **STEPS))


def test_the_squared_error_is_minimised_as_written():
    y = (SPECIES == 1).astype(float)
    options = STEPS | {"hidden_layer_sizes": (), "loss": "squared_error", "alpha": 3.0}
    start = fitted(y=y, **options | {"learning_rate_init": 1e-300, "max_iter": 1})
    w, b = start.coefs_[0][:, 0].copy(), start.intercepts_[0][0]
    for _ in range(30):
        p = 1 / (1 + np.exp(-(X @ w + b)))
        slope = (p - y) * p * (1 - p)
        w, b = w - 0.3 * (X.T @ slope + 3.0 * w) / 150, b - 0.3 * slope.mean()
    model = fitted(y=y, **options)
    # Sums in another order, over 30 steps.
    np.testing.assert_allclose(model.coefs_[0][:, 0], w, rtol=1e-11)
    np.testing.assert_allclose(model.intercepts_[0][0], b, rtol=1e-11)
    with pytest.raises(ValueError, match="loss='squared_error' is for two classes"):
        fitted(loss="squared_error")


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", lambda y, probs: -((np.eye(3)[y] - probs) ** 2).sum()])
def test_an_eval_set_judges_epochs_and_the_best_is_restored(metric):
    held = (X[HELD], NOISY[HELD])
    model = fitted(
        X[TRAIN], NOISY[TRAIN], eval_set=held, eval_metric=metric, max_iter=60, learning_rate_init=0.2, alpha=0
    )
    scores = model.validation_scores_
    probs = model.predict_proba(X[HELD])
    if metric == "accuracy":
        assert accuracy_score(NOISY[HELD], model.predict(X[HELD])) == max(scores) == model.best_validation_score_
    elif metric == "log_loss":
        # The mean over the samples in another order.
        assert log_loss(NOISY[HELD], probs) == pytest.approx(min(scores), rel=1e-12, abs=0)
        assert model.best_validation_score_ == min(scores)
    else:
        assert metric(NOISY[HELD], probs) == pytest.approx(max(scores), rel=1e-12, abs=0)
    best = min(scores) if metric == "log_loss" else max(scores)
    assert scores[-1] != best, "the last epoch must not be the best, or restoring proves nothing"
    # Without early stopping an eval set only watches.
    assert (model.n_iter_, len(scores), model.t_) == (60, 60, 6000)


def test_an_eval_set_takes_the_place_of_the_validation_fraction():
    options = {"early_stopping": True, "max_iter": 400, "learning_rate_init": 0.1}
    model = fitted(X[TRAIN], NOISY[TRAIN], eval_set=(X[HELD], NOISY[HELD]), **options)
    assert model.stopped_by_ == "patience"
    assert model.t_ == 100 * model.n_iter_


def test_weights_of_an_eval_set_count():
    light = np.where(np.arange(50) == 3, 1.0, 1e-12)
    model = fitted(X[TRAIN], SPECIES[TRAIN], eval_set=(X[HELD], SPECIES[HELD], light), max_iter=3)
    assert all(min(score, 1 - score) < 1e-9 for score in model.validation_scores_)


def test_class_weights_count_in_an_eval_set_as_in_training():
    only_one = {0: 1e-12, 1: 1.0, 2: 1e-12}
    held = (X[HELD], SPECIES[HELD])
    model = fitted(X[TRAIN], SPECIES[TRAIN], eval_set=held, class_weight=only_one, max_iter=3)
    share = model.predict(X[HELD])[SPECIES[HELD] == 1] == 1
    # The other classes weigh 1e-12.
    assert model.best_validation_score_ == pytest.approx(share.mean(), abs=1e-9)
    weighed = fitted(X[TRAIN], SPECIES[TRAIN], eval_set=held, class_weight="balanced", eval_metric="log_loss")
    factors = compute_sample_weight("balanced", SPECIES[HELD])
    probs = weighed.predict_proba(X[HELD])
    assert log_loss(SPECIES[HELD], probs, sample_weight=factors) == pytest.approx(weighed.best_validation_score_)


def test_held_out_samples_may_come_apart():
    apart = MLPClassifier((6,), max_iter=5, random_state=0)
    apart.fit(X[TRAIN], NOISY[TRAIN], X_val=X[HELD], y_val=NOISY[HELD], sample_weight_val=np.arange(1.0, 51.0))
    together = MLPClassifier((6,), max_iter=5, random_state=0)
    together.fit(X[TRAIN], NOISY[TRAIN], eval_set=(X[HELD], NOISY[HELD], np.arange(1.0, 51.0)))
    assert apart.validation_scores_ == together.validation_scores_
    with pytest.raises(ValueError, match="y_val is None"):
        apart.fit(X, NOISY, X_val=X)
    with pytest.raises(ValueError, match="X_val is None"):
        apart.fit(X, NOISY, y_val=NOISY)
    with pytest.raises(ValueError, match="not both"):
        apart.fit(X, NOISY, eval_set=(X, NOISY), X_val=X, y_val=NOISY)


def test_a_checkpoint_in_a_folder_that_does_not_exist_is_refused_before_training(tmp_path):
    seen = []
    with pytest.raises(FileNotFoundError, match=r"checkpoint: the folder .*nowhere does not exist"):
        fitted(checkpoint=tmp_path / "nowhere" / "run.checkpoint", callbacks=[seen.append])
    assert not seen


@pytest.mark.parametrize(
    ("eval_set", "message"),
    [
        ((X[:5],), r"expected a tuple \(X, y\)"),
        (X[:5], r"expected a tuple \(X, y\)"),
        ((X[:5, :2], SPECIES[:5]), "X has 2 features"),
        ((X[:5], SPECIES[:4]), "inconsistent numbers of samples"),
        ((X[:5], SPECIES[:5] + 7), "eval_set: `y` has classes not in"),
        ((np.full((2, 4), np.nan), SPECIES[:2]), "NaN"),
        ((X[:5], SPECIES[:5], np.zeros(5)), "eval_set: every sample has the weight zero"),
    ],
)
def test_eval_sets_that_make_no_sense_are_refused(eval_set, message):
    with pytest.raises(ValueError, match=message):
        fitted(eval_set=eval_set)


@pytest.mark.parametrize("before", [2, 3])
def test_new_classes_are_added_and_old_logits_stay(before):
    model = MLPClassifier((6,), new_classes="add", random_state=0)
    names = np.array(["b", "d", "c"])[SPECIES]
    known = before > SPECIES
    for _ in range(5):
        model.partial_fit(X[known], names[known])
    odds = model.predict_log_proba(X)
    old = model.classes_.tolist()
    assert old == sorted(set(names[known]))
    first, *_ = model.coefs_
    first = first.copy()
    model.set_params(learning_rate_init=1e-300).partial_fit(X, np.where(SPECIES == 1, "a", names))
    assert model.classes_.tolist() == sorted({*old, *"abc"})
    assert model.predict_proba(X).shape == (150, len(model.classes_))
    assert (model.coefs_[0] == first).all()
    now = model.predict_log_proba(X)[:, np.searchsorted(model.classes_, old)]
    # Differences of log-probabilities between old classes are differences of logits, which have not moved.
    np.testing.assert_allclose(now - now[:, :1], odds - odds[:, :1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("y", [SPECIES, SPECIES == 1, np.stack([SPECIES == 1, SPECIES == 2], axis=1).astype(int)])
def test_the_input_gradient_is_the_slope_of_each_samples_loss(y):
    model = fitted(y=y, activation="tanh", **STEPS)
    gradient = model.input_gradient(X, y)
    assert gradient.shape == X.shape

    def losses(x):
        if y.ndim == 2:
            logits = model.decision_function(x)
            return (np.logaddexp(0, logits) - y * logits).sum(axis=1)
        return -model.predict_log_proba(x)[np.arange(150), y.astype(int)]

    for j in range(4):
        step = 1e-5 * np.eye(4)[j]
        # Central differences of losses around 1: off by a third derivative times 1e-10 / 6, and by 1e-16 / 1e-5.
        slope = (losses(X + step) - losses(X - step)) / 2e-5
        np.testing.assert_allclose(gradient[:, j], slope, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("given", "wanted"), [(np.float64, "float32"), (np.float32, "float64"), (int, "float32")])
def test_the_precision_can_be_chosen(given, wanted):
    x = (10 * X).astype(given)
    model = fitted(x, dtype=wanted)
    assert {block.dtype.name for block in model.coefs_ + model.intercepts_} == {wanted}
    assert model.predict_proba(x).dtype == wanted
    assert (model.predict_proba(x) == fitted(x.astype(wanted)).predict_proba(x.astype(wanted))).all()


@pytest.mark.parametrize("solver", ["adam", "gd", "sgd"])
def test_a_device_trains_the_same_model(solver):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    options = {"solver": solver, "learning_rate_init": 0.01, "batch_size": 37, "tol": 0}
    there, here = fitted(device="cpu", **options), fitted(**options)
    # 30 epochs of steps whose gradients are rounded otherwise: measured, 1e-15.
    assert_equal_models(there, here, 1e-12)
    assert isinstance(there.coefs_[0], np.ndarray)
    np.testing.assert_allclose(there.predict_proba(X), here.predict_proba(X), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="takes dense X"):
        fitted(scipy.sparse.csr_matrix(X), device="cpu")
