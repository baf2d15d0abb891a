"""Rules as JAX functions: `jax.grad` calls the exact pullback of the rule instead of differentiating the forward.

    y = f(x),    backward(v) = J^T v    a `jax.custom_vjp`

Rules act on JAX arrays, traced ones included, without `wrap`, because `jax.numpy` has all names that they use. `wrap`
adds the derivative, which keeps digits that a differentiated forward loses, as 1 - tanh(20)^2, which rounds to 0.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from chainrule.arrays import Array, holds_labels
from chainrule.extras import import_extra
from chainrule.rules.rule import Rule, require_rule

__all__ = ["wrap"]


@dataclass(frozen=True)
class _Constant:
    """A residual that is not an array."""

    value: Any

    def __call__(self) -> Any:
        return self.value


def wrap(rule: Rule) -> Callable[..., Array]:
    """The rule as a function for `jax.jit`, `jax.grad` and `jax.vmap`, ``wrap(rule)(*inputs, **options)``.

        J^T v    in reverse mode, with the rule's exact pullback

    Reverse mode works to any order; for a Hessian, call ``jax.jacrev(jax.jacrev(f))``. JAX refuses forward mode
    (`jax.jvp`, `jax.jacfwd`, `jax.hessian`) for functions with a custom pullback. The `check` of a rule runs until it
    needs a value of a traced array: under `jit` it checks shapes and cannot find labels outside 0..k-1. At kinks the
    derivative is the documented one of the rule. The third derivative of the sigmoid family is wrong at exactly 0,
    because the second derivative is computed from ``|x|``.

    Parameters
    ----------
    rule : Rule
        A rule of `chainrule.rules`, or your own, written with functions of `chainrule.arrays`, of ``namespace(x)`` and
        with other rules; NumPy's own functions take no traced arrays. Its residuals are a pytree.

    Returns
    -------
    callable
        Takes one array per input of the rule, in the shapes of the rule, and the options of the rule by keyword, as
        Python numbers. All inputs except labels are promoted to one floating dtype. The derivative by a constant input,
        such as a mask, is zero.

    Raises
    ------
    TypeError
        If `rule` is no rule, the number of inputs is wrong or an option is unknown.
    ValueError
        If an input is outside the domain of the rule.

    Examples
    --------
    >>> import jax
    >>> from chainrule import rules
    >>> from chainrule.jax import wrap
    >>> slope = jax.jit(jax.grad(wrap(rules.tanh)))
    >>> print(f"{slope(20.0):.4e}")  # jax.grad(jax.numpy.tanh) gives 0
    1.6993e-17
    """
    jax = import_extra("jax", "jax", "chainrule.jax needs JAX")
    from jax.tree_util import Partial

    require_rule("chainrule.jax.wrap", rule)
    forward, pullbacks = rule.forward, rule.in_order

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def function(options: tuple[tuple[str, Any], ...], *inputs: Array) -> Array:
        return forward(*inputs, **dict(options))[0]

    def keep(options: tuple[tuple[str, Any], ...], *inputs: Array) -> tuple[Array, Any]:
        output, residuals = forward(*inputs, **dict(options))
        # A Python number among the residuals must not become a traced array: the pullback may branch on it.
        return output, jax.tree.map(lambda x: x if isinstance(x, jax.Array) else Partial(_Constant(x)), residuals)

    def pull(options: tuple[tuple[str, Any], ...], residuals: Any, cotangent: Array) -> tuple[Array | None, ...]:
        residuals = jax.tree.map(lambda x: x() if is_constant(x) else x, residuals, is_leaf=is_constant)
        cotangent = jax.numpy.asarray(cotangent)  # jax.vjp does not convert NumPy arrays
        return tuple(None if pull is None else pull(residuals, cotangent) for pull in pullbacks)

    def is_constant(x: object) -> bool:
        return isinstance(x, Partial)

    function.defvjp(keep, pull)

    def wrapped(*inputs: Any, **options: Any) -> Array:
        rule.check_call(inputs, options)
        arrays = _arrays(rule, inputs)
        if rule.check is not None:
            with suppress(jax.errors.JAXTypeError):  # raised when a check reads the value of a traced array
                rule.check(*arrays)
        return function(tuple(options.items()), *arrays)

    wrapped.__name__ = wrapped.__qualname__ = rule.name
    wrapped.__doc__ = f"{rule.formula}, with the exact pullback as its derivative. See `chainrule.jax.wrap`."
    return wrapped


def _arrays(rule: Rule, inputs: tuple[Any, ...]) -> list[Array]:
    """The inputs in one floating dtype; labels keep their dtype."""
    import jax.numpy as jnp

    arrays = [jnp.asarray(x) for x in inputs]
    labels = [name in rule.integers and holds_labels(x) for name, x in zip(rule.inputs, arrays, strict=True)]
    # Python numbers have a weak type and take the dtype of the arrays.
    dtype = jnp.result_type(*(x for x, label in zip(inputs, labels, strict=True) if not label))
    dtype = dtype if jnp.issubdtype(dtype, jnp.floating) else jnp.result_type(float)
    return [x if label else x.astype(dtype) for x, label in zip(arrays, labels, strict=True)]
