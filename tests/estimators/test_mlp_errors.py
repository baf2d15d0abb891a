"""Mistakes are answered with what was expected and what came, and a near neighbour that is right is accepted."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from chainrule import MLPClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 3


def fit(x=X, y=Y, **parameters):
    return MLPClassifier(**{"hidden_layer_sizes": (4,), "max_iter": 2} | parameters).fit(x, y)


@pytest.mark.parametrize(
    ("name", "wrong", "expected", "right"),
    [
        ("hidden_layer_sizes", (4, 0), "a width of at least 1 for every layer", (4, 1)),
        ("hidden_layer_sizes", -3, "a width of at least 1", 3),
        ("hidden_layer_sizes", (2.5,), "a width of at least 1", (2,)),
        ("hidden_layer_sizes", "4", "a width of at least 1", 4),
        ("hidden_layer_sizes", None, "a width of at least 1", ()),
        ("solver", "adamax", "one of 'adam', 'adamw', 'sgd', 'gd', 'lbfgs'", "adamw"),
        ("learning_rate", "warmup", "one of 'constant', 'invscaling', 'adaptive', 'cosine'", "cosine"),
        ("batch_size", 0, "a whole number of at least 1", 1),
        ("batch_size", 2.0, "a whole number of at least 1", 2),
        ("batch_size", "all", "a whole number of at least 1", "auto"),
        ("max_iter", 0, "a whole number of at least 1", 1),
        ("max_iter", True, "a whole number of at least 1", 1),
        ("n_iter_no_change", -1, "a whole number of at least 1", 1),
        ("n_iter_no_change", 1.5, "a whole number of at least 1", np.inf),
        ("max_fun", 0, "a whole number of at least 1", 1),
        ("alpha", -1e-12, "a number of at least 0", 0),
        ("alpha", float("nan"), "a number of at least 0", 0.0),
        ("alpha", float("inf"), "a number of at least 0", 1e10),
        ("alpha", "0.1", "a number of at least 0", 0.1),
        ("power_t", -1, "a number of at least 0", 0.0),
        ("tol", -1e-9, "a number of at least 0", 0.0),
        ("weight_decay", -0.1, "a number of at least 0", 0.0),
        ("learning_rate_init", 0, "a number above 0", 1e-9),
        ("learning_rate_init", float("inf"), "a number above 0", 1),
        ("epsilon", 0.0, "a number above 0", 1e-12),
        ("beta_1", 1, "a number of at least 0 and below 1", 0),
        ("beta_2", 1.0, "a number of at least 0 and below 1", 0.5),
        ("dropout", 1.0, "a number of at least 0 and below 1", 0.5),
        ("dropout", True, "a number of at least 0 and below 1", 0),
        ("validation_fraction", 1.0, "a number of at least 0 and below 1", 0.5),
        ("momentum", 1.5, "a number of at least 0 and at most 1", 0.0),
        ("label_smoothing", -0.1, "a number of at least 0 and at most 1", 1.0),
        ("max_grad_norm", 0, "a number above 0", None),
        ("class_weight", "equal", "a dict, 'balanced' or None", "balanced"),
        ("targets", "soft", "one of 'labels', 'proba'", "labels"),
        ("loss", "hinge", "one of 'log_loss', 'squared_error'", "log_loss"),
        ("eval_metric", "auc", "one of 'accuracy', 'log_loss'", "log_loss"),
        ("new_classes", "drop", "one of 'error', 'add'", "error"),
        ("dtype", "float16", "'auto', 'float32' or 'float64'", "float32"),
        ("activation", None, "", "relu"),
        ("activation", 3, "", "tanh"),
        ("callbacks", 3, "", ()),
        ("random_state", "seed", "", 0),
    ],
)
def test_a_parameter_out_of_range_is_named_with_what_was_expected_and_what_came(name, wrong, expected, right):
    with pytest.raises(ValueError) as raised:
        fit(**{name: wrong})
    message = str(raised.value)
    assert name in message or name == "random_state"
    assert expected in message
    assert repr(wrong) in message
    fit(**{name: right})


@pytest.mark.parametrize("name", ["max_iter", "max_fun", "n_iter_no_change"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_infinity_is_no_limit(name, solver):
    assert fit(**{"tol": 0.01, "max_iter": 50, "solver": solver, name: np.inf}).n_iter_ >= 1


@pytest.mark.parametrize("wrong", ["swish", "affine", ["tanh", "swish"]])
def test_an_unknown_activation_is_answered_with_those_that_exist(wrong):
    unknown = wrong if isinstance(wrong, str) else wrong[1]
    with pytest.raises(ValueError, match=f"no activation is named '{unknown}'; there are .*relu.*sigmoid.*tanh"):
        fit(activation=wrong, hidden_layer_sizes=(4, 3))


@pytest.mark.parametrize("given", [["tanh"], ["tanh"] * 3])
def test_a_list_of_activations_has_one_for_each_hidden_layer(given):
    with pytest.raises(ValueError, match=f"2 hidden layers need as many activations, got {len(given)}"):
        fit(activation=given, hidden_layer_sizes=(4, 3))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.where(X > 2, np.nan, X), "Input X contains NaN"),
        (np.where(X > 2, -np.inf, X), "Input X contains infinity"),
        (X[:0], "0 sample"),
        (X[:, :0], "0 feature"),
        (X[:, 0], "Expected 2D array, got 1D array"),
        (X[None], "(?i)found array with dim 3"),
        (X.astype(complex), "Complex data not supported"),
        (X.astype(str) + "x", "(?i)could not convert string|unable to convert"),
        (X[:-1], r"inconsistent numbers of samples: \[29, 30\]"),
    ],
    ids=["nan", "infinite", "no samples", "no features", "one row", "three axes", "complex", "text", "too few"],
)
def test_features_that_make_no_sense_are_refused(x, message):
    y = Y[: len(x)] if len(x) == 0 else Y
    with pytest.raises(ValueError, match=message):
        fit(x, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.zeros(30), r"at least two classes, got one class: \[0"),
        (np.full(30, "only"), r"at least two classes, got one class: \['only'\]"),
        (Y + 0.5, "Unknown label type: continuous"),
        (np.where(Y > 1, np.nan, Y), "Input y contains NaN"),
        (
            np.stack([Y, Y], axis=1),
            r"one label per sample, or a 0/1 matrix, got multiclass-multioutput of shape \(30, 2\)",
        ),
        (np.full((30, 3), 1 / 3), "Unknown label type: continuous-multioutput"),
        (None, "y cannot be None|requires y"),
    ],
    ids=["one class", "one text", "continuous", "nan", "two columns", "probabilities", "none"],
)
def test_labels_that_make_no_sense_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        fit(y=y)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_predictions_need_a_fit_and_as_many_features(method):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(MLPClassifier(), method)(X)
    model = fit()
    assert len(getattr(model, method)(X)) == 30
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 3 features"):
        getattr(model, method)(X[:, :2])
    with pytest.raises(ValueError, match="contains NaN"):
        getattr(model, method)(np.where(X > 2, np.nan, X))


def test_partial_fit_needs_all_classes_at_first_and_takes_no_others():
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        MLPClassifier().partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`.*\[0 1\].*\[0 1 2\]"):
        MLPClassifier().partial_fit(X, Y, classes=[0, 1])
    model = MLPClassifier((4,)).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
        model.partial_fit(X, Y, classes=[0, 1, 2, 3])
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        model.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match="X has 2 features"):
        model.partial_fit(X[:, :2], Y)
    with pytest.raises(ValueError, match=r"y.* has shape \(30, 2\)"):
        model.partial_fit(X, np.stack([Y > 0, Y > 1], axis=1).astype(int))


def test_partial_fit_is_there_for_solvers_that_take_batches():
    assert hasattr(MLPClassifier(solver="gd"), "partial_fit")
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        MLPClassifier(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2])


def test_a_warm_start_keeps_to_its_classes_features_and_sizes():
    model = fit(warm_start=True)
    with pytest.raises(ValueError, match=r"warm_start.*same classes.*\[0 1 2\].*\[0 1 2 3\]"):
        model.fit(X, np.arange(30) % 4)
    with pytest.raises(ValueError, match="X has 2 features"):
        model.fit(X[:, :2], Y)
    with pytest.raises(ValueError, match="W1"):
        model.set_params(hidden_layer_sizes=(5,)).fit(X, Y)


def test_a_batch_larger_than_the_samples_is_cut_with_a_warning():
    with pytest.warns(UserWarning, match="It is going to be clipped to 30"):
        fit(batch_size=31)
    fit(batch_size=30)


@pytest.mark.parametrize("fraction", [0.0, 0.01])
def test_too_few_samples_to_hold_out_are_refused(fraction):
    with pytest.raises(ValueError, match="validation"):
        fit(early_stopping=True, validation_fraction=fraction)


def test_a_loss_that_overflows_names_epoch_and_rate():
    message = r"the loss is (nan|inf) in epoch \d+: .* learning rate \(1e\+308\) is too high"
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match=message):
        fit(100 * X, solver="sgd", learning_rate_init=1e308, max_iter=50)
