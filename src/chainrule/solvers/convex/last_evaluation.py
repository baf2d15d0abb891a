"""The last evaluation of a fit: F and its gradient in float64 at minimised intercepts, with bounds on the errors.

A certificate (see `certificate`) needs the weights' gradient at the best intercepts. A fit ends with an evaluation in
float64 in any case, which multiplies by x twice. Between the two products, Newton's method improves the intercepts: if
all logits move by v, the products of shares and probabilities q = a p become q e^v / Z with Z = sum_k p_k e^v_k, which
takes no product with x and no exponential. An engine with room for q keeps it; others compute it again.

The bounds on rounding errors are known before the evaluation. Let u = 2^-53, and let all norms be over features divided
by their scale. E|x| = sqrt(sum_i a_i |x_i|^2) for rows as they are stored is at most E|x - m| + |m| for any centre m.

- A sum of n products, in any order, is off by at most (n + 1) u times the sum of their sizes, up to terms of order u^2
  (N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, sections 3.1 and 4.2). Here n is the number
  of rows of a leaf plus the depth of the tree of leaves. As |r_i| <= sqrt(2) a_i, the sum of x_ij r_i is off by at most
  sqrt(2) (n + 1) u E|x|, by the inequality of Cauchy and Schwarz.
- A row of logits is off by at most (t + 12 + sqrt(k)) u (|x_i| |V| + |b|), for t entries of a row, the Frobenius norm
  of V and the stored intercepts b; this includes the rounding of differences in softmax.
- The derivative of softmax has the norm 1/2 at most, so residuals inherit half of that, whatever its size. The rest of
  softmax, and the factors e^v / Z, are within (16 k + 200) u.

As long as these bounds are small compared with the gradient, a certificate needs nothing else.
"""

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, holds_labels, is_sparse
from chainrule.solvers.convex.bounded_sums import ROUNDING
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator, RowLosses, at_point
from chainrule.solvers.convex.features import Precision
from chainrule.solvers.convex.intercepts import Bounds, NewtonStep, newton_step, norm, reach_of, with_intercepts
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import LogitPoint, RowBlock
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.slices import dot

STORED_BYTES = 1 << 28
"""The products of shares and probabilities are kept if they need at most this many bytes. Float32 logits of two points
need as many, and are freed before."""

NEAR, FAR, CLOSE = 0.1, 0.5, 1e-4
"""k h, the relative distance to the best intercepts (see `intercepts`). A step with the same Hessian multiplies it by
about the k h at which the Hessian was computed, or by `NEAR` if it is that of some rows only. From `FAR` on, intercepts
stay; from `NEAR` on, a Hessian is used once. Below `CLOSE`, they add little to the bound."""

MOST_CLASSES_PER_FEATURE, WIDTH_OF_SPARSE, ROWS_PER_CLASS = 2, 512, 16
"""With more classes per feature, the Hessian with respect to the intercepts would take longer than a pass. It is then
summed over some rows only, at least `ROWS_PER_CLASS`, which bounds it from below. At most `WIDTH_OF_SPARSE` sparse
features count."""

FEW_TERMS = 1e-3
"""Up to this growth, a few terms of the series of log(1 + x) give all digits."""

MOST_STEPS = 6
"""Most Newton steps."""

MOST_CLASSES = 2048
"""Most classes for which the Hessian with respect to the intercepts is computed."""


class LastEvaluation(NamedTuple):
    """F at minimised intercepts.

    Attributes
    ----------
    theta : array
        The parameters as the solver sees them, in float64.
    here : Evaluation
        F and its gradient there.
    bounds : Bounds
    squares, mass : float
        Bounds on sum_i a_i |x_i|^2 and sum_i a_i, where a_i includes the sum of a row's targets.
    most : float
        An upper bound on F, rounding errors included.
    """

    theta: Array
    here: Evaluation
    bounds: Bounds
    squares: float
    mass: float
    most: float


class LastPoint(NamedTuple):
    """The state of the passes.

    Attributes
    ----------
    losses : RowLosses
    logits, masses : LogitPoint
        The same point twice: with the slot for its logits, and with that for the products of shares and probabilities.
    moved : array
        The move of all logits, v.
    stride : int
        The Hessian with respect to the intercepts is summed over one in this many rows; if 0, over none.
    """

    losses: RowLosses
    logits: LogitPoint
    masses: LogitPoint
    moved: Array
    smoothing: float
    stride: int


def why_uncertain(problem: Problem) -> str:
    """Why a problem has no certificate, or an empty string."""
    if problem.signed:
        return "sample weights have both signs, so that the objective need not be convex"
    if not problem.l2:
        return "there is no penalty, so that the objective need not be strongly convex"
    if problem.n_outputs > MOST_CLASSES:
        return f"there are more than {MOST_CLASSES} classes"
    return ""


def last_evaluation(evaluator: Evaluator, theta: Array, squares: float, *, known: bool = False) -> LastEvaluation:
    """Minimise F over the intercepts, and evaluate it there.

    Parameters
    ----------
    evaluator : Evaluator
        Its features are not applied. Its own point does not change.
    theta : array
        The parameters as the evaluator sees them.
    squares : float
        A bound on sum_i a_i |x_i|^2 for its features, which holds in spite of rounding errors.
    known : bool
        True if the evaluator is at theta.
    """
    problem, theta = evaluator.problem, np.array(theta, dtype=np.float64)
    features, rows = replace(evaluator.features, precision=Precision.FLOAT64), Rows(problem, np.float64)
    n, d, k = problem.n_samples, problem.n_features, problem.n_outputs
    if evaluator.can_be_refined:
        problem.engine.close()  # a fit that does not end here goes on in float64
    masses = LogitPoint.at(features.folded(theta, np.float64), "last" if 8 * n * k <= STORED_BYTES else None)
    logits = masses._replace(slot=None)
    if known and evaluator.point is not None and evaluator.point.line is None and evaluator.dtype == np.float64:
        logits = evaluator.point
    # Bounds on errors per unit of size, for both gradients; (16 k + 200) u is for softmax.
    weights, offset = theta[:d], masses.folded[1]
    scaled = features.centre if features.scale is None or features.centre is None else features.centre / features.scale
    away, root = 0.0 if scaled is None else norm(scaled), math.sqrt(squares)
    stored, summing = root + away, (min(n, problem.rows_of_leaf) + n.bit_length() + 16) * ROUNDING
    stride = k // (MOST_CLASSES_PER_FEATURE * min(d, WIDTH_OF_SPARSE if problem.sparse else d))
    stride = max(1, min(stride, n // (ROWS_PER_CLASS * k)))
    at, found = LastPoint(evaluator.losses, logits, masses, np.zeros(k), problem.label_smoothing, stride), None
    evaluator.products += 2
    if problem.intercept:
        found, at, value, largest = _at_best_intercepts(rows, at)
        change, gradient = rows.pull_back(at_last_point, at)
        value += change
        gradient = gradient * np.exp(at.moved)
    else:
        (value, largest), gradient = rows.pull_back(without_intercepts, at)
    total, terms = max(largest[::2]), max(largest[1::2])
    products = (terms + 12 + math.sqrt(k)) / 2 * (stored * norm(weights) + 2 * norm(offset)) + 16 * k + 200
    row_error = products * ROUNDING + math.sqrt(2) * summing
    offsets = gradient[-1].copy()
    gradient = features.completed(gradient.astype(np.float64, copy=False), theta, problem.l2, evaluator.threads)
    theta[d:] += at.moved
    value += problem.l2 / 2 * dot(weights, weights)
    penalty, size = problem.l2 * norm(weights), norm(gradient[:d])
    error = total * (root * products * ROUNDING + math.sqrt(2) * summing * (stored + away))
    bounds = Bounds(size, error + 8 * ROUNDING * (size + 2 * penalty) + 1e-290)
    if found is not None:
        found = found._replace(values=found.values / stride)
        bounds = _with_intercepts(bounds, found, offsets, total * row_error, total * squares)
    elif problem.intercept:
        nothing = Bounds(0.0, 0.0, norm(offsets), total * row_error, math.inf, math.inf, math.inf)
        bounds = nothing._replace(gradient=bounds.gradient, error=bounds.error)
    # A loss changes by at most twice the change of its logits. The moves of logits are summed apart.
    most = (value + total * (4 * products * ROUNDING + 2 * summing * norm(at.moved))) * (1 + 4 * summing)
    return LastEvaluation(theta, Evaluation(value, gradient), bounds, total * squares, total, most)


def by_intercepts(block: RowBlock, at: LastPoint) -> tuple[float, Array, Array, list[float]]:
    """For a block: its losses before the move, if they are computed here; the gradient and the Hessian by the
    intercepts as for `newton_step`; and the figures of `_largest`.
    """
    lost: list[float] = []
    masses, own = _masses(block, at, lost), block.curvatures
    result, _, factor = _moved(block, masses, at.moved)
    sums = result.sum(axis=0) * factor
    offsets = sums - _goal_sums(block, at.smoothing)
    if len(factor) == 1:
        square = np.vdot(result, result) / own[0, 0] if _is_even(own) else _over(np.square(result), own).sum()
        return sum(lost), offsets, (sums - factor * factor * square)[:, None], _largest(block)
    if not at.stride:
        return sum(lost), offsets, np.zeros((0, 0)), _largest(block)
    result, own = result[:: at.stride], own[:: at.stride]
    if _is_even(own):
        between = (result.T @ result) / own[0]
    else:
        rooted = result * _over(np.sqrt(own), own)
        between = rooted.T @ rooted
    return sum(lost), offsets, between * np.outer(factor, factor), _largest(block)


def at_last_point(block: RowBlock, at: LastPoint) -> tuple[float, Array]:
    """The change of a block's losses due to the move, and its residuals after the move times e^-v."""
    masses = _masses(block, at, [])
    residuals, growth, factor = _moved(block, masses, at.moved)
    change = -float(_goal_sums(block, at.smoothing) @ at.moved)
    if growth is None:
        residuals = block.buffer("residuals")
        np.copyto(residuals, masses)
    else:
        change += _times_log1p(block.curvatures[:, 0], growth)
    _add_goals(block, residuals, at.smoothing, -1 / factor)
    return change, residuals


def without_intercepts(block: RowBlock, at: LastPoint) -> tuple[tuple[float, list[float]], Array]:
    """The losses of a block and the figures of `_largest`, and its residuals."""
    loss, residuals = at_point(block, (at.losses, at.logits))
    return (loss, _largest(block)), residuals


# What follows is private.


def _at_best_intercepts(rows: Rows, at: LastPoint) -> tuple[NewtonStep | None, LastPoint, float, list[float]]:
    """The last Hessian with the whole step since, the point after it, the losses before all steps, and the figures of
    `_largest`. No step if the intercepts are too far from the best ones, or if there are none.
    """
    value, found, newton, largest = math.nan, None, None, [math.inf, math.inf]
    reach, shrinks, start = math.inf, 0.0, at.moved
    for number in range(MOST_STEPS):
        fresh = newton is None or reach > NEAR
        lost, offsets, between, largest = rows.map_reduce(by_intercepts, at if fresh else at._replace(stride=0))
        value = lost if number == 0 else value
        if newton is None or fresh:
            # The scaled sum over some rows is the best guess; the sum itself is a certain bound.
            newton, start = newton_step(offsets, at.stride * between), at.moved
        else:
            newton = newton.again(offsets)
        reach = math.inf
        if newton.values[0] > 0:
            reach = reach_of(newton.values, norm(newton.along / np.sqrt(newton.values)))
        if not reach < FAR:
            return found, at, value, largest
        if fresh:
            shrinks = max(reach, 0.0 if at.stride == 1 else NEAR)
        at = at._replace(moved=at.moved + newton.step)
        found = newton._replace(step=at.moved - start)
        if reach * shrinks <= CLOSE:
            break
    return found, at, value, largest


def _with_intercepts(found: Bounds, newton: NewtonStep, offsets: Array, error: float, squares: float) -> Bounds:
    """The bounds from the intercepts' gradient after a Newton step, with S from before the step.

    `error` bounds the error of that gradient; products of two probabilities have at most twice the error of one. S is
    made from its off-diagonal entries.
    """
    k, size = len(offsets), norm(offsets)
    step = newton.step
    reach = float(np.ptp(step)) if k > 1 else abs(float(step[0]))
    between = (1 + math.sqrt(k)) * 3 * (error + 1e-290) + 20 * k * ROUNDING * float(newton.values.sum())
    values = (newton.values - between) * math.exp(-reach)
    along = newton.axes.T @ (offsets - offsets.mean() if k > 1 else offsets)
    found = found._replace(offsets=size, offset_error=error + 20 * k * ROUNDING * size)
    return with_intercepts(found, values, along, squares)


def _masses(block: RowBlock, at: LastPoint, lost: list[float]) -> Array:
    """The products of shares and probabilities before the move. Losses that are computed go to `lost`."""

    def compute(out: Array) -> None:
        loss, _ = at.losses(block, block.logits(at.logits), out)
        _add_goals(block, out, at.smoothing, np.ones(out.shape[1]))
        lost.append(loss)

    return block.remembered("masses", at.masses, compute)


def _moved(block: RowBlock, masses: Array, moved: Array) -> tuple[Array, Array | None, Array]:
    """The products after a move of all logits, in a buffer and times e^-v; Z - 1 of each row; and e^v.

    If nothing moves, they are the products before the move themselves, and None for Z - 1.
    """
    if not moved.any():
        return masses, None, np.ones(len(moved))
    own, growth = block.curvatures[:, 0], masses @ np.expm1(moved)
    growth = growth / own[0] if _is_even(own) else _over(growth, own)
    result = np.multiply(masses, (1 / (1 + growth))[:, None], out=block.buffer("residuals"))
    return result, growth, np.exp(moved)


def _is_even(own: Array) -> bool:
    """True if all shares are equal and above 0."""
    return bool(own.min(initial=math.inf) == own.max(initial=0.0) > 0)


def _over(numbers: Array, own: Array) -> Array:
    """Quotients, and 0 for shares of 0."""
    return np.divide(numbers, own, out=np.zeros_like(numbers), where=own > 0)


def _times_log1p(own: Array, small: Array) -> float:
    """The inner product of `own` and log(1 + `small`): for small x by a series, in a fifth of the time."""
    most = float(abs(small).max(initial=0.0))
    if most > FEW_TERMS:
        return float(own @ np.log1p(small))
    total, power, size, count = 0.0, own, 1.0, 0
    while size > ROUNDING:
        count, size = count + 1, size * most
        power = power * small
        total -= (-1) ** count / count * float(power.sum())
    return total


def _largest(block: RowBlock) -> list[float]:
    """The largest sum of a row's targets, and the most entries of a row."""
    most, (_, terms) = 1.0, block.x.shape
    if block.view.n_outputs > 1 and not holds_labels(block.targets):
        most = float(_over(block.curvatures, block.shares).max(initial=0.0))
    if is_sparse(block.x):
        terms = int(np.diff(block.x.indptr).max(initial=0))
    return [most, float(terms)]


def _add_goals(block: RowBlock, out: Array, smoothing: float, factor: Array) -> None:
    """Add the products of shares and smoothed targets, times a factor for each class."""
    shares, targets, k = block.shares, block.targets, out.shape[1]
    if k > 1 and holds_labels(targets):
        own = shares[:, 0] * (1 - smoothing)
        out[np.arange(len(out)), targets] += own * factor[targets]
    else:
        goals = np.multiply(shares, np.asarray(targets).reshape(-1, k), dtype=np.float64)
        out += np.multiply(goals, (1 - smoothing) * factor, out=goals)
    if smoothing:
        out += block.curvatures * (smoothing / k * factor)


def _goal_sums(block: RowBlock, smoothing: float) -> Any:
    """The column sums of the products of shares and smoothed targets."""
    targets, k = block.targets, block.view.n_outputs
    if k > 1 and holds_labels(targets):
        sums = np.bincount(targets, weights=block.shares[:, 0], minlength=k)
    else:
        sums = block.shares[:, 0] @ np.asarray(targets, np.float64).reshape(len(targets), k)
    return (1 - smoothing) * sums + (smoothing / k) * float(block.curvatures.sum()) if smoothing else sums
