"""The chain rule: a rule that applies one rule to the result of others.

    y = f(g(x))        J = J_f(g(x)) J_g(x)        J^T v = J_g^T (J_f^T v)        J t = J_f (J_g t)

    compose(logarithm, f)                               (log f)' = f' / f
    compose(log_softmax, x)                             log-probabilities of scores x(u): J = (I - 1 S^T) G,  G = dx/du
    compose(softmax_cross_entropy, linear, tanh, linear)    the loss of a network of two layers

The pullback goes from the outermost rule inwards and multiplies no matrices; only `jacobian` does. The parts are
checked where they are applied: a composed rule refuses what a part refuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chainrule.arrays import Array, empty, namespace, on_diagonal
from chainrule.rules.rule import Pullback, Rule


class Residuals(NamedTuple):
    """What the derivatives need, part by part from the innermost."""

    parts: tuple[Any, ...]
    outputs: tuple[Array, ...]
    inputs: tuple[Array, ...]


@dataclass(frozen=True)
class _Part:
    """One rule of the chain, and where its inputs after the first lie among all inputs."""

    rule: Rule
    rest: slice


def compose(outer: Rule, *inner: Rule, name: str | None = None) -> Rule:
    """The rule y = outer(inner_1(inner_2(... x))), by the chain rule.

    The first input of each rule is the result of the next one; `x` is the first input of the last. All other inputs,
    such as weights and targets, are inputs of the composed rule, in the order in which they are used: those of the last
    rule given come first, those of `outer` last. A name that is taken gets a number: weight, weight_2.

    Every part is exact, which bounds its error; how much the outer rule magnifies an inner one's error is not bounded:
    `compose(logarithm, softmax)` loses what `log_softmax` keeps, so no error bound is claimed.

    Parameters
    ----------
    outer : Rule
    *inner : Rule
        At least one, from the outside inwards.
    name : str, optional
        An identifier; the names of the rules joined by ``_of_`` unless given.

    Raises
    ------
    ValueError
        If there is no inner rule, if the result of one would go to an input without derivative, or if two rules have
        an option of the same name.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import rules
    >>> log_sigmoid = rules.compose(rules.logarithm, rules.sigmoid)
    >>> log_sigmoid.vjp(np.array([0.0, 1.0]), np.ones(2))
    array([0.5       , 0.26894142])
    >>> rules.compose(rules.softmax_cross_entropy, rules.linear, rules.tanh, rules.linear).inputs
    ('x', 'weight', 'weight_2', 'targets')
    """
    if not inner:
        raise ValueError(f"compose: expected at least one rule inside {outer.name}, got none")
    chain = (outer, *inner)[::-1]
    for rule in chain[1:]:
        if rule.inputs[0] in (*rule.constants, *rule.integers):
            raise ValueError(f"compose: {rule.name} takes no derivative by its first input, {rule.inputs[0]}")
    parts, inputs, integers = _laid_out(chain)
    options = [option for rule in chain for option in rule.options]
    shared = sorted({option for option in options if options.count(option) > 1})
    if shared:
        raise ValueError(f"compose: the option {shared[0]!r} belongs to more than one of the rules")
    names = [rule.name for rule in chain[::-1]]
    formula = "".join(f"{part}(" for part in names) + inputs[0] + ")" * len(names)
    has_jvp = all(rule.pushforward is not None for rule in chain)
    has_jacobian = all(rule.jacobian_matrix is not None for rule in chain)
    return Rule(
        name or "_of_".join(names),
        _forward(parts),
        _pullbacks(parts, inputs),
        _pushforward(parts) if has_jvp else None,
        _jacobian(parts) if has_jacobian else None,
        inputs=inputs,
        integers=integers,
        options=tuple(options),
        formula=f"y = {formula}",
        derivative=f"J = {' '.join(f'J_{part}' for part in names)}",
        domain="; ".join(f"{rule.name}: {rule.domain}" for rule in chain),
        kinks="; ".join(f"{rule.name}: {rule.kinks}" for rule in chain if rule.kinks != "none") or "none",
    )


def _laid_out(chain: Sequence[Rule]) -> tuple[tuple[_Part, ...], tuple[str, ...], tuple[str, ...]]:
    """Where each rule's inputs lie, and the names of all inputs and of the integers among them."""
    parts: list[_Part] = []
    inputs: list[str] = []
    integers: list[str] = []
    for position, rule in enumerate(chain):
        start = len(inputs)
        for given in rule.inputs[1 if position else 0 :]:
            unique, number = given, 1
            while unique in inputs:
                number += 1
                unique = f"{given}_{number}"
            inputs.append(unique)
            integers += [unique] if given in rule.integers else []
        parts.append(_Part(rule, slice(start + (0 if position else 1), len(inputs))))
    return tuple(parts), tuple(inputs), tuple(integers)


def _forward(parts: tuple[_Part, ...]) -> Callable[..., Any]:
    def forward(*inputs: Array, **options: Any) -> tuple[Array, Residuals]:
        value, kept, outputs = inputs[0], [], []
        for part in parts:
            arguments = (value, *inputs[part.rest])
            if part.rule.check is not None:
                part.rule.check(*arguments)
            own = {key: option for key, option in options.items() if key in part.rule.options}
            value, residuals = part.rule.forward(*arguments, **own)
            kept.append(residuals)
            outputs.append(value)
        return value, Residuals(tuple(kept), tuple(outputs), inputs)

    return forward


def _pullbacks(parts: tuple[_Part, ...], inputs: tuple[str, ...]) -> dict[str, Pullback]:
    pullbacks: dict[str, Pullback] = {}
    for position, part in enumerate(parts):
        names = (*(inputs[:1] if position == 0 else [None]), *inputs[part.rest])
        for name, pull in zip(names, part.rule.in_order, strict=True):
            if name is not None and pull is not None:
                pullbacks[name] = _from_outside(parts, position, pull)
    return {name: pullbacks[name] for name in inputs if name in pullbacks}


def _from_outside(parts: tuple[_Part, ...], position: int, pull: Pullback) -> Pullback:
    """The pullback of one input of the part at that position, after those of the parts outside it."""

    def pullback(residuals: Residuals, cotangent: Array) -> Array:
        for outside in range(len(parts) - 1, position, -1):
            through = parts[outside].rule.in_order[0]
            assert through is not None
            cotangent = through(residuals.parts[outside], cotangent)
        return pull(residuals.parts[position], cotangent)

    return pullback


def _pushforward(parts: tuple[_Part, ...]) -> Callable[..., Array]:
    def pushforward(residuals: Residuals, *tangents: Array | None) -> Array:
        moved = tangents[0]
        for position, part in enumerate(parts):
            arguments = (moved, *tangents[part.rest])
            last = position == len(parts) - 1
            # What does not move stays None: some inputs, such as labels, have no zero tangent.
            if last or any(tangent is not None for tangent in arguments):
                assert part.rule.pushforward is not None
                moved = part.rule.pushforward(residuals.parts[position], *arguments)
        return moved

    return pushforward


def _jacobian(parts: tuple[_Part, ...]) -> Callable[[Residuals], Any]:
    def jacobian_matrix(residuals: Residuals) -> Any:
        matrices: list[Array | None] = [None] * len(residuals.inputs)
        y_axes = len(residuals.outputs[-1].shape)
        through: Array | None = None
        for position in range(len(parts) - 1, -1, -1):
            part = parts[position]
            assert part.rule.jacobian_matrix is not None
            result = part.rule.jacobian_matrix(residuals.parts[position])
            own = result if isinstance(result, tuple) else (result,)
            value = residuals.outputs[position]
            before = residuals.outputs[position - 1] if position else residuals.inputs[0]
            products = [
                _product(through, matrix, y_axes, value, tuple(x.shape))
                for matrix, x in zip(own, (before, *residuals.inputs[part.rest]), strict=True)
            ]
            through, rest = products[0], products[1:]
            matrices[part.rest] = rest
        matrices[0] = through
        return through if len(matrices) == 1 else tuple(matrices)

    return jacobian_matrix


def _product(
    outer: Array | None, inner: Array | None, y_axes: int, value: Array, shape: tuple[int, ...]
) -> Array | None:
    """J_f J_g by an input of that shape; `outer` is None where f is the identity, `inner` where g has no derivative.

    A Jacobian has the shape of its output followed by one row of its input, whose leading axes it shares with the
    output. So `outer` is y's shape + R and `inner` is the value's shape + Q, where R is what remains of the value's
    shape under the leading axes that y shares with it.
    """
    if outer is None or inner is None:
        return inner
    xp = namespace(outer)
    value_shape = tuple(value.shape)
    row = len(outer.shape) - y_axes
    shared = len(value_shape) - row
    columns = len(inner.shape) - len(value_shape)
    # Where f mixes rows that g keeps apart, g's matrix is written out for all of them: zero off its own row.
    for axis in range(len(shape) - columns - 1, shared - 1, -1):
        same = on_diagonal(_vector(value_shape[axis], value))
        at = len(value_shape)
        mask = same.reshape(*(value_shape[axis] if i in (axis, at) else 1 for i in range(len(inner.shape) + 1)))
        spread = inner.reshape(*value_shape, 1, *inner.shape[at:])
        inner = xp.where(mask, spread, xp.zeros_like(spread))
    leading = value_shape[:shared]
    own = tuple(outer.shape[shared:y_axes])
    left = outer.reshape(*leading, math.prod(own), math.prod(value_shape[shared:]))
    right = inner.reshape(*leading, math.prod(value_shape[shared:]), math.prod(inner.shape[len(value_shape) :]))
    return xp.matmul(left, right).reshape(*leading, *own, *inner.shape[len(value_shape) :])


def _vector(length: int, like: Array) -> Array:
    return empty((length,), like)
