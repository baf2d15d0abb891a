"""Classes that turn up in a stream: `partial_fit` widens the output layer, and what was learned stays."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from chainrule import MLPClassifier

X, SPECIES = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
STILL = {"gd": 1e-300, "sgd": 1e-300, "adam": 1e-300}
"""A rate at which a step is lost in rounding, so that what is seen is the widened model itself."""


def trained(names, known, solver="adam", **parameters):
    parameters = {"hidden_layer_sizes": (6,), "activation": "tanh", "learning_rate_init": 0.1} | parameters
    model = MLPClassifier(solver=solver, new_classes="add", random_state=0, **parameters)
    for _ in range(20):
        model.partial_fit(X[known], names[known])
    return model


@pytest.mark.parametrize("solver", STILL)
@pytest.mark.parametrize("hidden", [(6,), (), (5, 4)])
@pytest.mark.parametrize("added", ["a", "c", "e"])
def test_old_classes_keep_their_probabilities_among_themselves(added, hidden, solver):
    names = np.array(["b", "d", added])[SPECIES]
    model = trained(names, SPECIES < 2, solver, hidden_layer_sizes=hidden)
    assert model.coefs_[-1].shape[1] == 1
    before = model.predict_proba(X)
    assert np.ptp(before[:, 0]) > 0.3, "a model that has learned nothing would prove nothing"
    model.set_params(learning_rate_init=STILL[solver]).partial_fit(X, names)
    assert model.classes_.tolist() == sorted(["b", "d", added])
    assert (model.n_outputs_, model.out_activation_, model.coefs_[-1].shape[1]) == (3, "softmax", 3)
    old = model.predict_proba(X)[:, [model.classes_.tolist().index(name) for name in "bd"]]
    # Logits below 100 in size, halved and subtracted: 100 * 2^-52 each.
    np.testing.assert_allclose(old / old.sum(axis=1, keepdims=True), before, rtol=0, atol=1e-12)


def test_several_classes_at_once_and_one_after_another_keep_the_ratios():
    labels = np.arange(150) % 6
    model = trained(labels, labels < 3)
    before = model.predict_log_proba(X)
    model.set_params(learning_rate_init=1e-300)
    for known in (labels < 5, labels < 6):
        model.partial_fit(X[known], labels[known])
        now = model.predict_log_proba(X)[:, :3]
        # Differences of rounded logits; the steps are of size 1e-300.
        np.testing.assert_allclose(now - now[:, :1], before - before[:, :1], rtol=0, atol=1e-12)
    assert model.classes_.tolist() == list(range(6))


def test_a_class_that_is_only_announced_is_added_too():
    model = trained(SPECIES, SPECIES < 2)
    model.partial_fit(X[:100], SPECIES[:100], classes=[0, 1, 2, 9])
    assert model.classes_.tolist() == [0, 1, 2, 9]
    assert model.predict_proba(X).shape == (150, 4)


@pytest.mark.parametrize("first", [["a", "b"], np.array(["a", "b"], dtype=object)], ids=["unicode", "object"])
def test_a_longer_name_is_not_cut(first):
    names = np.array(["a", "b", "a longer name"], dtype=getattr(first, "dtype", None))[SPECIES]
    model = MLPClassifier((4,), new_classes="add", random_state=0)
    model.partial_fit(X[:100], np.asarray(first)[SPECIES[:100]])
    model.partial_fit(X, names)
    assert model.classes_.tolist() == ["a", "a longer name", "b"]


def test_names_announced_first_are_not_cut_to_those_of_the_first_batch():
    model = MLPClassifier((4,), random_state=0)
    model.partial_fit(X[:100], np.array(["a", "b"])[SPECIES[:100]], classes=["a", "b", "a longer name"])
    assert model.classes_.tolist() == ["a", "a longer name", "b"]
    model.partial_fit(X, np.array(["a", "b", "a longer name"])[SPECIES])


def test_an_unknown_class_is_refused_where_none_may_be_added_and_nothing_changes():
    model = trained(SPECIES, SPECIES < 2).set_params(new_classes="error")
    before = [block.copy() for block in model.coefs_ + model.intercepts_]
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`. `self.classes_` has \[0 1\]"):
        model.partial_fit(X, SPECIES)
    assert all((a == b).all() for a, b in zip(before, model.coefs_ + model.intercepts_, strict=True))
    with pytest.raises(ValueError, match="new_classes: expected one of 'error', 'add', got 'ignore'"):
        model.set_params(new_classes="ignore").partial_fit(X, SPECIES)


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd"])
def test_a_stream_whose_classes_come_one_by_one_is_learned(solver):
    x, digits = load_digits(return_X_y=True)
    x = x / 16
    rate = 0.1 if solver == "sgd" else 0.005
    model = MLPClassifier((32,), solver=solver, new_classes="add", random_state=0, learning_rate_init=rate)
    for known in range(2, 11):
        for _ in range(8):
            model.partial_fit(x[digits < known], digits[digits < known])
        assert model.classes_.tolist() == list(range(known))
        assert len(model.coefs_) == 2
    # 72 epochs, 8 of them with all classes; a model that forgot the old ones would get a tenth. Measured: 0.96 or more.
    assert model.score(x, digits) > 0.9
    assert len(model.loss_curve_) == 72


def test_the_solver_goes_on_after_classes_were_added():
    model = trained(SPECIES, SPECIES < 2)
    curve = [model.partial_fit(X, SPECIES).loss_ for _ in range(60)]
    assert curve[-1] < curve[0] / 4
    assert model.score(X, SPECIES) > 0.9


def test_weights_of_classes_may_name_those_to_come():
    model = MLPClassifier((4,), new_classes="add", random_state=0, class_weight={0: 1.0, 1: 1.0, 2: 5.0})
    model.partial_fit(X[:100], SPECIES[:100]).partial_fit(X, SPECIES)
    assert model.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("targets", ["labels", "proba"])
def test_columns_are_not_added(targets):
    rows = np.eye(4)[SPECIES] if targets == "proba" else np.tile([[0, 1, 0, 1], [1, 0, 1, 1]], (75, 1))
    model = MLPClassifier((4,), new_classes="add", targets=targets, random_state=0)
    narrow = rows[:, :3] / (rows[:, :3].sum(axis=1, keepdims=True) if targets == "proba" else 1)
    model.partial_fit(X, narrow if targets == "proba" else narrow.astype(int))
    with pytest.raises(ValueError, match=r"`y` has shape \(150, 4\), expected \(n, 3\)"):
        model.partial_fit(X, rows)


def test_a_third_class_is_no_matter_for_the_squared_error():
    model = trained(SPECIES, SPECIES < 2, loss="squared_error")
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="loss='squared_error' is for two classes"):
        model.partial_fit(X, SPECIES)
    assert model.classes_.tolist() == [0, 1]
    assert (model.predict_proba(X) == before).all()


def test_a_stream_begins_with_two_classes_or_with_their_names():
    model = MLPClassifier((4,), new_classes="add", random_state=0)
    with pytest.raises(ValueError, match="at least two classes, got one class"):
        model.partial_fit(X[:50], SPECIES[:50])
    model.partial_fit(X[:50], SPECIES[:50], classes=[0, 1]).partial_fit(X, SPECIES)
    assert model.classes_.tolist() == [0, 1, 2]
