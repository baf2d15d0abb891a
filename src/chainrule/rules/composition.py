"""The chain rule: a rule that applies one rule to the result of others.

    y = f(g(x))        J = J_f(g(x)) J_g(x)        J^T v = J_g^T (J_f^T v)        J t = J_f (J_g t)

    compose(logarithm, f)                               (log f)' = f' / f
    compose(log_softmax, x)                             log-probabilities of scores x(u): J = (I - 1 S^T) G,  G = dx/du
    compose(softmax_cross_entropy, linear, tanh, linear)    the loss of a network of two layers

The pullback goes from the outermost rule inwards and multiplies no matrices; only `jacobian` does. The parts are
checked where they are applied: a composed rule refuses inputs that a part refuses.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

from chainrule.arrays import Array
from chainrule.rules.jacobian_products import product
from chainrule.rules.rule import Pullback, Rule


class Residuals(NamedTuple):
    """The residuals of both rules, and the arrays whose shapes the Jacobian needs."""

    inner: Any
    outer: Any
    inputs: tuple[Array, ...]
    value: Array
    """g(x)."""
    output: Array


def compose(outer: Rule, *inner: Rule, name: str | None = None) -> Rule:
    """The rule y = outer(inner_1(inner_2(... x))), by the chain rule.

    The first input of each rule is the result of the next one; `x` is the first input of the last. All other inputs,
    such as weights and targets, are inputs of the composed rule, in the order in which they are used: the inputs of the
    last rule given come first, the inputs of `outer` last. A name that is taken gets a number: weight, weight_2.

    Every part is exact, which bounds its error; how much the outer rule magnifies an inner one's error is not bounded:
    `compose(logarithm, softmax)` loses digits that `log_softmax` keeps, so no error bound is claimed.

    The rules are given from the outside inwards. The name is an identifier, unless given the names joined by ``_of_``.

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
    composed = reduce(_after, chain)
    names = [rule.name for rule in chain[::-1]]
    return replace(
        composed,
        name=name or composed.name,
        formula=f"y = {'('.join((*names, composed.inputs[0]))}{')' * len(names)}",
        derivative=f"J = {' '.join(f'J_{part}' for part in names)}",
        domain="; ".join(f"{rule.name}: {rule.domain}" for rule in chain),
        kinks="; ".join(f"{rule.name}: {rule.kinks}" for rule in chain if rule.kinks != "none") or "none",
    )


def _after(inner: Rule, outer: Rule) -> Rule:
    """The rule y = outer(inner(x, ...), ...)."""
    first, *others = outer.inputs
    count = len(inner.inputs)
    if first in (*outer.constants, *outer.integers):
        raise ValueError(f"compose: {outer.name} takes no derivative by its first input, {first}")
    shared = sorted({*inner.options} & {*outer.options})
    if shared:
        raise ValueError(f"compose: the option {shared[0]!r} belongs to more than one of the rules")

    def forward(*inputs: Array, **options: Any) -> tuple[Array, Residuals]:
        value, kept = _checked_forward(inner, inputs[:count], options)
        output, kept_outside = _checked_forward(outer, (value, *inputs[count:]), options)
        return output, Residuals(kept, kept_outside, inputs, value, output)

    def to_inner(pull: Pullback) -> Pullback:
        return lambda residuals, v: pull(residuals.inner, outer.pullbacks[first](residuals.outer, v))

    def to_outer(pull: Pullback) -> Pullback:
        return lambda residuals, v: pull(residuals.outer, v)

    def pushforward(residuals: Residuals, *tangents: Array | None) -> Array:
        assert inner.pushforward is not None
        assert outer.pushforward is not None
        tangent = inner.pushforward(residuals.inner, *tangents[:count])
        return outer.pushforward(residuals.outer, tangent, *tangents[count:])

    def jacobian_matrix(residuals: Residuals) -> Any:
        _, _, inputs, value, output = residuals
        by_value, *by_others = _matrices(outer, residuals.outer)
        by_inputs = zip(_matrices(inner, residuals.inner), inputs, strict=False)
        found = *(product(by_value, matrix, output, value, x) for matrix, x in by_inputs), *by_others
        return found if len(found) > 1 else found[0]

    names = _numbered(others, inner.inputs)
    pullbacks = {name: to_inner(pull) for name, pull in inner.pullbacks.items()}
    pullbacks |= {name: to_outer(outer.pullbacks[own]) for name, own in names.items() if own in outer.pullbacks}
    return Rule(
        f"{outer.name}_of_{inner.name}",
        forward,
        pullbacks,
        pushforward if inner.pushforward and outer.pushforward else None,
        jacobian_matrix if inner.jacobian_matrix and outer.jacobian_matrix else None,
        inputs=(*inner.inputs, *names),
        integers=(*inner.integers, *(name for name, own in names.items() if own in outer.integers)),
        options=(*inner.options, *outer.options),
    )


def _checked_forward(rule: Rule, inputs: Sequence[Array], options: dict[str, Any]) -> tuple[Array, Any]:
    """The forward of one part, with those of the options that it has."""
    if rule.check is not None:
        rule.check(*inputs)
    return rule.forward(*inputs, **{name: options[name] for name in rule.options if name in options})


def _matrices(rule: Rule, residuals: Any) -> tuple[Array | None, ...]:
    """The Jacobians of one part, one for each input."""
    assert rule.jacobian_matrix is not None
    found = rule.jacobian_matrix(residuals)
    return found if isinstance(found, tuple) else (found,)


def _numbered(names: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """The names by names of their own: one that is taken gets a number."""
    found: dict[str, str] = {}
    for own in names:
        name, number = own, 1
        while name in (*taken, *found):
            number += 1
            name = f"{own}_{number}"
        found[name] = own
    return found
