"""Further runs about a wrong derivative, from which `slips` finds an explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import is_torch
from chainrule.checking.ball import nearest
from chainrule.checking.balls import balls
from chainrule.checking.gradients.claim_at_point import ClaimAtPoint, array_of
from chainrule.checking.gradients.claims import Claim, Function, WrongShapeError
from chainrule.checking.gradients.on_balls import BallCheck, NotOnBalls
from chainrule.checking.gradients.on_floats import FloatCheck
from chainrule.checking.gradients.runs import run_on_balls
from chainrule.checking.rule_report import Mismatch
from chainrule.checking.user_code import on_balls


def true_gradient(subject: ClaimAtPoint, i: int) -> Any:
    """The gradient by one input from difference quotients of balls; None if it cannot be computed."""
    shape = subject.claim.shapes[i]

    def nothing(*inputs: Any) -> Any:
        """Zeros in the right shapes."""
        return tuple(np.zeros(each) if moves else None for each, moves in zip(shapes, moves_, strict=True))

    shapes, moves_ = subject.claim.shapes, subject.claim.moves
    zeros = replace(subject.claim, function=nothing)
    if np.prod(shape, dtype=int) > 96:
        return None
    probe = ClaimAtPoint(subject.name, subject.function, subject.inputs, zeros, subject.value)
    try:
        check = run_on_balls(probe, 300)
    except NotOnBalls:
        return None
    if isinstance(check, Mismatch):
        return None
    result = np.full(shape, np.nan)
    for (j, index, _), (_, true) in check.seen.items():
        if j == i:
            result[index] = nearest(true)
    return result


def matrices_of(subject: ClaimAtPoint, bits: int) -> Mapping[int, tuple[Any, Any]]:
    """The claimed and true Jacobians (outputs x inputs) by input; empty for more than 32 outputs."""
    claim = subject.claim
    outputs = int(np.prod(claim.output_shape, dtype=int))
    if claim.form == "gradient" or outputs > 32 or not outputs:
        return {}
    found: dict[int, tuple[Any, Any]] = {}
    try:
        rebound = replace(claim, function=on_balls(claim.function))
        whole = replace(claim, form="jacobian", function=_as_jacobian(rebound))
        check = run_on_balls(ClaimAtPoint(subject.name, subject.function, subject.inputs, whole, subject.value), bits)
    except NotOnBalls:
        return {}
    if isinstance(check, Mismatch):
        return {}
    for i, moves in enumerate(claim.moves):
        size = int(np.prod(claim.shapes[i], dtype=int)) if moves else 0
        if not size:
            continue
        got, true = np.full((outputs, size), np.nan), np.full((outputs, size), np.nan)
        for (j, index, out), pair in check.seen.items():
            if j == i:
                at = (_flat(out, claim.output_shape), _flat(index, claim.shapes[i]))
                got[at], true[at] = (nearest(ball) for ball in pair)
        found[i] = got, true
    return found


def _flat(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def _as_jacobian(claim: Claim) -> Function:
    """The claim in the form of Jacobians; a pullback is called with each unit cotangent."""

    def jacobian(*inputs: Any) -> Any:
        if claim.form == "jacobian":
            return claim.values(inputs)
        if claim.form == "slope":
            return tuple(
                None if value is None else np.diag(balls(value).reshape(-1)).reshape(claim.output_shape + value.shape)
                for value in claim.values(inputs)
            )
        rows = []
        for out in np.ndindex(claim.output_shape):
            unit = np.zeros(claim.output_shape)
            unit[out] = 1.0
            rows.append(claim.values(inputs, balls(unit)))
        return tuple(
            None
            if column[0] is None
            else balls(np.stack([np.asarray(balls(x)) for x in column]).reshape(claim.output_shape + column[0].shape))
            for column in zip(*rows, strict=True)
        )

    return jacobian


def normalised(subject: ClaimAtPoint, run: Callable[[ClaimAtPoint], BallCheck | FloatCheck | Mismatch]) -> str | None:
    """The name of an input after whose division by its row sums the claim holds; None if there is none."""
    for i, (name, x, moves) in enumerate(zip(subject.claim.names, subject.inputs, subject.claim.moves, strict=True)):
        array = array_of(x)
        if not moves or array.ndim == 0 or is_torch(x) or not isinstance(x, np.ndarray):
            continue
        totals = array.sum(axis=-1, keepdims=True)
        if array.shape[-1] < 2 or not (totals > 0).all() or np.allclose(totals, 1):
            continue
        changed = tuple(array / totals if j == i else y for j, y in enumerate(subject.inputs))
        try:
            check = run(subject.at(changed))
        except (NotOnBalls, WrongShapeError):
            continue
        if not isinstance(check, Mismatch) and check.checked and not check.failures():
            return str(name)
    return None
