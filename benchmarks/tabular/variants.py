"""Pieces that the recipe of `TabularClassifier` does without, for `--ablate`: how it fares with each of them.

A variant is the estimator with a method, or functions of its modules, exchanged for others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any
from unittest import mock

import numpy as np

from chainrule import TabularClassifier, rules
from chainrule.arrays import Array
from chainrule.estimators import fold_networks, mixtures, network_groups, tabular
from chainrule.estimators.blocks_of_rows import network_logits
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.fold_networks import (
    Fold,
    NetworkGroup,
    Settings,
    Training,
    behind_factors,
    fits_of,
    folded,
    network_of,
)
from chainrule.estimators.mixtures import at_labels
from chainrule.estimators.temperature import best_temperature
from chainrule.kernels.dropout import draw_mask
from chainrule.networks import Network, PeriodicEmbedding, mlp, network_of_layers
from chainrule.solvers import Adam, Cosine, constant
from chainrule.training import Fit, Progress, train_many

Contestant = Callable[[Any, Any, Any], Any]


def variant(of: type[TabularClassifier] = TabularClassifier, **functions: Any) -> Contestant:
    """`TabularClassifier`, or a class of it, with functions exchanged in the modules that have them by name."""

    def probabilities(fitted: Any, labels: Any, tested: Any) -> Any:
        with ExitStack() as exchanged:
            for name, function in functions.items():
                for module in (tabular, fold_networks, network_groups):
                    if hasattr(module, name):
                        exchanged.enter_context(mock.patch.object(module, name, function))
            return of(random_state=0, n_jobs=1).fit(fitted, labels).predict_proba(tested)

    return probabilities


def each_alone(fits: Iterator[Fit], *, threads: int | None, done: Callable[[Fit], object]) -> list[None]:
    """Train each network by itself, as networks with layers are that no stack takes."""
    return [error for fit in fits for error in train_many([fit], threads=threads, done=done)]


def smoothed(*arguments: Any) -> Iterator[Fit]:
    """Fits with label smoothing."""
    for fit in fits_of(*arguments):
        fit.recipe = replace(fit.recipe, objective=replace(fit.recipe.objective, label_smoothing=0.1))
        yield fit


def to_the_last_epoch(*arguments: Any) -> Iterator[Fit]:
    """Fits that no rows judge, so that the last epoch is kept."""
    for fit in fits_of(*arguments):
        fit.judge = None
        yield fit


@dataclass(frozen=True)
class CosineLog:
    """Four waves of growing lengths from 0 to eta, (1 - cos(2 pi log2(1 + 15 t / T))) / 2, as RealMLP has it.

    Source: Holzmueller, Grinsztajn and Steinwart (2024), "Better by default".
    """

    total_steps: int

    def __call__(self, learning_rate: float, steps: int, samples: int) -> float:
        """The rate after this many steps."""
        return learning_rate * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * steps / self.total_steps))) / 2


@dataclass(frozen=True)
class PeriodicSettings(Settings):
    """Settings of networks on cosines of the features."""


class WithCosines(TabularClassifier):
    """Networks on cosines of the features, with learned frequencies, in place of piecewise linear ones."""

    def _settings(self, *arguments: Any) -> list[Settings]:
        plain = super()._settings(*arguments)[0]
        return [plain, PeriodicSettings(**vars(plain))]

    def _learn_bins(self, X: Array) -> None:
        self.piecewise_ = None


def on_cosines(settings: Settings, features: int, classes: int) -> Network:
    """The network, behind eight cosines of each feature for settings that say so."""
    if not isinstance(settings, PeriodicSettings):
        return network_of(settings, features, classes)
    first = PeriodicEmbedding(8, sigma=0.1).layer((features,))
    return network_of_layers([first, *network_of(settings, first.out_shape[0], classes).layers], (features,))


def folded_into_the_first(network: Network, theta: Array) -> Array:
    """`folded`, also for a first layer whose parameters are no weights, such as frequencies."""
    factors, first, *others = network.unpack(theta)
    plain = replace(network, layers=network.layers[1:])
    return plain.pack([fold_networks.FACTOR_STEPS * factors[:, None] * first, *others])


class FallingDropout:
    """The masks of dropout, whose rate falls along half a cosine over the epochs."""

    def __init__(self, rate: float) -> None:
        self._first = self.rate = rate

    def __call__(self, stream: np.random.Generator, out: Array, work: Any) -> Array:
        """Draw a mask."""
        return draw_mask(stream, out, work, rate=self.rate)

    def ended(self, progress: Progress) -> bool:
        """Lower the rate after an epoch."""
        self.rate = self._first * (1 + np.cos(np.pi * progress.epoch / progress.epochs)) / 2
        return False


def with_dropout(settings: Settings, *arguments: Any) -> Iterator[Fit]:
    """Fits with dropout after each hidden layer."""
    noise = FallingDropout(0.15)
    for fit in fits_of(settings, *arguments):
        shapes = fit.recipe.objective.network
        noisy = mlp(
            shapes.in_features, settings.hidden, shapes.out_features, activation=settings.activation, dropout_rate=0.15
        )
        layers = [layer if layer.noise is None else replace(layer, noise=noise) for layer in noisy.layers]
        network = behind_factors(network_of_layers(layers, (shapes.in_features,)))
        objective = replace(fit.recipe.objective, network=network)
        fit.recipe = replace(fit.recipe, objective=objective, callbacks=(*fit.recipe.callbacks, noise.ended))
        yield fit


class Refitted(TabularClassifier):
    """Networks of all rows, for as many epochs as were best on average, in place of those of the folds."""

    beside = 0
    """If above 0, so many of each kind, beside those of the folds."""

    def _fit_networks(self, samples: Any, folds: list[Fold], seed: int, chosen: Any, deadline: float) -> Any:
        seen: list[list[Fit]] = []

        def recorded(*arguments: Any) -> list[Fit]:
            seen.append(list(fits_of(*arguments)))
            return seen[-1]

        with mock.patch.object(network_groups, "fits_of", recorded):
            groups, logs = super()._fit_networks(samples, folds, seed, chosen, deadline)
        X, y, weights = samples
        training = Training(chosen["max_iter"], chosen["batch_size"], tabular.BETA_2, seed + 100, deadline, int)
        every, found = np.arange(len(y)), []
        for group, fits, x in zip(groups, seen, self._views(X), strict=True):
            best = np.mean([1 + np.argmin(fit.run.history.scores) for fit in fits])
            again = [(every, every[:1])] * (self.beside or len(folds))
            refits = list(fits_of(group.settings, training, len(self.classes_), (x, y, weights), again))
            for fit in refits:
                fit.recipe, fit.judge = replace(fit.recipe, epochs=round(best)), None
            train_many(refits, threads=1)
            thetas = [folded(fit.recipe.objective.network, fit.run.theta) for fit in refits]
            found.append(replace(group, parameters=np.stack([*group.parameters, *thetas] if self.beside else thetas)))
        return found, logs


class RefittedBeside(Refitted):
    """Two networks of all rows of each kind, beside those of the folds."""

    beside = 2


class WithTemperature(TabularClassifier):
    """The mixture's probabilities by the power 1 / T; the rows held out choose T."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit, and choose the temperature."""
        seen: list[tuple[Array, Array]] = []

        def recorded(log_probabilities: Array, labels: Array) -> Array:
            seen.append((log_probabilities.astype(np.float64), labels))
            return at_labels(log_probabilities, labels)

        with (
            mock.patch.object(network_groups, "at_labels", recorded),
            mock.patch.object(mixtures, "at_labels", recorded),
        ):
            super().fit(X, y, sample_weight)
        shares = [self.linear_weight_, *(found["weight"] for found in self.search_results_)]
        used = [logs + np.log(share) for share, (logs, _) in zip(shares, seen, strict=True) if share > 0]
        mixed, encoding = np.logaddexp.reduce(used, axis=0), encoding_of(np.arange(len(self.classes_)))
        logits = mixed[:, 1:] - mixed[:, :1] if encoding.n_outputs == 1 else mixed
        self.temperature_ = best_temperature(encoding, logits, seen[0][1])
        return self

    def predict_proba(self, X: Any) -> Array:
        """The probabilities."""
        return np.exp(rules.log_softmax(self.predict_log_proba(X).astype(np.float64) / self.temperature_))


class SharedWeights(TabularClassifier):
    """Each network of a fold is eight that share their weights, but for factors of the features and the last layer.

    That is TabM-mini, by Gorishniy, Kotelnikov and Babenko (2024). After training, each member is a network as others.
    """

    members = 8

    def _fit_networks(self, samples: Any, folds: list[Fold], seed: int, chosen: Any, deadline: float) -> Any:
        X, y, _ = samples
        views, groups, logs = self._views(X), [], []
        training = Training(chosen["max_iter"], chosen["batch_size"], tabular.BETA_2, seed, deadline, int)
        for one in self._settings(seed, chosen["learning_rate_init"], chosen["alpha"]):
            x, thetas, found = views[one.piecewise], [], np.empty(len(y))
            network = network_of(one, x.shape[1], len(self.classes_))
            for number, (kept, held) in enumerate(folds):
                own = trained_members(network, one, training, self.members, (x, y), (kept, held), seed + number)
                found[held] = mean_likelihood(network, own, x[held], y[held])
                thetas += own
            logs.append(found)
            groups.append(NetworkGroup(one, np.stack(thetas), float(-found.mean()), [training.epochs] * len(folds)))
        self.n_iter_, self.interrupted_ = training.epochs, False
        return groups, logs


def mean_likelihood(network: Network, thetas: Sequence[Array], x: Array, y: Array) -> Array:
    """The logarithm of the mean probability of the labels."""
    every = [at_labels(rules.log_softmax(network_logits(network, theta, x).results(np.copy)), y) for theta in thetas]
    return np.logaddexp.reduce(np.array(every, dtype=np.float64), axis=0) - np.log(len(thetas))


def trained_members(
    network: Network,
    settings: Settings,
    training: Training,
    members: int,
    samples: tuple[Array, Array],
    fold: Fold,
    seed: int,
) -> list[Array]:
    """The flat parameters of each member as a network of its own, at the epoch that is best for all together."""
    (x, y), (kept, held), rng = samples, fold, np.random.default_rng(seed)
    first = [network.unpack(network.initial_parameters(seed + 1000 * member, x.dtype)) for member in range(members)]
    *shared, _, _ = first[0]
    heads = [np.stack([blocks[place] for blocks in first]) for place in (-2, -1)]
    factors = rng.choice([-1.0, 1.0], (members, 1, x.shape[1]))
    blocks = [block.astype(x.dtype) for block in (factors, *shared, *heads)]
    ends = np.cumsum([0, *(block.size for block in blocks)])
    theta, gradient = np.concatenate([block.reshape(-1) for block in blocks]), np.empty(ends[-1], x.dtype)

    def views(flat: Array) -> list[Array]:
        return [flat[a:b].reshape(block.shape) for (a, b), block in zip(pairwise(ends), blocks, strict=True)]

    parameters, slopes = views(theta), views(gradient)
    hidden = (rules.affine, rules.get(settings.activation)) * len(settings.hidden)
    layers, loss = (rules.scaling, *hidden, rules.affine), rules.members_cross_entropy
    solver, batch = Adam(beta_2=training.beta_2), min(training.batch_size, len(kept))
    schedule, state = Cosine(training.epochs * -(-len(kept) // batch)), solver.start(theta)
    best, least = theta.copy(), np.inf
    for _ in range(training.epochs):
        order = kept[rng.permutation(len(kept))]
        for rows in (order[start : start + batch] for start in range(0, len(order), batch)):
            out, residuals, left = x[rows], [], iter(parameters)
            for rule in layers:
                out, residual = rule.forward(out, *(next(left) for _ in rule.inputs[1:]))
                residuals.append(residual)
            shares = np.full(len(rows), 1 / len(rows), x.dtype)
            cotangent = loss.pullbacks["members"](loss.forward(out, y[rows])[1], shares)
            places = reversed(range(len(slopes)))
            for rule, residual in zip(reversed(layers), reversed(residuals), strict=True):
                for name in reversed(rule.inputs[1:]):
                    slopes[next(places)][...] = rule.pullbacks[name](residual, cotangent)
                if rule is not rules.scaling:
                    cotangent = rule.pullbacks[rule.inputs[0]](residual, cotangent)
            for slope, weight in zip(slopes[1::2], parameters[1::2], strict=True):
                # The loss is the mean over members, and so is the penalty of what each has of its own.
                slope += settings.alpha / len(rows) / (members if weight.ndim == 3 else 1) * weight
            solver.step(theta, gradient, state, schedule(settings.learning_rate, state.steps, 0))
        now = -mean_likelihood(network, as_networks(network, parameters), x[held], y[held]).mean()
        if now < least:
            best[...], least = theta, now
    return as_networks(network, views(best))


def as_networks(network: Network, parameters: list[Array]) -> list[Array]:
    """Each member's flat parameters, with its factors in the rows of its first weights."""
    factors, weight, *shared, heads, biases = parameters
    return [
        network.pack([factor.T * weight, *shared, head, bias])
        for factor, head, bias in zip(factors, heads, biases, strict=True)
    ]


VARIANTS: dict[str, Contestant] = {
    "with each network trained by itself": variant(train_many=each_alone),
    "without factors of the features": variant(FACTOR_STEPS=2.0**-10),
    "with factors that take steps of the same length": variant(FACTOR_STEPS=1),
    "with beta_2 = 0.999": variant(BETA_2=0.999),
    "with a constant rate": variant(Cosine=lambda steps: constant),
    "with a rate of four waves": variant(Cosine=CosineLog),
    "with the last epoch in place of the best": variant(fits_of=to_the_last_epoch),
    "with 8 members that share weights": variant(SharedWeights),
    "with label smoothing of 0.1": variant(fits_of=smoothed),
    "with networks of all rows in place of folds": variant(Refitted),
    "with two networks of all rows of each kind": variant(RefittedBeside),
    "with learned cosines in place of bins": variant(WithCosines, network_of=on_cosines, folded=folded_into_the_first),
    "with dropout of 0.15 that falls to 0": variant(fits_of=with_dropout),
    "with a temperature": variant(WithTemperature),
}
"""What the recipe was compared with. "Without factors" they take steps of a thousandth. Stacks take no cosines."""
