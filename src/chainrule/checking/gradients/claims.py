"""A claimed derivative of a function at given inputs, in one of four forms.

gradient   g(*x) = df/dx              for a function whose value is one number
jacobian   J(*x)[o, i] = df_o/dx_i    of the output's shape followed by the input's
pullback   p(*x, v) = J^T v           for a cotangent v of the output's shape
slope      s(*x) = f'(x)              for a function of each entry by itself
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import as_like, is_torch, to_numpy
from chainrule.checking.case import draw
from chainrule.checking.comparing import Mismatch, Unchecked
from chainrule.rules import Rule

Function: TypeAlias = Callable[..., Any]
Index: TypeAlias = tuple[int, ...]


FURTHER_CALLS = 6
"""Calls with the same input, which must return the same. A mask of two entries is the same in all with odds of 4^-6."""


class WrongShapeError(Exception):
    """A claimed derivative has a wrong shape; `entry` names the input."""

    def __init__(self, entry: str, got: str, expected: str, value: Any = None, index: int = 0) -> None:
        super().__init__(f"{entry}: got {got}, expected {expected}")
        self.entry, self.got, self.expected, self.value, self.index = entry, got, expected, value, index


@dataclass(frozen=True)
class Claim:
    """One form of derivative of a function at given inputs.

    Attributes
    ----------
    name : str
        The name of the function.
    function : callable
    form : {"gradient", "jacobian", "pullback", "slope"}
    derivative : callable
        Returns the derivatives; for "pullback" its last argument is the cotangent.
    inputs : tuple
        As the user gave them, with lists of floats as arrays.
    names : tuple of str
        Names of the inputs.
    result : Any
        The function's value.
    changed : tuple of str
        The inputs that the function writes to.
    """

    name: str
    function: Function
    form: str
    derivative: Function
    inputs: tuple[Any, ...]
    names: tuple[str, ...]
    result: Any
    changed: tuple[str, ...] = ()

    def other_value(self) -> tuple[str, str] | None:
        """An entry of the value, and that of a later call, if the function is random or keeps a state."""
        first = self.value
        unit = float(np.finfo(first.dtype).eps) if first.dtype.kind == "f" else 0.0
        size = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
        for _ in range(FURTHER_CALLS):
            with np.errstate(all="ignore"):
                later = as_values(self.function(*map(copied, self.inputs)))
            if first.shape != later.shape:
                return str(first.shape), str(later.shape)
            # Parallel sums on a GPU may differ by roundings.
            apart = ~np.isclose(first, later, 0, 64 * unit * size, equal_nan=True)
            for at in map(tuple, np.argwhere(apart)[:1].tolist()):
                return f"{first[at]:.10g}", f"{later[at]:.10g}"
        return None

    @cached_property
    def value(self) -> Any:
        """The function's value as a NumPy array."""
        return as_values(self.result)

    @cached_property
    def arrays(self) -> tuple[Any, ...]:
        """The inputs, with floats as NumPy arrays of float64."""
        found = map(array_of, self.inputs)
        return tuple(x.astype(np.float64) if _is_floats(x) else x for x in found)

    @cached_property
    def differentiable(self) -> tuple[bool, ...]:
        """True for each input of floats, which has a derivative."""
        return tuple(map(_is_floats, self.arrays))

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of the inputs."""
        return tuple(map(np.shape, self.arrays))

    @cached_property
    def cotangent(self) -> Any:
        """1 for a gradient; for other forms random numbers in the output's shape."""
        return np.ones(self.value.shape) if self.form == "gradient" else draw(99, self.value.shape)

    def derivatives(self, inputs: tuple[Any, ...], cotangent: Any) -> tuple[Any, ...]:
        """One array per input in the shape of the form; None if the claim says nothing about the input.

        Raises
        ------
        WrongShapeError
            If a result has a wrong shape.
        """
        result = self.derivative(*inputs, cotangent) if self.form == "pullback" else self.derivative(*inputs)
        return tuple(
            None if value is None or not differentiable else self._shaped(index, value)
            for index, (value, differentiable) in enumerate(
                zip(self._per_input(result), self.differentiable, strict=True)
            )
        )

    def float_derivatives(self, cotangent: Any) -> tuple[Any, ...]:
        """The derivatives on floats, for a cotangent given as a NumPy array."""
        if isinstance(self.result, float):
            cotangent = float(cotangent)
        elif self.value.dtype.kind == "f":
            cotangent = as_like(cotangent, self.result if is_torch(self.result) else self.value)
        return self.derivatives(tuple(map(copied, self.inputs)), cotangent)

    def _per_input(self, result: Any) -> tuple[Any, ...]:
        count, wanted = len(self.names), sum(self.differentiable)
        if isinstance(result, Mapping):
            unknown = [key for key in result if key not in self.names]
            if unknown:
                raise WrongShapeError("the result", f"the key {unknown[0]!r}", f"keys among {', '.join(self.names)}")
            return tuple(result.get(name) for name in self.names)
        several = wanted > 1 or (isinstance(result, tuple) and len(result) in (1, count))
        if several and not isinstance(result, tuple | list):
            expected = f"a tuple with one entry for each of {wanted} inputs"
            raise WrongShapeError("the result", _described(result), expected)
        given = tuple(result) if several else (result,)
        if len(given) == count:
            return given
        if len(given) != wanted:
            raise WrongShapeError("the result", f"{len(given)} entries", f"one for each of {wanted} inputs")
        entries = iter(given)
        return tuple(next(entries) if differentiable else None for differentiable in self.differentiable)

    def _shaped(self, index: int, value: Any) -> Any:
        array, outputs, inputs = as_values(value), self.value.shape, self.shapes[index]
        expected = (*outputs, *inputs) if self.form == "jacobian" else inputs
        as_matrix = (int(np.prod(outputs)), int(np.prod(inputs)))
        one_number = array.size == 1 and np.prod(expected, dtype=int) == 1
        if array.shape == expected or one_number or (self.form == "jacobian" and array.shape == as_matrix):
            return array.reshape(expected)
        raise WrongShapeError(self.names[index], _described(array), f"shape {expected}", array, index)


@dataclass
class ClaimCheck:
    """The result of comparing one claim with its function.

    Attributes
    ----------
    claim : Claim
    method : str
        The name of the method, for the report.
    checked : int
        Number of derivatives that agree.
    failures : list of Mismatch
    unchecked : list of Unchecked
    """

    claim: Claim
    method: str
    checked: int = 0
    failures: list[Mismatch] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)

    def fail(self, entry: str, got: str, expected: str) -> None:
        """Record a wrong entry."""
        self.failures.append(Mismatch(self.claim.name, self.claim.form, entry, got, expected))

    def leave(self, reason: str, *, more_bits_may_help: bool = False) -> None:
        """Record an undecided entry."""
        self.unchecked.append(Unchecked(self.claim.name, reason, more_bits_may_help))


def claim_of(function: Function, inputs: tuple[Any, ...], **derivatives: Function | bool | None) -> Claim:
    """The claim in the arguments of `check_gradient`.

    Raises
    ------
    TypeError
        If the arguments are no claim.
    """
    name, names = getattr(function, "__name__", type(function).__name__), input_names(function, len(inputs))
    forms = [form for form, derivative in derivatives.items() if derivative is not None]
    if len(forms) != 1:
        raise TypeError(f"give one of gradient, jacobian, pullback and slope; got {' and '.join(forms) or 'none'}")
    form, derivative = forms[0], derivatives[forms[0]]
    if derivative is True:
        function, derivative = partial(_part_of, 0, function), partial(_part_of, 1, function)
    if not callable(derivative):
        raise TypeError(f"{form}: expected a function, got {derivative!r}")
    inputs = tuple(np.asarray(x) if isinstance(x, list | tuple) and _is_floats(np.asarray(x)) else x for x in inputs)
    if not any(map(_is_floats, map(array_of, inputs))):
        raise TypeError(f"{name}: none of the {len(inputs)} inputs holds floats, so there is no derivative")
    first = tuple(map(copied, inputs))
    with np.errstate(all="ignore"):
        result = function(*first)
    if isinstance(result, tuple):
        raise TypeError(f"{name} returned a tuple; if that is (value, gradient), pass gradient=True")
    changed = tuple(n for n, x, y in zip(names, inputs, first, strict=True) if not _same(array_of(x), array_of(y)))
    claim = Claim(name, function, form, derivative, inputs, names, result, changed)
    if claim.value.dtype.kind not in "fiub":
        raise TypeError(f"{name} returned {type(result).__name__}, expected an array or a number")
    if form == "gradient" and claim.value.size != 1:
        raise TypeError(
            f"{name} returned shape {claim.value.shape}; a gradient needs a function whose value is one number: give "
            "jacobian, pullback or slope"
        )
    wanted = [shape for shape, differentiable in zip(claim.shapes, claim.differentiable, strict=True) if differentiable]
    if form == "slope" and wanted != [claim.value.shape]:
        raise TypeError(
            f"{name} returned shape {claim.value.shape} for inputs of shape {claim.shapes}; a slope needs an "
            "elementwise function of one input"
        )
    return claim


def _part_of(part: int, function: Function, *inputs: Any) -> Any:
    pair = function(*inputs)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        name, got = getattr(function, "__name__", "the function"), _described(pair)
        raise TypeError(f"gradient=True: {name} must return the pair (value, gradient), got {got}")
    return pair[part]


def input_names(function: Function, count: int) -> tuple[str, ...]:
    """The names of the first parameters of a function, or x0, x1, ..."""
    rule = getattr(function, "func", function)
    if isinstance(rule, Rule) and len(rule.inputs) == count:
        return rule.inputs
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [parameter.name for parameter in parameters if parameter.kind in kinds][:count]
    if len(names) == count:
        return tuple(names)
    return ("x",) if count == 1 else tuple(f"x{i}" for i in range(count))


def array_of(x: Any) -> Any:
    """Numbers and arrays of any library as NumPy arrays; other objects unchanged."""
    is_array = isinstance(x, int | float | list | tuple) or hasattr(x, "__array__")
    array = as_values(x) if is_array else None
    return x if array is None or array.dtype.kind not in "fiub" else array


def as_values(x: Any) -> Any:
    """A result of the user's function as a NumPy array of floats, integers or balls."""
    return to_numpy(x) if is_torch(x) else np.asanyarray(x)


def copied(x: Any) -> Any:
    """A copy, because the user's function may write to its inputs."""
    if is_torch(x):
        return x.detach().clone().requires_grad_(x.requires_grad)
    return x.copy() if isinstance(x, np.ndarray) else x


def _same(x: Any, y: Any) -> bool:
    if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
        return True
    return np.array_equal(x, y, equal_nan=x.dtype.kind == "f")


def _is_floats(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else f"shape {tuple(shape)}"
