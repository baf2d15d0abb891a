"""A rule: one operator with its derivatives, as a frozen record of plain functions.

    y = f(x),   J[i, j] = dy_i / dx_j,   pushforward (JVP): t -> J t,   pullback (VJP): v -> J^T v

Rules act on the last axis, or on every entry, under any leading axes. Their functions are pure and exact: they do
not modify their arguments, and their results keep their digits in the tails. Training uses faster forms, the kernels,
which are separate (`chainrule.kernels`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import Array, as_array, as_floats, as_like, holds_labels, is_jax, is_torch, namespace

Forward: TypeAlias = Callable[..., tuple[Array, Any]]
Pullback: TypeAlias = Callable[[Any, Array], Any]

BLOCK_BYTES = 1 << 19
"""Bytes of the first input per block of rows in public calls of rules that treat each row by itself.

Temporaries of that size stay in the cache: softmax and its vjp of 6000 x 1000 float64 numbers take 49 ms in blocks and
71 ms at once.
"""

KINDS = ("activation", "map", "layer", "loss", "penalty", "noise", "shape")
"""The roles of rules."""


@dataclass(frozen=True, eq=False)
class Rule:
    """One operator: its value, and how derivatives pass through it forwards and backwards.

    Parameters
    ----------
    name : str
        The key under which networks and estimators find the rule, once it is registered.
    forward : callable
        ``forward(*inputs, **options) -> (output, residuals)``. The residuals are a tuple of the values that the
        derivatives need; work that several pullbacks share belongs there.
    pullbacks : mapping of callables, or a callable for rules of one input
        ``pullbacks["x"](residuals, cotangent)`` returns the cotangent of the input x. Inputs without a pullback, such
        as masks, are constants.
    pushforward : callable, optional
        ``pushforward(residuals, *tangents)`` returns the output's tangent. The tangents have the shapes of the inputs;
        labels and constants have the tangent None.
    jacobian_matrix : callable, optional
        ``jacobian_matrix(residuals)`` returns J for every row, of shape (..., outputs, inputs), or a tuple of such J.
    check : callable, optional
        ``check(*inputs)`` raises ValueError on inputs outside the domain; public calls run it, training does not. A
        loss with labels calls ``check_labels("targets", targets, logits.shape[-1])`` of `chainrule.arrays`.
    inputs : tuple of str
        The names of the inputs.
    integers : tuple of str
        The inputs that keep their integers, such as class labels; all others become floats.
    options : tuple of str
        Keyword arguments of `forward`.
    formula, derivative, domain, kinks : str
        Text for readers: the formula, the Jacobian, the domain, and the value chosen where there is no derivative.
    kind : str
        The rule's role: "activation" (one input, and an output of the same shape; may stand between two layers),
        "layer" (inputs, then parameters), "loss" (logits, then targets), "penalty", "noise" (a mask is drawn for it),
        "shape" (rearranges or pools images), or "map" for all others. The default is "activation" for rules of one
        input, and "map" otherwise.
    needs : "input" or "output"
        The array that must still have its values when the pullbacks run. The pullback of the square needs x, so its
        rule has "input". The pullback of tanh computes 1 - y^2 from the output, so its rule has "output", and training
        may store other numbers in the memory of x.
    elementwise : bool
        True if each entry of the output depends only on the same entry of the one input.
    rowwise : bool
        True if each row of the output depends only on the same row of every input. All inputs then have the same
        leading axes. Public calls of rowwise and elementwise rules evaluate large NumPy arrays in blocks of rows.
    error_bound : int
        The largest rounding error of a value, a vjp or a jvp, in ulp, which is the distance between neighbouring
        floats. With 4, a result is at most four floats away from the exact one. Rules of the package state it, and
        their tests compare random inputs with it; `check_rule` notes where an error at its point exceeds it. Where
        terms of both signs are added, it bounds the error divided by the condition number of the sum.

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
    pullbacks: Any
    pushforward: Callable[..., Array] | None = None
    jacobian_matrix: Callable[[Any], Any] | None = None
    check: Callable[..., None] | None = None
    inputs: tuple[str, ...] = ("x",)
    integers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    formula: str = ""
    derivative: str = ""
    domain: str = "finite numbers"
    kinks: str = "none"
    error_bound: int | None = None
    kind: str = ""
    needs: str = "input"
    elementwise: bool = False
    rowwise: bool = False

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"a rule's name is an identifier, such as 'softplus'; got {self.name!r}")
        given = self.pullbacks
        if given is None or (isinstance(given, Mapping) and not given):
            raise ValueError(
                f"{self.name} has no pullback, so nothing could be differentiated or checked: expected a function, or "
                f"{{{self.inputs[0]!r}: function}}, got {given!r}"
            )
        if not isinstance(given, Mapping):
            if len(self.inputs) > 1:
                raise TypeError(
                    f"{self.name} has {len(self.inputs)} inputs: give one pullback for each, "
                    f"pullbacks={{{self.inputs[0]!r}: function, ...}}"
                )
            given = {self.inputs[0]: given}
        unknown = sorted(set(given) - set(self.inputs))
        if unknown:
            raise ValueError(f"{self.name}: there is a pullback for {unknown[0]!r}, but no such input")
        no_function = next((name for name, pull in given.items() if not callable(pull)), None)
        if no_function is not None:
            raise TypeError(
                f"{self.name}: the pullback of {no_function}: expected a function, got {given[no_function]!r}; "
                "leave out the inputs that are constants"
            )
        if self.kind not in ("", *KINDS):
            raise ValueError(f"{self.name}: kind: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.needs not in ("input", "output"):
            raise ValueError(f"{self.name}: needs: expected 'input' or 'output', got {self.needs!r}")
        no_option = next((name for name in self.options if not _takes(self.forward, name)), None)
        if no_option is not None:
            raise TypeError(f"{self.name}: forward has no argument {no_option!r}, which is one of the options")
        object.__setattr__(self, "pullbacks", dict(given))
        object.__setattr__(self, "kind", self.kind or ("activation" if len(self.inputs) == 1 else "map"))

    def __repr__(self) -> str:
        return f"Rule({self.name!r}, inputs={self.inputs!r}, kind={self.kind!r})"

    @property
    def in_order(self) -> tuple[Pullback | None, ...]:
        """The pullback of every input, None for constants."""
        return tuple(self.pullbacks.get(name) for name in self.inputs)

    @property
    def constants(self) -> tuple[str, ...]:
        """The inputs without a pullback."""
        return tuple(name for name in self.inputs if name not in self.pullbacks)

    def pullback(self, residuals: Any, cotangent: Array) -> Any:
        """The cotangents of all inputs, as `vjp` returns them, from the forward's residuals."""
        pulled = tuple(None if pull is None else pull(residuals, cotangent) for pull in self.in_order)
        return pulled if len(pulled) > 1 else pulled[0]

    def output_and_residuals(self, *inputs: Array, **options: Any) -> tuple[Array, Any]:
        """The output and the residuals of `forward`.

        Raises
        ------
        TypeError
            If it returns something else than a pair.
        """
        result: Any = self.forward(*inputs, **options)
        if not isinstance(result, tuple) or len(result) != 2:
            got = f"a tuple of {len(result)}" if isinstance(result, tuple) else f"{type(result).__name__}"
            got = f"an array of shape {tuple(result.shape)}" if hasattr(result, "shape") else got
            raise TypeError(f"{self.name}: forward must return (output, residuals), got {got}")
        return result

    def __call__(self, *inputs: Array, **options: Any) -> Array:
        """The operator's value."""
        arrays = self._arrays(inputs, options)
        with _quiet():
            return self._by_blocks(arrays, lambda rows: self.output_and_residuals(*_part(arrays, rows), **options)[0])

    def vjp(self, *inputs_and_cotangent: Array, **options: Any) -> Any:
        """The pullback at the inputs, applied to the last argument: J^T v without forming J.

        The cotangent is broadcast to the shape of the output. The result is one array for rules of one input; otherwise
        a tuple with one entry per input, None for labels and masks.
        """
        *inputs, cotangent = self._arguments(inputs_and_cotangent, len(self.inputs) + 1, "vjp", "the cotangent")
        arrays = self._arrays(inputs, options)

        fitting = None

        def pulled(rows: Any) -> Any:
            nonlocal fitting
            output, residuals = self.output_and_residuals(*_part(arrays, rows), **options)
            if fitting is None:
                shape = tuple(output.shape) if rows is ... else (len(arrays[0]), *output.shape[1:])
                fitting = _in_shape(shape, output, cotangent, f"{self.name}.vjp: the cotangent")
            return self.pullback(residuals, fitting[rows])

        with _quiet():
            return self._by_blocks(arrays, pulled)

    def jvp(self, *inputs_and_tangents: Array | None, **options: Any) -> Array:
        """The pushforward at the inputs, applied to one tangent per input; None means zero.

        Each tangent is broadcast to the shape of its input.
        """
        count = len(self.inputs)
        arguments = self._arguments(inputs_and_tangents, 2 * count, "jvp", "one tangent per input")
        if self.pushforward is None:
            raise ValueError(f"{self.name}: no pushforward was given for this rule")
        arrays = self._arrays(arguments[:count], options)
        tangents = tuple(map(self._tangent, self.inputs, arrays, arguments[count:]))
        pushforward = self.pushforward

        def pushed(rows: Any) -> Array:
            residuals = self.output_and_residuals(*_part(arrays, rows), **options)[1]
            return pushforward(residuals, *_part(tangents, rows))

        with _quiet():
            return self._by_blocks(arrays, pushed)

    def _tangent(self, name: str, x: Any, tangent: Any) -> Array | None:
        """The tangent in the shape of its input, zeros for None. Labels and constants have none."""
        x = as_array(x)
        if name in self.constants or (name in self.integers and holds_labels(x)):
            if tangent is not None:
                raise ValueError(
                    f"{self.name}.jvp: {name}: labels have no tangent, and neither have constants; give None"
                )
            return None
        if tangent is None:
            return namespace(x).zeros_like(as_floats(x))
        return _in_shape(tuple(x.shape), x, tangent, f"{self.name}.jvp: the tangent of {name}")

    def jacobian(self, *inputs: Array, **options: Any) -> Any:
        """J[i, j] = dy_i / dx_j for every row, in closed form; for rules of several inputs, a tuple of such J."""
        if self.jacobian_matrix is None:
            raise ValueError(f"{self.name}: no Jacobian was given for this rule")
        with _quiet():
            return self.jacobian_matrix(self.output_and_residuals(*self._arrays(inputs, options), **options)[1])

    def __deepcopy__(self, memo: dict[int, Any]) -> Rule:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by name: rules hold functions, and a registered rule is found again by its name."""
        from chainrule.rules import registry

        if self.name not in registry.names() or registry.get(self.name) is not self:
            raise TypeError(f"the rule {self.name!r} is not registered, so it cannot be pickled; register it first")
        return registry.get, (self.name,)

    def with_defaults(self, name: str, **options: Any) -> Rule:
        """The same rule under another name, with other defaults of its options.

            f(*inputs, **options) with these options, if a call does not give them

        Networks name their loss, and pass no options to it. Register the new rule to use its options there.

        Parameters
        ----------
        name : str
        **options
            The new defaults.

        Raises
        ------
        TypeError
            If the rule has no such option.

        Examples
        --------
        >>> import numpy as np
        >>> from chainrule import rules
        >>> smoothed = rules.softmax_cross_entropy.with_defaults("smoothed", label_smoothing=0.5)
        >>> smoothed(np.array([0.0, 4.0]), np.array(0)).round(3)
        np.float64(3.018)
        """
        self.check_call(self.inputs, options)
        return replace(self, name=name, forward=partial(self.forward, **options))

    def check_call(self, inputs: Sequence[Any], options: dict[str, Any]) -> None:
        """Raise TypeError unless there is one argument per input and every option is known."""
        if len(inputs) != len(self.inputs):
            hint = f"; give {', '.join(self.options)} by name: {self.options[0]}=..." if self.options else ""
            raise TypeError(f"{self.name} takes {', '.join(self.inputs)}, got {len(inputs)} arguments{hint}")
        unknown = sorted(set(options) - set(self.options))
        if unknown:
            raise TypeError(f"{self.name} has no option {unknown[0]!r}; it has {', '.join(self.options) or 'none'}")

    def _arrays(self, inputs: Sequence[Any], options: dict[str, Any]) -> tuple[Array, ...]:
        """The inputs of a public call as arrays, checked."""
        self.check_call(inputs, options)
        arrays = tuple(
            as_array(x) if name in self.integers else as_floats(x) for name, x in zip(self.inputs, inputs, strict=True)
        )
        if self.check is not None:
            with _quiet():
                self.check(*arrays)
        return arrays

    def _by_blocks(self, arrays: tuple[Array, ...], function: Callable[[Any], Any]) -> Any:
        """The result of the function for the whole arrays, or its results for blocks of rows, in one array."""
        whole = None
        for rows in self._blocks(arrays):
            if rows is ...:
                return function(rows)
            whole = _stored(function(rows), rows, whole, len(arrays[0]))
        return whole

    def _blocks(self, arrays: tuple[Array, ...]) -> list[Any]:
        """Indices of the blocks of rows of a public call: `...` for the whole arrays, or slices."""
        first = arrays[0]
        by_rows = (self.rowwise and len(first.shape) > 1) or (self.elementwise and len(first.shape) > 0)
        if not by_rows or any(not isinstance(x, np.ndarray) or x.dtype == object for x in arrays):
            return [...]
        step = max(1, BLOCK_BYTES * len(first) // max(first.nbytes, 1))
        if step >= len(first):
            return [...]
        return [slice(start, start + step) for start in range(0, len(first), step)]

    def _arguments(self, given: tuple[Any, ...], count: int, method: str, last: str) -> tuple[Any, ...]:
        if len(given) != count:
            raise TypeError(
                f"{self.name}.{method} takes {', '.join(self.inputs)} and {last}: {count} arguments, got {len(given)}"
            )
        return given


def require_rule(what: str, given: object, advice: str = "rules.Rule(...) makes one") -> None:
    """Raise TypeError, which ends with the advice, unless an argument is a rule.

    >>> require_rule("register", len)
    Traceback (most recent call last):
        ...
    TypeError: register: expected a Rule, got builtin_function_or_method; rules.Rule(...) makes one
    """
    if not isinstance(given, Rule):
        raise TypeError(f"{what}: expected a Rule, got {type(given).__name__}; {advice}")


def _takes(function: Callable[..., Any], name: str) -> bool:
    """True if a function has the argument, or does not tell its arguments."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return True
    return name in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())


def _part(arrays: tuple[Array | None, ...], rows: Any) -> list[Any]:
    return [None if x is None else x[rows] for x in arrays]


def _stored(part: Any, rows: slice, whole: Any, count: int) -> Any:
    """The result of one block written into the whole result, which the first block allocates; also for tuples."""
    if isinstance(part, tuple):
        return tuple(_stored(one, rows, to, count) for one, to in zip(part, whole or repeat(None), strict=False))
    if part is not None and whole is None:
        whole = np.empty((count, *part.shape[1:]), part.dtype)
    if part is not None:
        whole[rows] = part
    return whole


def _in_shape(shape: tuple[int, ...], like: Array, x: Any, what: str) -> Array:
    """`x` as floats, broadcast to a shape; numbers and lists take the library and dtype of `like`."""
    x = as_floats(x if isinstance(x, np.ndarray) or is_torch(x) or is_jax(x) else as_like(x, as_floats(like)))
    try:
        return namespace(x).broadcast_to(x, shape)
    except (ValueError, RuntimeError):  # PyTorch raises RuntimeError
        raise ValueError(f"{what} has shape {tuple(x.shape)}, which does not fit {shape}") from None


def _quiet() -> AbstractContextManager[Any]:
    """No warning where infinity is the right answer: a shift by the largest logit that overflows, the log of 0."""
    return np.errstate(over="ignore", under="ignore", divide="ignore")
