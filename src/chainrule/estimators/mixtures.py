"""Mixtures of classifiers: the mean of their probabilities with weights that sum to one.

The weights w maximise the log-likelihood  sum_i s_i log(sum_c w_c p_ic),  where p_ic is the probability that
classifier c, fitted without sample i, gives to its class. It is concave, and expectation maximisation climbs it:

    r_ic = w_c p_ic / sum_b w_b p_ib,        w_c <- (sum_i s_i r_ic + a) / (sum_i s_i + a C)

`a` counts imagined samples of each classifier. They keep the weights of few samples near equal ones.

Classifiers that were only tried enter the mixture one after another, the one of the largest gain of log-likelihood
first, as long as the gain is above its standard error. That is the selection of Caruana et al. (2004), with a bound.
"""

from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.class_encoding import BINARY, ClassEncoding

IMAGINED = 3.0
"""Imagined samples of each classifier, a."""
ROUNDS, CHANGE = 1000, 1e-6
"""The most rounds of expectation maximisation, and the change of the weights that ends them."""
COARSE = 1e-4
"""That change where many mixtures are compared: gains of log-likelihood hardly depend on the last digits of weights."""


def mixture_weights(
    log_likelihoods: Array,
    sample_weights: Array | None = None,
    imagined: float = IMAGINED,
    *,
    least_change: float = CHANGE,
) -> Array:
    """The weights of classifiers in a mixture.

    Parameters
    ----------
    log_likelihoods : (n, classifiers) array
        log p_ic, at most 0; minus infinity for a classifier that excludes the sample.
    sample_weights : (n,) array, optional
    imagined : float
    least_change : float
        The change of the weights that ends the rounds.

    Examples
    --------
    >>> likelihoods = np.array([[0.9, 0.5], [0.8, 0.5], [0.2, 0.5], [0.9, 0.5]])
    >>> mixture_weights(np.log(np.tile(likelihoods, (100, 1)))).round(2)
    array([0.84, 0.16])
    """
    n, count = log_likelihoods.shape
    shares = np.ones(n) if sample_weights is None else np.asarray(sample_weights, dtype=np.float64)
    # A row may be multiplied by anything, since only ratios of its entries matter.
    top = log_likelihoods.max(axis=1, keepdims=True)
    ratios = np.exp(log_likelihoods - np.where(np.isfinite(top), top, 0.0))
    known = np.isfinite(top[:, 0])
    ratios, shares = ratios[known], shares[known]
    weights = np.full(count, 1 / count)
    for _ in range(ROUNDS):
        joint = ratios * weights
        mass = (shares / joint.sum(axis=1)) @ joint
        updated = (mass + imagined) / (mass.sum() + imagined * count)
        change, weights = np.abs(updated - weights).max(), updated
        if change < least_change:
            break
    return weights


class Gain(NamedTuple):
    """The gain of a mixture by a classifier: the mean gain of log-likelihood of a sample, and its standard error."""

    mean: float
    standard_error: float

    @property
    def is_clear(self) -> bool:
        """True if the gain is above its standard error."""
        return self.mean > self.standard_error

    def __str__(self) -> str:
        return f"log-loss falls by {self.mean:.5f}, standard error {self.standard_error:.5f}"


def gains_of_tried(log_likelihoods: Array, first: int, sample_weights: Array | None = None) -> dict[int, Gain]:
    """The gains of the classifiers that were tried, those behind the first ones: first of those that enter, in order.

    Others have the gain that they would have at the end.

    Parameters
    ----------
    log_likelihoods : (n, classifiers) array
        As in `mixture_weights`, and finite.
    first : int
        So many classifiers are part of the mixture in any case; at least 1.
    sample_weights : (n,) array, optional

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sure, lost = np.log([0.9, 0.1])
    >>> right = rng.random((400, 3)) < [0.8, 0.8, 0.5]
    >>> gains = gains_of_tried(np.where(right, sure, lost), first=1)
    >>> [(number, gain.is_clear) for number, gain in gains.items()]
    [(1, True), (2, False)]
    """
    shares = np.ones(len(log_likelihoods)) if sample_weights is None else np.asarray(sample_weights, dtype=np.float64)
    shares = shares / shares.sum()

    def reached(columns: list[int]) -> Array:
        logs = log_likelihoods[:, columns]
        mixture = mixture_weights(logs, sample_weights, least_change=COARSE)
        return np.asarray(np.logaddexp.reduce(logs + np.log(mixture), axis=1))

    inside, left = list(range(first)), list(range(first, log_likelihoods.shape[1]))
    entered: dict[int, Gain] = {}
    while left:
        now = reached(inside)
        found = {}
        for one in left:
            growth = reached([*inside, one]) - now
            mean = float(shares @ growth)
            found[one] = Gain(mean, float(np.sqrt(shares**2 @ (growth - mean) ** 2)))
        best = max(found, key=lambda one: found[one].mean)
        if not found[best].is_clear:
            return entered | found
        entered[best] = found[best]
        inside.append(best)
        left.remove(best)
    return entered


def mixed_logits(encoding: ClassEncoding, log_probabilities: Array, weights: Array) -> Array:
    """The logits of a mixture: its log-probabilities, or the log-odds of the second class where there are two.

    Sums are those of probabilities, taken by their logarithms, so that probabilities too small for floats count too.

    Parameters
    ----------
    encoding : ClassEncoding
    log_probabilities : (classifiers, n, classes) array
    weights : (classifiers,) array
        Each above 0; their sum is 1.

    Examples
    --------
    >>> from chainrule.estimators.class_encoding import encoding_of
    >>> log_probabilities = np.array([[[np.log(0.5), np.log(0.5)]], [[-2000.0, 0.0]]])
    >>> mixed_logits(encoding_of(np.arange(2)), log_probabilities, np.array([0.5, 0.5])).round(3)  # 3/4 against 1/4
    array([[1.099]])
    """
    shares = np.log(weights).astype(log_probabilities.dtype)[:, None, None]
    mixed = np.logaddexp.reduce(shares + log_probabilities, axis=0)
    return np.asarray(mixed[:, 1:] - mixed[:, :1] if encoding.kind == BINARY else mixed)


def at_labels(log_probabilities: Array, y: Array) -> Array:
    """The log-probability of the class number of each row."""
    return log_probabilities[np.arange(len(y)), y]
