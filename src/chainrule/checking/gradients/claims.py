"""A claimed derivative of a function, in one of four forms.

gradient   g(*x) = df/dx              for a function whose value is one number
jacobian   J(*x)[o, i] = df_o/dx_i    of the output's shape followed by the input's
pullback   p(*x, v) = J^T v           for a cotangent v of the output's shape
slope      s(*x) = f'(x)              for a function of each entry by itself
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from chainrule.arrays import is_torch, to_numpy
from chainrule.rules import Rule

Function: TypeAlias = Callable[..., Any]
Index: TypeAlias = tuple[int, ...]

FORMS = ("gradient", "jacobian", "pullback", "slope")


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
    form : str
        One of FORMS.
    function : callable
        Returns the derivatives; for "pullback" its last argument is the cotangent.
    names : tuple of str
        Names of the function's inputs.
    moves : tuple of bool
        True for each input of floats, which has a derivative.
    shapes : tuple of tuple of int
        Shapes of the inputs.
    output_shape : tuple of int
    """

    form: str
    function: Function
    names: tuple[str, ...]
    moves: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]

    def values(self, inputs: tuple[Any, ...], cotangent: Any = None) -> tuple[Any, ...]:
        """One array per input in the shape of the form; None if the claim says nothing about the input.

        Raises
        ------
        WrongShapeError
            If a result has a wrong shape.
        """
        result = self.function(*inputs, cotangent) if self.form == "pullback" else self.function(*inputs)
        given = self._per_input(result)
        return tuple(
            None if value is None or not moves else self._shaped(index, value)
            for index, (value, moves) in enumerate(zip(given, self.moves, strict=True))
        )

    def expected_shape(self, index: int) -> tuple[int, ...]:
        """The shape of the claimed derivative by one input."""
        return (self.output_shape if self.form == "jacobian" else ()) + self.shapes[index]

    def _per_input(self, result: Any) -> tuple[Any, ...]:
        count, moving = len(self.names), sum(self.moves)
        if isinstance(result, Mapping):
            unknown = [key for key in result if key not in self.names]
            if unknown:
                raise WrongShapeError("the result", f"the key {unknown[0]!r}", f"keys among {', '.join(self.names)}")
            return tuple(result.get(name) for name in self.names)
        if moving > 1 or (isinstance(result, tuple) and len(result) in (1, count)):
            if not isinstance(result, tuple | list):
                raise WrongShapeError(
                    "the result", _described(result), f"a tuple with one entry for each of {moving} inputs"
                )
            if len(result) == count:
                return tuple(result)
            if len(result) == moving:
                entries = iter(result)
                return tuple(next(entries) if moves else None for moves in self.moves)
            raise WrongShapeError("the result", f"{len(result)} entries", f"one for each of {moving} inputs")
        return tuple(result if moves else None for moves in self.moves)

    def _shaped(self, index: int, value: Any) -> Any:
        array = as_values(value)
        expected = self.expected_shape(index)
        if array.shape == expected:
            return array
        if array.size == 1 and np.prod(expected, dtype=int) == 1:
            return array.reshape(expected)
        if self.form == "jacobian" and array.shape == _flat_shape(self.output_shape, self.shapes[index]):
            return array.reshape(expected)
        raise WrongShapeError(self.names[index], _described(array), f"shape {expected}", array, index)


def _flat_shape(outputs: tuple[int, ...], inputs: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a Jacobian as a matrix, outputs x inputs."""
    return (int(np.prod(outputs)), int(np.prod(inputs)))


def as_values(value: Any) -> Any:
    """A result of the user's function as a NumPy array of floats, integers or balls."""
    if is_torch(value):
        return to_numpy(value)
    array = value if isinstance(value, np.ndarray) else np.asarray(value)
    return array


def _described(value: Any) -> str:
    shape = getattr(value, "shape", None)
    return type(value).__name__ if shape is None else f"shape {tuple(shape)}"


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
