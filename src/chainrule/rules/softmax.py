"""Softmax over the last axis: logits to probabilities.

    s_i = exp(x_i) / sum_j exp(x_j),    J[i, j] = ds_i / dx_j = s_i ([i = j] - s_j)

J is symmetric and maps constants to 0, so pushforward and pullback are one function, and the vector may be measured
from any number w of the row: J v = s * (u - s.u) with u = v - w. Where one probability is 1/2 or more, w is the entry
of v there, and the tails keep their digits; the same entry serves where v looks like a constant, whose result is then
exactly 0; elsewhere w is 0.

Error bound. With unit roundoff a = eps / 2, exp good to 3 a (NumPy's float32; others are better), sums good to
log2(k) a or better (pairwise), the forward is within (2 * 3 + 2 + log2 k) a of s_i, at most twice as many units in
the last place; measured, 4. In the pullback every term is bounded by those of

    c_i = s_i ((1 - s_i) |v_i| + sum_{j != i} s_j |v_j|)

since where no probability is 1/2 or more s_i |v_i| is at most (1 - s_i) |v_i|, and w is 0 or at most twice sum_j s_j
|v_j|; elsewhere |w| is at most twice s_top |w|: the error is at most CONDITIONED_BOUND units of c_i, which is
CONDITIONED_BOUND times the condition number c_i / |J v|_i in units of the result.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import (
    Array,
    argmax,
    extent,
    is_floating,
    is_torch,
    is_traced,
    may_write,
    namespace,
    on_diagonal,
    row_dot,
    row_shape,
    surely,
    take_class,
)
from chainrule.rules.rule import Exact, Rule
from chainrule.rules.shifted import check_logits, own, shifted, with_entry, without_entry
from chainrule.workspace import Workspace, scratch


class Residuals(NamedTuple):
    """What the derivatives of softmax need."""

    probs: Array
    top: Array | None = None
    """The index of a largest logit of each row; found from the probabilities where it is None."""


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """Probabilities, and the residuals: the probabilities again."""
    xp = namespace(logits)
    rows = row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    exponentials = xp.exp(xp.subtract(logits, maximum, out=out), out=out)
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    probs = xp.divide(exponentials, total, out=out)
    return probs, Residuals(probs)


def exact_forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """The same from exponentials that keep their last places, with the rule for infinite logits (see `shifted`)."""
    results = shifted(logits, out=out)
    exponentials = results.exponentials
    probs = namespace(logits).divide(exponentials, results.total, out=own(exponentials) if out is None else out)
    return probs, Residuals(probs, results.top)


def apply_jacobian(
    residuals: Residuals, vector: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """J v = s * (u - s.u): the pullback and the pushforward, since J is symmetric."""
    xp, probs = namespace(vector), residuals.probs
    moved, fresh, mean, products, scale = measured(residuals, vector, keep=False)
    if products is not None:
        # s u is there, and s u - s (s.u) is as good, since the bound is one of |s u|; it is one pass less.
        scaled = xp.addcmul(products, probs, mean, value=-1, out=products if out is None else out)
    else:
        # Autograd writes to no memory if any of the factors is differentiated by.
        deviations = xp.subtract(moved, mean, out=own(moved) if fresh and may_write(mean) else None)
        scaled = xp.multiply(probs, deviations, out=own(deviations) if out is None and may_write(probs) else out)
    return scaled if scale is None else xp.divide(scaled, scale, out=out)


class Measured(NamedTuple):
    """A vector u c = (v - w) c, measured from an entry w of each row of v, and its mean with the weights s."""

    moved: Array
    fresh: bool
    """Whether that is an array of its own."""
    mean: Array
    """s.u c, of shape (..., 1)."""
    products: Array | None
    """s u c, where it is an array of PyTorch's that may be written to."""
    scale: Array | None
    """The factors c of the rows: None for 1, or 1/4 where a difference of two entries may overflow."""


def from_mean(residuals: Residuals, vector: Array) -> tuple[Array, Array | None]:
    """(v - s.v) c, and the factors c of the rows."""
    moved, fresh, mean, products, scale = measured(residuals, vector)
    room = own(moved) if fresh and may_write(mean) else products
    return namespace(vector).subtract(moved, mean, out=room), scale


def measured(residuals: Residuals, vector: Array, *, keep: bool = True) -> Measured:
    """v from its entry at the largest probability, where that is 1/2 or more or v looks like a constant.

    Unless `keep` says that `moved` is wanted, `products` may be written over it.
    """
    xp, probs = namespace(vector), residuals.probs
    vector = xp.broadcast_to(vector, probs.shape)
    top = argmax(probs) if residuals.top is None else residuals.top
    at_top = take_class(vector, top)
    if not is_floating(probs):
        moved = vector - at_top
        return Measured(moved, True, row_dot(probs, moved)[0], None, None)
    far = take_class(probs, top) >= 0.5
    constant = (vector[..., :1] == at_top) & (vector[..., -1:] == at_top)  # perhaps; then its mean says more
    if is_traced(constant) or bool(constant.any()):
        far = far | constant & (abs(at_top) <= 2 * abs(row_dot(probs, vector)[0]))
    origin = None if surely(~far) else xp.where(far, at_top, xp.zeros_like(at_top))
    moved = vector if origin is None else vector - origin
    spare = own(moved) if is_torch(moved) and origin is not None and not keep and may_write(probs) else None
    mean, products = row_dot(probs, moved, spare=spare)
    # Where |mean| is below half a unit in the last place of the largest number, no difference has overflowed.
    info = xp.finfo(probs.dtype)
    limit = float(info.max) * (float(info.eps) / 4)
    smallest, largest = extent(mean)
    if -limit < smallest and largest < limit:
        return Measured(moved, origin is not None, mean, products, None)
    scale = xp.where(abs(mean) < limit, xp.ones_like(mean), xp.full_like(mean, 0.25))
    moved = vector * scale if origin is None else vector * scale - origin * scale
    return Measured(moved, True, *row_dot(probs, moved), scale)


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """s * (v - s.v): what training uses, one pass less; it cancels where the top probability is nearly 1."""
    xp, probs = namespace(cotangent), residuals.probs
    products = xp.multiply(probs, cotangent, out=scratch(work, "products", tuple(probs.shape), probs))
    mean = xp.sum(products, axis=-1, keepdims=True, out=scratch(work, "mean", row_shape(probs), probs))
    return xp.multiply(xp.subtract(cotangent, mean, out=out), probs, out=out)


def pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    """J t."""
    return 0 * residuals.probs if tangent is None else apply_jacobian(residuals, tangent)


def jacobian_matrix(residuals: Residuals) -> Array:
    """diag(s) - s s^T, with the diagonal s_i (1 - s_i) computed from the other probabilities."""
    xp, probs = namespace(residuals.probs), residuals.probs
    outer = probs[..., :, None] * probs[..., None, :]
    return xp.where(on_diagonal(probs), (probs * other_probs(residuals))[..., None], -outer)


def other_probs(residuals: Residuals) -> Array:
    """1 - s, entry by entry; at the largest, where the difference would cancel, the sum of the others."""
    probs = residuals.probs
    top = argmax(probs) if residuals.top is None else residuals.top
    _, others = without_entry(probs + 0, top)
    return with_entry(1 - probs, top, others)


softmax = Rule(
    "softmax",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    slope_from_output=True,
    exact=Exact(exact_forward, apply_jacobian),
    check=check_logits,
    inputs=("logits",),
    formula="s_i = e^x_i / sum_j e^x_j",
    derivative="J[i, j] = s_i ([i = j] - s_j)",
    domain="any logits; -inf masks a class, and classes at +inf share the row",
    error_bound=16,
)
