"""Stand-ins for the modules `numpy`, `numpy.linalg`, `math` and `scipy.special`, in which float arrays hold numbers.

`stand_ins(kind)` are those for one kind of number, such as `BallArray`. Without such numbers among the arguments they
call the module's function. Only the float arrays that `zeros`, `eye`, `array` and similar functions create are always
arrays of the kind, because code that fills them entry by entry would round.

>>> from chainrule.algebra import Ball, BallArray
>>> stand_ins(BallArray).of(np.linalg).norm([Ball(3), 4.0])
BallArray(5, dtype=object)
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from types import ModuleType
from typing import Any

import numpy as np
import scipy.special

from chainrule.algebra.number_array import NumberArray, numbers
from chainrule.checking.user_code import small_matrices

Function = Callable[..., Any]

OF_NUMPY = (
    *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "sqrt", "cbrt", "hypot", "fabs"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "heaviside", "isnan", "isinf"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "rint", "trunc", "fmod", "copysign"),
)

OF_SCIPY = (
    *("expit", "log_expit", "logit", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div", "ndtr", "log_ndtr"),
    *("erf", "erfc", "gamma", "gammaln", "digamma", "psi", "expm1", "log1p", "exp2"),
)

CONSTRUCTORS = (
    *("zeros", "ones", "empty", "full", "eye", "identity", "linspace", "zeros_like", "ones_like"),
    *("empty_like", "full_like", "diag", "diagflat", "tri", "fromiter", "copy", "asfortranarray"),
)

OF_MATRICES = ("solve", "inv", "det", "slogdet")


@dataclass(frozen=True)
class StandIn:
    """A module with some functions replaced."""

    module: ModuleType
    replaced: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.replaced[name] if name in self.replaced else getattr(self.module, name)

    def __repr__(self) -> str:
        return f"<{self.module.__name__}, on numbers>"


class StandIns:
    """The stand-ins for one kind of number."""

    def __init__(self, kind: type[NumberArray]) -> None:
        self.kind = kind
        self._types = (kind, kind.number)

    def of(self, value: Any) -> Any:
        """The stand-in for a module, or for a function of one that was imported by name; None where there is none."""
        return self._replacements.get(id(value))

    def has_numbers(self, *values: Any) -> bool:
        """True if there is a number of the kind among the values, also inside lists, tuples and arrays."""
        for value in values:
            if isinstance(value, self._types):
                return True
            if isinstance(value, list | tuple) and self.has_numbers(*value):
                return True
            if isinstance(value, np.ndarray) and value.dtype == object and self.has_numbers(*value.flat):
                return True
        return False

    def float_of(self, x: Any = 0.0) -> Any:
        """`float`, which leaves a number of the kind as it is."""
        if isinstance(x, self.kind) and x.size == 1:
            x = x.ravel()[0]
        return x if isinstance(x, self.kind.number) else float(x)

    def of_numbers(self, ufunc: np.ufunc) -> Function:
        """A function of arrays of the kind, extended to lists and to single numbers, for which it returns a number."""
        kind = self.kind
        # If SCIPY_ARRAY_API is set, functions of scipy.special are no ufuncs, and refuse arrays of objects.
        on_arrays = ufunc if isinstance(ufunc, np.ufunc) else kind.entrywise[ufunc]

        def on_numbers(*arguments: Any, **options: Any) -> Any:
            result = on_arrays(*(numbers(x, kind) for x in arguments), **options)
            return result if any(isinstance(x, np.ndarray) for x in arguments) else result[()]

        return on_numbers

    def _all_of(self, module: ModuleType, names: tuple[str, ...]) -> dict[str, Function]:
        """Functions on numbers by name. Functions that the kind lacks raise NotImplementedError."""
        kind, originals = self.kind, {name: getattr(module, name) for name in names}
        return {
            name: self.of_numbers(original)
            if original in kind.entrywise or (isinstance(original, np.ufunc) and hasattr(kind.number, name))
            else partial(_refuse, f"{name} of {kind.number.__name__} entries")
            for name, original in originals.items()
        }

    @cached_property
    def numpy_functions(self) -> dict[str, Function]:
        """Functions of NumPy, on numbers."""
        return self._all_of(np, OF_NUMPY)

    @cached_property
    def special_functions(self) -> dict[str, Function]:
        """Functions of scipy.special, on numbers."""
        return self._all_of(scipy.special, OF_SCIPY)

    @cached_property
    def math_functions(self) -> dict[str, Function]:
        """Functions of the module math, on numbers."""
        of_numpy, of_scipy, kind = self.numpy_functions, self.special_functions, self.kind
        log = of_numpy["log"]
        return {
            **{name: function for name, function in of_numpy.items() if hasattr(math, name)},
            **{name: of_scipy[name] for name in ("erf", "erfc", "gamma")},
            **{name: self.of_numbers(function) for name, function in _OF_MATH.items()},
            "log": lambda x, *base: log(x) / log(*base) if base else log(x),
            "hypot": lambda *coordinates: of_numpy["sqrt"](sum(x * x for x in coordinates)),
            "atan": of_numpy["arctan"],
            "atan2": of_numpy["arctan2"],
            "asin": of_numpy["arcsin"],
            "acos": of_numpy["arccos"],
            "lgamma": of_scipy["gammaln"],
            "fsum": lambda values: sum(values, kind.number(0)),
            "prod": lambda values, start=1: start * np.prod(numbers(list(values), kind)),
        }

    @cached_property
    def modules(self) -> tuple[StandIn, ...]:
        """The modules with their functions replaced."""
        linalg = StandIn(np.linalg, self._by_arguments(np.linalg, {"norm": self._norm, **self._of_matrices}))
        of_rows: dict[str, Function] = {
            "logsumexp": self._log_sum_exp,
            "softmax": self._softmax,
            "log_softmax": self._log_softmax,
        }
        special = StandIn(scipy.special, self._by_arguments(scipy.special, self.special_functions | of_rows))
        replaced = self._by_arguments(np, {**self.numpy_functions, "nan_to_num": self._nan_to_num})
        replaced |= {name: self._constructor(getattr(np, name)) for name in CONSTRUCTORS}
        numpy = StandIn(
            np,
            {
                **replaced,
                **dict.fromkeys(("asarray", "asanyarray", "ascontiguousarray"), self._as_array),
                "array": self._array,
                "atleast_1d": lambda x: self._as_array(x) if np.ndim(x) else self._as_array([x]),
                "linalg": linalg,
                "finfo": self._finfo,
            },
        )
        math_names = StandIn(math, self._by_arguments(math, self.math_functions))
        return numpy, linalg, math_names, special, StandIn(scipy, {"special": special})

    @cached_property
    def _replacements(self) -> dict[int, Any]:
        """Stand-ins by the id of the original, because attributes of a user's objects may raise errors."""
        functions = {
            id(getattr(stand_in.module, name)): function
            for stand_in in self.modules
            for name, function in stand_in.replaced.items()
        }
        return functions | {id(stand_in.module): stand_in for stand_in in self.modules}

    @cached_property
    def _of_matrices(self) -> dict[str, Function]:
        return {name: partial(getattr(small_matrices, name), kind=self.kind) for name in OF_MATRICES}

    def _by_arguments(self, module: ModuleType, functions: dict[str, Function]) -> dict[str, Function]:
        """Functions of a module, which call their form on numbers if an argument holds numbers of the kind."""

        def chosen(on_floats: Function, on_numbers: Function) -> Function:
            def call(*arguments: Any, **options: Any) -> Any:
                concerned = self.has_numbers(*arguments, *options.values())
                return (on_numbers if concerned else on_floats)(*arguments, **options)

            return call

        return {name: chosen(getattr(module, name, function), function) for name, function in functions.items()}

    def _as_numbers(self, result: Any) -> Any:
        """Arrays of floats and objects as arrays of the kind; any other result unchanged."""
        is_array = isinstance(result, np.ndarray) and result.dtype.kind in "fO"
        return numbers(result, self.kind) if is_array else result

    def _constructor(self, make: Function) -> Function:
        """An array constructor whose float results are arrays of the kind."""

        def made(*arguments: Any, **options: Any) -> Any:
            options = {key: value for key, value in options.items() if not (key == "dtype" and self._is_float(value))}
            return self._as_numbers(make(*(object if self._is_float(x) else x for x in arguments), **options))

        return made

    def _is_float(self, dtype: Any) -> bool:
        """True if the argument names a float dtype or the dtype of numbers."""
        if dtype is None or isinstance(dtype, int | float | np.ndarray | self.kind.number | list | tuple):
            return False
        try:
            return self.kind.holds(dtype)
        except TypeError:
            return False

    def _array(self, x: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
        is_float = dtype is not None and self._is_float(dtype)
        if self.has_numbers(x):
            made = numbers(np.array(self._nested(x), dtype=object, ndmin=ndmin), self.kind)
            return made if dtype is None or is_float else made.astype(dtype)
        if dtype is not None and not is_float:
            return np.array(x, dtype=dtype, ndmin=ndmin, **options)
        made = np.array(x, ndmin=ndmin, **options)
        return numbers(made, self.kind) if is_float and made.dtype.kind in "iub" else self._as_numbers(made)

    def _as_array(self, x: Any, dtype: Any = None, **options: Any) -> Any:
        is_ready = isinstance(x, self.kind) and (dtype is None or self._is_float(dtype))
        return x if is_ready else self._array(x, dtype, **options)

    def _nested(self, x: Any) -> Any:
        """Arrays of the kind as lists, from which NumPy makes one array of entries."""
        if isinstance(x, self.kind):
            return x.view(np.ndarray).tolist() if x.ndim else x[()]
        return [self._nested(entry) for entry in x] if isinstance(x, list | tuple) else x

    def _norm(self, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
        sizes, power = abs(numbers(x, self.kind)), 2 if ord in (None, "fro") else ord
        is_matrix = isinstance(axis, tuple) if axis is not None else sizes.ndim == 2
        if (is_matrix and ord not in (None, "fro")) or power in (0, -np.inf):
            # As in `_nan_to_num`. The largest singular value, for example, is no sum of powers.
            raise NotImplementedError(f"the norm of order {ord}")
        if power == np.inf:
            return np.max(sizes, axis=axis, keepdims=keepdims)
        total = np.sum(sizes**power, axis=axis, keepdims=keepdims)
        return np.sqrt(total) if power == 2 else total ** (self.kind.number(1) / power)

    def _log_sum_exp(
        self, a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
    ) -> Any:
        exponentials = np.exp(numbers(a, self.kind))
        return np.log(np.sum(exponentials if b is None else b * exponentials, axis=axis, keepdims=keepdims))

    def _softmax(self, x: Any, axis: Any = None) -> Any:
        exponentials = np.exp(numbers(x, self.kind))
        return exponentials / np.sum(exponentials, axis=axis, keepdims=True)

    def _log_softmax(self, x: Any, axis: Any = None) -> Any:
        return numbers(x, self.kind) - self._log_sum_exp(x, axis=axis, keepdims=True)

    def _finfo(self, dtype: Any) -> Any:
        return np.finfo(np.float64 if self._is_float(getattr(dtype, "dtype", dtype)) else dtype)

    def _nan_to_num(self, x: Any, *arguments: Any, **options: Any) -> Any:
        x = numbers(x, self.kind)
        if not np.isfinite(x).all():
            # Caught in `check_on_balls`, so that `check_gradient` goes on with floats, and in `findings_of` as a
            # failure.
            raise NotImplementedError("nan_to_num of nan or infinity")
        return x


_OF_MATH = {"pow": np.power, "isfinite": np.isfinite, "floor": np.floor, "ceil": np.ceil}


def _refuse(what: str, *arguments: Any, **options: Any) -> Any:
    raise NotImplementedError(what)


def stand_ins(kind: type[NumberArray]) -> StandIns:
    """The stand-ins for a kind of number, made once."""
    return _MADE.setdefault(kind, StandIns(kind))


_MADE: dict[type[NumberArray], StandIns] = {}
