"""A request of the user is fulfilled or refused: no parameter of ours is silently ignored."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from chainrule import ConvClassifier, MLPClassifier
from chainrule.estimators.softmax_path import path
from chainrule.networks import Plan

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


def full_batch(**parameters):
    return MLPClassifier((16,), solver="gd", learning_rate_init=0.3, random_state=0, **({"max_iter": 3} | parameters))


def test_gradient_descent_leaves_units_out_others_in_every_step(monkeypatch):
    masks = []
    drawn = Plan._masks

    def noted(plan, key):
        by_layer = drawn(plan, key)
        masks.extend(mask.copy() for mask in by_layer.values())
        return by_layer

    monkeypatch.setattr(Plan, "_masks", noted)
    with_dropout = full_batch(dropout=0.5).fit(X, Y)
    assert [mask.shape for mask in masks] == [(150, 16)] * 3
    assert not np.array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[1], masks[2])
    assert {0.0, 2.0} == set(np.unique(masks))
    assert with_dropout.loss_ != full_batch().fit(X, Y).loss_
    np.testing.assert_array_equal(with_dropout.coefs_[0], full_batch(dropout=0.5).fit(X, Y).coefs_[0])


def test_blocks_of_a_full_batch_have_masks_of_their_own(monkeypatch):
    import chainrule.training.batch_gradients as batch_gradients

    keys = []
    step = Plan.loss_and_gradient

    def noted(plan, *arguments, dropout_key=None, **options):
        keys.append(dropout_key)
        return step(plan, *arguments, dropout_key=dropout_key, **options)

    monkeypatch.setattr(Plan, "loss_and_gradient", noted)
    monkeypatch.setattr(batch_gradients, "FULL_BATCH_BLOCK", 64)
    full_batch(dropout=0.5, max_iter=2).fit(X, Y)
    assert [key[1:] for key in keys] == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]


def test_dropout_is_refused_where_steps_must_have_one_objective():
    with pytest.raises(ValueError, match=r"dropout: expected 0 for lbfgs, .* got 0\.5"):
        MLPClassifier((8,), solver="lbfgs", dropout=0.5).fit(X, Y)
    images, labels = load_digits(return_X_y=True)
    with pytest.raises(ValueError, match="layers: expected none of dropout for lbfgs"):
        ConvClassifier("dropout 0.1, conv 2 3x3, relu", solver="lbfgs").fit(images[:50], labels[:50])


@pytest.mark.parametrize("name", ["callbacks", "checkpoint", "max_grad_norm"])
def test_what_belongs_to_epochs_is_refused_for_lbfgs(name, tmp_path):
    value = {"callbacks": [print], "checkpoint": tmp_path / "file", "max_grad_norm": 1.0}[name]
    with pytest.raises(ValueError, match=f"{name}: expected None for lbfgs, which has no epochs"):
        MLPClassifier((8,), solver="lbfgs", **{name: value}).fit(X, Y)


def test_lbfgs_is_fitted_to_all_samples_whatever_early_stopping_says():
    fits = [
        MLPClassifier((4,), solver="lbfgs", max_iter=20, random_state=0, early_stopping=stopping).fit(X, Y)
        for stopping in (False, True)
    ]
    np.testing.assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])
    assert fits[1].validation_scores_ is None


def undefined(y, probabilities):
    return float("nan")


@pytest.mark.parametrize("asked", [{"early_stopping": True}, {}])
def test_a_score_that_is_nan_from_the_start_is_refused(asked):
    model = MLPClassifier((4,), eval_metric=undefined, random_state=0, **asked)
    with pytest.raises(ValueError, match="eval_metric: undefined of the held-out samples is NaN after the first epoch"):
        model.fit(X, Y, eval_set=None if asked else (X, Y))


def test_a_score_that_is_nan_later_is_no_improvement():
    scores = iter([0.1, 0.5, *[float("nan")] * 20])
    model = MLPClassifier(
        (4,), eval_metric=lambda y, p: next(scores), early_stopping=True, n_iter_no_change=3, random_state=0
    ).fit(X, Y)
    assert (model.n_iter_, model.best_validation_score_, model.stopped_by_) == (6, 0.5, "patience")


@pytest.mark.parametrize(
    "given", [{"C": 3.0}, {"warm_start": True}, {"temperature_scaling": True}, {"eval_metric": "accuracy"}]
)
def test_a_path_refuses_what_it_has_no_use_for(given):
    with pytest.raises(ValueError, match=f"{next(iter(given))}: a path has no use for it"):
        path(X, Y, [1.0], **given)
