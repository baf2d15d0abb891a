"""The mean of the softmax cross entropies of the members of an ensemble, which share their targets.

    l = (1/M) sum_m l_m,    dl/dx_m = (1/M) dl_m/dx_m,    dl/dt = (1/M) sum_m dl_m/dt

The logits have the shape (members, ..., classes), and the targets are labels or rows of class weights of shape (...) or
(..., classes). It is not the loss of the members' mean probabilities, which is smaller: every member has to be right by
itself. All that concerns one member is `softmax_cross_entropy` under one more leading axis.
"""

from typing import Any, TypeAlias

from chainrule.arrays import Array, diagonal_matrix, namespace
from chainrule.rules.row_losses import check_targets
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy as of_member

Residuals: TypeAlias = tuple[Any, int]
"""The residuals of the members' losses, and the number of members."""


def _check(members: Array, targets: Array) -> None:
    if len(members.shape) < 2 or members.shape[0] == 0:
        raise ValueError(f"expected logits of shape (members, ..., classes), got {tuple(members.shape)}")
    check_logits(members)
    check_targets(members[0], targets)


def _of_all(targets: Array, count: int) -> Array:
    return namespace(targets).broadcast_to(targets, (count, *targets.shape))


def _mean(x: Array, count: int) -> Array:
    return namespace(x).sum(x, axis=0) / count


def _forward(members: Array, targets: Array, *, label_smoothing: float = 0.0) -> tuple[Array, Residuals]:
    count = members.shape[0]
    losses, inner = of_member.forward(members, _of_all(targets, count), label_smoothing=label_smoothing)
    return _mean(losses, count), (inner, count)


def _by_members(residuals: Residuals, cotangent: Array) -> Array:
    inner, count = residuals
    return of_member.pullbacks["logits"](inner, _of_all(cotangent, count)) / count


def _by_targets(residuals: Residuals, cotangent: Array) -> Array | None:
    inner, count = residuals
    pulled = of_member.pullbacks["targets"](inner, _of_all(cotangent, count))
    return None if pulled is None else _mean(pulled, count)


def _pushforward(residuals: Residuals, members_tangent: Array, targets_tangent: Array | None) -> Array:
    inner, count = residuals
    moved = None if targets_tangent is None else _of_all(targets_tangent, count)
    assert of_member.pushforward is not None
    return _mean(of_member.pushforward(inner, members_tangent, moved), count)


def _jacobian(residuals: Residuals) -> tuple[Array, Array | None]:
    """By the logits of all members and rows; those of other rows have the derivative 0."""
    inner, count = residuals
    assert of_member.jacobian_matrix is not None
    by_logits, by_targets = of_member.jacobian_matrix(inner)
    *rows, classes = by_logits.shape[1:]
    by_row = diagonal_matrix((by_logits / count).reshape(count, -1, classes).swapaxes(1, 2))
    by_row = by_row.swapaxes(1, 2).swapaxes(0, 1).swapaxes(2, 3)
    by_members = by_row.reshape(*rows, count, *rows, classes)
    return by_members, None if by_targets is None else _mean(by_targets, count)


members_cross_entropy = Rule(
    "members_cross_entropy",
    _forward,
    {"members": _by_members, "targets": _by_targets},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("members", "targets"),
    integers=("targets",),
    options=("label_smoothing",),
    kind="loss",
    formula="l = 1/M sum_m sum_i t_i (log sum_j e^x_mj - x_mi)",
    derivative="by x: (s_mi sum(t) - t_i) / M; by t: -1/M sum_m log s_mi",
    domain="logits (members, ..., classes), -inf masking a class; labels or rows of class weights for all members",
    error_bound=16,
)
