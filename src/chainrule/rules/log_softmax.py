"""Log-softmax over the last axis: logits to log-probabilities.

    y_i = x_i - log sum_j exp(x_j),    J[i, j] = [i = j] - s_j,    s = exp(y)

Measured from the largest logit, y_i = (x_i - m) - log1p(rest / e_top): two terms of one sign, so nothing cancels, and
the largest log-probability keeps its digits where log(softmax(x)) rounds to 0. At that entry the derivatives use 1 -
s = the sum of the other probabilities.

Error bound. The forward adds two terms of one sign, each within a few units of its own last place. In the pullback,
v_i - s_i sum_j v_j, an entry with s_i <= 1/2 is bounded by its terms c_i = (1 - s_i) |v_i| + s_i sum_{j != i} |v_j|,
and at the top it is computed from exactly these terms; the pushforward is softmax's, without the factor s_i. So the
error is at most CONDITIONED_BOUND units of c_i (for the pushforward, of (1 - s_i) |t_i| + sum_{j != i} s_j |t_j|),
that is CONDITIONED_BOUND times the condition number in units of the result.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace, on_diagonal, row_shape, surely, take_class
from chainrule.rules.rule import Exact, Rule
from chainrule.rules.shifted import check_logits, own, shifted, with_entry, without_entry
from chainrule.rules.softmax import Residuals as Probs
from chainrule.rules.softmax import from_mean, other_probs
from chainrule.workspace import Workspace, scratch


class FromOutput(NamedTuple):
    """What the fast pullback needs."""

    log_probs: Array


class Residuals(NamedTuple):
    """What the exact derivatives of log-softmax need."""

    exponentials: Array
    total: Array
    """Their sum, of shape (..., 1); s is the quotient."""
    top: Array
    """The index of a largest logit of each row."""
    others_at_top: Array
    """1 - s at that entry, computed without the subtraction, of shape (..., 1)."""

    @property
    def probs(self) -> Array:
        """s."""
        return self.exponentials / self.total


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, FromOutput]:
    """Log-probabilities; the largest loses its digits below 1e-16, which training does not need."""
    xp, rows = namespace(logits), row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    below = xp.subtract(logits, maximum, out=out)
    exponentials = xp.exp(below, out=scratch(work, "exponentials", tuple(logits.shape), logits))
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    log_total = xp.log(total, out=scratch(work, "row_max", rows, logits))
    log_probs = xp.subtract(below, log_total, out=out)
    return log_probs, FromOutput(log_probs)


def pullback(
    residuals: FromOutput, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v - s sum(v), with s = e^y."""
    xp, log_probs = namespace(cotangent), residuals.log_probs
    probs = xp.exp(log_probs, out=scratch(work, "exponentials", tuple(log_probs.shape), log_probs))
    total = xp.sum(cotangent, axis=-1, keepdims=True, out=scratch(work, "row_sum", row_shape(log_probs), log_probs))
    share = xp.multiply(probs, total, out=scratch(work, "exponentials", tuple(log_probs.shape), log_probs))
    return xp.subtract(cotangent, share, out=out)


def exact_forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """Log-probabilities, at most 0, with the rule for infinite logits (see `shifted`)."""
    xp = namespace(logits)
    results = shifted(logits, differences=True)
    below: Array = results.differences
    log_probs = xp.subtract(below, results.log_rest, out=own(below) if out is None else out)
    total = results.total
    return log_probs, Residuals(results.exponentials, total, results.top, results.rest / total)


def exact_pullback(
    residuals: Residuals, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v - s sum(v); at the largest logit v (1 - s) - s (sum of the other v)."""
    xp, probs = namespace(cotangent), residuals.probs
    top, others_at_top = residuals.top, residuals.others_at_top
    cotangent = xp.broadcast_to(cotangent, probs.shape)
    at_top = take_class(cotangent, top)
    result, rest = without_entry(cotangent + 0, top)
    finite = abs(rest + at_top) < math.inf
    scale = None
    if not surely(finite):
        # A sum may overflow although its share s_i sum(v) does not; a power of two below 1 / k leaves room.
        room = 0.5 ** (probs.shape[-1].bit_length() + 1)
        scale = xp.where(finite, xp.ones_like(rest), xp.full_like(rest, room))
        at_top = at_top * scale
        result, rest = without_entry(cotangent * scale, top)
    total = rest + at_top
    at_top = at_top * others_at_top - take_class(probs, top) * rest
    share = xp.multiply(probs, total, out=own(probs))
    result = with_entry(xp.subtract(result, share, out=own(share)), top, at_top)
    if scale is not None:
        result = result / scale
    return result if out is None else xp.add(result, 0, out=out)


def pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    """t - s.t, measured as softmax does."""
    if tangent is None:
        return 0 * residuals.exponentials
    moved, scale = from_mean(Probs(residuals.probs, residuals.top), tangent)
    return moved if scale is None else moved / scale


def jacobian_matrix(residuals: Residuals) -> Array:
    """I - 1 s^T, with the diagonal 1 - s_i computed from the other probabilities."""
    xp, probs = namespace(residuals.probs), residuals.probs
    others = other_probs(Probs(probs, residuals.top))
    return xp.where(on_diagonal(probs), others[..., None], -probs[..., None, :])


log_softmax = Rule(
    "log_softmax",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    exact=Exact(exact_forward, exact_pullback),
    slope_from_output=True,
    check=check_logits,
    inputs=("logits",),
    formula="y_i = x_i - log sum_j e^x_j",
    derivative="J[i, j] = [i = j] - s_j",
    domain="any logits; -inf masks a class, and classes at +inf share the row",
    # Raw units over logits of scale 40, where differences of the pullback cancel up to 30 fold.
    error_bound=128,
)
