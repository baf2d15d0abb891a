"""The chain rule for two rules: y = f(g(x, ...), ...).

    by an input of g: J_g^T (J_f^T v), by another input of f: its own pullback      pushforward: J_f (J_g t)

The inputs of g come first, then the inputs of f after its first.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from chainrule.arrays import Array
from chainrule.rules.jacobian_products import product
from chainrule.rules.rule import Pullback, Rule


class ChainResiduals(NamedTuple):
    """The residuals of both rules, and the arrays whose shapes the Jacobian needs."""

    inner: Any
    outer: Any
    inputs: tuple[Array, ...]
    value: Array
    """g(x)."""
    output: Array


def after(inner: Rule, outer: Rule) -> Rule:
    """The rule y = outer(inner(x, ...), ...), without the texts for readers; see `compose`.

    >>> from chainrule import rules
    >>> after(rules.linear, rules.softmax).name
    'softmax_of_linear'
    """
    first, *others = outer.inputs
    count = len(inner.inputs)
    if first in (*outer.constants, *outer.integers):
        raise ValueError(f"compose: {outer.name} takes no derivative by its first input, {first}")
    shared = sorted({*inner.options} & {*outer.options})
    if shared:
        raise ValueError(f"compose: the option {shared[0]!r} belongs to more than one of the rules")

    def forward(*inputs: Array, **options: Any) -> tuple[Array, ChainResiduals]:
        value, kept = _checked_forward(inner, inputs[:count], options)
        output, kept_outside = _checked_forward(outer, (value, *inputs[count:]), options)
        return output, ChainResiduals(kept, kept_outside, inputs, value, output)

    def to_inner(pull: Pullback) -> Pullback:
        return lambda residuals, v: pull(residuals.inner, outer.pullbacks[first](residuals.outer, v))

    def to_outer(pull: Pullback) -> Pullback:
        return lambda residuals, v: pull(residuals.outer, v)

    def pushforward(residuals: ChainResiduals, *tangents: Array | None) -> Array:
        assert inner.pushforward is not None
        assert outer.pushforward is not None
        tangent = inner.pushforward(residuals.inner, *tangents[:count])
        return outer.pushforward(residuals.outer, tangent, *tangents[count:])

    def jacobian_matrix(residuals: ChainResiduals) -> Any:
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
    """The forward of one part, with the options that it has."""
    if rule.check is not None:
        rule.check(*inputs)
    return rule.forward(*inputs, **{name: options[name] for name in rule.options if name in options})


def _matrices(rule: Rule, residuals: Any) -> tuple[Array | None, ...]:
    """The Jacobians of one part, one for each input."""
    assert rule.jacobian_matrix is not None
    found = rule.jacobian_matrix(residuals)
    return found if isinstance(found, tuple) else (found,)


def _numbered(names: Sequence[str], taken: Sequence[str]) -> dict[str, str]:
    """The given names, by new names that are unique: a name that is taken gets a number."""
    found: dict[str, str] = {}
    for own in names:
        name, number = own, 1
        while name in (*taken, *found):
            number += 1
            name = f"{own}_{number}"
        found[name] = own
    return found
