"""partial_fit: one batch after another, each seen once.

    theta_t = argmin sum_{i in batch t} w_i l_i(theta) + (theta - theta_{t-1})^T P_{t-1} (theta - theta_{t-1}) / 2

with P_0 = 1 / C for weights and intercepts alike, and P_t = P_{t-1} + the diagonal of the batch's Hessian at theta_t.
"""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

from chainrule import SoftmaxRegression, SoftmaxRegressionCV

X, SPECIES = load_iris(return_X_y=True)
order = np.random.default_rng(2).permutation(150)
X, SPECIES = X[order], SPECIES[order]
LABELS = {"binary": (SPECIES == 1).astype(int), "multiclass": SPECIES}
WEIGHTS = np.random.default_rng(0).uniform(0.1, 3, 150)
WAY = {"rtol": 0, "atol": 1e-7}
"""Conjugate gradients raise roundings of 1e-16 by the condition of the Hessian: to 1e-9, as measured."""


def stream(X, y, size, model=None, classes=None, weights=None):
    model = SoftmaxRegression() if model is None else model
    classes = np.unique(y) if classes is None and model.targets != "proba" else classes
    for first in range(0, len(y), size):
        batch = slice(first, first + size)
        model.partial_fit(
            X[batch], y[batch], classes=classes, sample_weight=None if weights is None else weights[batch]
        )
    return model


def theta_of(model):
    return np.vstack([model.coef_.T, model.intercept_[None]])


def slopes(theta, X, rows):
    """The gradient of the sum of the losses, and the diagonal of its Hessian, by formulas."""
    ones = np.hstack([X, np.ones((len(X), 1))])
    if theta.shape[1] == 1:
        probs, rows = expit(ones @ theta), rows[:, 1:]
    else:
        probs = softmax(ones @ theta, axis=1)
    return ones.T @ (probs - rows), np.square(ones).T @ (probs * (1 - probs))


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("C", [0.1, 10.0])
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "none"])
def test_a_first_batch_is_fitted_like_a_fit_that_penalises_the_intercepts_too(kind, C, intercept):
    """The ones are then a feature like the others. Without intercepts it is the fit of the batch itself."""
    y, options = LABELS[kind], {"C": C, "tol": 1e-18}
    model = SoftmaxRegression(fit_intercept=intercept, **options).partial_fit(X, y, classes=np.unique(y))
    columns = np.hstack([X, np.ones((150, 1))]) if intercept else X
    whole = SoftmaxRegression(fit_intercept=False, **options).fit(columns, y)
    # Two gradients of 150 samples, each of 1e-9 per sample, over the curvature 1 / C in each of at most 15 entries.
    bound = 2 * 150 * 1e-9 * C * np.sqrt(15)
    np.testing.assert_allclose(model.coef_, whole.coef_[:, :4], rtol=0, atol=bound)
    np.testing.assert_allclose(model.intercept_, whole.coef_[:, 4] if intercept else 0, rtol=0, atol=bound)
    assert abs(model.coef_).max() > 0.1


def test_a_first_batch_with_the_default_tol_is_as_near_its_optimum_as_a_fit():
    """Five steps, as once, left 60 % more log-loss."""
    digits, y = load_digits(return_X_y=True)
    options = {"C": 10, "fit_intercept": False}
    first = SoftmaxRegression(**options).partial_fit(digits / 16, y, classes=range(10))
    loss = log_loss(y, first.predict_proba(digits / 16)) + np.sum(first.coef_**2) / (2 * 10 * len(y))
    best = SoftmaxRegression(tol=1e-8, max_iter=1000, **options).fit(digits / 16, y).objective_
    # A direction that leaves half of the gradient promises three quarters of what there is to gain.
    assert loss <= best * (1 + 1.5e-4)


@pytest.mark.parametrize("kind", LABELS)
def test_every_further_batch_is_at_the_optimum_of_the_recursion_written_out(kind):
    y, k = LABELS[kind], 1 + LABELS[kind].max()
    rows = np.eye(k)[y]
    model = SoftmaxRegression(C=2.0, tol=1e-14)
    before = np.zeros((5, 1 if k == 2 else k))
    precision = np.full_like(before, 1 / 2.0)
    for first in range(0, 150, 30):
        batch = slice(first, first + 30)
        model.partial_fit(X[batch], y[batch], classes=range(k))
        theta = theta_of(model)
        gradient, _ = slopes(theta, X[batch], rows[batch])
        # Newton's decrement is within tol = 1e-14: mean gradients within 1e-6, for curvatures up to 60.
        np.testing.assert_allclose(gradient + precision * (theta - before), 0, rtol=0, atol=30 * 1.001e-6)
        before, precision = theta, precision + slopes(theta, X[batch], rows[batch])[1]


@pytest.mark.parametrize("kind", LABELS)
def test_after_fit_its_samples_count_as_the_next_batch_curves(kind):
    y, k = LABELS[kind], 1 + LABELS[kind].max()
    model = SoftmaxRegression(C=2.0, tol=1e-14).fit(X[:100], y[:100], WEIGHTS[:100])
    before = theta_of(model)
    batch, rows = X[100:], np.eye(k)[y[100:]]
    precision = 1 / 2.0 + WEIGHTS[:100].sum() / 50 * slopes(before, batch, rows)[1]
    model.partial_fit(batch, y[100:])
    theta = theta_of(model)
    gradient, _ = slopes(theta, batch, rows)
    # Newton's decrement is within tol = 1e-14: mean gradients within 1e-6, for curvatures up to 60.
    np.testing.assert_allclose(gradient + precision * (theta - before), 0, rtol=0, atol=50 * 1.001e-6)
    # Two thirds have been seen before: the way is shorter than that of the batch alone.
    alone = SoftmaxRegression(C=2.0).partial_fit(batch, y[100:], classes=range(k))
    assert np.linalg.norm(theta - before) < np.linalg.norm(theta_of(alone)) / 2


def test_standardised_features_are_learned_from_in_small_batches():
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    for seed in range(30):
        mixed = np.random.default_rng(seed).permutation(150)
        assert stream(Z[mixed], SPECIES[mixed], 10).score(Z, SPECIES) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_one_pass_over_digits_is_near_the_fit_of_them_all(seed):
    digits, y = load_digits(return_X_y=True)
    digits = digits / 16
    mixed = np.random.default_rng(seed).permutation(len(y))
    train, test = mixed[:1400], mixed[1400:]
    whole = SoftmaxRegression().fit(digits[train], y[train])
    seen_once = stream(digits[train], y[train], 100)
    descent = SGDClassifier(loss="log_loss", alpha=1 / 1400, random_state=0)
    for first in range(0, 1400, 100):
        batch = train[first : first + 100]
        descent.partial_fit(digits[batch], y[batch], classes=range(10))
    losses = [log_loss(y[test], model.predict_proba(digits[test])) for model in (whole, seen_once, descent)]
    # Measured over four orders: 1.25 to 1.5 times the loss of the fit, where stochastic descent has 1.9 to 2.8 times.
    assert losses[1] < 1.7 * losses[0]
    assert losses[1] < 0.85 * losses[2]
    assert seen_once.score(digits[test], y[test]) > whole.score(digits[test], y[test]) - 0.05


@pytest.mark.parametrize("kind", LABELS)
def test_the_order_of_batches_and_of_rows_in_them_matters_little(kind):
    y = LABELS[kind]
    losses, predictions = [], []
    for seed in range(5):
        blocks = np.random.default_rng(seed).permutation(150).reshape(5, 30) if seed else np.arange(150).reshape(5, 30)
        model = stream(X[blocks.ravel()], y[blocks.ravel()], 30)
        losses.append(log_loss(y, model.predict_proba(X)))
        predictions.append(model.predict_log_proba(X))
    # Measured: 1.11, and 0.92 where the classes are hardly separable.
    assert max(losses) < 1.25 * min(losses)
    assert min(np.corrcoef(predictions[0].ravel(), other.ravel())[0, 1] for other in predictions) > 0.85
    turned = stream(X[:30][::-1], y[:30][::-1], 30, classes=np.unique(y))
    straight = stream(X[:30], y[:30], 30, classes=np.unique(y))
    np.testing.assert_allclose(theta_of(turned), theta_of(straight), **WAY)


def test_a_class_that_has_not_come_yet_loses_probability_and_is_learned_when_it_comes():
    known = SPECIES < 2
    model = SoftmaxRegression().partial_fit(X[known], SPECIES[known], classes=[2, 0, 1])
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.coef_.shape == (3, 4)
    probs = model.predict_proba(X[known])
    assert (model.predict(X[known]) == SPECIES[known]).all()
    assert 0 < probs[:, 2].max() < 1 / 3
    before = log_loss(SPECIES, model.predict_proba(X))
    for _ in range(3):
        model.partial_fit(X[~known], SPECIES[~known])
    assert log_loss(SPECIES, model.predict_proba(X)) < before
    assert np.isfinite(theta_of(model)).all()


@pytest.mark.parametrize("kind", LABELS)
def test_rows_of_probabilities_that_are_certain_are_labels(kind):
    y = LABELS[kind]
    rows = np.eye(y.max() + 1)[y]
    soft = stream(X, rows, 40, SoftmaxRegression(targets="proba"), weights=WEIGHTS)
    hard = stream(X, y, 40, weights=WEIGHTS)
    np.testing.assert_allclose(theta_of(soft), theta_of(hard), **WAY)
    assert soft.classes_.tolist() == list(range(y.max() + 1))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_soft_row_is_the_sample_once_per_class_with_these_weights(k):
    rows = np.random.default_rng(3).dirichlet(np.full(k, 0.7), size=150)
    soft = SoftmaxRegression(targets="proba").partial_fit(X[:60], rows[:60]).partial_fit(X[60:], rows[60:])
    split = SoftmaxRegression()
    for part in (slice(60), slice(60, None)):
        size = len(rows[part])
        split.partial_fit(
            X[part].repeat(k, axis=0), np.tile(np.arange(k), size), classes=range(k), sample_weight=rows[part].ravel()
        )
    np.testing.assert_allclose(theta_of(soft), theta_of(split), **WAY)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csc_matrix, sp.csr_array])
def test_sparse_batches_are_dense_ones(kind, form):
    y = LABELS[kind]
    thin = np.where(np.random.default_rng(5).random(X.shape) < 0.4, 0.0, X)
    dense = stream(thin, y, 40)
    sparse = SoftmaxRegression()
    for first in range(0, 150, 40):
        batch = slice(first, first + 40)
        sparse.partial_fit(form(thin[batch]), y[batch], classes=np.unique(y))
    np.testing.assert_allclose(theta_of(sparse), theta_of(dense), **WAY)


@pytest.mark.parametrize("kind", LABELS)
def test_integer_weights_are_rows_given_as_often_and_zero_is_absence(kind):
    y, times = LABELS[kind], np.random.default_rng(3).integers(0, 4, 150)
    weighted = stream(X, y, 40, weights=times)
    repeated = SoftmaxRegression()
    for first in range(0, 150, 40):
        batch = slice(first, first + 40)
        repeated.partial_fit(X[batch].repeat(times[batch], axis=0), y[batch].repeat(times[batch]), classes=np.unique(y))
    np.testing.assert_allclose(theta_of(weighted), theta_of(repeated), **WAY)


@pytest.mark.parametrize("kind", LABELS)
def test_class_weights_and_smoothing_are_weights_and_soft_rows(kind):
    y, k = LABELS[kind], LABELS[kind].max() + 1
    factors = {0: 2.0, 1: 0.5}
    ours = stream(X, y, 40, SoftmaxRegression(class_weight=factors))
    by_hand = stream(X, y, 40, weights=np.array([factors.get(label, 1.0) for label in y]))
    np.testing.assert_allclose(theta_of(ours), theta_of(by_hand), **WAY)
    smooth = stream(X, y, 40, SoftmaxRegression(label_smoothing=0.2))
    rows = 0.8 * np.eye(k)[y] + 0.2 / k
    soft = stream(X, rows, 40, SoftmaxRegression(targets="proba"))
    np.testing.assert_allclose(theta_of(smooth), theta_of(soft), **WAY)


def test_labels_may_be_names_and_come_in_any_order():
    names = np.array(["pear", "apple", "fig"])
    named = stream(X, names[SPECIES], 50, classes=["fig", "pear", "apple", "fig"])
    plain = stream(X, SPECIES, 50)
    assert named.classes_.tolist() == ["apple", "fig", "pear"]
    np.testing.assert_allclose(named.coef_, plain.coef_[[1, 2, 0]], **WAY)
    assert (named.predict(X) == names[plain.predict(X)]).all()


@pytest.mark.parametrize("fitted_first", [False, True])
def test_a_stream_goes_on_after_a_file_and_after_a_pickle(tmp_path, fitted_first):
    start = SoftmaxRegression(tol=1e-12)
    start = start.fit(X[:60], SPECIES[:60]) if fitted_first else stream(X[:60], SPECIES[:60], 30, start)
    copies = [SoftmaxRegression.load(start.save(tmp_path / "a.model")), pickle.loads(pickle.dumps(start))]
    ends = [theta_of(stream(X[60:], SPECIES[60:], 45, model)) for model in (start, *copies)]
    assert ends[0].tobytes() == ends[1].tobytes() == ends[2].tobytes()
    fresh = clone(start)
    assert not hasattr(fresh, "coef_")
    with pytest.raises(ValueError, match="first call"):
        fresh.partial_fit(X, SPECIES)
    anew = stream(X, SPECIES, 50, fresh)
    np.testing.assert_array_equal(theta_of(anew), theta_of(stream(X, SPECIES, 50, SoftmaxRegression(tol=1e-12))))


def test_fit_forgets_the_stream_before_it():
    model = stream(X[:60], SPECIES[:60] * 0 + np.arange(60) % 3, 30).fit(X, SPECIES)
    alone = SoftmaxRegression().fit(X, SPECIES)
    np.testing.assert_array_equal(theta_of(model), theta_of(alone))
    np.testing.assert_array_equal(
        theta_of(model.partial_fit(X[:50], SPECIES[:50])), theta_of(alone.partial_fit(X[:50], SPECIES[:50]))
    )


def test_every_batch_counts_as_a_step_and_sparse_coefficients_become_dense():
    model = stream(X, SPECIES, 50)
    assert model.n_iter_.tolist() == [3]
    np.testing.assert_array_equal(theta_of(stream(X[:50], SPECIES[:50], 50, model.sparsify())), theta_of(model))
    again = stream(X, SPECIES, 50).partial_fit(X[:50], SPECIES[:50])
    np.testing.assert_array_equal(theta_of(again), theta_of(model))
    # Sums in another order.
    np.testing.assert_allclose(
        model.predict_log_proba(X), log_softmax(X @ model.coef_.T + model.intercept_, axis=1), rtol=0, atol=1e-13
    )


def test_bits_are_the_same_each_time_and_arguments_are_left_alone():
    copies = X.copy(), SPECIES.copy(), WEIGHTS.copy()
    first, second = (stream(X, SPECIES, 40, weights=WEIGHTS) for _ in range(2))
    assert theta_of(first).tobytes() == theta_of(second).tobytes()
    for now, before in zip((X, SPECIES, WEIGHTS), copies, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[:, :3], SPECIES), "features"),
        ((X, SPECIES + 1), "classes"),
        ((X, SPECIES[:-1]), "inconsistent"),
        ((X * np.nan, SPECIES), "NaN"),
        ((X, SPECIES, [0, 1]), "classes"),
        ((X, SPECIES, None, -WEIGHTS), "[Nn]egative"),
        ((X, SPECIES, None, np.where(np.arange(150), 1.0, -1.0)), "[Nn]egative"),
        ((X, SPECIES, None, WEIGHTS[:-1]), "shape|inconsistent"),
        ((X, SPECIES, None, WEIGHTS * np.inf), "infinity|NaN"),
        ((X, np.eye(3)[SPECIES]), "label|column|shape|multilabel|continuous"),
        ((X[:0], SPECIES[:0]), "sample"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_and_leaves_the_model_as_it_was(arguments, message):
    model = stream(X[:60], SPECIES[:60], 30)
    before = {name: np.copy(value) for name, value in vars(model).items() if isinstance(value, np.ndarray)}
    with pytest.raises(ValueError, match=message):
        model.partial_fit(*arguments)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(model, name), value)
    rows = np.eye(4)[SPECIES]
    soft = SoftmaxRegression(targets="proba").partial_fit(X, rows[:, :3])
    with pytest.raises(ValueError, match=r"expected \(n, 3\)"):
        soft.partial_fit(X, rows)


def test_a_label_that_was_not_announced_is_answered_with_what_to_do():
    with pytest.raises(ValueError, match=r"'y' has \[0 1 2\]\. Name all labels in classes= at the first call"):
        SoftmaxRegression().partial_fit(X, SPECIES, classes=[0, 1])


def test_a_first_batch_needs_the_classes_and_good_parameters():
    with pytest.raises(ValueError, match="classes"):
        SoftmaxRegression().partial_fit(X, SPECIES)
    with pytest.raises(ValueError, match="one class"):
        SoftmaxRegression().partial_fit(X, 0 * SPECIES, classes=[0])
    with pytest.raises(ValueError, match="C"):
        SoftmaxRegression(C=-1.0).partial_fit(X, SPECIES, classes=range(3))
    model = SoftmaxRegression()
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, SPECIES, classes=[0, 1])
    model.partial_fit(X[:, :2], SPECIES, classes=range(3))  # the failed call has decided nothing
    assert model.coef_.shape == (3, 2)


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxRegression(standardize=True),
        SoftmaxRegression(temperature_scaling=True),
        SoftmaxRegression(class_weight="balanced"),
        SoftmaxRegressionCV(),
    ],
    ids=str,
)
def test_what_needs_all_samples_at_once_has_no_partial_fit(model):
    assert not hasattr(model, "partial_fit")
    assert hasattr(SoftmaxRegression(class_weight={0: 2.0}), "partial_fit")


def test_what_fit_measured_is_not_said_of_the_weights_after_a_batch():
    model = SoftmaxRegression(tol=1e-16).fit(X[:100], SPECIES[:100], eval_set=(X[100:], SPECIES[100:]))
    model.partial_fit(X[100:], SPECIES[100:])
    stale = {"objective_", "gradient_norm_", "converged_"} & set(vars(model))
    assert not stale


def test_sparse_entries_given_in_parts_count_as_their_sum():
    whole = sp.csr_matrix(X)
    halves = sp.csr_matrix((whole.data.repeat(2) / 2, whole.indices.repeat(2), 2 * whole.indptr), shape=whole.shape)
    np.testing.assert_array_equal(halves.toarray(), X)
    one, two = (
        SoftmaxRegression().partial_fit(form[:75], SPECIES[:75], classes=range(3)).partial_fit(form[75:], SPECIES[75:])
        for form in (whole, halves)
    )
    np.testing.assert_allclose(theta_of(two), theta_of(one), **WAY)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:underflow")
def test_features_too_large_are_an_error_and_no_silent_standstill():
    with pytest.raises((ValueError, FloatingPointError)):
        SoftmaxRegression().partial_fit(X * 1e160, SPECIES, classes=range(3))
