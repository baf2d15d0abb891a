"""Arrays of numbers of any kind, on which code written for NumPy's floats runs unchanged.

A kind is a subclass of `NumberArray` that names the class of its entries and their functions. NumPy's functions
`clip(x, 0, None)`, `where(mask, x, 0.5)` and `sign(x)` store plain numbers in an object array, on which `np.exp` would
fail and products would round. An array of a kind therefore converts all its entries.

>>> from fractions import Fraction
>>> class FractionArray(NumberArray):
...     number = Fraction
>>> x = numbers([0.5, -2.0], FractionArray)
>>> np.maximum(x, 0.25) / 3
FractionArray([Fraction(1, 6), Fraction(1, 12)], dtype=object)
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np

from chainrule.arrays import is_torch, to_numpy

Kind = TypeVar("Kind", bound="NumberArray")


def _in_place(name: str, operation: Callable[[Any, Any], Any]) -> Any:
    """The method of an operator such as +=, which makes a new array if there are no axes."""
    on_arrays = getattr(np.ndarray, name)
    return lambda self, other: on_arrays(self, other) if self.ndim else operation(self, other)


class NumberArray(np.ndarray[Any, np.dtype[np.object_]]):
    """An object array whose entries are numbers of one kind, or None before the first assignment. Made by `numbers`.

    A function that is not in `entrywise`, has no loop for objects and is no method of the entries raises
    NotImplementedError.
    """

    number: ClassVar[type[Any]]
    """The class of the entries. Called with an int or a float, it converts exactly, or raises an error; called with
    anything else, it raises TypeError."""

    further: ClassVar[tuple[type[Any], ...]] = ()
    """Further classes of entries, such as infinities; they stay as they are."""

    entrywise: ClassVar[Mapping[Any, Callable[..., Any]]] = {}
    """Functions of NumPy and SciPy without a loop for object arrays, as functions of object arrays of the entries. For
    all others NumPy calls the method of that name of each entry."""

    _own: ClassVar[frozenset[type[Any]]]
    _kept: ClassVar[frozenset[type[Any]]]
    _converted: ClassVar[np.ufunc]
    _known: ClassVar[set[np.ufunc]]
    """Functions that run on plain object arrays of the entries, as far as they were called."""

    def __init_subclass__(cls) -> None:
        cls._own = frozenset({cls.number, *cls.further})
        kept = cls._kept = cls._own | {bool, type(None)}

        def converted(entry: Any) -> Any:
            # NumPy's `pad`, for example, stores its own integers.
            return (
                entry if type(entry) in kept else cls.number(entry.item() if isinstance(entry, np.generic) else entry)
            )

        cls._known = set()
        cls._converted = np.frompyfunc(converted, 1, 1)

    @classmethod
    def _knows(cls, ufunc: np.ufunc) -> bool:
        has_method = ufunc not in _CALL_A_METHOD or hasattr(cls.number, ufunc.__name__)
        if has_method and any("O" in types for types in ufunc.types):
            cls._known.add(ufunc)
        return ufunc in cls._known

    @classmethod
    def magnitude(cls, entry: Any) -> float | None:
        """A float that grows with the absolute value, to choose pivots; None for a kind that needs no choice."""
        return None

    @classmethod
    def holds(cls, dtype: Any) -> bool:
        """True if code that asks for this dtype may get numbers of the kind: it asks for floats, or for objects."""
        return np.dtype(dtype).kind in "fO"

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: tuple[Any, ...] = (), **options: Any
    ) -> Any:
        if out:
            options["out"] = tuple(plain(x) for x in out)
        if method == "__call__" and ufunc in self.entrywise:
            result = self.entrywise[ufunc](*(plain(numbers(x, type(self))) for x in inputs))
            for buffer in options.get("out", ()):
                np.copyto(buffer, result, where=options.get("where", True))
        elif ufunc not in self._known and not self._knows(ufunc):
            raise NotImplementedError(f"{ufunc.__name__} of {self.number.__name__} entries")
        else:
            result = getattr(ufunc, method)(*(plain(x) for x in inputs), **options)
        for buffer in out:
            self._keep_numbers(plain(buffer))
        if out:
            return out[0] if len(out) == 1 else out
        return tuple(self._wrapped(x) for x in result) if isinstance(result, tuple) else self._wrapped(result)

    def __array_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: Iterable[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        result = super().__array_function__(func, types, args, kwargs)
        if result is None:  # `fill_diagonal`, for example, has written plain numbers
            for array in args:
                if isinstance(array, NumberArray):
                    self._keep_numbers(plain(array))
            return None
        if isinstance(result, tuple | list):
            return type(result)(self._wrapped(x) if isinstance(x, np.ndarray) else x for x in result)
        return self._wrapped(result) if isinstance(result, np.ndarray | self.number) else result

    # NumPy's sums of floats are scalars, which `total += x` does not change in place; sums of numbers are 0-d arrays.
    __iadd__ = _in_place("__iadd__", operator.add)
    __isub__ = _in_place("__isub__", operator.sub)
    __imul__ = _in_place("__imul__", operator.mul)
    __itruediv__ = _in_place("__itruediv__", operator.truediv)
    __ipow__ = _in_place("__ipow__", operator.pow)

    def __setitem__(self, index: Any, value: Any) -> None:
        entries = plain(numbers(value, type(self)))
        super().__setitem__(index, entries[()] if entries.ndim == 0 else entries)

    def fill(self, value: Any) -> None:
        """Set all entries to a number."""
        self[...] = value

    def round(self, decimals: Any = 0, out: Any = None) -> Any:
        """The nearest numbers with so many digits behind the point."""
        scale = self.number(10) ** int(decimals)
        return np.divide(np.rint(self * scale), scale, out=out)

    def astype(self, dtype: Any, *arguments: Any, **options: Any) -> Any:
        """A copy without rounding for float dtypes; a conversion for other dtypes, which needs exact values."""
        if self.holds(dtype):
            return self.copy()
        return super().astype(dtype, *arguments, **options)

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be stored; store floats, such as the `midpoints` of balls")

    def _wrapped(self, result: Any) -> Any:
        """Object arrays as arrays of this kind, single numbers as 0-d arrays; booleans and indices unchanged."""
        kind = type(self)
        if isinstance(result, kind.number) or type(result) in (int, float):
            return numbers(result, kind)
        if not isinstance(result, np.ndarray):
            return result
        if result.dtype != object:
            return result.view(np.ndarray)
        self._keep_numbers(plain(result))
        return result.view(kind)

    def _keep_numbers(self, array: Any) -> None:
        """Replace plain numbers in an object array by numbers of this kind, in place."""
        if array.dtype == object and not self._kept.issuperset(map(type, array.flat)):
            array[...] = self._converted(array)


_CALL_A_METHOD = {
    *(np.exp, np.exp2, np.expm1, np.log, np.log1p, np.log2, np.log10, np.sqrt, np.cbrt, np.hypot, np.fabs, np.rint),
    *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.arctan2, np.degrees, np.radians, np.deg2rad),
    *(np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, np.rad2deg),
}
"""Functions of NumPy that call the method of their name of each entry."""


def plain(x: Any) -> Any:
    """An array of numbers as a plain object array on the same memory; anything else unchanged."""
    return x.view(np.ndarray) if isinstance(x, NumberArray) else x


def numbers(x: Any, kind: type[Kind]) -> Kind:
    """The numbers of `x`, exactly, in an array of the kind and of the shape of `x`."""
    if isinstance(x, kind):
        return x
    number, own = kind.number, kind._own
    if isinstance(x, number):
        single = np.empty((), dtype=object)
        single[()] = x
        return single.view(kind)
    source = to_numpy(x) if is_torch(x) else np.asarray(x)
    result = np.empty(source.size, dtype=object)
    result[:] = [x if type(x) in own else number(x) for x in source.ravel().tolist()]
    return result.reshape(source.shape).view(kind)
