"""From parameters to the recipe of a fit."""

import math

import pytest

from chainrule import ConvClassifier, MLPClassifier
from chainrule.estimators.mlp import activation_of
from chainrule.estimators.recipes import one_epoch_of, recipe_of
from chainrule.networks import mlp
from chainrule.solvers import SGD, Adam, Adaptive, Cosine, GradientDescent, InverseScaling, constant
from chainrule.training import LBFGS, Objective

OBJECTIVE = Objective(mlp(2, (3,), 2))


def recipe_for(n_samples=1000, judged=False, **parameters):
    return recipe_of(
        MLPClassifier(**parameters),
        OBJECTIVE,
        n_samples,
        default_batch_size=200,
        seed=5,
        judged=judged,
        change=None,
    )


@pytest.mark.parametrize(
    ("parameters", "solver"),
    [
        ({"solver": "adam", "beta_1": 0.8}, Adam(0.8, 0.999, 1e-8, 0.0, 12)),
        ({"solver": "adamw", "weight_decay": 0.1}, Adam(0.9, 0.999, 1e-8, 0.1, 12)),
        ({"solver": "sgd", "momentum": 0.5}, SGD(0.5, True)),
        ({"solver": "sgd", "momentum": 0.0}, SGD(0.0, False)),
        ({"solver": "gd"}, GradientDescent()),
        ({"solver": "lbfgs", "max_fun": 7}, LBFGS(7)),
    ],
)
def test_solvers(parameters, solver):
    assert recipe_for(**parameters).solver == solver


@pytest.mark.parametrize(
    ("parameters", "schedule"),
    [
        ({"learning_rate": "cosine", "max_iter": 10}, Cosine(50)),
        ({"learning_rate": "cosine", "max_iter": 10, "solver": "gd"}, Cosine(10)),
        ({"learning_rate": "cosine", "max_iter": math.inf, "solver": "lbfgs"}, constant),
        ({"learning_rate": "adaptive", "solver": "sgd"}, Adaptive()),
        ({"learning_rate": "adaptive"}, constant),
        ({"learning_rate": "invscaling", "solver": "sgd", "power_t": 0.3}, InverseScaling(0.3)),
    ],
)
def test_schedules(parameters, schedule):
    assert recipe_for(**parameters).schedule == schedule


def test_batches():
    assert [recipe_for(n).batch_size for n in (50, 1000)] == [50, 200]
    assert [recipe_for(solver=solver).batch_size for solver in ("gd", "lbfgs")] == [None, None]
    with pytest.warns(UserWarning, match="clipped to 1000"):
        assert recipe_for(batch_size=2000).batch_size == 1000


def test_held_out_samples_end_a_fit_only_with_early_stopping():
    assert recipe_for(judged=False).patience == 10
    assert recipe_for(judged=True).patience == math.inf
    assert recipe_for(judged=True, early_stopping=True).patience == 10


def test_a_partial_fit_is_one_epoch_with_its_callbacks():
    model = MLPClassifier(learning_rate="cosine", max_iter=10, callbacks=[print])
    once = one_epoch_of(recipe_for(learning_rate="cosine", max_iter=10, callbacks=[print]), model)
    assert (once.epochs, once.patience, once.callbacks, once.schedule) == (1, math.inf, (print,), Cosine(10))


def test_activations_by_their_name_here():
    assert activation_of("logistic") == "sigmoid"
    assert activation_of(("logistic", "tanh")) == ["sigmoid", "tanh"]


@pytest.mark.parametrize("estimator", [MLPClassifier, ConvClassifier])
def test_the_network_is_built_once_and_kept(estimator, monkeypatch):
    build, built = estimator._network_for, []
    monkeypatch.setattr(estimator, "_network_for", lambda self, loss: built.append(loss) or build(self, loss))
    X, y = [[0.0, 1.0, 2.0, 0.5], [1.0, 0.0, 2.0, 1.0], [2.0, 1.0, 0.0, 0.5]] * 4, [0, 1, 2] * 4
    model = estimator(max_iter=3, learning_rate="cosine", random_state=0, new_classes="add").fit(X, y)
    model.predict(X)
    model.input_gradient(X, y)
    assert len(built) == 1
    network = model._network
    model.partial_fit([*X, X[0]], [*y, 3])
    assert model._network is not network
    assert model._network.out_features == 4
    assert "_network" not in model.__getstate__()
