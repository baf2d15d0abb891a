"""Mixtures: weights are the optimum of the likelihood, and their probabilities are means of probabilities."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.mixtures import at_labels, gains_of_tried, mixed_logits, mixture_weights


@pytest.mark.parametrize("weighted", [False, True])
def test_weights_of_two_maximise_the_likelihood(weighted):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 1, size=(300, 2)) ** [1, 2]
    shares = rng.uniform(0, 3, size=300) if weighted else np.ones(300)
    found = mixture_weights(np.log(p), shares if weighted else None, imagined=0.0)
    best = minimize_scalar(
        lambda w: -shares @ np.log(w * p[:, 0] + (1 - w) * p[:, 1]), bounds=(0, 1), method="bounded"
    ).x
    # The search stops at changes below 1e-6; steps shrink by a constant factor, here about 0.9.
    np.testing.assert_allclose(found, [best, 1 - best], atol=1e-4)


def test_imagined_samples_keep_weights_of_few_samples_near_equal_ones():
    logs = np.log([[0.9, 0.1], [0.9, 0.1]])
    alone, kept = mixture_weights(logs, imagined=0.0), mixture_weights(logs, imagined=3.0)
    assert alone[0] > 0.999
    # With weight w the first model gets r = 9w / (8w + 1), and w = (2r + 3) / 8, so 64 w^2 - 34 w - 3 = 0.
    np.testing.assert_allclose(kept[0], (34 + np.sqrt(1924)) / 128, atol=1e-4)


def test_samples_that_some_or_all_exclude():
    logs = np.array([[-np.inf, -np.inf], [-np.inf, np.log(0.5)], [np.log(0.5), -np.inf]])
    np.testing.assert_allclose(mixture_weights(logs), [0.5, 0.5])
    assert np.isfinite(mixture_weights(np.full((4, 3), -1e300))).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_the_weighted_mean(classes):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(classes), size=(4, 10))
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    encoding = encoding_of(np.arange(classes))
    found = encoding.probabilities(mixed_logits(encoding, np.log(p), weights))
    # A few roundings of float64.
    np.testing.assert_allclose(found, np.einsum("c,cnk->nk", weights, p), rtol=1e-14)


def test_log_probabilities_below_the_smallest_float_count():
    logs = np.array([[[-5000.0, 0.0]], [[-4000.0, 0.0]]])
    found = mixed_logits(encoding_of(np.arange(2)), logs, np.array([0.5, 0.5]))
    # log(e^-5000 + e^-4000) - log 2 - log 1 = -4000 - log 2.
    np.testing.assert_allclose(found, [[4000 + np.log(2)]], rtol=1e-15)


def test_entries_at_labels():
    assert at_labels(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0])).tolist() == [2.0, 3.0]


def test_what_was_tried_enters_by_its_gain_and_no_further():
    rng = np.random.default_rng(0)
    first = np.log(rng.uniform(0.2, 0.8, 500))
    better, noise = first + rng.uniform(0, 0.2, 500), first + 0.3 * rng.normal(size=500) - 0.05
    logs = np.stack([first, noise, better], axis=1)
    gains = gains_of_tried(logs, first=1)
    assert [(number, gain.is_clear) for number, gain in gains.items()] == [(2, True), (1, False)]
    growth = np.logaddexp.reduce(logs[:, [0, 2]] + np.log(mixture_weights(logs[:, [0, 2]])), axis=1) - first
    gain = gains[2]
    # The weights are right within 1e-2, at gains of up to 0.2 of a row.
    np.testing.assert_allclose(gain.mean, growth.mean(), atol=2e-3)
    np.testing.assert_allclose(gain.standard_error, growth.std() / np.sqrt(500), atol=2e-3)
    assert gains_of_tried(logs, first=3) == {}


def test_a_weight_of_two_counts_twice_in_gains():
    rng = np.random.default_rng(1)
    logs = np.log(rng.uniform(0.1, 1, (60, 3)))
    weights = rng.integers(1, 3, 60)
    weighted = gains_of_tried(logs, 1, weights)
    repeated = gains_of_tried(np.repeat(logs, weights, axis=0), 1)
    assert list(weighted) == list(repeated)
    for one, other in zip(weighted.values(), repeated.values(), strict=True):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-9)
