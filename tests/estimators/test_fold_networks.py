"""Networks of folds: folds of equal sizes and shares of classes, and fits that are those of MLPClassifier."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from chainrule import MLPClassifier
from chainrule.estimators import fold_networks
from chainrule.estimators.blocks_of_rows import network_logits
from chainrule.estimators.fold_networks import (
    FACTOR_STEPS,
    Settings,
    Training,
    defaults,
    first_parameters,
    fits_of,
    folded,
    folds_of,
    held_out_logits,
    network_of,
)
from chainrule.networks import mlp
from chainrule.training import train, train_many

SETTINGS = Settings(False, (8,), "relu", 0.02, 0.01)
TRAINING = Training(epochs=12, batch_size=16, beta_2=0.95, seed=3, deadline=math.inf, done=lambda rows: None)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.integers(2, 8))
def test_folds_hold_out_every_row_in_equal_numbers(labels, count):
    y = np.array(labels)
    count = min(count, len(y))
    folds = folds_of(y, count, seed=1)
    held = [set(held.tolist()) for _, held in folds]
    assert set.union(*held) == set(range(len(y)))
    assert {len(part) for part in held} == {-(-len(y) // count)}
    for (kept, out), label in ((fold, label) for fold in folds for label in set(labels)):
        assert set(kept.tolist()) | set(out.tolist()) == set(range(len(y)))
        assert not set(kept.tolist()) & set(out.tolist())
        # One more at an end of the class, and one more where a fold was filled up.
        assert abs((y[out] == label).sum() - (y == label).sum() / count) < 2 + 1e-9


def test_folds_depend_on_the_seed():
    y = np.arange(20) % 2
    first, second = ([held.tolist() for _, held in folds_of(y, 4, seed)] for seed in (0, 1))
    assert first != second
    assert first == [held.tolist() for _, held in folds_of(y, 4, 0)]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_network_of_a_fold_is_the_one_that_the_multilayer_perceptron_fits(weighted, monkeypatch):
    # Factors of 2^60 times features over 2^60, by powers of two and thus exact: steps of 0.02 do not move such factors.
    monkeypatch.setattr(fold_networks, "FACTOR_STEPS", 2.0**-60)
    x, y = load_iris(return_X_y=True)
    x = x.astype(np.float64)
    weights = np.linspace(0.5, 2, len(y)) if weighted else None
    folds = folds_of(y, 3, seed=0)
    fits = list(fits_of(SETTINGS, TRAINING, 3, (x, y, weights), folds))
    assert train_many(fits) == [None] * 3
    for member, (fit, (kept, held)) in enumerate(zip(fits, folds, strict=True)):
        alone = MLPClassifier(
            (8,),
            alpha=0.01,
            learning_rate="cosine",
            learning_rate_init=0.02,
            beta_2=0.95,
            batch_size=16,
            max_iter=12,
            eval_metric="log_loss",
        )
        alone.random_state = 0
        held_weights = () if weights is None else (weights[held],)
        prepared = alone._prepared(
            x[kept], y[kept], None if weights is None else weights[kept], ((x[held], y[held], *held_weights),)
        )
        # The same stream of numbers: the seed of a member is that of the group plus its number.
        prepared.recipe = replace(prepared.recipe, seed=3 + member)
        network = fit.recipe.objective.network
        prepared.run.theta[...] = folded(network, first_parameters(network, 3 + member, np.float64))
        train_many([prepared])
        # Steps in a stack round otherwise; after 84 of them a difference of 1e-12 is that of the stacks' own test.
        np.testing.assert_allclose(folded(network, fit.run.theta), prepared.run.theta, rtol=0, atol=1e-11)
        np.testing.assert_allclose(fit.run.history.best, prepared.run.history.best, rtol=1e-9)


def test_factors_start_at_one_and_take_steps_of_six_times_the_length():
    x, y = load_iris(return_X_y=True)
    fit = next(fits_of(SETTINGS, replace(TRAINING, epochs=1, batch_size=200), 3, (x, y, None), folds_of(y, 3, seed=0)))
    network = fit.recipe.objective.network
    before = [block.copy() for block in network.unpack(fit.run.theta)]
    np.testing.assert_allclose(FACTOR_STEPS * before[0], 1, rtol=1e-15)
    plain, logits = mlp(4, (8,), 3), network_logits(network, fit.run.theta, FACTOR_STEPS * x)
    folded_logits = network_logits(plain, folded(network, fit.run.theta), x)
    # Sums of at most 8 terms of size 10, in another order.
    np.testing.assert_allclose(folded_logits.results(np.copy), logits.results(np.copy), rtol=1e-13, atol=1e-13)
    train(fit.recipe, fit.samples, fit.run)
    factors, weight, *_ = network.unpack(fit.run.theta)
    # The first step of Adam has the length of the rate, 0.02, but for epsilon: 1e-8 of gradients of 1e-4 or more.
    np.testing.assert_allclose(FACTOR_STEPS * abs(factors - before[0]), 6 * 0.02, rtol=1e-3)
    np.testing.assert_allclose(abs(weight - before[1]).max(), 0.02, rtol=1e-3)


def test_held_out_logits_are_of_the_network_that_has_not_seen_the_row():
    x, y = load_iris(return_X_y=True)
    folds = folds_of(y, 4, seed=0)
    network = network_of(SETTINGS, 4, 3)
    thetas = np.stack([network.initial_parameters(seed) for seed in range(4)])
    found = held_out_logits(network, thetas, x, folds)
    for theta, (_, held) in zip(thetas[::-1], folds[::-1], strict=True):
        weight, bias, out, out_bias = network.unpack(theta)
        own = np.maximum(x[held] @ weight + bias, 0) @ out + out_bias
        once = ~np.isin(held, np.concatenate([other for _, other in folds if other is not held]))
        np.testing.assert_allclose(found[held][once], own[once], rtol=1e-12, atol=1e-12)


def test_defaults_grow_and_fall_with_the_rows():
    every = [defaults(rows) for rows in (2, 100, 1000, 10_000, 1_000_000)]
    for name in ("folds", "max_iter"):
        values = [one[name] for one in every]
        assert values == sorted(values, reverse=True)
    assert [one["batch_size"] for one in every] == [32, 32, 62, 256, 256]
    decays = [one["alpha"] / one["batch_size"] for one in every]
    assert decays == sorted(decays, reverse=True)
    assert decays[0] == 0.004
