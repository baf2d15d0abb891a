"""A fit that raises leaves the estimator as it was: every attribute, every prediction, fitted or not."""

import warnings
from copy import deepcopy

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV
from chainrule.estimators import TableEncoder, network_classifier, softmax_cv, softmax_recipe, softmax_regression
from chainrule.estimators.tables import SmoothScaler

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
OTHER = np.array(["a", "b", "c", "d"])[np.arange(150) % 4]
PAIR = (np.abs(X[:, [2, 3]]), OTHER)

NETWORK = {"max_iter": 3, "random_state": 0}
MODELS = {
    "mlp": lambda **given: MLPClassifier(**{"hidden_layer_sizes": (5,), **NETWORK} | given),
    "lbfgs": lambda **given: MLPClassifier(**{"hidden_layer_sizes": (5,), "solver": "lbfgs", **NETWORK} | given),
    "conv": lambda **given: ConvClassifier(**{"layers": "conv 2 1x2, relu", **NETWORK} | given),
    "softmax": SoftmaxRegression,
    "cv": lambda **given: SoftmaxRegressionCV(**{"Cs": [0.1, 1.0], "cv": 3} | given),
}
WITH_PARTIAL_FIT = ["mlp", "conv", "softmax"]


def same(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a is b or hasattr(a, "__dict__"))


def fails(model, error, act, match=None):
    """Assert that `act` raises and changes nothing: no attribute, nothing inside one, and no prediction."""
    fitted = hasattr(model, "classes_")
    objects, values = dict(vars(model)), deepcopy(vars(model))
    probs = model.predict_proba(X) if fitted else None
    with pytest.raises(error, match=match):
        act()
    assert vars(model).keys() == objects.keys()
    assert all(vars(model)[name] is value for name, value in objects.items())
    assert same(vars(model), values)
    if fitted:
        assert np.array_equal(model.predict_proba(X), probs)
    else:
        with pytest.raises(NotFittedError):
            check_is_fitted(model)


def interrupt(*_, **__):
    raise KeyboardInterrupt


def fail(*_, **__):
    raise MemoryError("no room")


@pytest.fixture(params=["unfitted", "fitted"])
def before(request):
    """Return a function that makes an estimator of a kind, fitted to the flowers or not at all."""

    def make(kind, **given):
        model = MODELS[kind](**given)
        return model if request.param == "unfitted" else model.fit(X, NAMES)

    return make


@pytest.mark.parametrize("kind", MODELS)
def test_unfitting_samples(kind, before):
    model = before(kind)
    fails(model, ValueError, lambda: model.fit(X[:, :3], NAMES[:7]), "inconsistent numbers of samples")
    fails(model, ValueError, lambda: model.fit(X[:, :2], np.zeros(150)), "two classes|one class")


@pytest.mark.parametrize("kind", ["mlp", "conv", "softmax"])
def test_a_check_that_comes_after_the_classes_are_known(kind, before):
    model = before(kind)
    fails(model, ValueError, lambda: model.fit(*PAIR, eval_set=(X[:, :2], NAMES)), "eval_set: `y` has classes not in")
    fails(model, ValueError, lambda: model.fit(*PAIR, eval_set=(X[:, :2], OTHER, np.zeros(150))), "weight zero")


def test_temperature_without_held_out_samples(before):
    model = before("softmax").set_params(temperature_scaling=True)
    fails(model, ValueError, lambda: model.fit(*PAIR), "give an eval_set")


@pytest.mark.parametrize("kind", ["mlp", "conv", "softmax"])
@pytest.mark.parametrize("warm_start", [False, True])
def test_an_error_in_the_middle(kind, warm_start, before):
    model = before(kind, warm_start=warm_start)
    model.set_params(callbacks=[fail])
    fails(model, MemoryError, lambda: model.fit(X[::-1], NAMES), "no room")
    model.set_params(callbacks=None).fit(X, NAMES)
    assert model.score(X, NAMES) > 0.3


@pytest.mark.parametrize(
    ("kind", "warm_start"), [*((kind, False) for kind in MODELS), *((kind, True) for kind in MODELS if kind != "cv")]
)
@pytest.mark.parametrize("error", [interrupt, fail])
def test_an_error_at_the_very_end(kind, warm_start, error, before, monkeypatch):
    """Where new classes, weights and curves are there, or some of them."""
    model = before(kind, **({"warm_start": True} if warm_start else {}))
    last = {"mlp": "_show", "conv": "_show", "lbfgs": "_show"}.get(kind, "_note_end")
    monkeypatch.setattr(type(model), last, error)
    expected = KeyboardInterrupt if error is interrupt else MemoryError
    labels = NAMES if warm_start else OTHER
    fails(model, expected, lambda: model.fit(X[::2], labels[::2]))


@pytest.mark.parametrize(("kind", "solver"), [("mlp", "sgd"), ("conv", "sgd"), ("lbfgs", "lbfgs")])
def test_a_loss_that_overflows(kind, solver, before):
    model = before(kind, activation="identity") if kind != "conv" else before(kind, standardize=False)
    model.set_params(solver=solver, learning_rate_init=1e100 if solver == "sgd" else 1e-3)
    fails(model, FloatingPointError, lambda: model.fit(X * (1e160 if solver == "lbfgs" else 1.0), OTHER))


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid", "ignore:underflow")
def test_squares_of_features_that_overflow_in_a_stream(before):
    model = before("softmax")
    fails(model, FloatingPointError, lambda: model.partial_fit(X * 1e160, NAMES, classes=np.unique(NAMES)))


@pytest.mark.parametrize("kind", WITH_PARTIAL_FIT)
@pytest.mark.parametrize("error", [interrupt, fail])
def test_a_batch_that_fails(kind, error, before, monkeypatch):
    model = before(kind)
    if hasattr(model, "classes_"):
        model.partial_fit(X, NAMES)
    if kind == "softmax":
        monkeypatch.setattr(softmax_regression, "absorb", error)
    else:
        monkeypatch.setattr(type(model), "_show", error)
    expected = KeyboardInterrupt if error is interrupt else MemoryError
    fails(model, expected, lambda: model.partial_fit(X[::2], NAMES[::2], classes=np.unique(NAMES)))


def test_a_batch_that_fails_after_it_brought_new_classes(monkeypatch):
    model = MODELS["mlp"](new_classes="add").partial_fit(X, NAMES)
    monkeypatch.setattr(network_classifier, "recipe_of", fail)
    fails(model, MemoryError, lambda: model.partial_fit(X, OTHER))


@pytest.mark.parametrize("part", ["spectrum_of", "minimise", "best_temperature"])
def test_an_interrupt_at_any_part_of_a_softmax_fit(part, before, monkeypatch):
    model = before("softmax").set_params(temperature_scaling=True)
    module = softmax_regression if part == "best_temperature" else softmax_recipe
    monkeypatch.setattr(module, part, interrupt)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR, eval_set=PAIR))


def test_an_interrupt_in_the_last_fit_of_a_cross_validation(before, monkeypatch):
    model = before("cv")
    monkeypatch.setattr(softmax_recipe, "minimise", interrupt)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR))


def test_an_interrupt_between_the_scores_of_the_folds(before, monkeypatch):
    model = before("cv")
    scored = []
    score = softmax_cv.FoldScorer.__call__

    def interrupted(self, *given):
        scored.append(score(self, *given))
        if len(scored) == 3:
            raise KeyboardInterrupt
        return scored[-1]

    monkeypatch.setattr(softmax_cv.FoldScorer, "__call__", interrupted)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR))


def test_sparse_coefficients_stay_sparse():
    model = SoftmaxRegression(warm_start=True).fit(X, NAMES).sparsify()
    model.set_params(callbacks=[fail])
    coef = model.coef_
    with pytest.raises(MemoryError):
        model.fit(X[::-1], NAMES)
    assert model.coef_ is coef
    assert scipy.sparse.issparse(coef)


@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_a_fit_that_fails_draws_no_random_numbers(kind):
    generator = np.random.RandomState(7)
    model = MODELS[kind](random_state=generator, callbacks=[fail])
    with pytest.raises(MemoryError):
        model.fit(X, NAMES)
    assert generator.randint(2**31 - 1) == np.random.RandomState(7).randint(2**31 - 1)


@pytest.mark.parametrize("kind", ["mlp", "conv"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_interrupt_before_the_first_epoch_ends_leaves_nothing(kind, early_stopping, before, monkeypatch):
    model = before(kind).set_params(early_stopping=early_stopping)
    # The first epoch's steps are taken; its loss or score is not.
    monkeypatch.setattr("chainrule.training.History.take", interrupt)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR))


def test_an_interrupt_before_the_first_step_leaves_nothing(before, monkeypatch):
    from chainrule.solvers.convex.minimisation import Minimisation

    model = before("softmax")
    monkeypatch.setattr(Minimisation, "_step", interrupt)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR))


def test_an_interrupt_after_some_steps_keeps_them():
    def second(step):
        if step.iteration == 2:
            raise KeyboardInterrupt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SoftmaxRegression(tol=1e-9, callbacks=[second]).fit(X, NAMES)
        reference = SoftmaxRegression(tol=1e-9, max_iter=2).fit(X, NAMES)
    assert model.interrupted_
    assert model.n_iter_.tolist() == [2]
    assert np.array_equal(model.coef_, reference.coef_)


def test_an_interrupted_lbfgs_keeps_its_last_iteration(monkeypatch):
    from chainrule.training.batch_gradients import BatchGradients

    reference = MODELS["lbfgs"](max_iter=4).fit(X, NAMES)
    whole = BatchGradients.on_all_samples
    seen = []

    def value_and_gradient(self):
        # The call after those of four iterations.
        if len(seen) == evaluations:
            raise KeyboardInterrupt
        seen.append(0)
        return whole(self)

    evaluations = reference.t_ // 150
    monkeypatch.setattr(BatchGradients, "on_all_samples", value_and_gradient)
    with pytest.warns(UserWarning, match="interrupted by user after 4 iterations") as caught:
        model = MODELS["lbfgs"](max_iter=50).fit(X, NAMES)
    assert caught[0].filename == __file__
    assert (model.stopped_by_, model.n_iter_) == ("interrupt", 4)
    assert model.loss_ == reference.loss_
    assert np.array_equal(model.coefs_[0], reference.coefs_[0])


def test_an_interrupted_lbfgs_without_an_iteration_leaves_nothing(before, monkeypatch):
    model = before("lbfgs")
    monkeypatch.setattr("chainrule.training.batch_gradients.BatchGradients.on_all_samples", interrupt)
    fails(model, KeyboardInterrupt, lambda: model.fit(*PAIR))


def test_table_transformers_that_fail():
    table = {"width": np.array([1.0, 2.0, 4.0]), "kind": np.array(["a", "b", "a"], dtype=object)}
    encoder = TableEncoder().fit(table)
    attributes = dict(vars(encoder))
    with pytest.raises(ValueError, match="no column can be used"):
        encoder.fit({"empty": np.array([np.nan, np.nan])})
    assert vars(encoder) == attributes
    scaler = SmoothScaler().fit(np.arange(4.0)[:, None])
    attributes = dict(vars(scaler))
    with pytest.raises(ValueError, match="could not convert"):
        scaler.fit([["a"]])
    assert vars(scaler) == attributes
