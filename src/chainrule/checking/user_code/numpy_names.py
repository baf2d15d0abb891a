"""Stand-ins for the modules `numpy`, `numpy.linalg`, `math` and `scipy.special`, in which float arrays hold balls.

Without balls among the arguments they call the module's function. Only the float arrays that `zeros`, `eye`, `array`
and similar functions create are always arrays of balls, because code that fills them entry by entry would round.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import scipy.special

from chainrule.algebra.ball import Ball
from chainrule.algebra.balls import ENTRYWISE, BallArray, balls

Function = Callable[..., Any]


def has_balls(*values: Any) -> bool:
    """True if there is a ball among the values, also inside lists, tuples and arrays."""
    for value in values:
        if isinstance(value, Ball | BallArray):
            return True
        if isinstance(value, list | tuple) and has_balls(*value):
            return True
        if isinstance(value, np.ndarray) and value.dtype == object and has_balls(*value.flat):
            return True
    return False


def of_numbers(ufunc: np.ufunc) -> Function:
    """A function of arrays of balls, extended to lists and to single balls, for which it returns a ball."""

    # If SCIPY_ARRAY_API is set, functions of scipy.special are no ufuncs, and refuse arrays of objects.
    on_arrays = ufunc if isinstance(ufunc, np.ufunc) else ENTRYWISE[ufunc]

    def on_numbers(*arguments: Any, **options: Any) -> Any:
        result = on_arrays(*map(balls, arguments), **options)
        return result if any(isinstance(x, np.ndarray) for x in arguments) else result[()]

    return on_numbers


NUMPY: dict[str, Function] = {
    name: of_numbers(getattr(np, name))
    for name in (
        *("exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "sqrt", "cbrt", "hypot", "fabs"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "heaviside", "isnan", "isinf"),
        *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    )
}

SPECIAL: dict[str, Function] = {
    name: of_numbers(getattr(scipy.special, name))
    for name in (
        *("expit", "log_expit", "logit", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div", "ndtr", "log_ndtr"),
        *("erf", "erfc", "gamma", "gammaln", "digamma", "psi", "expm1", "log1p", "exp2"),
    )
}

MATH: dict[str, Function] = {
    **{name: NUMPY[name] for name in ("exp", "exp2", "expm1", "log1p", "log2", "log10", "sqrt", "cbrt", "fabs")},
    **{name: NUMPY[name] for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "isnan", "isinf")},
    **{name: SPECIAL[name] for name in ("erf", "erfc", "gamma")},
    "log": lambda x, base=None: NUMPY["log"](x) if base is None else NUMPY["log"](x) / NUMPY["log"](base),
    "hypot": lambda *coordinates: NUMPY["sqrt"](sum(x * x for x in coordinates)),
    "pow": of_numbers(np.power),
    "atan": NUMPY["arctan"],
    "atan2": NUMPY["arctan2"],
    "asin": NUMPY["arcsin"],
    "acos": NUMPY["arccos"],
    "lgamma": SPECIAL["gammaln"],
    "fsum": lambda values: sum(values, Ball(0)),
    "prod": lambda values, start=1: start * np.prod(balls(list(values))),
    "isfinite": lambda x: np.isfinite(balls(x))[()],
}


@dataclass(frozen=True)
class StandIn:
    """A module with some functions replaced."""

    module: ModuleType
    replaced: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.replaced[name] if name in self.replaced else getattr(self.module, name)

    def __repr__(self) -> str:
        return f"<{self.module.__name__}, on balls>"


def _by_arguments(on_floats: Function, on_balls: Function) -> Function:
    """A function that calls `on_balls` if an argument holds balls, else `on_floats`."""

    def chosen(*arguments: Any, **options: Any) -> Any:
        concerned = has_balls(*arguments, *options.values())
        return (on_balls if concerned else on_floats)(*arguments, **options)

    return chosen


def _on_balls(module: ModuleType, functions: dict[str, Function]) -> dict[str, Function]:
    """Functions of a module, which call their form on balls if an argument holds balls."""
    return {name: _by_arguments(getattr(module, name, function), function) for name, function in functions.items()}


def _as_balls(result: Any) -> Any:
    """Arrays of floats and objects as arrays of balls; any other result unchanged."""
    if isinstance(result, np.ndarray) and result.dtype.kind in "fO":
        return balls(result)
    return result


def _constructor(make: Function) -> Function:
    """An array constructor whose float results are arrays of balls."""

    def made(*arguments: Any, **options: Any) -> Any:
        options = {key: value for key, value in options.items() if not (key == "dtype" and _is_float(value))}
        arguments = tuple(
            object if _is_float(x) and not isinstance(x, int | float | np.ndarray) else x for x in arguments
        )
        return _as_balls(make(*arguments, **options))

    return made


def _is_float(dtype: Any) -> bool:
    """True if the argument names a float dtype or the dtype of balls."""
    if dtype is None or isinstance(dtype, int | float | np.ndarray | Ball | list | tuple):
        return False
    try:
        return np.dtype(dtype).kind in "fO"
    except TypeError:
        return False


def _array(x: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    if has_balls(x):
        return balls(np.array(_plain(x), dtype=object, ndmin=ndmin))
    if dtype is not None and not _is_float(dtype):
        return np.array(x, dtype=dtype, ndmin=ndmin, **options)
    made = np.array(x, ndmin=ndmin, **options)
    return balls(made) if dtype is not None and made.dtype.kind in "iub" else _as_balls(made)


def _as_array(x: Any, dtype: Any = None, **options: Any) -> Any:
    return x if isinstance(x, BallArray) and (dtype is None or _is_float(dtype)) else _array(x, dtype, **options)


def _plain(x: Any) -> Any:
    if isinstance(x, BallArray):
        return x.view(np.ndarray).tolist() if x.ndim else x[()]
    return [_plain(entry) for entry in x] if isinstance(x, list | tuple) else x


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    sizes, power = abs(balls(x)), 2 if ord in (None, "fro") else ord
    is_matrix = isinstance(axis, tuple) if axis is not None else sizes.ndim == 2
    if (is_matrix and ord not in (None, "fro")) or power in (0, -np.inf):
        # As in `_nan_to_num`. The largest singular value, for example, is no sum of powers.
        raise NotImplementedError(f"the norm of order {ord}")
    if power == np.inf:
        return np.max(sizes, axis=axis, keepdims=keepdims)
    return np.sum(sizes**power, axis=axis, keepdims=keepdims) ** (Ball(1) / power)


def _log_sum_exp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    terms = np.exp(balls(a)) if b is None else b * np.exp(balls(a))
    return np.log(np.sum(terms, axis=axis, keepdims=keepdims))


def _softmax(x: Any, axis: Any = None) -> Any:
    exponentials = np.exp(balls(x))
    return exponentials / np.sum(exponentials, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return balls(x) - _log_sum_exp(x, axis=axis, keepdims=True)


def _finfo(dtype: Any) -> Any:
    return np.finfo(np.float64 if _is_float(getattr(dtype, "dtype", dtype)) else dtype)


def _nan_to_num(x: Any, *arguments: Any, **options: Any) -> Any:
    x = balls(x)
    if not np.isfinite(x).all():
        # Caught in `check_on_balls`, so that `check_gradient` goes on with floats, and in `findings_of` as a failure.
        raise NotImplementedError("nan_to_num of nan or infinity")
    return x


CONSTRUCTORS = (
    *("zeros", "ones", "empty", "full", "eye", "identity", "linspace", "zeros_like", "ones_like"),
    *("empty_like", "full_like", "diag", "diagflat", "tri", "fromiter", "copy", "asfortranarray"),
)

linalg = StandIn(np.linalg, _on_balls(np.linalg, {"norm": _norm}))

numpy = StandIn(
    np,
    {
        **_on_balls(np, {**NUMPY, "nan_to_num": _nan_to_num}),
        **{name: _constructor(getattr(np, name)) for name in CONSTRUCTORS},
        **dict.fromkeys(("asarray", "asanyarray", "ascontiguousarray"), _as_array),
        "array": _array,
        "atleast_1d": lambda x: _as_array(x) if np.ndim(x) else _as_array([x]),
        "linalg": linalg,
        "finfo": _finfo,
    },
)

math_names = StandIn(math, _on_balls(math, MATH))

_SPECIAL: dict[str, Function] = {**SPECIAL, "logsumexp": _log_sum_exp, "softmax": _softmax, "log_softmax": _log_softmax}

special = StandIn(scipy.special, _on_balls(scipy.special, _SPECIAL))

STAND_INS = (numpy, linalg, math_names, special, StandIn(scipy, {"special": special}))


_REPLACEMENTS: dict[int, Any] = {
    **{
        id(getattr(stand_in.module, name)): function
        for stand_in in STAND_INS
        for name, function in stand_in.replaced.items()
    },
    **{id(stand_in.module): stand_in for stand_in in STAND_INS},
}
"""Stand-ins by the id of the original, because attributes of a user's objects may raise errors."""


def replacement(value: Any) -> Any:
    """The stand-in for a module, or for one of its functions that was imported by name; None where there is none."""
    return _REPLACEMENTS.get(id(value))
