"""Stand-ins for the modules `numpy`, `numpy.linalg`, `math` and `scipy.special`, in which float arrays hold balls.

Without balls among the arguments they call the module's function. Only the float arrays that `zeros`, `eye`, `array`
and similar functions create are always arrays of balls, because code that fills them entry by entry would round.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

import flint
import numpy as np
import scipy.special

from chainrule.checking.ball import Ball
from chainrule.checking.balls import BallArray, balls

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


def entrywise(function: Callable[..., Ball]) -> Function:
    """A function of balls, extended to arrays with broadcasting."""

    def on_arrays(*arguments: Any, **options: Any) -> Any:
        arrays = np.broadcast_arrays(*(np.asarray(balls(x)) for x in arguments))
        result = np.empty(arrays[0].shape, dtype=object)
        for index in np.ndindex(result.shape):
            result[index] = function(*(array[index] for array in arrays))
        single = not any(isinstance(x, np.ndarray) for x in arguments)
        return result[()] if single and result.ndim == 0 else result.view(BallArray)

    return on_arrays


def _xlogy(x: Ball, y: Ball) -> Ball:
    return Ball(0) if x.value.is_zero() else x * y.log()


def _ndtr(x: Ball) -> Ball:
    return Ball((-x.value / flint.arb(2).sqrt()).erfc() / 2)


def _heaviside(x: Ball, at_zero: Ball) -> Ball:
    return Ball(1) if x > 0 else Ball(0) if x < 0 else at_zero


def _cbrt(x: Ball) -> Ball:
    return Ball(x.value.root(3)) if x >= 0 else -Ball((-x.value).root(3))


_FLINT = {
    **{name: name for name in ("exp", "expm1", "sqrt", "tanh", "sinh", "cosh", "sin", "cos", "tan", "erf", "erfc")},
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "gamma": "gamma",
    "gammaln": "lgamma",
    "digamma": "digamma",
}
"""Names of functions, and their names in python-flint."""

ELEMENTARY: dict[str, Function] = {
    **{name: entrywise(partial(Ball.mapped, function=function)) for name, function in _FLINT.items()},
    "log": entrywise(Ball.log),
    "log1p": entrywise(Ball.log1p),
    "exp2": entrywise(lambda x: Ball(2) ** x),
    "log2": entrywise(lambda x: x.log() / Ball(2).log()),
    "log10": entrywise(lambda x: x.log() / Ball(10).log()),
    "cbrt": entrywise(_cbrt),
    "fabs": entrywise(abs),
    "heaviside": entrywise(_heaviside),
    "hypot": entrywise(lambda x, y: (x * x + y * y).sqrt()),
    "logaddexp": entrywise(lambda x, y: (x.exp() + y.exp()).log()),
    "arctan2": entrywise(lambda y, x: Ball(flint.arb.atan2(y.value, x.value))),
}

SPECIAL: dict[str, Function] = {
    "expit": entrywise(lambda x: Ball(1) / (Ball(1) + (-x).exp())),
    "log_expit": entrywise(lambda x: -((Ball(1) + (-x).exp()).log())),
    "logit": entrywise(lambda p: (p / (Ball(1) - p)).log()),
    "xlogy": entrywise(_xlogy),
    "xlog1py": entrywise(lambda x, y: _xlogy(x, 1 + y)),
    "entr": entrywise(lambda x: -_xlogy(x, x)),
    "rel_entr": entrywise(lambda x, y: _xlogy(x, x / y)),
    "kl_div": entrywise(lambda x, y: _xlogy(x, x / y) - x + y),
    "ndtr": entrywise(_ndtr),
    "log_ndtr": entrywise(lambda x: _ndtr(x).log()),
    "psi": ELEMENTARY["digamma"],
    **{name: ELEMENTARY[name] for name in ("erf", "erfc", "gamma", "gammaln", "digamma", "expm1", "log1p", "exp2")},
}

MATH: dict[str, Function] = {
    **{name: ELEMENTARY[name] for name in ("exp", "expm1", "log1p", "sqrt", "tanh", "sinh", "cosh", "sin", "cos")},
    **{name: ELEMENTARY[name] for name in ("tan", "exp2", "log2", "log10", "cbrt", "fabs", "hypot", "erf", "erfc")},
    "log": lambda x, base=None: (
        ELEMENTARY["log"](x) if base is None else ELEMENTARY["log"](x) / ELEMENTARY["log"](base)
    ),
    "pow": entrywise(lambda x, y: x**y),
    "atan": ELEMENTARY["arctan"],
    "atan2": ELEMENTARY["arctan2"],
    "asin": ELEMENTARY["arcsin"],
    "acos": ELEMENTARY["arccos"],
    "gamma": ELEMENTARY["gamma"],
    "lgamma": ELEMENTARY["gammaln"],
    "fsum": lambda values: sum(values, Ball(0)),
    "prod": lambda values, start=1: start * np.prod(balls(list(values))),
    "isnan": lambda x: bool(np.isnan(balls(x))),
    "isfinite": lambda x: bool(np.isfinite(balls(x))),
    "isinf": lambda x: not bool(np.isfinite(balls(x))) and not bool(np.isnan(balls(x))),
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


def _array(x: Any, dtype: Any = None, **options: Any) -> Any:
    if has_balls(x):
        nested = np.array(_plain(x), dtype=object)
        return balls(nested) if nested is not x else balls(nested.copy())
    if dtype is not None and not _is_float(dtype):
        return np.array(x, dtype=dtype, **options)
    made = np.array(x, **options)
    return balls(made) if dtype is not None and made.dtype.kind in "iub" else _as_balls(made)


def _as_array(x: Any, dtype: Any = None, **options: Any) -> Any:
    return x if isinstance(x, BallArray) and (dtype is None or _is_float(dtype)) else _array(x, dtype, **options)


def _plain(x: Any) -> Any:
    if isinstance(x, BallArray):
        return x.view(np.ndarray).tolist() if x.ndim else x[()]
    return [_plain(entry) for entry in x] if isinstance(x, list | tuple) else x


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    sizes, power = abs(balls(x)), 2 if ord in (None, "fro") else ord
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


def _any_nan(x: Any) -> Any:
    return np.isnan(balls(x))


def _is_inf(x: Any) -> Any:
    return ~np.isfinite(balls(x)) & ~np.isnan(balls(x))


CONSTRUCTORS = (
    *("zeros", "ones", "empty", "full", "eye", "identity", "linspace", "zeros_like", "ones_like"),
    *("empty_like", "full_like", "diag", "diagflat", "tri", "fromiter", "copy", "asfortranarray"),
)

linalg = StandIn(np.linalg, _on_balls(np.linalg, {"norm": _norm}))

numpy = StandIn(
    np,
    {
        **_on_balls(np, {name: function for name, function in ELEMENTARY.items() if hasattr(np, name)}),
        **_on_balls(np, {"nan_to_num": _nan_to_num, "isnan": _any_nan, "isinf": _is_inf}),
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


def replacement(value: Any) -> Any:
    """The stand-in for a module, or for one of its functions that was imported by name; None where there is none."""
    name = getattr(value, "__name__", None)
    for stand_in in STAND_INS:
        if value is stand_in.module:
            return stand_in
        if callable(value) and name in stand_in.replaced and getattr(stand_in.module, name, None) is value:
            return stand_in.replaced[name]
    return None
