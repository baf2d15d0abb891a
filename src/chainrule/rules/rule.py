"""A rule: one operator with its derivatives, as a frozen record of plain functions.

    y = f(x),   J[i, j] = dy_i / dx_j,   pushforward (JVP): t -> J t,   pullback (VJP): v -> J^T v

Rules act on the last axis, or on every entry, under any leading axes. With `out` and `work` absent the functions are
pure, so that a framework can differentiate through them; with both present they allocate nothing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from chainrule.arrays import Array, as_array, as_floats, as_like, is_jax, is_torch

Forward: TypeAlias = Callable[..., tuple[Array, Any]]
Pullback: TypeAlias = Callable[..., Any]


class Exact(NamedTuple):
    """The forward and the pullback that public calls use where training's own are faster but cancel in the tails."""

    forward: Forward
    pullback: Pullback


@dataclass(frozen=True, eq=False)
class Rule:
    """One operator: what it computes and how sensitivities pass through it, both ways.

    Parameters
    ----------
    name : str
        The key under which networks, estimators and the command line find the rule.
    forward : callable
        ``forward(*inputs, out=None, work=None, **options) -> (output, residuals)``. The residuals are whatever the
        pullback needs.
    pullback : callable
        ``pullback(residuals, cotangent, *, out=None, work=None)`` returns the cotangent of the input, or, for rules of
        several inputs, a tuple with one entry per input, None for constants. An `out` of such a rule is a tuple too,
        in which None means that the cotangent is not wanted.
    pushforward : callable, optional
        ``pushforward(residuals, *tangents)`` returns the output's tangent; a tangent None stands for zero.
    jacobian_matrix : callable, optional
        ``jacobian_matrix(residuals)`` returns J for every row, of shape (..., outputs, inputs), or a tuple of them.
    exact : Exact, optional
        Forms without cancellation, when they cost more than `forward` and `pullback`. Pushforward and Jacobian take
        the residuals of the exact forward.
    value_and_pullback : callable, optional
        For losses: ``value_and_pullback(logits, targets, cotangent, *, out, work, **options)`` writes a batch's losses
        (rows x 1, summed over columns) and logit cotangents to the pair `out` in fewer passes than the two apart.
        The cotangent is rows x 1, and ``out[1]`` may be the logits themselves.
    check : callable, optional
        ``check(*inputs)`` raises ValueError on inputs outside the domain; public calls run it, training does not.
    inputs : tuple of str
        The names of the inputs.
    constants : tuple of str
        Those inputs that cannot be perturbed, such as masks.
    integers : tuple of str
        Those inputs that keep their integers, such as class labels; all others become floats.
    options : tuple of str
        Keyword arguments of `forward`.
    formula, derivative, domain, kinks : str
        For people: what is computed, its Jacobian, where it is defined, and what was chosen where it has no derivative.
    slope_from_output : bool
        Whether the pullback needs the output alone, so that training may overwrite the input.
    error_bound : int
        Claimed error of the public forms in units in the last place, over the region that the tests state.

    Examples
    --------
    >>> import numpy as np
    >>> square = Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v)
    >>> square(np.array([1.0, 3.0]))
    array([1., 9.])
    >>> square.vjp(np.array([1.0, 3.0]), np.array([1.0, 10.0]))
    array([ 2., 60.])
    """

    name: str
    forward: Forward
    pullback: Pullback
    pushforward: Callable[..., Array] | None = None
    jacobian_matrix: Callable[[Any], Any] | None = None
    exact: Exact | None = None
    value_and_pullback: Callable[..., tuple[Array, Array]] | None = None
    check: Callable[..., None] | None = None
    inputs: tuple[str, ...] = ("x",)
    constants: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    formula: str = ""
    derivative: str = ""
    domain: str = "finite numbers"
    kinks: str = "none"
    slope_from_output: bool = False
    error_bound: int | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"a rule's name is an identifier, such as 'softplus'; got {self.name!r}")
        unknown = set(self.constants) - set(self.inputs)
        if unknown:
            raise ValueError(f"{self.name}: the constants {sorted(unknown)} are not among the inputs {self.inputs}")
        object.__setattr__(self, "forward", _with_buffers(self.forward, outputs_first=True))
        object.__setattr__(self, "pullback", _with_buffers(self.pullback, outputs_first=False))

    def __call__(self, *inputs: Array, **options: Any) -> Array:
        """The operator's value."""
        with _quiet():
            return self._linearise(inputs, options)[0]

    def vjp(self, *inputs_and_cotangent: Array, **options: Any) -> Any:
        """The pullback at the inputs, applied to the last argument: J^T v without forming J.

        One array for rules of one input; otherwise a tuple with one entry per input, None for labels and masks.
        """
        *inputs, cotangent = self._arguments(inputs_and_cotangent, len(self.inputs) + 1, "vjp", "the cotangent")
        with _quiet():
            output, residuals = self._linearise(inputs, options)
            cotangent = _floats_beside(cotangent, output)
            _broadcastable(f"{self.name}.vjp: the cotangent", cotangent, output)
            return self.exact_forms.pullback(residuals, cotangent)

    def jvp(self, *inputs_and_tangents: Array | None, **options: Any) -> Array:
        """The pushforward at the inputs, applied to one tangent per input (None: that input does not move)."""
        count = len(self.inputs)
        arguments = self._arguments(inputs_and_tangents, 2 * count, "jvp", "one tangent per input")
        if self.pushforward is None:
            raise ValueError(f"{self.name}: no pushforward was given for this rule")
        inputs, tangents = arguments[:count], arguments[count:]
        with _quiet():
            _, residuals = self._linearise(inputs, options)
            moved: list[Array | None] = []
            for name, x, tangent in zip(self.inputs, inputs, tangents, strict=True):
                if tangent is None:
                    moved.append(None)
                    continue
                primal = as_array(x)
                tangent = _floats_beside(tangent, as_floats(primal))
                _broadcastable(f"{self.name}.jvp: the tangent of {name}", tangent, primal)
                moved.append(tangent)
            return self.pushforward(residuals, *moved)

    def jacobian(self, *inputs: Array, **options: Any) -> Any:
        """J[i, j] = dy_i / dx_j for every row, in closed form; a tuple of them for rules of several inputs."""
        if self.jacobian_matrix is None:
            raise ValueError(f"{self.name}: no Jacobian was given for this rule")
        with _quiet():
            return self.jacobian_matrix(self._linearise(inputs, options)[1])

    def __deepcopy__(self, memo: dict[int, Any]) -> Rule:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name: rules hold functions, and a registered rule is found again by its name."""
        from chainrule.rules import registry

        if self.name not in registry.names() or registry.get(self.name) is not self:
            raise TypeError(f"the rule {self.name!r} is not registered, so it cannot be pickled; register it first")
        return registry.get, (self.name,)

    @cached_property
    def exact_forms(self) -> Exact:
        """The forward and the pullback of the public calls: `exact` where it is given."""
        return self.exact or Exact(self.forward, self.pullback)

    def check_call(self, inputs: Sequence[Any], options: dict[str, Any]) -> None:
        """Raise TypeError unless there is one argument per input and every option is known."""
        if len(inputs) != len(self.inputs):
            raise TypeError(f"{self.name} takes {_listed(self.inputs)}, got {len(inputs)} arguments")
        unknown = sorted(set(options) - set(self.options))
        if unknown:
            raise TypeError(f"{self.name} has no option {unknown[0]!r}; it has {_listed(self.options) or 'none'}")

    def _linearise(self, inputs: Sequence[Any], options: dict[str, Any]) -> tuple[Array, Any]:
        self.check_call(inputs, options)
        arrays = tuple(
            as_array(x) if name in self.integers else as_floats(x) for name, x in zip(self.inputs, inputs, strict=True)
        )
        if self.check is not None:
            self.check(*arrays)
        return self.exact_forms.forward(*arrays, **options)

    def _arguments(self, given: tuple[Any, ...], count: int, method: str, last: str) -> tuple[Any, ...]:
        if len(given) != count:
            raise TypeError(
                f"{self.name}.{method} takes {_listed(self.inputs)} and {last}: {count} arguments, got {len(given)}"
            )
        return given


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)


def _floats_beside(x: Any, like: Array) -> Array:
    """`x` as floats; plain numbers and lists take the library and dtype of `like`."""
    if isinstance(x, np.ndarray) or is_torch(x) or is_jax(x):
        return as_floats(x)
    return as_like(x, like)


def _broadcastable(what: str, x: Array, like: Array) -> None:
    try:
        fits = np.broadcast_shapes(tuple(x.shape), tuple(like.shape)) == tuple(like.shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{what} has shape {tuple(x.shape)}, which does not fit {tuple(like.shape)}")


def _quiet() -> AbstractContextManager[Any]:
    """No warning where infinity is the right answer: a shift by the largest logit that overflows, the log of 0."""
    return np.errstate(over="ignore", under="ignore", divide="ignore")


def _with_buffers(function: Callable[..., Any], *, outputs_first: bool) -> Callable[..., Any]:
    """Let functions written without `out` and `work`, as users may, be called with them: results are copied over."""
    names = inspect.signature(function).parameters
    if ("out" in names and "work" in names) or any(p.kind is p.VAR_KEYWORD for p in names.values()):
        return function
    takes_out = "out" in names

    def buffered(*arguments: Any, out: Any = None, work: Any = None, **options: Any) -> Any:
        if takes_out:
            return function(*arguments, out=out, **options)
        result = function(*arguments, **options)
        if out is None:
            return result
        if outputs_first:
            output, residuals = result
            out[...] = output
            # A residual that is the output itself must be the copy that the network keeps.
            return out, out if residuals is output else residuals
        if isinstance(result, tuple):
            return tuple(_filled(buffer, value) for buffer, value in zip(out, result, strict=True))
        return _filled(out, result)

    buffered.__dict__["__wrapped__"] = function
    return buffered


def _filled(buffer: Array | None, value: Array) -> Array | None:
    if buffer is None or value is None:
        return None
    buffer[...] = value
    return buffer
