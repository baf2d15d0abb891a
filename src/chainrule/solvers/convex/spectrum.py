"""The spectrum of the features' covariance, C = Q diag(c) Q^T, or its diagonal if the decomposition costs more time.

The diagonal is used if features are sparse, or too many for C, if samples are so few that the losses' curvature falls
far from that at zero weights, or if C costs more time than the steps that it saves.
Fewer samples than features are first expressed in their row space (`row_space`), whose coordinates are then the
features.

Without a penalty, dependent features (duplicates, or one indicator per category) leave infinitely many optimal weights,
and the Hessian is singular. The samples are then expressed in the principal axes along which they vary, and the fit
finds the optimal weights of least norm.

A step of L-BFGS multiplies n x d samples by k columns twice, which takes 4 n d k operations. With few classes it waits
for memory as long as `LATENCY` further classes would take. Without the eigenvectors of C, L-BFGS is preconditioned by
the Hessian's diagonal D. Then it takes at most about sqrt(kappa) steps, where kappa is the condition number of D^-1/2 H
D^-1/2. A few products with a vector estimate the largest eigenvalue, and l2 / D bounds the smallest from below. Most
fits need far fewer steps, because the losses' curvatures fall and few eigenvalues are that small.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse.linalg import aslinearoperator

from chainrule.arrays import Array
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex.features import Features, squares
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import CACHED, RowBlock
from chainrule.solvers.convex.row_space import check_finite, row_space
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.sample import Sample, sample_of
from chainrule.solvers.convex.slices import cut

MOST_FEATURES = 4096
"""Most features whose covariance may be decomposed."""

SMALL = 1e-4
"""Share of the largest variance below which the eigenvectors of a covariance mix directions that vary with directions
that do not. These eigenvectors are computed again, from the covariance of the samples' coordinates along them."""

DEPENDENT = 1e-12
"""Largest standard deviation, as a share of the largest, that float64 products leave along a constant axis."""

ROUNDED = 4.0
"""Largest standard deviation, in ulps, that rounding of the samples explains for a combination of features."""

LEAST_VARIANCE = 1 / float(np.finfo(np.float64).max)
"""Smallest variance by which a gradient can be divided."""

UNDERFLOW = float(np.finfo(np.float32).tiny)
"""The most that a product of float32 numbers loses where it underflows."""

LATENCY = 20
"""The number of classes whose products take as long as the wait for memory."""

OVERHEAD = 2e7
"""The smallest possible step takes as long as this many operations of a large product."""

GRAM, EIGENVECTORS = 1.4, 8.0
"""Time for a Gram matrix per entry and summand, and for the eigenvectors of an m x m matrix per m^3; the unit is the
time of an operation in a large product."""

STEPS = 25
"""Fewest steps that a fit is expected to take."""

SAMPLED = 4
"""Samples per feature that the largest eigenvalue is estimated from; they are evenly spaced."""

FEW_STEPS = 5
"""If the decomposition takes at most the time of this many steps, no estimate of the saving is needed."""

PESSIMISM = 5
"""The covariance is decomposed if the expected steps take at least this many times as long as the decomposition. On 14
problems with ratios from 1 to 1700, fits with it took 1.6 and 18 times the time of fits without it at the two ratios
below 2, the same time at 5, and from 0.9 down to one seventh of the time from 6 on."""

SEPARABLE = 2
"""Up to this many samples per feature, random labels can be separated with a chance of one half or more (Cover). A weak
penalty then lets the losses and their curvatures fall a hundredfold. The covariance describes the Hessian at zero
weights, and misleads; the variances mislead less. For 92 classes, 384 features and C = 1e4, fits of 300, 500 and 700
samples took 706, 1258 and 1757 products with the covariance, and 346, 377 and 445 without it; for C = 1e3, 300 and 700
took 294 and 375 with it, and 167 and 254 without. With 1500 samples, four per feature, they took 733 and 675. Ten of
twelve fits to noise took less time without it; two, of 300 x 200 and 40 classes, took up to 254 products, not 136."""
WEAK = 2e-3
"""A penalty 1 / C is weak up to this share of the samples' total variance, 1 in the fits above: C = 100 and C = 1 took
99 and 14 products both ways."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The centred features and their covariance, shared by minimisations for several penalties or parts of the samples.

    Attributes
    ----------
    features : Features
        Centre, scale, and Q if the covariance is decomposed or the samples are expressed in their row space.
    values : (d,) array
        c, or the variances of the coordinates if there are no eigenvectors; shorter if Q leaves out axes.
    diagonal : bool
        True if the covariance is not decomposed.
    steps : float
        The expected steps of L-BFGS with the variances alone; infinite if they were not estimated.
    coordinates : pair of arrays, optional
        Samples, and their z, if z are coordinates in the row space, which are known without further products.
    sample : Sample, optional
        Some rows that stand for all, if there are many; the covariance is then theirs.
    trace : float, optional
        An upper bound on sum_i |w_i| |z_i|^2 for a fit with weights of its own; the covariance is then that of equal
        weights.
    """

    features: Features
    values: Array
    diagonal: bool = False
    steps: float = math.inf
    coordinates: tuple[Array, Array] | None = None
    sample: Sample | None = None
    trace: float | None = None

    @property
    def largest(self) -> float:
        """An upper bound on the largest eigenvalue of the covariance."""
        if self.trace is not None:
            return self.trace
        if self.sample is not None:
            variances, scale = self.sample.variances, self.features.scale
            return float(variances.sum() if scale is None else (variances / np.square(scale)).sum())
        return float(self.values.sum() if self.diagonal else self.values.max(initial=0.0))

    def squares(self, n: int) -> float:
        """An upper bound on sum_i |w_i| |z_i|^2 for the n samples that the spectrum was taken of, in spite of rounding.

        Sums of float32 products over the rows of a leaf, at most 65536, are off by less than a hundredth.
        """
        rounding = 4 * n * float(np.finfo(np.float64).eps)
        if self.trace is not None:
            return self.trace
        if self.sample is None:
            trace = float(self.values.sum()) + len(self.values) * rounding * float(abs(self.values).max(initial=0.0))
            return 1.01 * trace + n * len(self.values) * UNDERFLOW
        away = 0.0 if self.features.centre is None else self.features.centre - self.sample.mean
        least = 0.0 if self.features.centre is None else np.square(self.sample.mean)
        own = self.sample.mean_squares * (1 + rounding) - least * (1 - rounding) + np.square(away)
        scale = 1.0 if self.features.scale is None else self.features.scale
        return 1.01 * float((np.maximum(own, 0.0) / np.square(scale)).sum())

    def spread(self, l2: float) -> float:
        """The ratio of the largest curvature to the smallest."""
        smallest = max(float(self.values.min(initial=np.inf)), 0.0) + l2
        return float(self.values.max(initial=0.0)) / smallest if smallest else np.inf

    def largest_entries(self, problem: Problem) -> Array | None:
        """A bound on the size of each feature's entries, from n samples: |m| + sqrt(n var); None if it is not known.

        With sample weights, entries of small weight may be larger.
        """
        features, basis = self.features, self.features.rotation
        weighted = problem.mass != problem.n_samples and self.trace is None
        if weighted or self.coordinates is not None or features.applied:
            return None
        if self.sample is not None:
            return np.sqrt(1.001 * problem.n_samples * self.sample.mean_squares)
        variances = self.values if basis is None else np.square(basis) @ abs(self.values)
        # Eigenvalues are off by ulps of the largest one, and sums of float32 squares by some ulps of their own.
        rounding = 8 * len(variances) * float(np.finfo(np.float64).eps) * float(abs(self.values).max(initial=0.0))
        sizes = np.sqrt(problem.n_samples * (1.001 * variances + rounding))
        if features.scale is not None:
            sizes *= features.scale
        return np.asarray(sizes if features.centre is None else sizes + abs(features.centre))

    @property
    def incomplete(self) -> bool:
        """True if Q leaves out axes. The Hessian is regular only for samples along the other axes."""
        basis = self.features.rotation
        return basis is not None and basis.shape[1] < basis.shape[0]

    def worth_rotating(self, problem: Problem, fits: int = 1) -> bool:
        """True if one product of all samples with Q costs less than the gradients' products with Q in these fits."""
        # Each step has two solves with two products each.
        return self.features.rotation is not None and problem.n_samples <= 4 * problem.n_outputs * STEPS * fits

    def suited(self, x: Array, problem: Problem, l2: float, fits: int = 1) -> tuple[Array, "Spectrum"]:
        """Samples for this many fits of a problem, as z if this is faster or needed, and the spectrum for them."""
        if self.coordinates is None and not self.incomplete and not self.worth_rotating(problem, fits):
            return x, self
        if self.coordinates is not None and x is self.coordinates[0]:
            z = self.coordinates[1].astype(x.dtype, copy=False)
        else:
            z = self.features.coordinates(problem if x is problem.x else problem.of(x), self.spread(l2))
        return z, replace(self, features=replace(self.features, applied=True), coordinates=None)


def spectrum_of(problem: Problem, scale: Array | None = None, *, fits: int = 1, decompose: bool = True) -> Spectrum:
    """The spectrum for this many fits of a problem, with its penalty or larger ones.

    Dense features are centred if there is an intercept. With `decompose=False` the covariance is not decomposed.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow, or underflow in a fit without a penalty.
    """
    problem = problem.with_threads()
    with single_threaded_products():
        return _spectrum(problem, scale, fits, decompose=decompose)


def _spectrum(problem: Problem, scale: Array | None, fits: int, *, decompose: bool) -> Spectrum:
    dense, centre, given = not problem.sparse, None, problem
    if not problem.in_memory and dense and worth_reducing(problem, fits):
        problem = Rows(problem).in_memory()  # fewer samples than features
    sample = sample_of(problem)
    if problem.intercept and dense:
        mean, first = Rows(problem).map_reduce(weighted_sum, None) if sample is None else (sample.mean, [sample.first])
        # A constant feature is centred to exactly 0: up to rounding, its mean is its value in any sample.
        entries = first[0]
        rounding = problem.n_samples * np.finfo(np.float64).eps * abs(entries)
        centre = np.where(abs(mean - entries) <= rounding, entries, mean)
    features = Features(problem.intercept, centre, scale)
    if sample is not None and sample.problem is not None:
        return replace(_decomposed(sample.problem, features, fits, decompose=decompose), sample=sample)
    space = row_space(problem, features) if dense and worth_reducing(problem, fits) else None
    z, basis = space or (problem.x, None)
    seen = features if space is None else Features(problem.intercept)
    found = _decomposed(problem if space is None else problem.of(z), seen, fits, decompose=decompose)
    if not problem.l2 and 0 < found.values.max(initial=0.0) < LEAST_VARIANCE:
        raise FloatingPointError("the squares of the features underflow: scale the features")
    if space is None:
        return found
    if found.features.basis is not None:
        z, basis = z @ found.features.basis, basis @ aslinearoperator(found.features.basis)
    return replace(found, features=replace(features, basis=basis), coordinates=(given.x, z))


def square_norms(problem: Problem, features: Features) -> Array:
    """|z_i|^2 of all dense samples."""
    with single_threaded_products():
        return Rows(problem.with_threads()).gather(_square_norms, features)


def worth_reducing(problem: Problem, fits: int) -> bool:
    """True if the Gram matrix of dense samples takes less time than shorter products save in this many fits."""
    n, d = problem.n_samples, problem.n_features
    return n < d and GRAM * n * n * d + n**3 <= STEPS * fits * _step(problem, d - n)


def steps_of_decomposing(problem: Problem, fits: int) -> float:
    """The number of steps of each fit that take as long as the covariance of dense samples and its eigenvectors."""
    n, d = problem.n_samples, problem.n_features
    return (GRAM * n * d * d + EIGENVECTORS * d**3) / ((_step(problem, d) + OVERHEAD) * fits)


def expected_steps(problem: Problem, features: Features, values: Array) -> float:
    """An upper estimate of the steps with a diagonal preconditioner: the square root of the condition number.

    `values` are the variances of the features.
    """
    if not problem.l2:
        return math.inf
    share, n, d = _class_curvature(problem), problem.n_samples, problem.n_features
    roots, rows, stride = np.sqrt(share * values + problem.l2), Rows(problem), max(1, n // (SAMPLED * d))
    vector, largest = np.random.default_rng(0).standard_normal(d), 0.0
    for _ in range(2):  # steps of the power method, from a random vector
        vector /= float(np.linalg.norm(vector)) or 1.0
        product, mass = rows.map_reduce(_times_covariance, (features, vector / roots, stride))
        vector = share * product / (roots * (mass or 1.0))
        largest = float(np.linalg.norm(vector))
    return math.sqrt(max(largest, 1.0) / (problem.l2 / float(np.square(roots).max(initial=problem.l2))))


def weighted_sum(block: RowBlock, _: None) -> tuple[Array, list[Array]]:
    """sum_i |w_i| x_i in float64, and the first sample."""
    return Features().summed(block, np.matmul), block.first


def second_moments(block: RowBlock, state: tuple[Features, Array | None, Any]) -> Array:
    """sum_i |w_i| z_i z_i^T, or of z_i times some axes, with products in a dtype, which is x's if None."""
    features, axes, dtype = state
    z = features.of_block(block, dtype)
    if axes is not None:
        z = z @ axes
    roots = np.sqrt(abs(block.shares)).astype(z.dtype)
    rooted = np.multiply(z, roots, out=block.work("seen", z.shape, z))  # in place if z is that buffer
    size = z.shape[1]
    result = block.lender.lend((size, size), np.float64)
    # BLAS computes half of a symmetric matrix.
    with np.errstate(over="ignore", invalid="ignore"):  # whoever adds the results looks for infinity
        np.copyto(result, np.matmul(rooted.T, rooted, out=block.work("moments", (size, size), rooted)))
    return result


# What follows is private.


def _decomposed(problem: Problem, features: Features, fits: int, *, decompose: bool) -> Spectrum:
    """The spectrum with Q if `decompose` is true and if this saves time, otherwise with the variances."""
    dense = not problem.sparse
    few = decompose and dense and problem.n_features <= MOST_FEATURES
    cost = steps_of_decomposing(problem, fits)
    if not few or cost > FEW_STEPS or problem.n_samples <= SEPARABLE * problem.n_features:
        values = Rows(problem).map_reduce(squares, features)
        if dense:
            check_finite(values)
        few = few and not _vanishes(problem, values)
        steps = expected_steps(problem, features, values) if dense and decompose else math.inf
        if not few or (cost > FEW_STEPS and PESSIMISM * cost > steps):
            return Spectrum(features, values, diagonal=True, steps=steps)
    precision = None if problem.l2 else np.float64
    covariance = Rows(problem).map_reduce(second_moments, (features, None, precision))
    check_finite(covariance)
    values, basis = np.linalg.eigh(covariance)
    if not problem.l2:
        values, basis = _varying(problem, features, values, basis)
    return Spectrum(replace(features, basis=basis), values)


def _vanishes(problem: Problem, variances: Array) -> bool:
    """True if the losses' curvature is likely to fall far below that at zero weights: the samples are few, and there is
    a weak penalty, so that the covariance is not needed to find the axes along which samples vary.
    """
    is_weak = 0 < problem.l2 * problem.mass <= WEAK * variances.sum()
    return bool(is_weak and problem.n_samples <= SEPARABLE * problem.n_features)


def _varying(problem: Problem, features: Features, values: Array, basis: Array) -> tuple[Array, Array]:
    """The variances and principal axes of the samples without the axes along which they do not vary.

    Along an axis v samples vary if  sd(z v) > max(DEPENDENT * largest sd, ROUNDED * ulp * sqrt(sum_j v_j^2 E z_j^2)),
    where z includes its mean: that sum is the size of the entries whose rounding errors add up along v.
    """
    few = int(np.searchsorted(values, SMALL * values[-1])) if values[-1] > 0 else 0
    if not few:
        return values, basis
    axes, rows = basis[:, :few], Rows(problem)
    axes = axes @ np.linalg.eigh(rows.map_reduce(second_moments, (features, axes, np.float64)))[1]
    # Eigenvalues have an error of an ulp of the largest one. Sums of squares show smaller variances.
    small = rows.map_reduce(second_moments, (features, axes, np.float64)).diagonal()
    squares = np.square(basis) @ values
    if features.centre is not None:
        squares += np.square(features.centre if features.scale is None else features.centre / features.scale)
    ulp = float(np.finfo(problem.dtype).eps)
    kept = small > np.maximum(DEPENDENT**2 * values[-1], (ROUNDED * ulp) ** 2 * (squares @ np.square(axes)))
    if kept.all():
        return values, basis
    return np.append(small[kept], values[few:]), np.hstack([axes[:, kept], basis[:, few:]])


def _square_norms(block: RowBlock, features: Features) -> Array:
    result = np.empty(len(block.x))
    for rows in cut(0, len(result), CACHED // block.x.shape[1]):
        x = block.x[rows]
        z = features.seen(x, block.work("seen", x.shape, x, np.float64))
        np.einsum("ij,ij->i", z, z, out=result[rows])
    return result


def _step(problem: Problem, features: int) -> float:
    """Operations in the time of a step with this many features."""
    return 4.0 * problem.n_samples * features * (problem.n_outputs + LATENCY)


def _class_curvature(problem: Problem) -> float:
    """The losses' mean curvature in the logits at zero weights, over directions in which they change."""
    probs, k = problem.class_mass, problem.n_outputs
    if k == 1:
        return float(probs[0] * (1 - probs[0]))
    probs = probs / probs.sum()
    return float(1 - probs @ probs) / (k - 1)


def _times_covariance(block: RowBlock, state: tuple[Features, Array, int]) -> tuple[Array, float]:
    """sum_i |w_i| z_i z_i^T v over every `stride`-th row of a block, and the sum of these weights."""
    features, vector, stride = state
    x, weights = block.x[::stride], abs(block.shares[::stride, 0])
    z = features.seen(x, block.work("some", x.shape, x))
    projections = (z @ vector.astype(z.dtype)) * weights
    return (projections.astype(z.dtype) @ z).astype(np.float64), float(weights.sum())
