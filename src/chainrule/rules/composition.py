"""The chain rule: a rule that applies one rule to the result of others.

    y = f(g(x))        J = J_f(g(x)) J_g(x)        J^T v = J_g^T (J_f^T v)        J t = J_f (J_g t)

    compose(logarithm, f)                               (log f)' = f' / f
    compose(log_softmax, x)                             log-probabilities of scores x(u): J = (I - 1 S^T) G,  G = dx/du
    compose(softmax_cross_entropy, linear, tanh, linear)    the loss of a network of two layers

The pullback goes from the outermost rule inwards and multiplies no matrices; only `jacobian` does. The parts are
checked where they are applied: a composed rule refuses inputs that a part refuses.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from chainrule.arrays import Array, namespace, on_diagonal
from chainrule.rules.rule import Forward, Pullback, Rule


class Residuals(NamedTuple):
    """The values that the derivatives need, part by part from the innermost."""

    parts: tuple[Any, ...]
    outputs: tuple[Array, ...]
    inputs: tuple[Array, ...]


class _Part(NamedTuple):
    """One rule of the chain, and what its inputs are called among all inputs; "" is the result of the part before."""

    rule: Rule
    names: tuple[str, ...]


def compose(outer: Rule, *inner: Rule, name: str | None = None) -> Rule:
    """The rule y = outer(inner_1(inner_2(... x))), by the chain rule.

    The first input of each rule is the result of the next one; `x` is the first input of the last. All other inputs,
    such as weights and targets, are inputs of the composed rule, in the order in which they are used: the inputs of the
    last rule given come first, the inputs of `outer` last. A name that is taken gets a number: weight, weight_2.

    Every part is exact, which bounds its error; how much the outer rule magnifies an inner one's error is not bounded:
    `compose(logarithm, softmax)` loses digits that `log_softmax` keeps, so no error bound is claimed.

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
    parts, inputs = _laid_out(chain)
    options = [option for rule in chain for option in rule.options]
    shared = sorted({option for option in options if options.count(option) > 1})
    if shared:
        raise ValueError(f"compose: the option {shared[0]!r} belongs to more than one of the rules")
    joined = [rule.name for rule in chain[::-1]]
    formula = "".join(f"{part}(" for part in joined) + inputs[0] + ")" * len(joined)
    integers = [
        name for rule, names in parts for own, name in zip(rule.inputs, names, strict=True) if own in rule.integers
    ]
    return Rule(
        name or "_of_".join(joined),
        _forward(parts, inputs),
        _pullbacks(parts),
        _pushforward(parts, inputs) if all(rule.pushforward for rule in chain) else None,
        _jacobian(parts, inputs) if all(rule.jacobian_matrix for rule in chain) else None,
        inputs=inputs,
        integers=tuple(integers),
        options=tuple(options),
        formula=f"y = {formula}",
        derivative=f"J = {' '.join(f'J_{part}' for part in joined)}",
        domain="; ".join(f"{rule.name}: {rule.domain}" for rule in chain),
        kinks="; ".join(f"{rule.name}: {rule.kinks}" for rule in chain if rule.kinks != "none") or "none",
    )


def _laid_out(chain: tuple[Rule, ...]) -> tuple[list[_Part], tuple[str, ...]]:
    """The parts from the innermost, and the names of all inputs."""
    first, inputs = chain[0].inputs[0], [chain[0].inputs[0]]
    parts: list[_Part] = []
    for rule in chain:
        names = ["" if parts else first]
        for own in rule.inputs[1:]:
            name, number = own, 1
            while name in inputs:
                number += 1
                name = f"{own}_{number}"
            inputs.append(name)
            names.append(name)
        parts.append(_Part(rule, tuple(names)))
    return parts, tuple(inputs)


def _forward(parts: list[_Part], names: tuple[str, ...]) -> Forward:
    def forward(*inputs: Array, **options: Any) -> tuple[Array, Residuals]:
        values, kept, outputs = dict(zip(names, inputs, strict=True)), [], []
        for rule, own in parts:
            arguments = [values[name] for name in own]
            if rule.check is not None:
                rule.check(*arguments)
            given = {name: option for name, option in options.items() if name in rule.options}
            values[""], residuals = rule.forward(*arguments, **given)
            kept.append(residuals)
            outputs.append(values[""])
        return values[""], Residuals(tuple(kept), tuple(outputs), inputs)

    return forward


def _pullbacks(parts: list[_Part]) -> dict[str, Pullback]:
    """The pullback of every input, through all parts outside the one that has it."""

    def by_input(position: int, own: Pullback) -> Pullback:
        def pullback(residuals: Residuals, cotangent: Array) -> Array:
            for outside in range(len(parts) - 1, position, -1):
                rule = parts[outside].rule
                cotangent = rule.pullbacks[rule.inputs[0]](residuals.parts[outside], cotangent)
            return own(residuals.parts[position], cotangent)

        return pullback

    return {
        name: by_input(position, own)
        for position, part in enumerate(parts)
        for name, own in zip(part.names, part.rule.in_order, strict=True)
        if name and own is not None
    }


def _pushforward(parts: list[_Part], names: tuple[str, ...]) -> Callable[..., Array]:
    def pushforward(residuals: Residuals, *tangents: Array | None) -> Array:
        values = dict(zip(names, tangents, strict=True))
        for (rule, own), kept in zip(parts, residuals.parts, strict=True):
            assert rule.pushforward is not None
            values[""] = rule.pushforward(kept, *(values[name] for name in own))
        return values[""]

    return pushforward


def _jacobian(parts: list[_Part], names: tuple[str, ...]) -> Callable[[Residuals], Any]:
    def jacobian_matrix(residuals: Residuals) -> Any:
        inputs = dict(zip(names, residuals.inputs, strict=True))
        matrices: dict[str, Any] = {"": None}
        for position in range(len(parts) - 1, -1, -1):
            (rule, own), value = parts[position], residuals.outputs[position]
            inputs[""] = residuals.outputs[position - 1]
            assert rule.jacobian_matrix is not None
            result = rule.jacobian_matrix(residuals.parts[position])
            through = matrices[""]
            for name, matrix in zip(own, result if isinstance(result, tuple) else (result,), strict=True):
                matrices[name] = _product(
                    through, matrix, len(residuals.outputs[-1].shape), value, tuple(inputs[name].shape)
                )
        return matrices[names[0]] if len(names) == 1 else tuple(matrices[name] for name in names)

    return jacobian_matrix


def _product(
    outer: Array | None, inner: Array | None, y_axes: int, value: Array, shape: tuple[int, ...]
) -> Array | None:
    """J_f J_g by an input of that shape; `outer` is None where f is the identity, `inner` where g has no derivative.

    A Jacobian has the shape of its output followed by one row of its input, whose leading axes it shares with the
    output. So `outer` is y's shape + R and `inner` is the value's shape + Q, where R is the value's shape
    without the leading axes that it shares with y.
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
        same, at = on_diagonal(xp.swapaxes(value, axis, -1)), len(value_shape)
        mask = same.reshape(*(value_shape[axis] if i in (axis, at) else 1 for i in range(len(inner.shape) + 1)))
        spread = inner.reshape(*value_shape, 1, *inner.shape[at:])
        inner = xp.where(mask, spread, xp.zeros_like(spread))
    leading = value_shape[:shared]
    own = tuple(outer.shape[shared:y_axes])
    left = outer.reshape(*leading, math.prod(own), math.prod(value_shape[shared:]))
    right = inner.reshape(*leading, math.prod(value_shape[shared:]), math.prod(inner.shape[len(value_shape) :]))
    return xp.matmul(left, right).reshape(*leading, *own, *inner.shape[len(value_shape) :])
