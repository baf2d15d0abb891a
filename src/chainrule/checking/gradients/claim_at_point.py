"""A function, a point and a claimed derivative: the arguments of `check_gradient`, validated."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import is_torch, to_numpy
from chainrule.checking.gradients.claims import Claim, Function, as_values, input_names
from chainrule.checking.gradients.on_floats import copied


class ClaimAtPoint:
    """A function, its inputs, its value there and one claim about its derivatives."""

    def __init__(self, name: str, function: Function, inputs: tuple[Any, ...], claim: Claim, value: Any) -> None:
        self.name, self.function, self.inputs, self.claim, self.value = name, function, inputs, claim, value

    @classmethod
    def of(
        cls,
        function: Function,
        inputs: tuple[Any, ...],
        gradient: Function | bool | None,
        jacobian: Function | None,
        pullback: Function | None,
        slope: Function | None,
    ) -> ClaimAtPoint:
        """The subject in the arguments of `check_gradient`; TypeError if they make none."""
        name = getattr(function, "__name__", type(function).__name__)
        given = {"gradient": gradient, "jacobian": jacobian, "pullback": pullback, "slope": slope}
        forms = [form for form, derivative in given.items() if derivative is not None]
        if len(forms) != 1:
            raise TypeError(f"give one of gradient, jacobian, pullback and slope; got {' and '.join(forms) or 'none'}")
        form = forms[0]
        derivative = given[form]
        names = input_names(function, len(inputs))
        if derivative is True:
            function, derivative = partial(_part_of, 0, function), partial(_part_of, 1, function)
        if not callable(derivative):
            raise TypeError(f"{form}: expected a function, got {derivative!r}")
        arrays = tuple(array_of(x) for x in inputs)
        moves = tuple(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in arrays)
        if not any(moves):
            raise TypeError(f"{name}: none of the {len(inputs)} inputs holds floats, so there is no derivative")
        with np.errstate(all="ignore"):
            result = function(*(copied(x) for x in as_given(inputs)))
        if isinstance(result, tuple):
            raise TypeError(f"{name} returned a tuple; if that is (value, gradient), pass gradient=True")
        value = as_values(result)
        if value.dtype.kind not in "fiub":
            raise TypeError(f"{name} returned {type(result).__name__}, expected an array or a number")
        if form == "gradient" and value.size != 1:
            raise TypeError(
                f"{name} returned shape {value.shape}; a gradient needs a function whose value is one number: give "
                "jacobian, pullback or slope"
            )
        shapes = tuple(np.shape(x) for x in arrays)
        if form == "slope" and (sum(moves) != 1 or value.shape != shapes[moves.index(True)]):
            raise TypeError(
                f"{name} returned shape {value.shape} for inputs of shape {shapes}; a slope needs an elementwise "
                "function of one input"
            )
        claim = Claim(form, derivative, names, moves, shapes, value.shape)
        return cls(name, function, inputs, claim, value)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The inputs, with floats as NumPy arrays of float64."""
        return tuple(
            array_of(x).astype(np.float64) if moves else x
            for x, moves in zip(self.inputs, self.claim.moves, strict=True)
        )

    def at(self, inputs: tuple[Any, ...]) -> ClaimAtPoint:
        """The same subject at another point."""
        return ClaimAtPoint(self.name, self.function, inputs, self.claim, self.value)


def _part_of(part: int, function: Function, *inputs: Any) -> Any:
    return function(*inputs)[part]


def as_given(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs, with lists of floats as arrays."""
    return tuple(
        np.asarray(x) if isinstance(x, list | tuple) and np.asarray(x).dtype.kind == "f" else x for x in inputs
    )


def array_of(x: Any) -> Any:
    """Numbers and arrays of any library as NumPy arrays; other objects unchanged."""
    if is_torch(x):
        return to_numpy(x)
    if isinstance(x, np.ndarray):
        return x
    if isinstance(x, int | float | np.generic | list | tuple) or hasattr(x, "__array__"):
        array = np.asarray(x)
        return array if array.dtype.kind in "fiub" else x
    return x
