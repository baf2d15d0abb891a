"""Pieces that the recipe of TabularClassifier does without: each variant is what its name says."""

import math
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from benchmarks.tabular import variants
from sklearn.datasets import load_iris

from chainrule import rules
from chainrule.estimators import tabular
from chainrule.estimators.blocks_of_rows import network_logits
from chainrule.estimators.fold_networks import defaults
from chainrule.networks import mlp


@pytest.mark.parametrize("name", variants.VARIANTS)
def test_every_variant_learns(name, monkeypatch):
    monkeypatch.setattr(tabular, "defaults", lambda rows: defaults(rows) | {"max_iter": 15, "folds": 2})
    x, y = load_iris(return_X_y=True)
    frame, before = pandas.DataFrame(x), vars(tabular).copy()
    found = variants.VARIANTS[name](frame[::2], y[::2], frame[1::2])
    assert vars(tabular) == before
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (found.argmax(axis=1) == y[1::2]).mean() > 0.85


def test_members_are_networks_with_their_factors_in_the_first_weights():
    rng, network = np.random.default_rng(0), mlp(3, (4,), 2)
    factors, head, bias = rng.normal(size=(5, 1, 3)), rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 2))
    weight, first_bias, x = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(7, 3))
    hidden = np.maximum((x * factors) @ weight + first_bias, 0)
    thetas = variants.as_networks(network, [factors, weight, first_bias, head, bias])
    for member, theta in enumerate(thetas):
        expected = hidden[member] @ head[member] + bias[member]
        # Sums of at most 5 numbers of size 1, in another order.
        np.testing.assert_allclose(network_logits(network, theta, x).results(np.copy), expected, atol=1e-13)
    p = np.mean([np.exp(rules.log_softmax(hidden[m] @ head[m] + bias[m])) for m in range(5)], axis=0)
    labels = np.arange(7) % 2
    found = variants.mean_likelihood(network, thetas, x, labels)
    np.testing.assert_allclose(found, np.log(p[np.arange(7), labels]), atol=1e-12)


def test_the_rate_of_four_waves_ends_at_zero():
    rate = variants.CosineLog(15)
    # 1 + 15 t / T is a power of two at the ends of the waves, and sqrt 2 times that at the tops.
    np.testing.assert_allclose([rate(0.2, steps, 0) for steps in (0, 1, 3, 7, 15)], 0, atol=1e-15)
    np.testing.assert_allclose(rate(0.2, math.sqrt(8) - 1, 0), 0.2)


def test_the_rate_of_dropout_falls_to_zero():
    noise = variants.FallingDropout(0.2)
    rates = []
    for epoch in (1, 2):
        noise.ended(SimpleNamespace(epoch=epoch, epochs=2))
        rates.append(noise.rate)
    np.testing.assert_allclose(rates, [0.1, 0], atol=1e-16)
