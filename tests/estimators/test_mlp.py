"""The fitted classifier: attributes, labels and shapes of every kind, dtypes, sparse X, and scikit-learn's tools."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, load, rules

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SEVERAL = np.stack([SPECIES == 0, SPECIES != 1, X[:, 1] > 0, X[:, 0] > 0.5], axis=1).astype(int)
TARGETS = {"binary": SPECIES == 1, "multiclass": SPECIES, "multilabel": SEVERAL}


def fitted(y=SPECIES, x=X, weights=None, **parameters):
    parameters = {"hidden_layer_sizes": (6, 5), "max_iter": 20, "random_state": 0} | parameters
    return MLPClassifier(**parameters).fit(x, y, weights)


def predictions(model, x=X):
    return [model.predict(x), model.predict_proba(x), model.predict_log_proba(x), model.decision_function(x)]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize(
    ("kind", "outputs", "out", "classes"),
    [
        ("binary", 1, "logistic", [False, True]),
        ("multiclass", 3, "softmax", [0, 1, 2]),
        ("multilabel", 4, "logistic", [0, 1, 2, 3]),
    ],
)
def test_attributes_are_scikit_learns(kind, outputs, out, classes):
    model = fitted(TARGETS[kind])
    assert [weight.shape for weight in model.coefs_] == [(4, 6), (6, 5), (5, outputs)]
    assert [bias.shape for bias in model.intercepts_] == [(6,), (5,), (outputs,)]
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, outputs, out)
    assert (model.n_features_in_, model.n_iter_, model.t_) == (4, 20, 3000)
    assert model.classes_.tolist() == classes
    assert len(model.loss_curve_) == 20
    assert model.loss_ == model.loss_curve_[-1]
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.stopped_by_ == "max_iter"


@pytest.mark.parametrize("kind", TARGETS)
def test_predictions_follow_from_the_logits(kind):
    model = fitted(TARGETS[kind], solver="lbfgs")
    w1, w2, w3 = model.coefs_
    b1, b2, b3 = model.intercepts_
    logits = np.maximum(np.maximum(X @ w1 + b1, 0) @ w2 + b2, 0) @ w3 + b3
    labels, probs, log_probs, decisions = predictions(model)
    if kind == "multiclass":
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert (labels == logits.argmax(axis=1)).all()
    elif kind == "binary":
        expected = np.hstack([sigmoid(-logits), sigmoid(logits)])
        logits = logits[:, 0]
        assert (labels == (logits > 0)).all()
    else:
        expected = sigmoid(logits)
        assert (labels == (logits > 0)).all()
    assert decisions.shape == logits.shape
    # Logits of some tens are rounded at 1e-15, and probabilities with them.
    np.testing.assert_allclose(decisions, logits, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_probs), probs, rtol=1e-12)
    if kind != "multilabel":
        np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("y", [SPECIES, SPECIES == 1, np.stack([SPECIES == 1, SPECIES != 1], axis=1).astype(int)])
def test_log_probabilities_are_finite_where_probabilities_round_to_zero(y):
    model = fitted(y, hidden_layer_sizes=())
    model.coefs_[0] *= 1e4
    probs, log_probs = model.predict_proba(X), model.predict_log_proba(X)
    assert np.isfinite(log_probs).all()
    assert (probs == 0).sum() > 20
    assert log_probs[probs == 0].max() < -700


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (np.array(["setosa", "blue flag", "Ω"]), "U9"),
        (np.array(["b", "a", "c"], dtype=object), object),
        (np.array([-5, 10**12, 3]), np.int64),
        (np.array([2.0, 1.0, 7.0]), np.float64),
    ],
    ids=["text", "objects", "integers", "whole floats"],
)
def test_labels_come_back_as_they_were_given(labels, dtype):
    model = fitted(labels[SPECIES], solver="lbfgs")
    assert model.classes_.tolist() == sorted(labels.tolist())
    predicted = model.predict(X)
    assert predicted.dtype == dtype
    assert (predicted == labels[SPECIES]).mean() > 0.95
    two = fitted(labels[(SPECIES == 1).astype(int)], solver="lbfgs", max_iter=200)
    assert set(two.predict(X).tolist()) == set(labels[:2].tolist())


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd", "lbfgs"])
def test_single_precision_stays_single(kind, solver):
    single = fitted(TARGETS[kind], X.astype(np.float32), solver=solver)
    double = fitted(TARGETS[kind], solver=solver)
    for block in (*single.coefs_, *single.intercepts_):
        assert block.dtype == np.float32
    for got, want in zip(predictions(single, X.astype(np.float32))[1:], predictions(double)[1:], strict=True):
        assert (got.dtype, want.dtype) == (np.float32, np.float64)
    if solver != "lbfgs":  # its path branches on rounding
        # 20 epochs of one step each: measured, 3e-7 apart at most, adam's divisions by small gradients included.
        np.testing.assert_allclose(single.predict_proba(X), double.predict_proba(X), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("solver", ["adam", "gd", "lbfgs"])
@pytest.mark.parametrize("layout", [scipy.sparse.csr_matrix, scipy.sparse.csc_matrix, scipy.sparse.csr_array])
def test_sparse_features_give_what_dense_ones_give(kind, solver, layout):
    x = np.where(abs(X) < 0.5, 0, X)
    dense, sparse = (fitted(TARGETS[kind], each, solver=solver, batch_size=37) for each in (x, layout(x)))
    # Products summed in another order, over 20 epochs or iterations: measured, 1e-12.
    np.testing.assert_allclose(sparse.predict_proba(layout(x)), dense.predict_proba(x), rtol=0, atol=1e-10)
    np.testing.assert_allclose(sparse.predict_proba(x), sparse.predict_proba(layout(x)), rtol=0, atol=1e-13)


def test_rows_and_their_order_in_memory_do_not_matter_to_predictions():
    model = fitted()
    whole = model.predict_proba(X)
    for x in (np.asfortranarray(X), X[::-1][::-1], X.tolist()):
        # Products of other sizes and orders in memory add in other orders: 1e-16 measured.
        assert np.allclose(model.predict_proba(x), whole, rtol=0, atol=1e-14)
    one_by_one = np.vstack([model.predict_proba(X[[i]]) for i in range(150)])
    np.testing.assert_allclose(one_by_one, whole, rtol=0, atol=1e-14)


def test_more_rows_than_a_block_are_predicted_block_by_block():
    model, many = fitted(), np.tile(X, (14, 1))[:2053]  # 2048 rows and five
    np.testing.assert_allclose(model.predict_proba(many), np.tile(model.predict_proba(X), (14, 1))[:2053], atol=1e-14)


def test_the_same_seed_gives_the_same_model_and_another_does_not():
    first, second, other = (fitted(random_state=seed, dropout=0.2) for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(first.coefs_, second.coefs_, strict=True))
    assert not (first.coefs_[0] == other.coefs_[0]).any()
    by_state = [fitted(random_state=np.random.RandomState(7)).coefs_[0] for _ in range(2)]
    assert (by_state[0] == by_state[1]).all()


def test_a_second_fit_forgets_the_first():
    model = fitted().fit(X, np.where(SPECIES == 2, "yes", "no"))
    assert model.classes_.tolist() == ["no", "yes"]
    assert len(model.loss_curve_) == 20
    fresh = fitted(np.where(SPECIES == 2, "yes", "no"))
    assert (model.predict_proba(X) == fresh.predict_proba(X)).all()


def test_no_hidden_layer_and_one_number_are_taken_as_sizes():
    assert [weight.shape for weight in fitted(hidden_layer_sizes=()).coefs_] == [(4, 3)]
    assert [weight.shape for weight in fitted(hidden_layer_sizes=7).coefs_] == [(4, 7), (7, 3)]
    assert [weight.shape for weight in fitted(hidden_layer_sizes=[7, np.int64(2)]).coefs_] == [(4, 7), (7, 2), (2, 3)]


@pytest.mark.parametrize("copied", [clone, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_model_with_a_rule_as_activation_is_copied(copied):
    activation = [rules.softplus, "tanh"]
    model = fitted(activation=activation)
    other = copied(model)
    assert other.activation[0] is rules.softplus
    assert other.get_params()["hidden_layer_sizes"] == (6, 5)
    if copied is clone:
        with pytest.raises(NotFittedError):
            other.predict(X)
        other.fit(X, SPECIES)
    assert all((a == b).all() for a, b in zip(predictions(model), predictions(other), strict=True))
    before = model.coefs_[0].copy()
    other.partial_fit(X, SPECIES)
    assert (model.coefs_[0] == before).all()


def test_search_and_pipeline_find_a_good_model():
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(solver="lbfgs", random_state=0, max_iter=60))
    grid = {"mlpclassifier__alpha": [1e3, 0.1], "mlpclassifier__activation": ["tanh", rules.softplus]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(*load_iris(return_X_y=True))
    assert search.best_params_["mlpclassifier__alpha"] == 0.1
    assert search.best_score_ > 0.93
    assert cross_val_score(search.best_estimator_, X, SPECIES, cv=3, scoring="neg_log_loss").min() > -0.5


def test_names_of_features_are_kept_and_checked():
    import pandas

    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    model = fitted(x=frame)
    assert model.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    assert (model.predict_proba(frame) == fitted().predict_proba(X)).all()
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[["b", "a", "c", "d"]])


def test_a_fit_that_converges_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(solver="lbfgs", max_iter=5000, alpha=1.0)
        fitted(max_iter=3000, learning_rate_init=0.01)


@pytest.mark.parametrize("activation", ["mish", "selu", ["mish", "selu"]])
def test_smooth_activations_train_and_are_saved(activation, tmp_path):
    model = fitted(activation=activation, hidden_layer_sizes=(12, 8), max_iter=300)
    assert model.score(X, SPECIES) > 0.9
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").predict_proba(X).tolist() == model.predict_proba(X).tolist()
