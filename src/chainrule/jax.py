"""Rules as JAX functions: `jax.grad` calls the rule's exact pullback where it would differentiate the forward.

    y = f(x),    backward(v) = J^T v    a `jax.custom_vjp`

Rules act on JAX arrays already, traced ones included: their source is written in names that `jax.numpy` has too. What
`wrap` adds is the derivative, with the digits which a differentiated forward loses: 1 - tanh(20)^2 is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from chainrule.arrays import Array, holds_labels
from chainrule.rules.rule import Rule


@dataclass(frozen=True)
class _Constant:
    """A residual that is no array."""

    value: Any

    def __call__(self) -> Any:
        return self.value


def wrap(rule: Rule) -> Callable[..., Array]:
    """The rule as a function for `jax.jit`, `jax.grad` and `jax.vmap`, ``wrap(rule)(*inputs, **options)``.

        J^T v    in reverse mode, with the rule's exact pullback

    Reverse mode nests to any order, so that a Hessian is ``jax.jacrev(jax.jacrev(f))``; forward mode (`jax.jvp`,
    `jax.jacfwd`, `jax.hessian`) is refused by JAX for functions with a pullback of their own. A rule's `check` runs as
    far as it needs no values of traced arrays: under `jit` shapes are checked, but labels outside 0..k-1 are not found.
    At kinks the derivatives are those that the rule documents; a third derivative of the sigmoid family at exactly 0 is
    not right, since the second is that of an even function of |x|.

    Parameters
    ----------
    rule : Rule
        One of `chainrule.rules`, or your own in the same vocabulary. Its residuals are a pytree.

    Returns
    -------
    callable
        Takes one array per input of the rule, in the rule's shapes, and the rule's options by keyword, as Python
        numbers. All inputs but labels are promoted to one floating dtype. The derivative by a constant, such as a
        mask, counts as zero.

    Raises
    ------
    TypeError
        When called with the wrong number of inputs or with an unknown option.
    ValueError
        When called outside the rule's domain.

    Examples
    --------
    >>> import jax
    >>> from chainrule import rules
    >>> from chainrule.jax import wrap
    >>> slope = jax.jit(jax.grad(wrap(rules.tanh)))
    >>> print(f"{slope(20.0):.4e}")  # jax.grad(jax.numpy.tanh) gives 0
    1.6993e-17
    """
    try:
        import jax
        from jax.tree_util import Partial
    except ImportError:
        raise ImportError("chainrule.jax needs JAX, the extra 'jax': pip install 'chainrule[jax]'") from None

    forward, pullbacks = rule.exact_forms.forward, rule.in_order

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def function(options: tuple[tuple[str, Any], ...], *inputs: Array) -> Array:
        return forward(*inputs, **dict(options))[0]

    def keep(options: tuple[tuple[str, Any], ...], *inputs: Array) -> tuple[Array, Any]:
        output, residuals = forward(*inputs, **dict(options))
        # A number that a rule keeps for a condition must not become a traced array on its way to the pullback.
        return output, jax.tree.map(lambda x: x if isinstance(x, jax.Array) else Partial(_Constant(x)), residuals)

    def pull(options: tuple[tuple[str, Any], ...], residuals: Any, cotangent: Array) -> tuple[Array | None, ...]:
        residuals = jax.tree.map(lambda x: x() if is_constant(x) else x, residuals, is_leaf=is_constant)
        cotangent = jax.numpy.asarray(cotangent)  # jax.vjp passes NumPy's on as they are
        return tuple(None if pull is None else pull(residuals, cotangent) for pull in pullbacks)

    def is_constant(x: object) -> bool:
        return isinstance(x, Partial)

    function.defvjp(keep, pull)

    def wrapped(*inputs: Any, **options: Any) -> Array:
        rule.check_call(inputs, options)
        arrays = _arrays(rule, inputs)
        if rule.check is not None:
            with suppress(jax.errors.JAXTypeError):  # what a check meets when it asks for the value of a traced array
                rule.check(*arrays)
        return function(tuple(options.items()), *arrays)

    wrapped.__name__ = wrapped.__qualname__ = rule.name
    wrapped.__doc__ = f"{rule.formula}, with the exact pullback as its derivative. See `chainrule.jax.wrap`."
    return wrapped


def _arrays(rule: Rule, inputs: tuple[Any, ...]) -> list[Array]:
    """The inputs in one floating dtype; labels as they are."""
    import jax.numpy as jnp

    arrays = [jnp.asarray(x) for x in inputs]
    labels = [name in rule.integers and holds_labels(x) for name, x in zip(rule.inputs, arrays, strict=True)]
    # Python numbers have a weak type, and follow the arrays beside them.
    dtype = jnp.result_type(*(x for x, label in zip(inputs, labels, strict=True) if not label))
    dtype = dtype if jnp.issubdtype(dtype, jnp.floating) else jnp.result_type(float)
    return [x if label else x.astype(dtype) for x, label in zip(arrays, labels, strict=True)]
